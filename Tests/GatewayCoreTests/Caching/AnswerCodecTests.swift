import GatewayCore
import Shared
import Testing

@Suite struct `Answer codec` {
    private static let backend = Backend(
        Settings.Backend(name: "haiku", provider: .anthropic, model: "m", baseURL: "http://127.0.0.1:1", tier: .fast),
        catalogue: Catalogue(models: [])
    )

    private static func answer(_ form: CachedAnswer.Form) -> CachedAnswer {
        CachedAnswer(
            form: form,
            dialect: .openai,
            backend: backend,
            usage: TokenUsage(input: 1, cacheRead: 2, cacheWrite5m: 3, cacheWrite1h: 4, output: 5),
            usageIsEstimated: true,
            stopReason: "end_turn",
            warnings: ["a was dropped", "é"],
            storedUnixSeconds: 1_790_000_000,
            origin: "0123456789abcdef",
            owner: CacheOwner(project: 7, key: .max)
        )
    }

    private static func decode(_ bytes: [UInt8]) -> CachedAnswer? {
        AnswerCodec.decode(bytes) { $0.hasPrefix("haiku ") ? backend : nil }
    }

    @Test(arguments: [CachedAnswer.Form.json(Array("{}".utf8)), .eventStream(Array("data: x\n\n".utf8)), .json([])])
    func `gives back what it was given`(form: CachedAnswer.Form) throws {
        let answer = Self.answer(form)
        let read = try #require(Self.decode(AnswerCodec.encode(answer)))
        #expect(read.form == form)
        #expect(read.dialect == .openai)
        #expect(read.usage == answer.usage)
        #expect(read.usageIsEstimated)
        #expect(read.stopReason == "end_turn")
        #expect(read.warnings == answer.warnings)
        #expect(read.storedUnixSeconds == answer.storedUnixSeconds)
        #expect(read.origin == answer.origin)
        #expect(read.owner == answer.owner)
        #expect(read.backend === Self.backend)
    }

    @Test func `knows its head when it is cut short, and no other version`() {
        let bytes = AnswerCodec.encode(Self.answer(.json([])))
        for length in bytes.indices { #expect(Self.decode(Array(bytes[..<length])) == nil) }
        var other = bytes
        other[0] &+= 1
        #expect(Self.decode(other) == nil)
    }

    @Test func `a time before 1970 makes it none, as its age could not be reckoned`() throws {
        var answer = Self.answer(.json([]))
        answer.storedUnixSeconds = .min
        #expect(Self.decode(AnswerCodec.encode(answer)) == nil)
        answer.storedUnixSeconds = .max
        let read = try #require(Self.decode(AnswerCodec.encode(answer)))
        #expect(read.ageSeconds(0) == 0)
    }

    @Test func `an answer of a backend that is gone is none`() {
        #expect(AnswerCodec.decode(AnswerCodec.encode(Self.answer(.json([])))) { _ in nil } == nil)
    }

    @Test func `takes any bytes without harm`() {
        var random = SeededGenerator(seed: 4)
        let good = AnswerCodec.encode(Self.answer(.json(Array("{\"a\":1}".utf8))))
        for _ in 0..<3_000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = .random(in: 0...255, using: &random)
            }
            if let read = Self.decode(bytes) { #expect(read.warnings.count <= 64) }
            let noise = (0..<Int.random(in: 0...200, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            #expect(Self.decode(noise) == nil)
        }
    }
}
