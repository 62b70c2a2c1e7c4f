/// A moment from which on somebody wants to see the books.
package enum SinceMoment {
    /// What one may write, for messages.
    package static let expected =
        "a day by UTC (2026-11-01), a time of it (2026-11-01T12:00), how long ago (24h, 7d), or seconds since 1970"
    /// The units of "how long ago", in milliseconds.
    private static let units: [Character: Int64] = ["s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
    /// Numbers from here on are milliseconds since 1970 already; as seconds they would be in the year 5138.
    private static let leastMilliseconds: Int64 = 100_000_000_000
    private static let mostDigits = 15

    /// Milliseconds since 1970; nil for what is no moment. What is longer ago than 1970 is 1970.
    package static func milliseconds(_ text: String, nowUnixMilliseconds now: Int64) -> Int64? {
        if let day = UTCDay.parse(text) { return day * 86_400_000 }
        if let unit = text.last.flatMap({ units[$0] }), let count = number(text.dropLast()) {
            let (back, isOver) = count.multipliedReportingOverflow(by: unit)
            return isOver ? 0 : max(0, now - back)
        }
        if let number = number(text) { return number < leastMilliseconds ? number * 1_000 : number }
        let parts = text.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let day = UTCDay.parse(parts[0]) else { return nil }
        return seconds(parts[1].hasSuffix("Z") ? parts[1].dropLast() : parts[1]).map { (day * 86_400 + $0) * 1_000 }
    }

    /// Seconds since midnight of `12:00` or `12:00:30`.
    private static func seconds(_ time: Substring) -> Int64? {
        let parts = time.split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), parts.allSatisfy({ $0.utf8.count == 2 }) else { return nil }
        let numbers = parts.compactMap(number)
        guard numbers.count == parts.count, numbers[0] < 24, numbers.dropFirst().allSatisfy({ $0 < 60 }) else {
            return nil
        }
        return numbers[0] * 3_600 + numbers[1] * 60 + (numbers.count == 3 ? numbers[2] : 0)
    }

    /// Digits alone.
    private static func number(_ text: some StringProtocol) -> Int64? {
        guard (1...mostDigits).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int64(text)
    }
}
