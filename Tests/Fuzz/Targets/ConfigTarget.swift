import GatewayCore

@testable import GatewayIO

extension FuzzTarget {
    private static let environment = ["HOME": "/home/fuzz", "ANTHROPIC_API_KEY": "sk-ant-fuzz", "FUZZ": "fuzzed"]

    /// The configuration file.
    static let config = FuzzTarget(
        name: "config",
        property:
            "a file gives settings, the same ones twice, or an error; secrets of the environment are in no error",
        maximumBytes: 2_048
    ) { bytes in
        guard let text = String(validating: bytes, as: UTF8.self) else { return }
        func load() -> Result<LoadedConfig, ConfigError> {
            do throws(ConfigError) {
                return .success(try ConfigLoader.load(text: text, path: "config.yaml", environment: environment))
            } catch {
                return .failure(error)
            }
        }
        switch (load(), load()) {
        case (.success(let first), .success(let second)):
            expect(first == second, "read twice, two settings")
            expect((0...65_535).contains(first.settings.server.port), "port \(first.settings.server.port)")
            expect(first.settings.server.maxBodyBytes > 0, "no body may come in")
            expect(!first.settings.backends.isEmpty, "settings without a backend")
            for warning in first.warnings { isSpoken(warning) }
        case (.failure(let first), .failure(let second)):
            // Of several keys that are there twice the YAML library names any.
            let areOfTwins = [first, second].allSatisfy { "\($0)".contains("given more than once") }
            expect(first == second || areOfTwins, "\(first) and then \(second)")
            isSpoken("\(first)")
        default: expect(false, "taken once and refused once")
        }
    }

    /// What a person is told.
    private static func isSpoken(_ text: String) {
        expect(!text.isEmpty && text.utf8.count < 8_192, "a message of \(text.utf8.count) bytes")
        expect(!text.contains("sk-ant-fuzz"), "a secret in \(text)")
    }
}
