import GatewayCore
import Testing

@Suite struct `The rate limit` {
    private static let second: Int64 = 1_000_000_000

    @Test func `lets all of the limit in at once, and then one each interval`() {
        // 6 a minute: one each 10 s.
        let rate = GCRA(limit: 6)
        var arrival: Int64?
        for left in (0..<6).reversed() {
            let outcome = rate.take(1, arrival: arrival, now: 0)
            #expect(outcome.isAllowed)
            #expect(outcome.remaining == left)
            #expect(outcome.resetNanoseconds == Int64(6 - left) * 10 * Self.second)
            arrival = outcome.arrival
        }
        let refused = rate.take(1, arrival: arrival, now: 0)
        #expect(!refused.isAllowed)
        #expect(refused.retryNanoseconds == 10 * Self.second)
        #expect(refused.remaining == 0)
        #expect(refused.arrival == 60 * Self.second)
        // One nanosecond before its time it is still refused.
        #expect(!rate.take(1, arrival: arrival, now: 10 * Self.second - 1).isAllowed)
        let allowed = rate.take(1, arrival: arrival, now: 10 * Self.second)
        #expect(allowed.isAllowed)
        #expect(allowed.arrival == 70 * Self.second)
    }

    @Test func `a steady client at the rate is never refused`() {
        let rate = GCRA(limit: 60)
        var arrival: Int64?
        for step in 0..<10_000 {
            let outcome = rate.take(1, arrival: arrival, now: Int64(step) * Self.second)
            #expect(outcome.isAllowed && outcome.remaining == 59)
            arrival = outcome.arrival
        }
    }

    @Test(arguments: [1, 7, 59, 997, 1_000_003])
    func `a full bucket holds exactly the limit`(limit: Int) {
        let rate = GCRA(limit: limit)
        let all = rate.take(limit, arrival: nil, now: 5)
        #expect(all.isAllowed && all.remaining == 0)
        #expect(!rate.take(1, arrival: all.arrival, now: 5).isAllowed)
        var (arrival, count) = (Int64?.none, 0)
        while count <= 1_000, case let next = rate.take(1, arrival: arrival, now: 5), next.isAllowed {
            (arrival, count) = (next.arrival, count + 1)
        }
        #expect(count == min(limit, 1_001))
    }

    @Test func `more than the limit needs a full bucket`() {
        let rate = GCRA(limit: 100)
        #expect(rate.take(5_000, arrival: nil, now: 0).isAllowed)
        let used = rate.take(1, arrival: nil, now: 0).arrival
        let refused = rate.take(5_000, arrival: used, now: 0)
        // A hundredth of a minute is missing.
        #expect(refused.retryNanoseconds == 600_000_000)
    }

    @Test func `what was not used comes back, and what was used beyond it is owed`() {
        let rate = GCRA(limit: 60)
        let taken = rate.take(30, arrival: nil, now: 0).arrival
        #expect(rate.corrected(taken, by: -20, now: 0) == 10 * Self.second)
        #expect(rate.corrected(taken, by: -50, now: 0) == 0)
        #expect(rate.corrected(taken, by: 60, now: 0) == 90 * Self.second)
        // Ten minutes at most, whatever a provider says.
        #expect(rate.corrected(taken, by: .max, now: 0) == 600 * Self.second)
        #expect(rate.corrected(taken, by: .min, now: 0) == 0)
    }

    @Test func `extreme figures trap nowhere`() {
        for limit in [Int.min, 0, 1, Int.max] as [Int] {
            for period in [Int64.min, 0, 1, Int64.max / 4] as [Int64] {
                let rate = GCRA(limit: limit, periodNanoseconds: period)
                for units in [Int.min, -1, 0, 1, Int.max] as [Int] {
                    _ = rate.corrected(0, by: units, now: 1)
                    #expect(rate.take(units, arrival: 0, now: 1).remaining <= max(1, limit))
                }
            }
        }
    }

    @Test func `takes from all buckets or from none`() {
        var limiter = RateLimiter()
        let key = RateLimiter.Bucket(.key("a"), .requests)
        let project = RateLimiter.Bucket(.project("web"), .requests)
        func demand(_ bucket: RateLimiter.Bucket, _ limit: Int) -> RateLimiter.Demand {
            .init(bucket, GCRA(limit: limit), 1)
        }
        let first = limiter.take([demand(key, 2), demand(project, 1)], now: 0)
        #expect(first.map(\.isAllowed) == [true, true])
        // The project is used up; the key keeps its second request.
        let refused = limiter.take([demand(key, 2), demand(project, 1)], now: 0)
        #expect(refused.map(\.isAllowed) == [true, false])
        #expect(refused.map(\.remaining) == [1, 0])
        let second = limiter.take([demand(key, 2)], now: 0)
        #expect(second.map(\.remaining) == [0])
    }

    @Test func `remembers a bounded number of buckets, and none that is full`() {
        var limiter = RateLimiter(maxEntries: 3)
        for number in 0..<10 {
            let bucket = RateLimiter.Bucket(.key("\(number)"), .requests)
            _ = limiter.take([.init(bucket, GCRA(limit: 10), number + 1)], now: 0)
        }
        #expect(limiter.count == 3)
        let bucket = RateLimiter.Bucket(.key("9"), .requests)
        limiter.correct(bucket, GCRA(limit: 10), by: -10, now: 0)
        #expect(limiter.count == 2)
    }
}
