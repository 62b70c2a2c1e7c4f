import Shared

/// A Chat Completions stream on its way to a client of the same dialect: its bytes as they are, regrouped by events.
///
/// Left out are only the usage chunk that the gateway asked for and the client did not, and lines on which OpenAI's
/// clients fail. A stream that ends without `[DONE]` though its answer is whole gets one.
struct OpenAIPassage: AnswerPassage {
    private var splitter = EventStreamSplitter()
    private var meter: OpenAIStreamMeter

    init(_ context: TranslationContext) { meter = OpenAIStreamMeter(context) }

    mutating func append(_ bytes: [UInt8]) throws(EventStreamSplitter.EventTooLong) -> [UInt8] {
        var edits = Edits()
        let whole = try splitter.append(bytes) { edits.note(meter.read($0), count: $0.count) }
        return edits.applied(to: whole)
    }

    mutating func finish() -> [UInt8] {
        var edits = Edits()
        let rest = splitter.finish { edits.note(meter.read($0), count: $0.count) }
        var out = edits.applied(to: rest.whole)
        guard !meter.isComplete, meter.error == nil else { return out }
        // The last event lacks its blank line.
        var isWhole = false
        rest.partial.withUnsafeBufferPointer { event in
            StreamPayload.look(at: event) { isWhole = OpenAIAnswerReader.isDone($0) || (try? JSONIndex($0)) != nil }
            if isWhole {
                var last = Edits()
                last.note(meter.read(event), count: event.count)
                let kept = last.applied(to: rest.partial)
                if !kept.isEmpty { out += kept + [0x0A, 0x0A] }
            }
        }
        if meter.finish() { out.append(contentsOf: "data: [DONE]\n\n".utf8) }
        return out
    }

    var usage: TokenUsage { meter.account.usage }
    var estimatedUsage: TokenUsage { meter.estimatedUsage }
    var stopReason: String? { meter.account.stopReason }
    var hasStarted: Bool { meter.account.hasStarted }
    var isComplete: Bool { meter.isComplete }
    var error: String? { meter.error }
    var eventCount: Int { meter.eventCount }
    var hasFinalUsage: Bool { meter.account.hasOutput && meter.account.stopReason != nil }

    /// What is to be changed in the events of one read, by their positions in it.
    private struct Edits {
        private var changed: [(range: Range<Int>, bytes: [UInt8])] = []
        private var at = 0

        mutating func note(_ verdict: OpenAIStreamMeter.Verdict, count: Int) {
            switch verdict {
            case .keep: break
            case .drop: changed.append((at..<(at + count), []))
            case .replace(let bytes): changed.append((at..<(at + count), bytes))
            }
            at += count
        }

        func applied(to whole: [UInt8]) -> [UInt8] {
            guard !changed.isEmpty else { return whole }
            var out: [UInt8] = []
            var copied = 0
            for (range, bytes) in changed {
                out.append(contentsOf: whole[copied..<range.lowerBound])
                out.append(contentsOf: bytes)
                copied = range.upperBound
            }
            return out + whole[copied...]
        }
    }
}
