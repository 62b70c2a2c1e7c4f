/// Turns an answer into the steps of a reply, plain or streamed.
struct MessageScript {
    var request: MessagesRequest
    var directives: Directives
    var answer: Answer
    var usage: InputUsage
    var pace: Pace
    /// Scales the pace; 0 waits for nothing.
    var speed: Double
    var messageID: String
    var requestID: String

    private static let floodUnit = 16 * 1024

    func reply() -> Reply {
        request.isStream ? streamed() : plain()
    }

    // MARK: Plain

    private func plain() -> Reply {
        let work = pace.firstToken + Double(answer.outputTokens) / pace.tokensPerSecond * 1000
        var reply = Reply(headers: [("content-type", "application/json")])
        reply.delay = Double(directives.delay) + work * speed
        if directives.stall > 0 { reply.steps.append(.wait(Double(directives.stall))) }
        if let megabytes = directives.huge {
            appendHugeBody(&reply, megabytes: megabytes)
            return reply
        }
        let body = message(content: content, isFinal: true).bytes
        reply.length = body.count
        if directives.cut != nil {
            reply.steps += [.raw(Array(body[..<(body.count / 2)])), .cut]
        } else {
            reply.steps.append(.raw(body))
        }
        return reply
    }

    private func appendHugeBody(_ reply: inout Reply, megabytes: Int) {
        let gap = "@gap@"
        let body = message(content: [["type": "text", "text": .string(AnswerText.marker + gap)]], isFinal: true).bytes
        let split = body.firstIndex(of: Array(gap.utf8)) ?? body.count
        let unit = Array(String(repeating: "simulated words ", count: Self.floodUnit / 16).utf8)
        let count = megabytes * (1024 * 1024 / Self.floodUnit)
        let end = Array(body[min(split + gap.utf8.count, body.count)...])
        reply.length = split + unit.count * count + end.count
        reply.steps += [.raw(Array(body[..<split])), .repeated(unit, count: count)]
        reply.steps += directives.cut == nil ? [.raw(end)] : [.cut]
    }

    private var content: JSONValue {
        .array(
            answer.blocks.map { block in
                switch block {
                case .thinking(let text, let signature):
                    ["type": "thinking", "thinking": .string(text), "signature": .string(signature)]
                case .text(let text): ["type": "text", "text": .string(text)]
                case .tool(let id, let name, let json):
                    [
                        "type": "tool_use", "id": .string(id), "name": .string(name),
                        "input": (try? JSONParser.parse(Array(json.utf8))) ?? [:],
                    ]
                }
            }
        )
    }

    private func message(content: JSONValue, isFinal: Bool) -> JSONValue {
        var message: JSONObject = JSONObject(members: [
            .init(key: "id", value: .string(messageID)), .init(key: "type", value: "message"),
            .init(key: "role", value: "assistant"), .init(key: "model", value: .string(request.model)),
            .init(key: "content", value: content),
            .init(key: "stop_reason", value: isFinal ? .string(answer.stopReason) : .null),
            .init(key: "stop_sequence", value: isFinal ? answer.stopSequence.map { .string($0) } ?? .null : .null),
        ])
        if isFinal, let details = answer.stopDetails { message["stop_details"] = details }
        message["usage"] = usageValue(output: isFinal ? outputTokens : min(1, outputTokens), isFinal: isFinal)
        return .object(message)
    }

    private var outputTokens: Int {
        answer.outputTokens + (directives.huge ?? 0) * (1024 * 1024 / 4)
    }

    private func usageValue(output: Int, isFinal: Bool) -> JSONValue {
        var value: JSONObject = JSONObject(members: [
            .init(key: "input_tokens", value: .int(usage.uncached)),
            .init(key: "cache_creation_input_tokens", value: .int(usage.created)),
            .init(key: "cache_read_input_tokens", value: .int(usage.read)),
            .init(
                key: "cache_creation",
                value: [
                    "ephemeral_5m_input_tokens": .int(usage.created5m),
                    "ephemeral_1h_input_tokens": .int(usage.created1h),
                ]
            ),
            .init(key: "output_tokens", value: .int(output)),
        ])
        if isFinal, answer.thinkingTokens > 0 {
            value["output_tokens_details"] = ["thinking_tokens": .int(answer.thinkingTokens)]
        }
        value["service_tier"] = "standard"
        return .object(value)
    }

    // MARK: Streamed

    private func streamed() -> Reply {
        let headers = [
            ("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache"),
            ("x-accel-buffering", "no"),
        ]
        // The headers come when the prompt is read, the first token a little later.
        var reply = Reply(headers: headers, delay: Double(directives.delay) + pace.firstToken * 0.7 * speed)
        reply.steps = Self.interrupted(events(), by: directives, requestID: requestID)
        return reply
    }

    /// The whole stream, as if nothing went wrong.
    func events() -> [Step] {
        let start = message(content: [], isFinal: false)
        var steps: [Step] = [.event("message_start", ["type": "message_start", "message": start])]
        steps += Array(repeating: .event("ping", ["type": "ping"]), count: directives.pings)
        if directives.stall > 0 { steps.append(.wait(Double(directives.stall))) }
        if speed > 0 { steps.append(.wait(pace.firstToken * 0.3 * speed)) }
        for (index, block) in answer.blocks.enumerated() {
            let isLast = index == answer.blocks.count - 1
            steps += [.event("content_block_start", opened(block, index: index))]
            append(block, index: index, to: &steps)
            if isLast, case .text = block, let megabytes = directives.huge {
                appendFlood(megabytes, index: index, to: &steps)
            }
            steps.append(.event("content_block_stop", ["type": "content_block_stop", "index": .int(index)]))
        }
        var delta: JSONObject = JSONObject(members: [
            .init(key: "stop_reason", value: .string(answer.stopReason)),
            .init(key: "stop_sequence", value: answer.stopSequence.map { .string($0) } ?? .null),
        ])
        if let details = answer.stopDetails { delta["stop_details"] = details }
        steps.append(
            .event(
                "message_delta",
                [
                    "type": "message_delta", "delta": .object(delta),
                    "usage": usageValue(output: outputTokens, isFinal: true),
                ]
            )
        )
        steps.append(.event("message_stop", ["type": "message_stop"]))
        return steps
    }

    private func opened(_ block: Answer.Block, index: Int) -> JSONValue {
        let empty: JSONValue =
            switch block {
            case .thinking: ["type": "thinking", "thinking": "", "signature": ""]
            case .text: ["type": "text", "text": ""]
            case .tool(let id, let name, _):
                ["type": "tool_use", "id": .string(id), "name": .string(name), "input": [:]]
            }
        return ["type": "content_block_start", "index": .int(index), "content_block": empty]
    }

    private func append(_ block: Answer.Block, index: Int, to steps: inout [Step]) {
        switch block {
        case .thinking(let text, let signature):
            append(text.pieces, index: index, type: "thinking_delta", field: "thinking", to: &steps)
            steps.append(.delta(index, type: "signature_delta", field: "signature", text: signature[...]))
        case .text(let text):
            append(text.pieces, index: index, type: "text_delta", field: "text", to: &steps)
        case .tool(_, _, let json):
            steps.append(.delta(index, type: "input_json_delta", field: "partial_json", text: ""))
            guard json != "{}" else { return }
            append(json.pieces(of: 12), index: index, type: "input_json_delta", field: "partial_json", to: &steps)
        }
    }

    /// Adds deltas, each with the time that its tokens take.
    private func append(_ pieces: [Substring], index: Int, type: String, field: String, to steps: inout [Step]) {
        for piece in pieces {
            steps.append(.delta(index, type: type, field: field, text: piece))
            guard speed > 0 else { continue }
            steps.append(.wait(Double(piece.utf8.count) / 4 / pace.tokensPerSecond * 1000 * speed))
        }
    }

    private func appendFlood(_ megabytes: Int, index: Int, to steps: inout [Step]) {
        let text = String(repeating: "simulated words ", count: Self.floodUnit / 16)
        let unit = Step.delta(index, type: "text_delta", field: "text", text: text[...]).bytes
        steps.append(.repeated(unit, count: megabytes * (1024 * 1024 / Self.floodUnit)))
    }

    /// Ends the steps where `cut` or `error` asks for it.
    private static func interrupted(_ steps: [Step], by directives: Directives, requestID: String) -> [Step] {
        let end: Step
        let limit: Int
        switch (directives.cut, directives.error) {
        case (let cut?, let error) where cut <= error ?? .max: (limit, end) = (cut, .cut)
        case (_, let error?):
            let overloaded = APIError(529, "Overloaded").envelope(requestID: requestID)
            (limit, end) = (error, .event("error", overloaded))
        default: return steps
        }
        var sent = 0
        var kept: [Step] = []
        for step in steps {
            if sent + step.events > limit {
                if case .repeated(let bytes, _) = step, limit > sent {
                    kept.append(.repeated(bytes, count: limit - sent))
                }
                break
            }
            sent += step.events
            kept.append(step)
            if sent == limit { break }
        }
        return kept + [end]
    }
}
