/// What is wrong with the configuration, in one line that says where and what to write instead.
///
///     config.yaml:12: cache.exact_tll: unknown key (did you mean exact_ttl?)
package struct ConfigError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file; `environment` or `command line` for what did not come from one.
    package let source: String
    /// The line, from 1; nil where there is none.
    package let line: Int?
    /// The dotted key, the variable or the option; nil where the whole file is meant.
    package let key: String?
    /// What is wrong and what was expected. Never holds a secret.
    package let problem: String

    package init(source: String, line: Int? = nil, key: String? = nil, problem: String) {
        self.source = source
        self.line = line
        self.key = key
        self.problem = problem
    }

    package var description: String {
        let place = line.map { "\(source):\($0)" } ?? source
        return [place, key, problem].compactMap(\.self).joined(separator: ": ")
    }
}
