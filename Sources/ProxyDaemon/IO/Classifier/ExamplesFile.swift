package import GatewayCore

/// The operator's own labelled prompts.
package enum ExamplesFile {
    /// Reads the file that `classifier.examples_file` names. Throws a ``ConfigError`` that names the line.
    package static func read(_ path: String) throws(ConfigError) -> [ExampleBank.Example] {
        func complaint(_ problem: String) -> ConfigError {
            ConfigError(source: path, key: "classifier.examples_file", problem: problem)
        }
        let text: String
        do throws(TextFile.Failure) { text = try TextFile.read(path) } catch { throw complaint(error.problem) }
        do throws(GatewayError) { return try ExampleBank.parse(Array(text.utf8)) } catch {
            throw complaint(error.message)
        }
    }
}
