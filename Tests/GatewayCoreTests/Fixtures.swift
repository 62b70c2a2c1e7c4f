import GatewayCore
import Shared
import Synchronization

extension Settings {
    /// Three tiers, as the built-in defaults have them, on a server that is never called.
    static var threeTiers: Settings {
        var settings = Settings()
        // A script answers as often as it is asked; calling again has tests of its own.
        settings.retry.isEnabled = false
        settings.backends = [
            Backend(
                name: "haiku",
                provider: .anthropic,
                model: "claude-haiku-4-5-20251001",
                baseURL: "http://127.0.0.1:1",
                tier: .fast
            ),
            Backend(
                name: "sonnet",
                provider: .anthropic,
                model: "claude-sonnet-4-6",
                baseURL: "http://127.0.0.1:1",
                tier: .balanced
            ),
            Backend(
                name: "opus",
                provider: .anthropic,
                model: "claude-opus-4-7",
                baseURL: "http://127.0.0.1:1",
                tier: .premium
            ),
        ]
        return settings
    }
}

extension Catalogue {
    /// The three models at their published prices of 1/5, 3/15 and 5/25 dollars a million tokens.
    static let threeTiers = Catalogue(models: [
        model("claude-haiku-4-5-20251001", .fast, input: 1, output: 5, window: 200_000, maxOutput: 64_000),
        model("claude-sonnet-4-6", .balanced, input: 3, output: 15, window: 1_000_000, maxOutput: 128_000),
        model("claude-opus-4-7", .premium, input: 5, output: 25, window: 1_000_000, maxOutput: 128_000),
        model("claude-sonnet-4-5", .balanced, input: 3, output: 15, window: 200_000, maxOutput: 64_000),
    ])

    private static func model(
        _ id: String,
        _ tier: Tier,
        input: Int64,
        output: Int64,
        window: Int,
        maxOutput: Int
    ) -> CatalogueModel {
        let million: Int64 = 1_000_000
        let price = Price(
            input: input * million,
            output: output * million,
            cacheRead: input * million / 10,
            cacheWrite5m: input * million * 5 / 4,
            cacheWrite1h: input * million * 2
        )
        return CatalogueModel(
            id: id,
            displayName: id,
            tier: tier,
            contextWindow: window,
            maxOutput: maxOutput,
            minCacheable: nil,
            releasedOn: "2026-01-01",
            lifecycle: .active,
            tokensPerThousandCharacters: 250,
            prices: [PriceRow(from: nil, promptTokensAbove: nil, price: price, confidence: .high, source: "test")]
        )
    }
}

/// A clock that stands still until it is turned.
final class TestClock: Sendable {
    private let time = Mutex<(monotonic: Int64, unix: Int64)>((1_000_000_000, 1_790_000_000_000))

    func advance(seconds: Int64) { advance(milliseconds: seconds * 1_000) }

    func advance(milliseconds: Int64) {
        time.withLock {
            $0.monotonic += milliseconds * 1_000_000
            $0.unix += milliseconds
        }
    }

    /// Whoever waits turns it, and has waited at once.
    var hasty: Clock {
        var clock = port
        clock.sleep = { self.advance(milliseconds: Int64($0)) }
        return clock
    }

    var port: Clock {
        Clock(
            monotonicNanoseconds: { self.time.withLock { $0.monotonic } },
            unixMilliseconds: { self.time.withLock { $0.unix } }
        )
    }
}

/// A provider made of a script: each call takes the next answer, and is kept for looking at.
final class ScriptedUpstream: Sendable {
    struct Answer: Sendable {
        var status = 200
        var headers = [HeaderField("content-type", "application/json")]
        /// In the place of an answer.
        var failure: UpstreamError?
        /// What the body brings, piece by piece.
        var events: [Result<UpstreamBody.Event, UpstreamError>]

        static func json(_ text: String, status: Int = 200) -> Answer {
            Answer(status: status, events: [.success(.bytes(Array(text.utf8)))])
        }

        static func failing(_ error: UpstreamError) -> Answer { Answer(failure: error, events: []) }

        static func stream(_ pieces: [String]) -> Answer {
            Answer(
                headers: [HeaderField("content-type", "text/event-stream")],
                events: pieces.map { .success(.bytes(Array($0.utf8))) }
            )
        }
    }

    private let answers: Mutex<[Answer]>
    private let calls = Mutex<[UpstreamRequest]>([])

    init(_ answers: [Answer]) { self.answers = Mutex(answers) }

    var requests: [UpstreamRequest] { calls.withLock { $0 } }

    var transport: Transport {
        Transport { request throws(UpstreamError) in
            self.calls.withLock { $0.append(request) }
            guard let answer = self.answers.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else {
                throw .cannotConnect("the script has no answer left")
            }
            if let failure = answer.failure { throw failure }
            return UpstreamResponse(
                status: answer.status,
                headers: answer.headers,
                body: UpstreamBody(ScriptedBody(answer.events))
            )
        }
    }
}

private final class ScriptedBody: UpstreamBodySource {
    private let events: Mutex<[Result<UpstreamBody.Event, UpstreamError>]>

    init(_ events: [Result<UpstreamBody.Event, UpstreamError>]) { self.events = Mutex(events) }

    func next(patienceSeconds: Int?, endsWithTask: Bool) async throws(UpstreamError) -> UpstreamBody.Event {
        guard let event = events.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else { return .end }
        return try event.get()
    }

    var hasMore: Bool { events.withLock { !$0.isEmpty } }

    func nudge() {}

    func letGo() {}

    func cancel() { events.withLock { $0 = [.failure(.cancelled)] } }
}

extension ClientRequest {
    /// `POST /v1/messages` with a body and headers.
    static func messages(_ body: String, _ headers: [(String, String)] = [], id: String = "0123456789abcdef")
        -> ClientRequest
    {
        ClientRequest(
            id: id,
            method: "POST",
            path: "/v1/messages",
            headers: headers.map { HeaderField($0.0, $0.1) },
            body: Array(body.utf8),
            unixMilliseconds: 1_790_000_000_000
        )
    }
}

extension Reply {
    /// A header's value.
    func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name.lowercased() }?.value }

    /// The whole body as text, a stream read to its end.
    func text() async -> String {
        switch body {
        case .bytes(let bytes): return String(decoding: bytes, as: UTF8.self)
        case .stream(let relay):
            var all: [UInt8] = []
            while let bytes = await relay.next() { all += bytes }
            return String(decoding: all, as: UTF8.self)
        }
    }
}

/// Random numbers that are the same in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    // SplitMix64, https://prng.di.unimi.it/splitmix64.c
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension Gateway {
    /// One backend `gpt` of a kind behind a script, priced at $1 and $5 a million tokens, a tenth for what is read from a
    /// cache; every name is taken at its word.
    static func single(
        _ provider: Settings.ProviderKind,
        _ answers: [ScriptedUpstream.Answer],
        _ change: (inout Settings) -> Void = { _ in }
    ) -> (Gateway, ScriptedUpstream) {
        let upstream = ScriptedUpstream(answers)
        var settings = Settings()
        settings.backends = [
            Settings.Backend(
                name: "gpt",
                provider: provider,
                model: "claude-haiku-4-5-20251001",
                baseURL: "http://127.0.0.1:1",
                apiKey: Secret("sk-up"),
                tier: .fast
            )
        ]
        settings.routing.mode = .off
        settings.retry.isEnabled = false
        change(&settings)
        let gateway = Gateway(
            settings: settings,
            catalogue: .threeTiers,
            classifier: ScriptedClassifier(),
            transport: upstream.transport,
            clock: TestClock().port
        )
        return (gateway, upstream)
    }
}

extension AttemptReport {
    /// The one call of an exchange that came off at the first attempt.
    init(_ summary: ExchangeSummary) {
        self.init(
            backend: summary.backend,
            model: summary.model,
            tier: summary.tier,
            status: summary.status,
            durationMilliseconds: summary.latencyMilliseconds,
            error: nil,
            usage: summary.usage,
            cost: summary.cost
        )
    }
}
