/// Whether a failed call is made again, and when.
struct RetryPolicy: Sendable {
    let settings: Settings.Retry
    /// A number from 0 up to 1, for the jitter.
    let random: @Sendable () -> Double

    init(_ settings: Settings.Retry, random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }) {
        self.settings = settings
        self.random = random
    }

    /// Milliseconds to wait before the retry with that number, from 1; nil where the provider asks for a longer wait than
    /// a client should be kept for.
    ///
    /// Full jitter: anything from nothing to a bound that doubles, so that clients which failed together do not come back
    /// together (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/). What a provider asks for is
    /// kept to, with a little more for the same reason.
    func delayMilliseconds(retry: Int, retryAfterSeconds: Double?) -> Int? {
        if let seconds = retryAfterSeconds {
            guard seconds <= Double(settings.maxRetryAfterSeconds) else { return nil }
            return Int(seconds * 1_000 + random() * Double(settings.baseMilliseconds))
        }
        let bound = Double(settings.baseMilliseconds) * Double(UInt64(1) << UInt64(min(max(retry - 1, 0), 30)))
        return Int(random() * min(bound, Double(settings.maxMilliseconds)))
    }
}

/// What kind of failure a call ended with, and what follows from it.
struct CallFailure: Sendable, Equatable {
    /// The backend is to blame, and its circuit breaker counts it.
    var isBackendsFault: Bool
    /// The same call on the same backend may succeed.
    var mayRetryHere: Bool
    /// The same call on another backend may succeed.
    var mayRetryElsewhere: Bool
    /// The backend takes no more for a while: 429.
    var isLimited = false
    /// No connection came about.
    var isUnreachable = false
    /// The backend was called: what follows is a further call, and no first one.
    var wasCalled = true
    /// What the provider asks to be waited for.
    var retryAfterSeconds: Double?

    private init(isBackendsFault: Bool, here: Bool, elsewhere: Bool) {
        self.isBackendsFault = isBackendsFault
        mayRetryHere = here
        mayRetryElsewhere = elsewhere
    }

    /// A call that brought no answer. nil where nobody waits for one any more.
    ///
    /// Where the provider may have worked, and will bill it, the same backend is not asked again.
    init?(_ error: UpstreamError) {
        switch error {
        case .cannotConnect:
            self.init(isBackendsFault: true, here: true, elsewhere: true)
            isUnreachable = true
        case .timeout: self.init(isBackendsFault: true, here: false, elsewhere: true)
        // Mostly a kept connection that the provider was about to close.
        case .broken: self.init(isBackendsFault: true, here: true, elsewhere: true)
        case .tooLarge: self.init(isBackendsFault: false, here: false, elsewhere: false)
        case .cancelled: return nil
        }
    }

    /// An answer that tells of a failure. nil for success, and for what is the client's own fault.
    init?(status: Int, retryAfterSeconds: Double?) {
        switch status {
        // The gateway's own key: another backend has another one.
        case 401, 402, 403: self.init(isBackendsFault: false, here: false, elsewhere: true)
        case 429:
            self.init(isBackendsFault: false, here: true, elsewhere: true)
            isLimited = true
        case 500, 502, 503, 529: self.init(isBackendsFault: true, here: true, elsewhere: true)
        // It may have worked all the time that it took.
        case 504, 524: self.init(isBackendsFault: true, here: false, elsewhere: true)
        case 501, 505..<600: self.init(isBackendsFault: true, here: false, elsewhere: true)
        default: return nil
        }
        self.retryAfterSeconds = retryAfterSeconds
    }

    /// The backend was not called: its breaker is open, or it has as much to do as it may be given.
    static let notMade = {
        var failure = CallFailure(isBackendsFault: false, here: false, elsewhere: true)
        failure.wasCalled = false
        return failure
    }()
    /// A success that is no answer.
    static let notAnAnswer = CallFailure(isBackendsFault: true, here: false, elsewhere: true)
    /// A stream that broke before it had brought anything.
    static let emptyStream = CallFailure(isBackendsFault: true, here: true, elsewhere: true)
}

/// The header `retry-after`, and the more exact one that OpenAI's and Anthropic's libraries know.
enum RetryAfter {
    /// Seconds; nil where there is none, or none that can be made sense of.
    static func seconds(_ headers: [HeaderField], unixSeconds: Int64) -> Double? {
        if let text = headers.first(where: { $0.isNamed("retry-after-ms") })?.value, let number = Double(text),
            number.isFinite, number >= 0
        {
            return number / 1_000
        }
        guard let text = headers.first(where: { $0.isNamed("retry-after") })?.value else { return nil }
        if let number = Double(text), number.isFinite, number >= 0 { return number }
        return HTTPDate.unixSeconds(text).map { Double(max(0, $0 - unixSeconds)) }
    }
}

/// Dates of HTTP headers, of RFC 9110's preferred form: `Sun, 06 Nov 1994 08:49:37 GMT`.
enum HTTPDate {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Seconds since 1970; nil for anything else.
    static func unixSeconds(_ text: String) -> Int64? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[0].hasSuffix(","), parts[5] == "GMT",
            let day = Int64(parts[1]), (1...31).contains(day),
            let month = months.firstIndex(of: String(parts[2])),
            let year = Int64(parts[3]), (1970...9999).contains(year)
        else { return nil }
        let clock = parts[4].split(separator: ":", omittingEmptySubsequences: false)
        guard clock.count == 3, let hour = Int64(clock[0]), (0...23).contains(hour),
            let minute = Int64(clock[1]), (0...59).contains(minute),
            let second = Int64(clock[2]), (0...60).contains(second)
        else { return nil }
        return days(year: year, month: Int64(month) + 1, day: day) * 86_400 + hour * 3_600 + minute * 60 + second
    }

    /// Days since 1970, by Howard Hinnant's days-from-civil (https://howardhinnant.github.io/date_algorithms.html).
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
