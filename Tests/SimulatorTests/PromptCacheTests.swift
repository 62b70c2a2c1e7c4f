import Testing

@testable import Simulator

@Suite struct `Prompt cache` {
    private func request(_ question: String, ttl: String = "5m", model: String = "claude-haiku-4-5") throws
        -> MessagesRequest
    {
        let system: JSONValue = [
            [
                "type": "text", "text": .string(String(repeating: "s", count: 400)),
                "cache_control": ["type": "ephemeral", "ttl": .string(ttl)],
            ]
        ]
        return try MessagesRequest(Sample.body(question, [("system", system), ("model", .string(model))]))
    }

    @Test func `a marked prefix is created, then read, then forgotten`() throws {
        var cache = PromptCache()
        #expect(cache.account(try request("four"), now: 0) == InputUsage(uncached: 1, created5m: 100))
        #expect(cache.account(try request("else"), now: 200) == InputUsage(uncached: 1, read: 100))
        #expect(cache.account(try request("else"), now: 450) == InputUsage(uncached: 1, read: 100))
        #expect(cache.account(try request("else"), now: 800) == InputUsage(uncached: 1, created5m: 100))
    }

    @Test func `an hour lasts an hour, and models share nothing`() throws {
        var cache = PromptCache()
        #expect(cache.account(try request("four", ttl: "1h"), now: 0).created1h == 100)
        #expect(cache.account(try request("four", ttl: "1h"), now: 3500).read == 100)
        #expect(cache.account(try request("four", model: "claude-opus-4-7"), now: 3500).read == 0)
    }

    @Test func `it stays bounded`() throws {
        var cache = PromptCache(capacity: 8)
        for number in 0..<50 {
            let request = try MessagesRequest(Sample.body("\(number)", [("cache_control", ["type": "ephemeral"])]))
            _ = cache.account(request, now: 0)
        }
        #expect(cache.count <= 8)
    }
}
