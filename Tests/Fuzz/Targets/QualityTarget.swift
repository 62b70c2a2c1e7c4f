@testable import GatewayCore

extension FuzzTarget {
    /// The judge of answers.
    static let quality = FuzzTarget(
        name: "quality",
        property: "an answer gets the same verdict whole, as a stream and however that is cut; scores are from 0 to 1",
        maximumBytes: 2_048
    ) { bytes in
        // The first line asks, the rest answers.
        let end = bytes.firstIndex(of: 0x0A) ?? 0
        let question = String(decoding: bytes[..<end], as: UTF8.self)
        let answer = String(decoding: bytes[end...].dropFirst(), as: UTF8.self)
        let body =
            "{\"model\":\"m\",\"max_tokens\":500,\"messages\":[{\"role\":\"user\",\"content\":\(JSONText.quoted(question))}]}"
        guard let prompt = try? Prompt(parsing: Array(body.utf8)) else { return expect(false, "no prompt: \(body)") }
        var dice = Dice(bytes)
        let expectation = QualityExpectation(prompt, score: dice.roll(101))
        let fresh = AnswerQuality(expectation, QualityRules(), dialect: .anthropic)

        var whole = fresh
        whole.read(whole: Array(Spoken.message(answer).utf8))
        let events = Spoken.stream(answer, &dice)
        var stream = fresh
        stream.read(events: events)
        var cut = fresh
        for piece in dice.pieces(of: events) {
            cut.read(events: piece)
            isSound(cut.opening())
        }
        let verdict = whole.finished()
        isSound(verdict)
        expect(stream.finished() == verdict, "\(stream.finished()) as a stream, \(verdict) whole")
        expect(cut.finished() == verdict, "\(cut.finished()) cut, \(verdict) whole")
        expect(cut.outputCharacters == whole.outputCharacters, "other characters")

        // Whatever it is that a provider sends.
        for dialect in Dialect.allCases {
            var hostile = AnswerQuality(expectation, QualityRules(), dialect: dialect)
            var pieces = hostile
            hostile.read(events: Array(answer.utf8))
            for piece in dice.pieces(of: Array(answer.utf8)) { pieces.read(events: piece) }
            expect(hostile.finished() == pieces.finished(), "\(dialect): another verdict by pieces")
            var body = AnswerQuality(expectation, QualityRules(), dialect: dialect)
            body.read(whole: Array(answer.utf8))
            isSound(body.finished())
        }
    }

    private static func isSound(_ verdict: QualityVerdict) {
        expect((0...1).contains(verdict.score), "a score of \(verdict.score)")
    }
}

/// A text in the forms in which a provider says it.
private enum Spoken {
    static func message(_ text: String) -> String {
        """
        {"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text",\
        "text":\(JSONText.quoted(text))}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}
        """
    }

    /// In deltas that end where characters do.
    static func stream(_ text: String, _ dice: inout Dice) -> [UInt8] {
        var out = """
            event: message_start
            data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m",\
            "content":[],"usage":{"input_tokens":1,"output_tokens":1}}}

            event: content_block_start
            data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}


            """
        var rest = Substring(text).unicodeScalars[...]
        while !rest.isEmpty {
            let piece = String(rest.prefix(1 + dice.roll(40)))
            rest = rest.dropFirst(piece.unicodeScalars.count)
            out += """
                event: content_block_delta
                data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":\(JSONText.quoted(piece))}}


                """
        }
        out += """
            event: content_block_stop
            data: {"type":"content_block_stop","index":0}

            event: message_delta
            data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}

            event: message_stop
            data: {"type":"message_stop"}


            """
        return Array(out.utf8)
    }
}
