// Measures how fast streams go from a provider's wire to a client's dialect, on one core: megabytes of the provider's
// bytes a second, the median of five runs. `translation-bench`

import GatewayCore

/// A stream of a text answer in deltas of 100 bytes, as each provider spells it.
enum Sample {
    static let targetBytes = 16 * 1_048_576
    static let text = String(repeating: "The tide turns at six. ", count: 5).prefix(100)

    static func stream(_ wire: BackendWire) -> [UInt8] {
        var out = Array(start(wire).utf8)
        let delta = Array(delta(wire).utf8)
        out.reserveCapacity(targetBytes + delta.count)
        while out.count < targetBytes { out.append(contentsOf: delta) }
        return out + Array(end(wire).utf8)
    }

    private static let chunk = """
        data: {"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion.chunk","created":1795219200,\
        "model":"gpt-5.5","service_tier":"default","system_fingerprint":"fp_44709d6fcb",
        """

    private static func start(_ wire: BackendWire) -> String {
        switch wire {
        case .anthropic:
            """
            event: message_start
            data: {"type":"message_start","message":{"id":"msg_01","type":"message","role":"assistant",\
            "model":"claude-sonnet-5-5","content":[],"stop_reason":null,"stop_sequence":null,\
            "usage":{"input_tokens":12,"output_tokens":1}}}

            event: content_block_start
            data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}


            """
        case .openai:
            """
            \(chunk)"choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,\
            "finish_reason":null}],"usage":null}


            """
        case .ollama: ""
        }
    }

    private static func delta(_ wire: BackendWire) -> String {
        switch wire {
        case .anthropic:
            """
            event: content_block_delta
            data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\(text)"}}


            """
        case .openai:
            """
            \(chunk)"choices":[{"index":0,"delta":{"content":"\(text)"},"logprobs":null,"finish_reason":null}],\
            "usage":null}


            """
        case .ollama:
            """
            {"model":"qwen3:8b","created_at":"2026-11-21T00:00:01.123456789Z",\
            "message":{"role":"assistant","content":"\(text)"},"done":false}

            """
        }
    }

    private static func end(_ wire: BackendWire) -> String {
        switch wire {
        case .anthropic:
            """
            event: content_block_stop
            data: {"type":"content_block_stop","index":0}

            event: message_delta
            data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},\
            "usage":{"output_tokens":12}}

            event: message_stop
            data: {"type":"message_stop"}


            """
        case .openai:
            """
            \(chunk)"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null}

            \(chunk)"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":8,"total_tokens":18}}

            data: [DONE]


            """
        case .ollama:
            """
            {"model":"qwen3:8b","created_at":"2026-11-21T00:00:02.123456789Z","message":{"role":"assistant",\
            "content":""},"done":true,"done_reason":"stop","prompt_eval_count":14,"eval_count":7}

            """
        }
    }
}

@main enum TranslationBench {
    /// What one read from a provider's connection brings.
    private static let readBytes = 16 * 1_024
    private static let runs = 5

    static func main() {
        let ways: [(BackendWire, Dialect)] = [
            (.anthropic, .anthropic), (.openai, .openai), (.anthropic, .openai), (.openai, .anthropic),
            (.ollama, .anthropic),
        ]
        for (wire, dialect) in ways {
            let stream = Sample.stream(wire)
            let reads = stride(from: 0, to: stream.count, by: readBytes).map {
                Array(stream[$0..<min($0 + readBytes, stream.count)])
            }
            let speeds = (0..<runs).compactMap { _ in megabytesPerSecond(reads, stream.count, wire, dialect) }.sorted()
            guard speeds.count == runs else {
                print("\(wire) → \(dialect): the stream did not come out whole")
                continue
            }
            print("\(wire) → \(dialect): \(Int(speeds[runs / 2].rounded())) MB/s")
        }
    }

    /// Nil where the passage did not take the stream for a whole answer.
    private static func megabytesPerSecond(
        _ reads: [[UInt8]],
        _ count: Int,
        _ wire: BackendWire,
        _ dialect: Dialect
    ) -> Double? {
        let context = TranslationContext(exchangeID: "0123456789abcdef", unixSeconds: 1_795_219_200, model: "model")
        var passage = AnswerTranslation.passage(from: wire, to: dialect, context: context)
        var written = 0
        let clock = ContinuousClock()
        let time = clock.measure {
            for read in reads { written += (try? passage.append(read))?.count ?? 0 }
            written += passage.finish().count
        }
        guard passage.isComplete, written > 0 else { return nil }
        return Double(count) / 1_000_000 / (time / .seconds(1))
    }
}
