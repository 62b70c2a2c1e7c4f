import GatewayCore
import Testing

@Suite struct `An adaptation` {
    private func applied(_ adaptations: [Adaptation], _ text: String, _ dialect: Dialect = .anthropic) throws -> String
    {
        let body = Array(text.utf8)
        let index = try JSONIndex(body)
        let edits = adaptations.flatMap { $0.edits(body, index, dialect: dialect) }
        return String(decoding: BodyEdit.apply(edits, to: body), as: UTF8.self)
    }

    @Test(
        arguments: [
            ([.dropTemperature], #"{"temperature":1,"m":"\u00e9"}"#, #"{"m":"\u00e9"}"#),
            ([.dropTemperature], #"{"m":1e0, "temperature" : 1.0 , "n":-0}"#, #"{"m":1e0, "n":-0}"#),
            ([.dropTemperature], #"{"m":{"temperature":1},"temperature":1}"#, #"{"m":{"temperature":1}}"#),
            ([.dropTopP], "{\n \"m\": 1,\n \"top_p\": 1\n}", "{\n \"m\": 1\n}"),
            ([.dropTopP, .dropTemperature], #"{"temperature":1,"top_p":1}"#, "{}"),
            ([.dropTemperature, .dropTopP], #"{"m":0,"temperature":1,"top_p":1}"#, #"{"m":0}"#),
            (
                [.thinkAdaptively], #"{"thinking":{"type":"enabled","budget_tokens":2000}}"#,
                #"{"thinking":{"type":"adaptive"}}"#
            ),
            (
                [.thinkAdaptively],
                #"{"thinking":{"budget_tokens":2000 , "display":"omitted","type" : "enabled"},"m":1}"#,
                #"{"thinking":{"display":"omitted","type" : "adaptive"},"m":1}"#
            ),
            (
                [.thinkWithin(budget: 2_048)], #"{"m":1,"thinking": {"type":"adaptive","display":"omitted"} }"#,
                #"{"m":1,"thinking": {"type":"enabled","budget_tokens":2048} }"#
            ),
            ([.thinkBetweenTools], #"{"thinking":{ "type":"disabled" }}"#, #"{"thinking":{"type":"between_tools"}}"#),
            (
                [.dropThinkingDisplay], #"{"thinking":{"type":"enabled","budget_tokens":9,"display":"omitted"}}"#,
                #"{"thinking":{"type":"enabled","budget_tokens":9}}"#
            ),
            (
                [.lowerEffort(from: .max, to: .high)], #"{"output_config":{"format":{"effort":"max"},"effort":"max"}}"#,
                #"{"output_config":{"format":{"effort":"max"},"effort":"high"}}"#
            ),
            ([.dropEffort(.low)], #"{"a":1,"output_config":{"effort":"low"},"b":2}"#, #"{"a":1,"b":2}"#),
            ([.dropEffort(.low)], #"{"a":1,"output_config":{"effort":"low"}}"#, #"{"a":1}"#),
            (
                [.dropEffort(.low)], #"{"output_config":{"effort":"low", "format":{}}}"#,
                #"{"output_config":{"format":{}}}"#
            ),
            (
                [.dropEffort(.low), .dropTemperature],
                #"{"output_config":{"format":{},"effort":"low"},"temperature":1}"#,
                #"{"output_config":{"format":{}}}"#
            ),
            ([.capMaxTokens(from: 100_000, to: 64_000)], #"{"max_tokens": 100000 }"#, #"{"max_tokens": 64000 }"#),
            ([.thinkAdaptively, .dropEffort(.low), .capMaxTokens(from: 2, to: 1)], #"{"m":[]}"#, #"{"m":[]}"#),
        ] as [([Adaptation], String, String)]
    )
    func `changes its own bytes and no other`(adaptations: [Adaptation], before: String, after: String) throws {
        #expect(try applied(adaptations, before) == after)
    }

    @Test(
        arguments: [
            ([.dropTemperature, .dropTopP], #"{"temperature":1,"n":1,"top_p":1}"#, #"{"n":1}"#),
            ([.lowerEffort(from: .max, to: .high)], #"{"reasoning_effort":"max"}"#, #"{"reasoning_effort":"high"}"#),
            ([.dropEffort(.low)], #"{"a":1,"reasoning_effort":"low"}"#, #"{"a":1}"#),
            ([.capMaxTokens(from: 9, to: 5)], #"{"max_completion_tokens":9}"#, #"{"max_completion_tokens":5}"#),
            ([.capMaxTokens(from: 9, to: 5)], #"{"max_tokens":9}"#, #"{"max_tokens":5}"#),
            (
                [.thinkAdaptively, .dropThinkingDisplay], #"{"thinking":{"type":"enabled"}}"#,
                #"{"thinking":{"type":"enabled"}}"#
            ),
        ] as [([Adaptation], String, String)]
    )
    func `speaks OpenAI's dialect as well`(adaptations: [Adaptation], before: String, after: String) throws {
        #expect(try applied(adaptations, before, .openai) == after)
    }

    @Test func `is told in words that fit a header`() {
        let all: [Adaptation] = [
            .dropTemperature, .dropTopP, .thinkAdaptively, .thinkWithin(budget: 1_024), .thinkBetweenTools,
            .dropThinkingDisplay, .lowerEffort(from: .max, to: .low), .dropEffort(.high), .capMaxTokens(from: 2, to: 1),
        ]
        #expect(Set(all.map(\.name)).count == all.count)
        for adaptation in all {
            let sentence = adaptation.sentence(model: "claude-x")
            #expect(sentence.contains("claude-x") && !sentence.hasSuffix("."))
            #expect(sentence.utf8.allSatisfy { (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: ";") })
        }
    }
}
