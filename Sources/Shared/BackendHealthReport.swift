/// How one backend is doing, as `GET /v1/backends`, `/v1/metrics` and the dashboard show it.
public struct BackendHealthReport: Sendable, Hashable, Codable {
    /// The whole of it in one word.
    public enum State: String, Sendable, Hashable, Codable {
        case healthy
        /// Its last call failed, and it is still asked.
        case degraded
        /// Its circuit breaker keeps calls away.
        case broken
        /// The same, because no connection to it comes about.
        case down
    }

    public var state: State
    /// `closed`, `open` or `half_open`.
    public var breaker: String
    public var consecutiveFailures: Int
    /// The share of failures among the last calls, 0 to 1; nil without calls.
    public var errorRate: Double?
    /// The moving average of the time to the answer's beginning; nil before the first.
    public var firstByteMilliseconds: Double?
    /// Calls that queue because `max_concurrent` are under way.
    public var waiting: Int
    /// nil for no bound.
    public var maxConcurrent: Int?
    /// When one call may try again; nil where calls go through.
    public var retryInMilliseconds: Double?
    /// For how long its provider wants to be left alone (429); nil where it said nothing.
    public var limitedForSeconds: Double?
    /// The last thing that went wrong, for a person.
    public var lastError: String?

    public init(
        state: State,
        breaker: String,
        consecutiveFailures: Int,
        errorRate: Double?,
        firstByteMilliseconds: Double?,
        waiting: Int,
        maxConcurrent: Int?,
        retryInMilliseconds: Double?,
        limitedForSeconds: Double?,
        lastError: String?
    ) {
        self.state = state
        self.breaker = breaker
        self.consecutiveFailures = consecutiveFailures
        self.errorRate = errorRate
        self.firstByteMilliseconds = firstByteMilliseconds
        self.waiting = waiting
        self.maxConcurrent = maxConcurrent
        self.retryInMilliseconds = retryInMilliseconds
        self.limitedForSeconds = limitedForSeconds
        self.lastError = lastError
    }

    private enum CodingKeys: String, CodingKey {
        case state
        case breaker
        case consecutiveFailures = "consecutive_failures"
        case errorRate = "error_rate"
        case firstByteMilliseconds = "first_byte_ms"
        case waiting
        case maxConcurrent = "max_concurrent"
        case retryInMilliseconds = "retry_in_ms"
        case limitedForSeconds = "limited_for_seconds"
        case lastError = "last_error"
    }
}
