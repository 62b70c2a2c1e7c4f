import GatewayCore
import Testing

@Suite struct `The heuristic classifier` {
    private func classify(_ prompt: String, extra: String = "", turns: Int = 1) throws -> Classification {
        let earlier = String(
            repeating: #"{"role":"user","content":"x"},{"role":"assistant","content":"y"},"#,
            count: turns - 1
        )
        let quoted = JSONText.quoted(prompt)
        let body = #"{"model":"m"\#(extra),"messages":[\#(earlier){"role":"user","content":\#(quoted)}]}"#
        return HeuristicClassifier.classify(try Prompt(parsing: Array(body.utf8)).traits)
    }

    private func points(_ classification: Classification, _ kind: Classification.Signal.Kind) -> Int {
        classification.signals.first { $0.kind == kind }?.points ?? 0
    }

    @Test(arguments: [
        ("Prove it", Classification.Signal.Kind.reasoning, 15), ("analyze the trade-offs", .reasoning, 30),
        ("in detail", .depthAsked, 12), ("Explain briefly", .brevityAsked, -4),
        ("as JSON please", .structuredOutput, 10),
        ("fix this ```let x = 1```", .code, 10), ("the integral of x", .mathematics, 10),
        ("What is the capital of Peru?", .simpleQuestion, -10), ("Hello there", .greeting, -15),
        ("- one\n- two\n- three", .severalParts, 6), ("why? how? when?", .severalParts, 6),
    ])
    func `gives points for what the words say`(
        prompt: String,
        kind: Classification.Signal.Kind,
        expected: Int
    ) throws {
        #expect(try points(classify(prompt), kind) == expected)
    }

    @Test func `gives points for the shape of the request`() throws {
        #expect(try points(classify("x", turns: 4), .conversationDepth) == 9)
        #expect(try points(classify("x", turns: 40), .conversationDepth) == 15)
        let system = #","system":"\#(String(repeating: "s", count: 2_000))""#
        #expect(try points(classify("x", extra: system), .systemPrompt) == 5)
        let tools = #","tools":[{"name":"a"},{"name":"b"}]"#
        #expect(try points(classify("x", extra: tools), .tools) == 7)
        let format = #","output_config":{"format":{"type":"json_schema","schema":{}}}"#
        #expect(try points(classify("x", extra: format), .structuredOutput) == 10)
    }

    @Test(arguments: [(100, 5), (400, 10), (1_600, 15), (3_200, 20), (6_000, 25), (12_000, 30), (40_000, 35)])
    func `longer prompts score higher, but slowly`(characters: Int, expected: Int) throws {
        #expect(try points(classify(String(repeating: "w", count: characters)), .tokenEstimate) == expected)
    }

    @Test func `the score is the sum of its points, between 0 and 100`() throws {
        var random = SeededGenerator(seed: 5)
        let words = "hello analyze prove in detail design a distributed code json briefly what is ? - 1 é".split(
            separator: " "
        )
        for _ in 0..<500 {
            let count = Int.random(in: 0...60, using: &random)
            let prompt = (0..<count).compactMap { _ in words.randomElement(using: &random) }.joined(separator: " ")
            let classification = try classify(prompt)
            let sum = classification.signals.map(\.points).reduce(0, +)
            #expect(classification.score == Double(max(0, min(100, sum))))
        }
    }

    @Test func `words count only when they are whole, in any case`() throws {
        #expect(try points(classify("ANALYZE this"), .reasoning) == 15)
        #expect(try points(classify("psychoanalyzed"), .reasoning) == 0)
    }
}
