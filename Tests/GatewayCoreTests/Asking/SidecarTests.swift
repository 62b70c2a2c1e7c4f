import GatewayCore
import Shared
import Testing

@Suite struct `The sidecar` {
    private let clock = TestClock()

    private func sidecar(
        _ transport: Transport,
        clock: Clock? = nil,
        url: String = "http://localhost:6060/classify",
        _ change: (inout Sidecar.Options) -> Void = { _ in }
    ) throws -> Sidecar {
        var options = Sidecar.Options()
        change(&options)
        return try Sidecar(url: url, options: options, transport: transport, clock: clock ?? self.clock.port)
    }

    private func score(_ body: String, status: Int = 200) async throws -> Sidecar.Outcome {
        try await sidecar(ScriptedUpstream([.json(body, status: status)]).transport).score(Array("Why?".utf8))
    }

    @Test func `is sent the text and what was measured of it`() async throws {
        let upstream = ScriptedUpstream([.json(#"{"score":0.25}"#)])
        let features = [(name: "tokens", value: 12.0), (name: "odd", value: .nan), (name: "share", value: 0.5)]
        let outcome = try await sidecar(upstream.transport).score(Array("a \"b\"".utf8), features: features)
        #expect(outcome.strongProbability == 0.25)
        let sent = try #require(upstream.requests.first)
        #expect(sent.method == "POST" && sent.url == "http://localhost:6060/classify" && sent.timeoutSeconds == 1)
        #expect(
            String(decoding: sent.body, as: UTF8.self)
                == #"{"prompt":"a \"b\"","text":"a \"b\"","features":{"tokens":12.0,"share":0.5}}"#
        )
    }

    @Test(arguments: [
        (#"{"score":0.25}"#, 0.25),
        (#"{"strong_probability":1}"#, 1),
        (#"{"win_rate":1e-1,"model":"bert"}"#, 0.1),
        // The middle of the third tier's share, 5/6, six tenths of the way from one half: 0.5 + 0.6 / 3.
        (#"{"confidence":0.6,"tier":3}"#, 0.7),
        (#"{"confidence":1,"tier":"fast"}"#, 1.0 / 6),
        (#"{"confidence":0.9,"tier":2}"#, 0.5),
    ])
    func `may answer in several ways`(body: String, expected: Double) async throws {
        let probability = try #require(try await score(body).strongProbability)
        #expect(abs(probability - expected) < 1e-9)
    }

    @Test(arguments: [
        #"{"score":1.5}"#, #"{"score":-0.1}"#, #"{"score":"0.5"}"#, #"{"score":null}"#, #"{"confidence":0.5}"#,
        #"{"tier":3}"#, #"{"tier":7,"confidence":1}"#, "[0.5]", "0.5", "", "<html>", #"{"score":1e999}"#,
    ])
    func `counts for nothing where it gives no number`(body: String) async throws {
        let outcome = try await score(body)
        #expect(outcome.strongProbability == nil && outcome.reason == "the sidecar's answer holds no score")
    }

    @Test func `holds nobody up`() async throws {
        let late = try await sidecar(.silent(), clock: clock.port.hasty).score([97])
        #expect(late.strongProbability == nil && late.reason == "the sidecar did not answer within 300 ms")
        let gone = try await sidecar(ScriptedUpstream([]).transport).score([97])
        #expect(gone.reason == "the sidecar could not be reached")
        #expect(try await score("{}", status: 500).reason == "the sidecar answered HTTP 500")
        let long = "{\"score\":0.5,\"x\":\"\(String(repeating: "x", count: 70_000))\"}"
        #expect(try await score(long).strongProbability == nil)
    }

    @Test func `is left alone after failures, and tried again later`() async throws {
        let failure = ScriptedUpstream.Answer.json("{}", status: 500)
        let good = ScriptedUpstream.Answer.json(#"{"score":1}"#)
        let upstream = ScriptedUpstream([failure, good, failure, failure, failure, good])
        let sidecar = try sidecar(upstream.transport)
        for _ in 0..<5 { _ = await sidecar.score([97]) }
        #expect(await sidecar.score([97]).reason == "the sidecar failed lately and is not asked for a while")
        #expect(upstream.requests.count == 5)
        clock.advance(seconds: 10)
        #expect(await sidecar.score([97]).strongProbability == 1)
    }

    @Test(arguments: [
        ("ftp://localhost/", "expected an address that begins with https:// or http://"),
        ("http://example.com/classify", "would send prompts unencrypted to another machine; use https://"),
        ("http://127.0.0.1.example.com/", "would send prompts unencrypted to another machine; use https://"),
        ("http://me:secret@localhost/", "expected an address without a user name"),
        ("http://localhost:0/", "expected a host and a port from 1 to 65535"),
        ("http://:80/", "expected a host and a port from 1 to 65535"),
        ("http://local host/", "expected an address without spaces, quotes and letters outside ASCII"),
    ])
    func `is not looked for at a wrong address`(url: String, problem: String) {
        #expect(throws: ServiceAddress.Problem(description: problem)) {
            _ = try sidecar(.silent(), url: url)
        }
    }

    @Test(arguments: ["https://example.com/x?y=1", "http://127.0.0.1:80", "http://[::1]:6060/", "HTTP://LOCALHOST/"])
    func `is looked for at others`(url: String) throws {
        _ = try sidecar(.silent(), url: url)
    }

    @Test func `may be elsewhere in the clear where that is wanted`() throws {
        _ = try sidecar(.silent(), url: "http://10.0.0.2/") { $0.allowsUnencrypted = true }
    }

    @Test(arguments: [
        // 0.7 · 90 + 0.3 · 20
        (0.9, 20, 0.7, 0.5, 69),
        (0.9, 20, 0, 0.5, 20),
        (0.9, 20, 1, 0.5, 90),
        // A threshold becomes the middle: 0.6 / 1.2, 0.3 / 1.2, 0.5 + 0.2 / 0.8.
        (0.6, 0, 1, 0.6, 50),
        (0.3, 0, 1, 0.6, 25),
        (0.8, 0, 1, 0.6, 75),
        (0.5, 0, 1, 0, 75),
        (0, 0, 1, 0, 0),
        (1, 0, 1, 1, 50),
        (7, 400, 0.5, 0.5, 100),
    ])
    func `has its part in the score`(p: Double, score: Int, weight: Double, threshold: Double, blended: Int) {
        let got = Sidecar.blend(strongProbability: p, builtInScore: Double(score), weight: weight, threshold: threshold)
        #expect(Int(got.rounded()) == blended)
    }

    @Test(arguments: [
        (0.5, 0.5, [Tier.fast, .premium], Tier.fast),
        (0.51, 0.5, [.fast, .premium], .premium),
        (0.51, 0.6, [.local, .balanced, .premium], .balanced),
        (0.29, 0.5, [.fast, .balanced, .premium], .fast),
        (0.31, 0.5, [.fast, .balanced, .premium], .balanced),
        (0.69, 0.5, [.fast, .balanced, .premium], .balanced),
        (0.71, 0.5, [.fast, .balanced, .premium], .premium),
        // 0.5 + 0.1 / 0.4 is three quarters of the scale.
        (0.9, 0.8, [.fast, .balanced, .premium], .premium),
        (1, 0.5, [.fast], .fast),
    ])
    func `wants a tier of those there are`(p: Double, threshold: Double, tiers: [Tier], wanted: Tier) {
        #expect(Sidecar.tier(strongProbability: p, threshold: threshold, among: Set(tiers)) == wanted)
    }

    @Test func `wants nothing where there is nothing`() {
        #expect(Sidecar.tier(strongProbability: 1, threshold: 0.5, among: [.local]) == nil)
    }
}
