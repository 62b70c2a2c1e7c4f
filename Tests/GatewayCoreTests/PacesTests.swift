import Shared
import Testing

@testable import GatewayCore

@Suite struct `The pace of a backend` {
    private func expected(_ paces: Paces, _ tokens: Int) throws -> Double {
        try #require(paces.expectedMilliseconds("a", outputTokens: tokens))
    }

    private func note(_ paces: Paces, _ first: Double?, _ total: Double, _ tokens: Int) {
        paces.note(
            "a",
            firstByteMilliseconds: first ?? total,
            totalMilliseconds: total,
            outputTokens: tokens,
            isStream: first != nil
        )
    }

    @Test func `is not known before its first answer`() {
        let paces = Paces()
        #expect(paces.expectedMilliseconds("a", outputTokens: 10) == nil)
        #expect(paces.usualTokens("a") == nil)
    }

    @Test func `takes nothing for a token from an answer of one`() throws {
        let paces = Paces()
        note(paces, nil, 300, 1)
        // A token takes the usual 15 ms: 300 + 15 (301 - 1).
        #expect(try expected(paces, 301) == 4_800)
        #expect(try expected(paces, 1) == 300)
        // One answer of 1 beside the 300 that are assumed: 150.5.
        #expect(paces.usualTokens("a") == 151)
    }

    @Test func `is never less than nothing to the first byte`() throws {
        let paces = Paces()
        note(paces, nil, 1_000, 200)
        // At 15 ms a token it would have begun before it was asked: all of its time was writing, 5 ms a token.
        #expect(try expected(paces, 100) == 500)
        #expect(try expected(paces, 200) == 1_000)
    }

    @Test func `learns both parts from a stream`() throws {
        let paces = Paces()
        note(paces, 200, 4_200, 200)
        // Points (0, 200) and (200, 4200), mean (100, 2200). The slope: (400,000 + 400 x 15) / (20,000 + 400) = 19.902.
        #expect(try expected(paces, 100) == 2_200)
        #expect(try abs(expected(paces, 0) - (2_200 - 100 * 406_000.0 / 20_400)) < 1e-6)
    }

    @Test func `learns both parts from plain answers of different length`() throws {
        let paces = Paces()
        note(paces, nil, 600, 10)
        note(paces, nil, 2_600, 110)
        // The first weighs 0.9. Mean tokens (9 + 110) / 1.9, mean time (540 + 2600) / 1.9; spread 0.9 / 1.9 x 100^2, common
        // 0.9 / 1.9 x 100 x 2000. The slope leans from 20 towards 15.
        let (spread, common) = (0.9 / 1.9 * 10_000, 0.9 / 1.9 * 200_000)
        let slope = (common + 6_000) / (spread + 400)
        #expect(slope > 19.5 && slope < 20)
        #expect(try abs(expected(paces, 300) - (3_140 / 1.9 + slope * (300 - 119 / 1.9))) < 1e-6)
    }

    @Test func `forgets what is long past`() throws {
        let paces = Paces()
        note(paces, 5_000, 25_000, 200)
        for _ in 0..<60 { note(paces, 100, 2_100, 200) }
        #expect(try abs(expected(paces, 200) - 2_100) < 60)
        #expect(paces.usualTokens("a").map { (200...210).contains($0) } == true)
    }

    @Test func `takes no notice of nonsense`() {
        let paces = Paces()
        note(paces, 5, 1, 10)
        note(paces, 5, 10, 0)
        note(paces, -1, 10, 5)
        #expect(paces.expectedMilliseconds("a", outputTokens: 10) == nil)
    }

    @Test(arguments: [
        (0.2, "1 ms"), (320.4, "320 ms"), (999.6, "1.0 s"), (1_234, "1.2 s"), (9_960, "10 s"), (46_902, "47 s"),
        (59_700, "1 min 0 s"), (125_000, "2 min 5 s"),
    ])
    func `is told in words for people`(milliseconds: Double, words: String) {
        #expect(Decision.time(milliseconds) == words)
    }
}

@Suite struct `The time that an answer is expected to take` {
    @Test func `goes by answers of usual length, and not by the limit or a refusal's time a token`() async throws {
        let (clock, upstream) = (
            TestClock(), ScriptedUpstream([.json(Self.answer), .json(Self.answer), .json(Self.answer)])
        )
        var settings = Settings.threeTiers
        settings.cache.isEnabled = false
        settings.escalation.check = .none
        let gateway = Gateway(
            settings: settings,
            catalogue: .threeTiers,
            classifier: ScriptedClassifier(),
            transport: Transport { request throws(UpstreamError) in
                clock.advance(milliseconds: 300)
                return try await upstream.transport.send(request)
            },
            clock: clock.port
        )
        func reason(_ limit: Int, id: String) async throws -> String {
            let body = #"{"model":"auto","max_tokens":\#(limit),"messages":[{"role":"user","content":"Hello \#(id)"}]}"#
            let request = ClientRequest(
                id: id,
                method: "POST",
                path: "/v1/messages",
                body: Array(body.utf8),
                arrivedNanoseconds: clock.port.monotonicNanoseconds()
            )
            _ = await gateway.answer(request)
            let reasons = gateway.ledger.entry(id: id)?.detail.decision?.reasons
            return try #require(reasons?.first { $0.contains("for the whole") || $0.contains("not known yet") })
        }
        let first = try await reason(4_000, id: "00000000000000a1")
        #expect(first == "How long it takes is not known yet: haiku has answered nothing so far.")
        // One token in 300 ms; 151 of them in 300 + 150 x 15.
        let second = try await reason(4_000, id: "00000000000000a2")
        #expect(second == "By its latest answers haiku takes about 2.6 s for the whole.")
        // No more than the limit: 300 + 9 x 15.
        let third = try await reason(10, id: "00000000000000a3")
        #expect(third == "By its latest answers haiku takes about 435 ms for the whole.")
    }

    /// A refusal of one token.
    private static let answer = #"""
        {"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"No."}],\#
        "stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":100,"output_tokens":1}}
        """#
}
