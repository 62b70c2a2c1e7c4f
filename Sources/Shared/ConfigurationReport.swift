/// How reading the configuration again has gone.
public struct ConfigurationReport: Sendable, Hashable, Codable {
    /// When the configuration in force was read, in milliseconds since 1970.
    public var unixMilliseconds: Int64
    /// How often it was to be read again since the start.
    public var reloads: Int
    /// Of those, the ones after which everything was left as it was.
    public var failures: Int
    /// Why the last one failed, for a person; nil where it went well.
    public var lastFailure: String?

    public init(unixMilliseconds: Int64 = 0, reloads: Int = 0, failures: Int = 0, lastFailure: String? = nil) {
        self.unixMilliseconds = unixMilliseconds
        self.reloads = reloads
        self.failures = failures
        self.lastFailure = lastFailure
    }

    private enum CodingKeys: String, CodingKey {
        case unixMilliseconds = "unix_ms"
        case reloads
        case failures
        case lastFailure = "last_failure"
    }
}
