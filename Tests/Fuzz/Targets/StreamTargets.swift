import Shared

@testable import GatewayCore

extension FuzzTarget {
    private static let streamProperty =
        "however a provider's stream is cut by reads, the client gets the same bytes and the books the same figures; what is translated is whole events of JSON"

    /// Anthropic's streams, for clients of both dialects.
    static let anthropicStream = FuzzTarget(
        name: "anthropic-stream",
        property: streamProperty,
        maximumBytes: 4_096
    ) { StreamWays.check($0, .anthropic) }

    /// OpenAI's and its likes'.
    static let openAIStream = FuzzTarget(
        name: "openai-stream",
        property: streamProperty,
        maximumBytes: 4_096
    ) { StreamWays.check($0, .openai) }

    /// Ollama's lines.
    static let ollamaStream = FuzzTarget(
        name: "ollama-stream",
        property: streamProperty,
        maximumBytes: 4_096
    ) { StreamWays.check($0, .ollama) }
}

private enum StreamWays {
    static func check(_ bytes: [UInt8], _ wire: BackendWire) {
        var dice = Dice(bytes)
        let pieces = dice.pieces(of: bytes)
        for dialect in Dialect.allCases {
            let whole = Passing([bytes], wire, dialect)
            let cut = Passing(pieces, wire, dialect)
            expect(whole.out == cut.out, "\(dialect): \(shown(whole.out)) whole, \(shown(cut.out)) cut")
            expect(whole.account == cut.account, "\(dialect): \(whole.account) whole, \(cut.account) cut")
            if wire.dialect == dialect, let kept = replayed(bytes, dialect) { isText(kept) }
            if wire.dialect != dialect {
                isStream(whole.out, dialect)
                expect(whole.out.count <= 20 * bytes.count + 4_096, "\(whole.out.count) bytes of \(bytes.count)")
            } else if wire == .anthropic {
                expect(bytes.starts(with: whole.out), "a stream of the client's dialect was changed")
                expect(!whole.account.isComplete || whole.out == bytes, "a whole stream was cut off")
            }
        }
    }

    /// The stream as one answer, as the cache would give it; nil where it is none.
    private static func replayed(_ bytes: [UInt8], _ dialect: Dialect) -> [UInt8]? {
        AnswerTranslation.replay(
            bytes,
            in: dialect,
            isStream: true,
            asStream: false,
            usage: TokenUsage(),
            context: TranslationContext(exchangeID: "0123456789abcdef", unixSeconds: 0, model: "m")
        )
    }

    private static func isText(_ body: [UInt8]) {
        expect((try? JSONIndex(body)) != nil, "an answer from a stream is no JSON: \(shown(body))")
    }

    /// What clients of the dialect can read: whole events, each with JSON that is text.
    private static func isStream(_ out: [UInt8], _ dialect: Dialect) {
        var splitter = EventStreamSplitter()
        do throws(EventStreamSplitter.EventTooLong) {
            let passed = try splitter.append(out) { event in
                StreamPayload.look(at: event) { payload in
                    if dialect == .openai, OpenAIAnswerReader.isDone(payload) { return }
                    guard let index = try? JSONIndex(payload) else {
                        return expect(false, "no JSON: \(shown(payload))")
                    }
                    expect(index.textProblem(payload) == nil, "no text: \(shown(payload))")
                }
            }
            expect(passed.count == out.count, "what is translated ends within an event: \(shown(out))")
        } catch {
            expect(false, "a translated event is too long")
        }
    }
}

/// One stream through a passage.
private struct Passing {
    /// What the books are kept by.
    struct Account: Equatable {
        var usage: TokenUsage
        var estimated: TokenUsage
        var stopReason: String?
        var error: String?
        var hasStarted: Bool
        var isComplete: Bool
        var hasFinalUsage: Bool
    }

    private(set) var out: [UInt8] = []
    let account: Account

    init(_ pieces: [[UInt8]], _ wire: BackendWire, _ dialect: Dialect) {
        let context = TranslationContext(
            exchangeID: "0123456789abcdef",
            unixSeconds: 1_790_000_000,
            model: "m",
            toolNames: ["short": "the long name"],
            estimatedInputTokens: 7,
            wantsUsageChunk: pieces.reduce(0) { $0 + $1.count } % 2 == 0
        )
        var passage = AnswerTranslation.passage(from: wire, to: dialect, context: context)
        for piece in pieces {
            do throws(EventStreamSplitter.EventTooLong) { out += try passage.append(piece) } catch {
                expect(false, "a short event was too long")
            }
        }
        out += passage.finish()
        account = Account(
            usage: passage.usage,
            estimated: passage.estimatedUsage,
            stopReason: passage.stopReason,
            error: passage.error,
            hasStarted: passage.hasStarted,
            isComplete: passage.isComplete,
            hasFinalUsage: passage.hasFinalUsage
        )
        for usage in [account.usage, account.estimated] {
            let counts = [usage.input, usage.cacheRead, usage.cacheWrite5m, usage.cacheWrite1h, usage.output]
            expect(counts.allSatisfy { $0 >= 0 }, "a negative count: \(usage)")
        }
    }
}
