/// What the simulated model says: blocks, the reason to stop, and how many tokens it took.
struct Answer: Sendable, Equatable {
    enum Block: Sendable, Equatable {
        case thinking(String, signature: String)
        case text(String)
        /// A tool call; `json` is its input as it is streamed, possibly cut.
        case tool(id: String, name: String, json: String)
    }

    var blocks: [Block] = []
    var stopReason = "end_turn"
    var stopSequence: String?
    var stopDetails: JSONValue?
    var thinkingTokens = 0
    var outputTokens = 0
}

/// Composes answers. The same request, directives and seed give the same answer.
struct AnswerComposer {
    private let request: MessagesRequest
    private let directives: Directives
    private let seed: UInt64
    private let question: Question
    private let labelling: Labelling?
    private let toolID: String

    /// Prepares an answer.
    /// - Parameters:
    ///   - request: The request to answer.
    ///   - directives: What it tells the simulator to do.
    ///   - seed: The simulator's seed; the request's text is mixed into it.
    ///   - toolID: The id of a tool call, which is new each time.
    init(_ request: MessagesRequest, _ directives: Directives, seed: UInt64, toolID: String) {
        self.request = request
        self.directives = directives
        self.toolID = toolID
        var hash = Fingerprint()
        for block in request.system { hash.add(block) }
        for message in request.messages {
            hash.add(message.role)
            for block in message.blocks { hash.add(block) }
        }
        self.seed = hash.value ^ (seed &* 0x9E37_79B9_7F4A_7C15)
        let system = MessagesRequest.text(request.system)
        question = Question(Directives.split(request.question).rest, system: system)
        labelling = Labelling(system: system, question: request.question)
    }

    func compose() -> Answer {
        var answer = Answer()
        guard request.maxTokens > 0 else {
            answer.stopReason = "max_tokens"
            return answer
        }
        think(&answer)
        if directives.refuses {
            answer.blocks.append(.text(AnswerText.marker + "I can't help with that."))
            answer.stopReason = "refusal"
            answer.stopDetails = [
                "type": "refusal", "category": "cyber", "explanation": "Declined by the simulator as it was told to.",
            ]
        } else if let tool = chosenTool {
            call(tool, &answer)
        } else {
            speak(&answer)
        }
        answer.outputTokens = max(1, answer.outputTokens + answer.thinkingTokens)
        return answer
    }

    private var budget: Int { request.maxTokens }

    private func think(_ answer: inout Answer) {
        guard directives.thinks || request.thinking == "enabled" || request.thinking == "adaptive" else { return }
        var writer = AnswerText(question, hedges: false, seed: seed ^ 1)
        let text = String(writer.writeThinking().cut(toBytes: max(1, budget / 2) * 4))
        let display = request.body["thinking"]?["display"]?.string
        let isHiddenByModel = request.thinking != nil && ModelTraits(request.model).omitsThinking
        let isHidden = display.map { $0 == "omitted" } ?? isHiddenByModel
        answer.thinkingTokens = TokenCount.tokens(text)
        answer.blocks.append(.thinking(isHidden ? "" : text, signature: ThinkingSeal.signature(for: request)))
    }

    private var chosenTool: JSONValue? {
        guard !request.tools.isEmpty, request.toolChoice != "none", directives.huge == nil else { return nil }
        if request.toolChoice == "tool" {
            let name = request.body["tool_choice"]?["name"]?.string
            return request.tools.first { $0["name"]?.string == name }
        }
        guard directives.usesTool || request.toolChoice == "any" else { return nil }
        let isServerSide: (JSONValue) -> Bool = { tool in
            ["web_", "code_execution", "tool_search", "mcp_"].contains { tool["type"]?.string?.hasPrefix($0) == true }
        }
        return request.tools.first { !isServerSide($0) && $0["name"]?.string != nil }
    }

    private func call(_ tool: JSONValue, _ answer: inout Answer) {
        let name = tool["name"]?.string ?? ""
        let input: JSONValue
        if let schema = tool["input_schema"] {
            var sample = SchemaSample(schema: schema, topics: question.topics, seed: seed ^ 2)
            let value = sample.make()
            input = value.object == nil ? [:] : value
        } else {
            input = name == "bash" ? ["command": "echo simulated"] : [:]
        }
        answer.blocks.append(.text(AnswerText.marker + "Let me use \(name)."))
        let json = input.text
        let room = max(0, budget - answer.thinkingTokens) * 4
        let isCut = json.utf8.count > room || directives.truncates
        let part = isCut ? String(json.cut(toBytes: min(room, json.utf8.count / 2))) : json
        answer.blocks.append(.tool(id: toolID, name: name, json: part))
        answer.stopReason = isCut ? "max_tokens" : "tool_use"
        answer.outputTokens = isCut ? budget - answer.thinkingTokens : TokenCount.tokens(part) + 12
        answer.outputTokens = min(answer.outputTokens, max(1, budget - answer.thinkingTokens))
    }

    private func speak(_ answer: inout Answer) {
        var text = fullText()
        if directives.truncates {
            let length = text.utf8.count * 3 / 5
            text = String(text.cut(toBytes: length))
            answer.stopReason = "max_tokens"
        }
        let bytes = Array(text.utf8)
        let stops = request.stopSequences.compactMap { stop in
            bytes.firstIndex(of: Array(stop.utf8)).map { (offset: $0, stop: stop) }
        }
        if let first = stops.min(by: { $0.offset < $1.offset }) {
            text = String(decoding: bytes[..<first.offset], as: UTF8.self)
            answer.stopReason = "stop_sequence"
            answer.stopSequence = first.stop
        }
        let room = max(1, budget - answer.thinkingTokens) * 4
        if text.utf8.count > room {
            text = String(text.cut(toBytes: room))
            answer.stopReason = "max_tokens"
            answer.stopSequence = nil
        }
        if !text.isEmpty { answer.blocks.append(.text(text)) }
        answer.outputTokens = TokenCount.tokens(text)
    }

    private func fullText() -> String {
        if let labelling, !directives.mislabels { return labelling.label }
        if let schema = request.schema {
            var sample = SchemaSample(schema: schema, topics: question.topics, seed: seed ^ 2)
            return sample.make().text
        }
        var writer = AnswerText(question, hedges: directives.hedges, seed: seed)
        if let tokens = directives.tokens { return writer.write(tokens: min(tokens, budget + 1)) }
        guard request.answersTool else { return writer.write() }
        let result = request.messages.last?.blocks.first { $0["type"]?.string == "tool_result" }?["content"] ?? .null
        let text = result.string ?? MessagesRequest.text(result.array ?? [])
        return AnswerText.marker + "The tool answered: " + String(text.cut(toBytes: 400)) + "\n\n"
            + writer.write().dropFirst(AnswerText.marker.count)
    }
}
