import CKernels

/// The encoder's functions for one kind of CPU; see CKernels.h.
package struct EncoderKernels: @unchecked Sendable {
    // A table of functions that never changes.
    let table: ck_kernels

    init(_ table: ck_kernels) { self.table = table }

    /// The kinds of CPU, the plainest first.
    package enum Path: String, Sendable, CaseIterable {
        case portable
        case avx2
        case avx512
        case avx512BF16 = "avx512-bf16"

        fileprivate var number: ck_path {
            switch self {
            case .portable: CK_PORTABLE
            case .avx2: CK_AVX2
            case .avx512: CK_AVX512
            case .avx512BF16: CK_AVX512_BF16
            }
        }
    }

    /// The functions for a kind of CPU; nil where this one does not have its instructions.
    package init?(_ path: Path) {
        guard let table = ck_kernels_of(path.number) else { return nil }
        self.table = table.pointee
    }

    /// The fastest that this CPU can run.
    package static var best: EncoderKernels? { ck_kernels_of(ck_best_path()).map { EncoderKernels($0.pointee) } }

    /// For people, such as `AVX2`.
    package var name: String { String(cString: table.name) }
}
