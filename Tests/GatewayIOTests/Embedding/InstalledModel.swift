import CKernelsRehearsal
import EmbeddingFixtures
import GatewayCore
import Glibc
import Testing

@testable import GatewayIO

/// The model as `make setup` installs it, and what the reference made of the fixtures' texts.
enum InstalledModel {
    /// nil where the model is not installed; the tests that need it are then skipped and say so.
    static let directory: String? = {
        let environment = ["LLM_GATEWAY_MODEL_DIR", "XDG_DATA_HOME", "HOME"].reduce(into: [String: String]()) {
            all,
            name in
            if let value = getenv(name) { all[name] = String(cString: value) }
        }
        return ModelDirectories.all(configured: environment["LLM_GATEWAY_MODEL_DIR"], environment: environment)
            .first(where: ModelDirectories.hasModel)
    }()

    static let needed: ConditionTrait = .enabled(
        if: directory != nil,
        "all-MiniLM-L6-v2 is not installed: run make setup"
    )

    static let fixtures = String(#filePath.dropLast("Embedding/InstalledModel.swift".count)) + "Fixtures"

    /// Every set of kernels that this machine can run: those of its CPU, and the rehearsals of those of others.
    static let kernels: [EncoderKernels] =
        EncoderKernels.Path.allCases.compactMap { EncoderKernels($0) }
        + [ck_rehearsed_avx512(), ck_rehearsed_avx512_bf16()].compactMap { $0 }.map { EncoderKernels($0.pointee) }

    static func model(_ kernels: EncoderKernels? = .best) throws -> MiniLM {
        try MiniLM(directory: #require(directory), kernels: #require(kernels))
    }

    /// Read once for all tests.
    static let shared = Result { try model() }
}

extension EncoderKernels: CustomTestStringConvertible {
    package var testDescription: String { name }
}
