package import Shared

/// How much of a conversation one backend has in its prompt cache, by what it reported last, and until when.
///
/// Anthropic puts prefixes for an hour before those for five minutes, so that two numbers tell all: a longer prefix that
/// goes soon, and the beginning of it that stays.
package struct WarmPrefix: Sendable, Equatable {
    /// A cache is one model's at one provider, and one effort's: a prompt sent with another effort does not find it.
    package struct Key: Sendable, Hashable {
        /// ``Backend/identity``.
        package let backend: String
        /// The effort that the client asked for.
        package let effort: ModelCapabilities.Effort?

        package init(backend: String, effort: ModelCapabilities.Effort? = nil) {
            self.backend = backend
            self.effort = effort
        }
    }

    /// A prefix and how much longer it stays.
    package struct Segment: Sendable, Equatable {
        package var tokens: Int
        package var secondsLeft: Int

        package init(tokens: Int, secondsLeft: Int) {
            self.tokens = tokens
            self.secondsLeft = secondsLeft
        }
    }

    /// Tokens of the whole prefix, and the monotonic time in nanoseconds at which it goes.
    private(set) var tokens = 0
    private(set) var expires = Int64.min
    /// The same for its beginning that is kept for an hour.
    private(set) var hourTokens = 0
    private(set) var hourExpires = Int64.min

    package init() {}

    /// Lays over it what an answer's usage says. One without a cached token changes nothing: what another request put
    /// there is there still.
    package mutating func note(_ usage: TokenUsage, _ caching: PromptCaching, minimum: Int, now: Int64) {
        let read = Self.count(usage.cacheRead)
        let hour = Self.count(usage.cacheWrite1h)
        let written = hour + Self.count(usage.cacheWrite5m)
        switch caching {
        case .automatic(let seconds):
            // What was not cached before is now, written or not in the provider's words.
            let total = read + written + Self.count(usage.input)
            guard total >= minimum else { return }
            tokens = total
            expires = Self.time(now, after: seconds)
        case .reported:
            guard read + written > 0 else { return }
            tokens = read + written
            expires = Self.time(now, after: PromptCaching.shortSeconds)
        case .marked:
            guard read + written > 0 else { return }
            if hour > 0 {
                hourTokens = read + hour
                hourExpires = Self.time(now, after: PromptCaching.hourSeconds)
            } else if read >= hourTokens, hourExpires > now {
                hourExpires = Self.time(now, after: PromptCaching.hourSeconds)
            }
            tokens = read + written
            let isAllForAnHour = tokens <= hourTokens && hourExpires > now
            expires = isAllForAnHour ? hourExpires : Self.time(now, after: PromptCaching.shortSeconds)
        }
    }

    /// What is there at that time, the longest first; empty when all of it is gone.
    package func segments(now: Int64) -> [Segment] {
        var segments: [Segment] = []
        for (count, end) in [(tokens, expires), (hourTokens, hourExpires)] where count > 0 && end > now {
            if let last = segments.last, last.tokens <= count || Int64(last.secondsLeft) >= (end - now) / 1_000_000_000
            {
                continue
            }
            segments.append(Segment(tokens: count, secondsLeft: Int((end - now) / 1_000_000_000)))
        }
        return segments
    }

    /// The last moment at which anything of it is there.
    var lastExpiry: Int64 { max(expires, hourExpires) }

    /// No provider's nonsense makes sums overflow.
    private static func count(_ tokens: Int) -> Int { max(0, min(tokens, 1 << 40)) }

    private static func time(_ now: Int64, after seconds: Int) -> Int64 {
        let (time, overflow) = now.addingReportingOverflow(Int64(max(0, min(seconds, 1 << 30))) * 1_000_000_000)
        return overflow ? .max : time
    }
}
