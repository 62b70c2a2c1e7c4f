// Measures what it takes to judge an answer on one core: microseconds an answer, the median of nine runs. `quality-bench`

import GatewayCore

@main enum QualityBench {
    private static let runs = 9

    static func main() throws {
        let question = """
            {"model":"m","max_tokens":1024,"messages":[{"role":"user","content":"Explain in detail how a heat pump warms a house, \
            and write a Python function that works out its efficiency."}]}
            """
        let prompt = try Prompt(parsing: Array(question.utf8))
        let expectation = QualityExpectation(prompt, score: 55)
        let reading = median(rounds: 2_000) {
            sink +=
                AnswerQuality(QualityExpectation(prompt, score: 55), QualityRules(), dialect: .anthropic)
                .outputCharacters
        }
        print("reading the request: \(reading) µs")
        for bytes in [1_024, 4_096, 16_384, 65_536] {
            let text = sample(bytes)
            let rounds = max(20, 8_000_000 / bytes)
            let whole = Array(
                """
                {"id":"m","type":"message","content":[{"type":"text","text":\(JSONText.quoted(text))}],"stop_reason":"end_turn"}
                """.utf8
            )
            let atOnce = median(rounds: rounds) {
                var quality = AnswerQuality(expectation, QualityRules(), dialect: .anthropic)
                quality.read(whole: whole)
                sink += quality.finished().findings.count
            }
            let events = stream(text)
            let streamed = median(rounds: rounds) {
                var quality = AnswerQuality(expectation, QualityRules(), dialect: .anthropic)
                for event in events { quality.read(events: event) }
                sink += quality.finished().findings.count
            }
            print("\(bytes) bytes: whole \(atOnce) µs; as a stream of \(events.count) events \(streamed) µs")
        }
        if sink < 0 { print(sink) }
    }

    nonisolated(unsafe) private static var sink = 0

    private static func median(rounds: Int, _ work: () -> Void) -> Double {
        let clock = ContinuousClock()
        let times = (0..<runs).map { _ in
            clock.measure { for _ in 0..<rounds { work() } } / .microseconds(1) / Double(rounds)
        }
        return (times.sorted()[runs / 2] * 10).rounded() / 10
    }

    /// An answer in prose, with a list and some code.
    private static func sample(_ bytes: Int) -> String {
        var text = ""
        var number = 0
        while text.utf8.count < bytes {
            number += 1
            text += """
                Step \(number) moves heat with the help of a compressor: the fluid that left room \(number * 7) is "cold", yet it \
                still takes up warmth from the air outside, because it boils at \(number * 3) degrees below zero.

                - The pump needs \(number) kilowatt-hours for each \(number * 4) that reach the house.
                - Its noise comes from fan number \(number), which turns slowly at night.

                ```python
                def efficiency_\(number)(heat, power):
                    return heat / power
                ```


                """
        }
        return String(text.prefix(bytes))
    }

    private static func event(_ data: String) -> [UInt8] { Array("data: \(data)\n\n".utf8) }

    /// A delta for every twenty characters, about four tokens.
    private static func stream(_ text: String) -> [[UInt8]] {
        var events = [event(#"{"type":"message_start","message":{"id":"m"}}"#)]
        var rest = text[...]
        while !rest.isEmpty {
            let piece = JSONText.quoted(rest.prefix(20))
            rest = rest.dropFirst(20)
            let data = #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":\#(piece)}}"#
            events.append(event(data))
        }
        events.append(event(#"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#))
        events.append(event(#"{"type":"message_stop"}"#))
        return events
    }
}
