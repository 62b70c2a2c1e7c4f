import Shared

/// What is configured about providers in trouble, and about too much work at once.
extension Settings {
    /// Asking again after a failure. Only before the first byte of an answer has gone to the client.
    package struct Retry: Sendable, Equatable {
        package var isEnabled = true
        /// Calls of one request, the first one counted; those that a weak answer leads to are not.
        package var maxAttempts = 3
        /// The longest wait before the first retry; each further one may be twice as long.
        package var baseMilliseconds = 250
        /// No wait is longer, but for what a provider asks for.
        package var maxMilliseconds = 8_000
        /// Further calls for requests whose call has failed, on whichever backend, are at most this share of all requests.
        package var budget = 0.2
        /// A provider that asks for a longer wait is not waited for: the client is told how long.
        package var maxRetryAfterSeconds = 10
        package init() {}
    }

    /// When a backend is left alone because it does not work.
    package struct Breaker: Sendable, Equatable {
        package var isEnabled = true
        /// So many failures in a row open it.
        package var failures = 5
        /// So does this share of failures in the window …
        package var errorRate = 0.5
        /// … once there were so many calls in it.
        package var minRequests = 20
        package var windowSeconds = 30
        /// How long it stays open before one call may try.
        package var openMilliseconds = 1_000
        /// It stays open longer with each failed try, up to this.
        package var maxOpenMilliseconds = 2_000
        /// A backend that works again gets its full share of the calls only after this time.
        package var slowStartSeconds = 10
        package init() {}
    }

    /// How much is done at once.
    package struct Load: Sendable, Equatable {
        /// Exchanges that wait for providers; further ones queue.
        package var maxInFlight = 2_000
        /// Exchanges that queue; further ones are answered 503.
        package var maxQueued = 1_000
        /// Who has queued for so long is answered 503.
        package var queueTimeoutMilliseconds = 10_000
        package init() {}
    }
}
