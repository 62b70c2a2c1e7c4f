import Shared
import Testing

@testable import GatewayCore

@Suite struct `When a call is made again` {
    private func policy(random: Double) -> RetryPolicy { RetryPolicy(Settings.Retry()) { random } }

    @Test(arguments: [(1, 250), (2, 500), (3, 1_000), (4, 2_000), (6, 8_000), (7, 8_000), (1_000, 8_000)])
    func `the bound of the wait doubles up to eight seconds`(retry: Int, bound: Int) {
        #expect(policy(random: 0).delayMilliseconds(retry: retry, retryAfterSeconds: nil) == 0)
        #expect(policy(random: 0.5).delayMilliseconds(retry: retry, retryAfterSeconds: nil) == bound / 2)
    }

    @Test func `what the provider asks for is kept to, unless it is too long`() {
        #expect(policy(random: 0).delayMilliseconds(retry: 1, retryAfterSeconds: 3) == 3_000)
        #expect(policy(random: 0.5).delayMilliseconds(retry: 3, retryAfterSeconds: 3) == 3_125)
        #expect(policy(random: 0).delayMilliseconds(retry: 1, retryAfterSeconds: 10) == 10_000)
        #expect(policy(random: 0).delayMilliseconds(retry: 1, retryAfterSeconds: 10.5) == nil)
        #expect(policy(random: 0).delayMilliseconds(retry: 1, retryAfterSeconds: 1e300) == nil)
    }

    @Test(arguments: [
        ("7", 7.0), ("0", 0), ("1.5", 1.5), ("Thu, 01 Jan 1970 00:01:40 GMT", 40), ("Thu, 01 Jan 1970 00:00:10 GMT", 0),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 946_684_739),
    ])
    func `is read from seconds and dates`(text: String, seconds: Double) {
        #expect(RetryAfter.seconds([HeaderField("Retry-After", text)], unixSeconds: 60) == seconds)
    }

    @Test(arguments: [
        "", "soon", "-1", "nan", "inf", "Thu, 01 Jan 1970", "Thu, 32 Jan 1970 00:00:00 GMT",
        "Thu, 01 Foo 1970 00:00:00 GMT", "Thu, 01 Jan 99999 00:00:00 GMT", "Thu, 01 Jan 1970 25:00:00 GMT",
        "Thursday, 01-Jan-70 00:00:00 GMT",
    ])
    func `rubbish counts as nothing`(text: String) {
        #expect(RetryAfter.seconds([HeaderField("retry-after", text)], unixSeconds: 60) == nil)
    }

    @Test func `milliseconds go before seconds`() {
        let headers = [HeaderField("retry-after", "9"), HeaderField("retry-after-ms", "250")]
        #expect(RetryAfter.seconds(headers, unixSeconds: 0) == 0.25)
    }

    @Test func `knows leap years`() {
        // 2024-02-29 is 19,782 days after 1970-01-01, 2000-03-01 is 11,017.
        let day: Int64 = 86_400
        #expect(HTTPDate.unixSeconds("Thu, 29 Feb 2024 00:00:00 GMT") == day * 19_782)
        #expect(HTTPDate.unixSeconds("Wed, 01 Mar 2000 00:00:01 GMT") == day * 11_017 + 1)
    }

    @Test(arguments: [400, 404, 405, 408, 409, 413, 422]) func `never for the client's own errors`(status: Int) {
        #expect(CallFailure(status: status, retryAfterSeconds: nil) == nil)
    }

    @Test func `what may have been done is not asked of the same backend again`() throws {
        for status in [504, 524] {
            let failure = try #require(CallFailure(status: status, retryAfterSeconds: nil))
            #expect(!failure.mayRetryHere && failure.mayRetryElsewhere)
        }
        let late = try #require(CallFailure(.timeout("30 s")))
        #expect(!late.mayRetryHere && late.mayRetryElsewhere && late.isBackendsFault)
        #expect(CallFailure(.cancelled) == nil)
    }

    @Test func `a refused key and a rate limit are not the backend's fault`() throws {
        for status in [401, 402, 403, 429] {
            let failure = try #require(CallFailure(status: status, retryAfterSeconds: nil))
            #expect(!failure.isBackendsFault && failure.mayRetryElsewhere)
        }
    }

    @Test(arguments: [
        ("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}\n\n", true),
        ("data: {\"error\":{\"type\":\"server_error\",\"message\":\"x\"}}\n\n", true),
        ("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\"}}\n\n", false),
        ("event: message_start\ndata: {\"text\":\"overloaded_error\"}\n\n", false), ("", false),
        ("data: {\"choices\":[{\"delta\":{\"content\":\"server_error\"}}]}\n\n", false),
    ])
    func `a stream that begins with a passing error has not begun`(text: String, isFailure: Bool) {
        #expect((StreamOpening.failure(Array(text.utf8)) != nil) == isFailure)
    }
}

@Suite struct `The budget of retries` {
    @Test func `a fifth of the requests may be tried again, and five at the start`() {
        let budget = RetryBudget(share: 0.2, now: 0)
        #expect((0..<8).filter { _ in budget.withdraw(now: 0) }.count == 5)
        var retried = 0
        for _ in 0..<1_000 {
            budget.deposit()
            if budget.withdraw(now: 0) { retried += 1 }
        }
        #expect((199...200).contains(retried))
    }

    @Test func `a lone request may be tried again after a while`() {
        let budget = RetryBudget(share: 0.2, now: 0)
        for _ in 0..<5 { #expect(budget.withdraw(now: 0)) }
        #expect(!budget.withdraw(now: 9_000_000_000))
        #expect(budget.withdraw(now: 11_000_000_000))
    }

    @Test func `what is saved in good times is bounded`() {
        let budget = RetryBudget(share: 1, now: 0)
        for _ in 0..<1_000 { budget.deposit() }
        #expect((0..<200).filter { _ in budget.withdraw(now: 0) }.count == 100)
    }

    @Test func `none at all can be had, too`() {
        let budget = RetryBudget(share: 0, now: 0)
        #expect(!budget.withdraw(now: 0))
    }

    @Test func `its last token is known`() {
        let budget = RetryBudget(share: 0.2, now: 0)
        for _ in 0..<3 { #expect(budget.withdraw(now: 0) && !budget.isScarce(now: 0)) }
        #expect(budget.withdraw(now: 0) && budget.isScarce(now: 0))
        #expect(!budget.isScarce(now: 11_000_000_000))
    }
}

@Suite struct `What is called next` {
    private func candidate(_ name: String) -> Decision.Candidate {
        let settings = Settings.Backend(
            name: name,
            provider: .anthropic,
            model: name,
            baseURL: "http://127.0.0.1:1",
            tier: .fast
        )
        return Decision.Candidate(backend: Backend(settings, catalogue: .threeTiers), estimatedCost: .zero)
    }

    private func plan() -> CallPlan {
        var plan = CallPlan(
            same: [candidate("a"), candidate("b")],
            others: [candidate("c")],
            policy: RetryPolicy(.init())
        )
        #expect(plan.first()?.backend.name == "a")
        return plan
    }

    /// Who is called after a failure, and how many calls were taken from the budget for it.
    private func next(
        _ plan: inout CallPlan,
        _ failure: CallFailure,
        budget: Int,
        isScarce: Bool = false
    ) -> (called: String?, taken: Int) {
        var taken = 0
        let step = plan.next(
            after: failure,
            mayCall: { _ in true },
            mayRetry: {
                taken += taken < budget ? 1 : 0
                return taken <= budget && budget > 0
            },
            isScarce: { isScarce }
        )
        switch step {
        case .call(let candidate), .wait(_, let candidate): return (candidate.backend.name, taken)
        case .giveUp: return (nil, taken)
        }
    }

    @Test func `each further call is one of the budget, wherever it goes`() {
        var plan = plan()
        #expect(next(&plan, .emptyStream, budget: 1) == ("b", 1))
        // The last one of three goes to another model.
        #expect(next(&plan, .emptyStream, budget: 1) == ("c", 1))
    }

    @Test func `nobody, where the budget is used up`() {
        var plan = plan()
        #expect(next(&plan, .emptyStream, budget: 0) == (nil, 0))
        plan = CallPlan(same: [candidate("a")], others: [candidate("c")], policy: RetryPolicy(.init()))
        _ = plan.first()
        #expect(next(&plan, .notAnAnswer, budget: 0) == (nil, 0))
    }

    @Test func `somebody else for nothing, where the call was never made`() {
        var plan = plan()
        #expect(next(&plan, .notMade, budget: 0) == ("b", 0))
        #expect(next(&plan, .notMade, budget: 0) == ("c", 0))
    }

    @Test func `somebody who has not just failed, where it is the last of the budget`() {
        for (isScarce, called) in [(false, "a"), (true, "c")] {
            var plan = CallPlan(same: [candidate("a")], others: [candidate("c")], policy: RetryPolicy(.init()))
            _ = plan.first()
            #expect(next(&plan, .emptyStream, budget: 1, isScarce: isScarce) == (called, 1))
        }
    }
}
