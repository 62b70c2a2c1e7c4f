import GatewayCore
import Testing

@Suite struct `Answer quality of any bytes` {
    /// Cuts a text at random places between characters.
    private static func pieces(_ text: String, _ random: inout SeededGenerator) -> [String] {
        var pieces: [String] = []
        var rest = text[...]
        while !rest.isEmpty {
            let length = Int.random(in: 1...40, using: &random)
            pieces.append(String(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        return pieces
    }

    /// The event as Anthropic spells it.
    private static func spelled(_ event: [UInt8]) -> [UInt8] {
        let text = String(decoding: event, as: UTF8.self)
        guard text.contains("text_delta"), let piece = text.firstMatch(of: #/"text":("(?:[^"\\]|\\.)*")/#)?.output.1
        else {
            return event
        }
        let delta = #"{"type":"text_delta","text":\#(piece)}"#
        let data = #"{"type":"content_block_delta","index":0,"delta":\#(delta)}"#
        return Array("event: content_block_delta\ndata: \(data)\n\n".utf8)
    }

    @Test func `is the same however lines near the bound of a line are cut`() throws {
        var random = SeededGenerator(seed: 81)
        for length in [8_183, 8_191, 8_192, 8_193, 16_384, 16_385] {
            let line = String(repeating: "I will say it. ", count: 1_200).prefix(length)
            let answer = "One.\n\(line)\nTwo words more.\n\(line)"
            let item = LabelledAnswer(label: .fine, kind: "", question: "Go on.", answer: answer, stop: "end_turn")
            let expected = try item.judged(.anthropic)
            for _ in 0..<6 {
                var quality = AnswerQuality(
                    QualityExpectation(try item.prompt(.anthropic), score: nil),
                    QualityRules(),
                    dialect: .anthropic
                )
                for event in try item.anthropicEvents({ Self.pieces($0, &random) }) {
                    quality.read(events: Self.spelled(event))
                }
                #expect(quality.finished() == expected)
                #expect(quality.outputCharacters == answer.count)
            }
        }
    }

    @Test func `is the same however the stream is cut`() throws {
        var random = SeededGenerator(seed: 6)
        for item in try ["answers.jsonl", "fresh.jsonl", "unseen.jsonl", "unseen2.jsonl"].flatMap(LabelledAnswer.load) {
            let prompt = try item.prompt(.anthropic)
            let expected = try item.judged(.anthropic)
            for round in 0..<2 {
                var quality = AnswerQuality(
                    QualityExpectation(prompt, score: item.score),
                    QualityRules(),
                    dialect: .anthropic
                )
                let events = try item.anthropicEvents { Self.pieces($0, &random) }
                let stream = events.flatMap(round == 0 ? { $0 } : Self.spelled)
                var at = 0
                while at < stream.count {
                    let end = min(stream.count, at + Int.random(in: 1...600, using: &random))
                    quality.read(events: Array(stream[at..<end]))
                    if Int.random(in: 0..<8, using: &random) == 0 { _ = quality.opening() }
                    at = end
                }
                #expect(quality.finished() == expected, "\(item.question)")
                #expect(quality.outputCharacters == item.answer.unicodeScalars.count)
            }
        }
    }

    @Test func `takes half a character for none`() throws {
        let item = LabelledAnswer(label: .fine, kind: "", question: "hi", answer: "", stop: "end_turn")
        var quality = AnswerQuality(
            QualityExpectation(try item.prompt(.anthropic), score: nil),
            QualityRules(),
            dialect: .anthropic
        )
        for piece in [#"\ud83d"#, #"\ude00\ud83d"#, #"\ude00"#, #"\ud83d"#, #"\ude00"#] {
            let data = #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\#(piece)"}}"#
            quality.read(events: Array("data: \(data)\n\n".utf8))
        }
        #expect(quality.outputCharacters == 3)
        #expect(quality.finished().findings.isEmpty)
    }

    @Test func `never traps on random bytes`() throws {
        var random = SeededGenerator(seed: 66)
        let items = try LabelledAnswer.load()
        for round in 0..<300 {
            let item = items[round % items.count]
            for dialect in Dialect.allCases {
                var quality = AnswerQuality(
                    QualityExpectation(try item.prompt(dialect), score: round % 101),
                    QualityRules(),
                    dialect: dialect
                )
                var stream = try item.anthropicEvents { Self.pieces($0, &random) }.flatMap { $0 }
                for _ in 0..<Int.random(in: 1...20, using: &random) {
                    stream[Int.random(in: stream.indices, using: &random)] = .random(in: 0...255, using: &random)
                }
                if round % 3 == 0 { stream = stream.map { _ in .random(in: 0...255, using: &random) } }
                quality.read(events: stream)
                quality.read(whole: stream)
                _ = quality.opening()
                let verdict = quality.finished()
                #expect((0...1).contains(verdict.score))
            }
        }
    }

    @Test func `never traps on random text`() throws {
        var random = SeededGenerator(seed: 5)
        let bits = [
            "\"", "'", "`", "```", "\n", "\n\n", "“", "”", "‘", "’", "«", "»", "「", "…", "。", "-", "|", "> ", "    ",
            "I'm ", "n't",
            "I can't help ", "perhaps ", ".", "? ", "! ", ",", "1. ", "- ", "{", "}", "<|", "\u{FFFD}", "é", "日", "🎈",
            "\u{2028}", "~~~",
        ]
        for _ in 0..<400 {
            let text = (0..<Int.random(in: 0...120, using: &random))
                .map { _ in bits[Int.random(in: bits.indices, using: &random)] }.joined()
            let item = LabelledAnswer(
                label: .fine,
                kind: "",
                question: "Reply as JSON.",
                answer: text,
                stop: "end_turn"
            )
            #expect(try item.judged(.anthropic) == item.judged(.openai))
        }
    }

    @Test func `takes little time for hostile text`() throws {
        let texts = [
            String(repeating: "“", count: 100_000), String(repeating: "'a ", count: 100_000),
            String(repeating: "`", count: 300_000),
            String(repeating: "[", count: 200_000), String(repeating: "{\"a\":", count: 60_000),
            String(repeating: "I'm not ", count: 40_000), String(repeating: "```\n", count: 60_000),
            String(repeating: "‘a’b", count: 50_000),
        ]
        let clock = ContinuousClock()
        let taken = try clock.measure {
            for text in texts {
                let item = LabelledAnswer(
                    label: .fine,
                    kind: "",
                    question: "Give it to me as JSON.",
                    answer: text,
                    stop: "end_turn"
                )
                _ = try item.judged(.openai)
            }
        }
        // Quadratic work would take minutes; a debug build on a busy machine needs seconds.
        #expect(taken < .seconds(60))
    }
}
