package import Shared

/// An answer that may be given again.
package struct CachedAnswer: Sendable {
    package enum Form: Sendable, Equatable {
        /// A whole answer in its dialect.
        case json([UInt8])
        /// A whole stream in its dialect.
        case eventStream([UInt8])

        package var bytes: [UInt8] {
            switch self {
            case .json(let bytes), .eventStream(let bytes): bytes
            }
        }

        package var isStream: Bool {
            switch self {
            case .json: false
            case .eventStream: true
            }
        }
    }

    package var form: Form
    /// The dialect that `form` is spelled in: that of the client it was first for.
    package var dialect: Dialect
    package var backend: Backend
    package var usage: TokenUsage
    package var usageIsEstimated: Bool
    package var stopReason: String?
    /// What its client was told had been left out of the request, or changed.
    package var warnings: [String]
    /// When it came from the provider, in seconds since 1970.
    package var storedUnixSeconds: Int64
    /// The query id of the exchange that it was made for.
    package var origin: String
    /// Whose request it was made for.
    package var owner: CacheOwner

    package init(
        form: Form,
        dialect: Dialect = .anthropic,
        backend: Backend,
        usage: TokenUsage,
        usageIsEstimated: Bool,
        stopReason: String?,
        warnings: [String] = [],
        storedUnixSeconds: Int64 = 0,
        origin: String = "",
        owner: CacheOwner = CacheOwner(project: 0, key: 0)
    ) {
        self.form = form
        self.dialect = dialect
        self.backend = backend
        self.usage = usage
        self.usageIsEstimated = usageIsEstimated
        self.stopReason = stopReason
        self.warnings = warnings
        self.storedUnixSeconds = storedUnixSeconds
        self.origin = origin
        self.owner = owner
    }

    /// Seconds since it came from the provider: the value of the `age` header.
    package func ageSeconds(_ unixSeconds: Int64) -> Int64 { max(0, unixSeconds - storedUnixSeconds) }
}
