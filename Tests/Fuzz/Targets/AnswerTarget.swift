import Shared

@testable import GatewayCore

extension FuzzTarget {
    /// Whole answers and errors, translated and kept.
    static let answer = FuzzTarget(
        name: "answer",
        property:
            "what a provider answers is translated into JSON or refused; as a stream and back it is the same answer; errors stay errors",
        maximumBytes: 4_096
    ) { bytes in
        for wire in [BackendWire.anthropic, .openai, .ollama] {
            for dialect in Dialect.allCases {
                translate(bytes, wire, dialect)
                translateError(bytes, wire, dialect)
            }
        }
        replay(bytes)
    }

    private static func context(isStream: Bool = false) -> TranslationContext {
        TranslationContext(
            exchangeID: "0123456789abcdef",
            unixSeconds: 1_790_000_000,
            model: "m",
            wantsUsageChunk: isStream
        )
    }

    private static func isJSON(_ bytes: [UInt8], _ what: @autoclosure () -> String) {
        guard let index = try? JSONIndex(bytes) else { return expect(false, "\(what()) is no JSON: \(shown(bytes))") }
        bytes.withUnsafeBufferPointer { buffer in
            expect(index.textProblem(buffer) == nil, "\(what()) holds what is no text: \(shown(bytes))")
        }
    }

    private static func translate(_ bytes: [UInt8], _ wire: BackendWire, _ dialect: Dialect) {
        guard let answer = try? AnswerTranslation.whole(bytes, from: wire, to: dialect, context: context()) else {
            return
        }
        if wire.dialect == dialect {
            expect(answer.body == bytes, "an answer of the client's dialect was changed")
        } else {
            isJSON(answer.body, "\(wire) as \(dialect)")
            expect(answer.body.count <= 20 * bytes.count + 4_096, "\(answer.body.count) bytes of \(bytes.count)")
            // What was made for the client's dialect is an answer in it.
            let own: BackendWire = dialect == .anthropic ? .anthropic : .openai
            let again = try? AnswerTranslation.whole(answer.body, from: own, to: dialect, context: context())
            // Which reason it is may change: an answer that calls tools was stopped by them, whatever it says.
            expect(answer.stopReason == nil || again?.stopReason != nil, "no end: \(shown(answer.body))")
            // OpenAI's dialect has one word for both kinds of written tokens.
            if answer.hasUsage, let again {
                let isSame =
                    again.usage.totalInput == answer.usage.totalInput && again.usage.output == answer.usage.output
                expect(isSame, "\(answer.usage) became \(again.usage): \(shown(answer.body))")
            }
        }
        for usage in [answer.usage] {
            let counts = [usage.input, usage.cacheRead, usage.cacheWrite5m, usage.cacheWrite1h, usage.output]
            expect(counts.allSatisfy { $0 >= 0 }, "a negative count: \(usage)")
        }
    }

    private static func translateError(_ bytes: [UInt8], _ wire: BackendWire, _ dialect: Dialect) {
        for status in [200, 400, 429, 529] {
            let error = ErrorTranslation.translate(
                status: status,
                body: bytes,
                from: wire,
                to: dialect,
                requestID: "req_gw_0123456789abcdef"
            )
            expect((400..<600).contains(error.status), "an error became \(error.status)")
            guard wire.dialect != dialect || status < 400 else { continue }
            isJSON(error.body, "an error of \(wire) as \(dialect)")
        }
    }

    /// What the cache keeps comes back in either form. Of a text that is none nothing is kept.
    private static func replay(_ bytes: [UInt8]) {
        guard let index = try? JSONIndex(bytes), bytes.withUnsafeBufferPointer(index.textProblem) == nil else { return }
        for dialect in Dialect.allCases {
            let wire: BackendWire = dialect == .anthropic ? .anthropic : .openai
            guard let answer = try? AnswerTranslation.whole(bytes, from: wire, to: dialect, context: context()),
                answer.stopReason != nil
            else { continue }
            func form(_ body: [UInt8], isStream: Bool, asStream: Bool) -> [UInt8]? {
                AnswerTranslation.replay(
                    body,
                    in: dialect,
                    isStream: isStream,
                    asStream: asStream,
                    usage: answer.usage,
                    context: context(isStream: true)
                )
            }
            guard let stream = form(bytes, isStream: false, asStream: true) else { continue }
            let back = unwrapped(form(stream, isStream: true, asStream: false), "no way back: \(shown(stream))")
            isJSON(back, "\(shown(stream)) as one answer")
            expect(
                WholeAnswer.text(back, dialect) == WholeAnswer.text(bytes, dialect),
                "other text: \(shown(bytes)) became \(shown(back))"
            )
            // Once in the gateway's own order it stays as it is.
            let again = form(back, isStream: false, asStream: true).flatMap {
                form($0, isStream: true, asStream: false)
            }
            expect(again == back, "\(shown(back)) became \(shown(again ?? []))")
            let renamed = FreshID.renamed(back, dialect, exchangeID: "0123456789abcdef")
            isJSON(renamed, "an answer with another id")
        }
    }
}
