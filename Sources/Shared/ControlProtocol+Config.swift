extension ControlProtocol {
    /// Answer to `config.reload`. Where anything is wrong the answer is an error instead, and nothing has changed.
    public struct ConfigReloaded: Sendable, Hashable, Codable {
        /// The file that was read; nil for the built-in defaults.
        public var path: String?
        /// The keys whose values are others than before; projects and models count as one each.
        public var changed: [String]
        /// What a person should know of the settings now in force.
        public var warnings: [String]

        public init(path: String?, changed: [String], warnings: [String]) {
            self.path = path
            self.changed = changed
            self.warnings = warnings
        }
    }
}
