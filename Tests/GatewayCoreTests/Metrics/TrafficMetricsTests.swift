import Shared
import Synchronization
import Testing

@testable import GatewayCore

@Suite struct `Metrics by provider and model` {
    private static func summary(_ provider: String, _ model: String, status: Int = 200) -> ExchangeSummary {
        ExchangeSummary(
            id: "1",
            unixMilliseconds: 0,
            requestedModel: model,
            model: model,
            provider: provider,
            status: status
        )
    }

    @Test func `stay few whatever names clients think of`() {
        var metrics = TrafficMetrics(models: ["known"])
        for number in 0..<10_000 {
            metrics.ended(Self.summary("anthropic", "model-\(number)"), failure: nil, ownNanoseconds: nil)
        }
        metrics.ended(Self.summary("anthropic", "known"), failure: nil, ownNanoseconds: nil)
        metrics.ended(Self.summary("", ""), failure: nil, ownNanoseconds: nil)
        metrics.ended(Self.summary("somebody", "model-1"), failure: nil, ownNanoseconds: nil)
        let found = metrics.pairs.map { "\($0.provider) \($0.model) \($0.statuses.map(\.count))" }
        #expect(found == ["other other [1]", "anthropic other [10000]", "anthropic known [1]", "none none [1]"])
    }

    @Test func `stay few whatever the catalogue knows, and lose nothing`() {
        let models = (0..<500).map { "model-\($0)" }
        var metrics = TrafficMetrics(models: models)
        for model in models {
            for provider in ["anthropic", "openai"] {
                for status in [200, 429, 529] {
                    metrics.ended(Self.summary(provider, model, status: status), failure: nil, ownNanoseconds: nil)
                }
                metrics.paid(provider: provider, model: model, TokenUsage(input: 2), USD(nanodollars: 3))
            }
        }
        #expect(metrics.pairs.count == TrafficMetrics.maxPairs)
        #expect(metrics.requestSeriesCount <= TrafficMetrics.maxRequestSeries)
        #expect(metrics.pairs.reduce(0) { $0 + $1.statuses.reduce(0) { $0 + $1.count } } == 3_000)
        #expect(metrics.pairs.reduce(USD.zero) { $0 + $1.cost } == USD(nanodollars: 3_000))
        #expect(metrics.pairs.reduce(0) { $0 + $1.usage.input } == 2_000)
        // 99 pairs have series of their own.
        #expect(metrics.pairs[0].usage.input == 2 * (1_000 - 99))
    }

    @Test func `are told of twenty models one by one, and of the rest in one`() {
        let models = (1...30).map { "model-\($0)" }
        var metrics = TrafficMetrics(models: models)
        for (index, model) in models.enumerated() {
            for _ in 0...index {
                metrics.ended(Self.summary("openai", model), isError: index == 0, failure: nil, ownNanoseconds: nil)
            }
            metrics.paid(provider: "openai", model: model, TokenUsage(), USD(nanodollars: 10))
        }
        metrics.ended(Self.summary("openai", "nobody-knows-it"), failure: nil, ownNanoseconds: nil)
        let figures = metrics.figures
        #expect(figures.count == 21)
        #expect(figures.prefix(3).map(\.model) == ["model-30", "model-29", "model-28"])
        #expect(figures[0].requests == 30 && figures[0].latencyP50Milliseconds == 0)
        // Ten models with 1 to 10 requests, and the one that nobody knows.
        #expect(figures[20].model == ModelFigures.other && figures[20].requests == 56)
        #expect(figures[20].errors == 1 && figures[20].cost.nanodollars == 100)
        #expect(figures.reduce(0) { $0 + $1.requests } == 30 * 31 / 2 + 1)
    }

    @Test func `stay few whatever statuses a provider invents`() {
        let models = (0..<20).map { "model-\($0)" }
        var metrics = TrafficMetrics(models: models)
        for model in models {
            for status in -50..<700 {
                metrics.ended(Self.summary("openai", model, status: status), failure: nil, ownNanoseconds: nil)
            }
        }
        #expect(metrics.requestSeriesCount <= TrafficMetrics.maxRequestSeries)
        #expect(metrics.pairs.reduce(0) { $0 + $1.statuses.reduce(0) { $0 + $1.count } } == 20 * 750)
        let first = metrics.pairs[1]
        #expect(first.statuses.count == 501)
        // 50 below zero, 100 up to 99, and 600 to 699.
        #expect(first.statuses.first { $0.code == 0 }?.count == 250)
    }

    @Test func `put values into the ranges that they belong to`() {
        var histogram = Histogram([0.1, 1])
        for value in [0, 0.1, 0.100001, 1, 5, -3, .nan, .infinity] { histogram.observe(value) }
        #expect(histogram.counts == [5, 2, 1] && histogram.count == 8)
        #expect(abs(histogram.sum - 6.200001) < 1e-9)
    }

    @Test func `tell retries from escalations`() {
        func attempt(_ backend: String, weak: Bool = false) -> AttemptReport {
            AttemptReport(
                backend: backend,
                model: "m",
                status: 200,
                durationMilliseconds: 1,
                error: nil,
                weakness: weak ? "too short" : nil
            )
        }
        var metrics = TrafficMetrics(models: [])
        metrics.retried([attempt("a"), attempt("a"), attempt("b"), attempt("b", weak: true), attempt("c")])
        metrics.retried([attempt("a")])
        #expect(metrics.retries == [.sameBackend: 2, .otherBackend: 1])
    }

    @Test func `add up to the ledger's totals`() async throws {
        let answer =
            #"{"id":"m","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Hi."}],"#
            + #""stop_reason":"end_turn","usage":{"input_tokens":10,"output_tokens":3}}"#
        let (gateway, _) = Gateway.single(
            .anthropic,
            [.json(answer), .json(answer), .json("{}", status: 529), .failing(.cannotConnect("no"))]
        ) { $0.cache.isEnabled = false }
        for text in ["one", "two", "three", "four"] {
            let body = #"{"model":"gpt","max_tokens":9,"messages":[{"role":"user","content":"\#(text)"}]}"#
            _ = await gateway.answer(.messages(body))
        }
        _ = await gateway.answer(.messages("{"))
        let totals = gateway.snapshot().sinceStart
        let traffic = gateway.ledger.traffic
        let statuses = traffic.pairs.flatMap { pair in pair.statuses.map { "\(pair.model) \($0.code) \($0.count)" } }
        #expect(
            statuses == [
                "claude-haiku-4-5-20251001 200 2", "claude-haiku-4-5-20251001 529 1",
                "claude-haiku-4-5-20251001 502 1", "none 400 1",
            ]
        )
        #expect(traffic.pairs.reduce(USD.zero) { $0 + $1.cost } == totals.cost)
        // 2 × (10 × $1 + 3 × $5) a million.
        #expect(totals.cost == USD(nanodollars: 50_000))
        #expect(traffic.failures == ["provider_error": 1, "unreachable": 1, "invalid_request": 1])
        #expect(traffic.failures.values.reduce(0, +) == totals.errors)
        // The three that got an answer.
        #expect(traffic.own.count == 3)
    }
}

@Suite struct `What the operator sees of bounds` {
    private static let ask = #"{"model":"gpt","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}"#

    @Test func `is who was refused, and how far budgets are used`() async {
        let (gateway, _) = Gateway.single(.anthropic, []) { settings in
            settings.limits.all.requestsPerMinute = 1
            settings.budgets.all.perDay = USD(nanodollars: 4)
            var project = Settings.Project(name: "web")
            project.budget.perMonth = USD(nanodollars: 1_000_000_000)
            settings.projects = [project]
        }
        // The budget has no room for the first; the rate has none for the second.
        #expect(await gateway.answer(.messages(Self.ask)).status == 429)
        #expect(await gateway.answer(.messages(Self.ask)).status == 429)
        let report = gateway.snapshot().limits
        #expect(report?.refusals == ["requests": 1, "tokens": 0, "streams": 0, "budget": 1, "budget_reserved": 0])
        #expect(report?.shed == ["queue_full": 0, "queue_timeout": 0, "books_full": 0])
        #expect(
            report?.budgets.map { "\($0.scope) \($0.period.rawValue) \($0.ratio)" } == [
                "all day 0.0", "project:web month 0.0",
            ]
        )
        #expect(gateway.ledger.traffic.failures == ["budget_exhausted": 1, "rate_limited": 1])
    }

    @Test func `holds no key that a provider repeats`() async {
        let start =
            #"event: message_start"# + "\n"
            + #"data: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"m","#
            + #""content":[],"usage":{"input_tokens":1,"output_tokens":1}}}"# + "\n\n"
        let error =
            "event: error\n"
            + #"data: {"type":"error","error":{"type":"api_error","message":"bad key sk-upstream-1234"}}"#
            + "\n\n"
        let (gateway, _) = Gateway.single(.anthropic, [.stream([start, error])]) {
            $0.backends[0].apiKey = Secret("sk-upstream-1234")
            $0.escalation.maxEscalations = 0
        }
        let body = #"{"model":"gpt","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"Hi"}]}"#
        _ = await gateway.answer(.messages(body)).text()
        let row = gateway.ledger.recent(1).first
        #expect(row?.error?.contains("bad key …") == true)
        #expect(gateway.snapshot().backends.first?.health?.lastError?.contains("sk-upstream") == false)
        #expect(gateway.ledger.traffic.failures == ["provider_error": 1])
    }

    @Test func `is told to whoever traces a request, when its books are closed`() async {
        let (gateway, _) = Gateway.single(.anthropic, [])
        let trace = RequestTrace()
        let request = ClientRequest(
            id: "0123456789abcdef",
            method: "POST",
            path: "/v1/messages",
            body: Array(Self.ask.utf8),
            trace: trace
        )
        let told = Told()
        _ = await gateway.answer(request)
        trace.whenSettled { told.take($0) }
        #expect(told.ids == ["0123456789abcdef"])
        // While it is under way the action waits.
        let open = RequestTrace()
        open.began()
        open.whenSettled { told.take($0) }
        #expect(told.ids.count == 1)
        if let entry = gateway.ledger.entry(id: "0123456789abcdef") { open.ended(entry) }
        #expect(told.ids.count == 2)
    }
}

private final class Told: Sendable {
    private let state = Mutex<[String?]>([])
    var ids: [String?] { state.withLock { $0 } }
    func take(_ entry: LedgerEntry?) { state.withLock { $0.append(entry?.summary.id) } }
}
