/// A random conversation, spelled by hand in both dialects, with nothing in it that the tables call lossy. It shares
/// nothing with the translation.
struct RandomConversation {
    private(set) var openAI = ""
    private(set) var anthropic = ""
    /// What it holds, for a count of what was tried.
    private(set) var features: Set<String> = []

    private var random: SeededGenerator
    private var openAIMessages: [String] = []
    private var anthropicMessages: [String] = []
    private var calls = 0

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        make()
    }

    private mutating func chance(_ part: Int, in whole: Int) -> Bool {
        Int.random(in: 0..<whole, using: &random) < part
    }

    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &random)]
    }

    // MARK: The whole

    private mutating func make() {
        var openAI = ["\"model\":\"m\""]
        var anthropic = ["\"model\":\"m\""]
        if chance(2, in: 3) {
            let text = text()
            openAIMessages.append("{\"role\":\"system\",\"content\":\(text)}")
            anthropic.append("\"system\":[{\"type\":\"text\",\"text\":\(text)}]")
        }
        let hasTools = chance(1, in: 2)
        addUser()
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            if hasTools, chance(1, in: 2) { addToolRound() } else { addAnswer() }
        }
        openAI.append("\"messages\":[\(openAIMessages.joined(separator: ","))]")
        anthropic.append("\"messages\":[\(anthropicMessages.joined(separator: ","))]")
        let limit = pick(["1", "4096", "9007199254740993", "123456789012345678901234567890"])
        openAI.append("\"max_tokens\":\(limit)")
        anthropic.append("\"max_tokens\":\(limit)")
        if chance(1, in: 3) {
            openAI.append("\"stream\":true,\"stream_options\":{\"include_usage\":true}")
            anthropic.append("\"stream\":true")
        }
        if chance(1, in: 3) {
            let stops = (0..<Int.random(in: 1...5, using: &random)).map { "\"S\($0)\\u00e9\"" }.joined(separator: ",")
            openAI.append("\"stop\":[\(stops)]")
            anthropic.append("\"stop_sequences\":[\(stops)]")
        }
        addOptions(hasTools: hasTools, &openAI, &anthropic)
        // Members may come in any order.
        openAI.shuffle(using: &random)
        anthropic.shuffle(using: &random)
        self.openAI = "{\(openAI.joined(separator: ", "))}"
        self.anthropic = "{\(anthropic.joined(separator: ", "))}"
    }

    private mutating func addOptions(hasTools: Bool, _ openAI: inout [String], _ anthropic: inout [String]) {
        var output: [String] = []
        let thinks = chance(1, in: 3)
        if thinks {
            features.insert("effort")
            let effort = pick(["low", "medium", "high", "xhigh", "max"])
            openAI.append("\"reasoning_effort\":\"\(effort)\"")
            output.append("\"effort\":\"\(effort)\"")
            anthropic.append("\"thinking\":{\"type\":\"adaptive\",\"display\":\"summarized\"}")
        } else if chance(1, in: 2) {
            let sampling = pick(["\"temperature\":0.30", "\"top_p\":0.9500000000000000001", "\"temperature\":1e-1"])
            openAI.append(sampling)
            anthropic.append(sampling)
        }
        if chance(1, in: 4) {
            features.insert("schema")
            let schema = """
                {"required":["b","a"],"type":"object","properties":{"b":{"type":"string","enum":[\(text())]},\
                "a":{"type":"integer","const":123456789012345678901234567890}},"additionalProperties":false}
                """
            openAI.append(
                "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"output\",\"schema\":\(schema),"
                    + "\"strict\":true}}"
            )
            output.append("\"format\":{\"type\":\"json_schema\",\"schema\":\(schema)}")
        }
        if !output.isEmpty { anthropic.append("\"output_config\":{\(output.joined(separator: ","))}") }
        if hasTools { addTools(thinks: thinks, &openAI, &anthropic) }
    }

    private mutating func addTools(thinks: Bool, _ openAI: inout [String], _ anthropic: inout [String]) {
        features.insert("tools")
        var functions: [String] = []
        var tools: [String] = []
        for position in 0..<Int.random(in: 1...3, using: &random) {
            let description = text()
            let schema = "{\"type\":\"object\",\"x-order\":\(object(depth: 2)),\"properties\":{\"z\":{},\"a\":{}}}"
            functions.append(
                "{\"type\":\"function\",\"function\":{\"name\":\"f\(position)\",\"description\":\(description),"
                    + "\"parameters\":\(schema)}}"
            )
            tools.append("{\"name\":\"f\(position)\",\"description\":\(description),\"input_schema\":\(schema)}")
        }
        openAI.append("\"tools\":[\(functions.joined(separator: ","))]")
        anthropic.append("\"tools\":[\(tools.joined(separator: ","))]")
        let single = chance(1, in: 3)
        let mark = single ? ",\"disable_parallel_tool_use\":true" : ""
        if single { openAI.append("\"parallel_tool_calls\":false") }
        switch Int.random(in: 0..<(thinks ? 1 : 3), using: &random) {
        case 0:
            openAI.append("\"tool_choice\":\"auto\"")
            anthropic.append("\"tool_choice\":{\"type\":\"auto\"\(mark)}")
        case 1:
            openAI.append("\"tool_choice\":\"required\"")
            anthropic.append("\"tool_choice\":{\"type\":\"any\"\(mark)}")
        default:
            openAI.append("\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"f0\"}}")
            anthropic.append("\"tool_choice\":{\"type\":\"tool\",\"name\":\"f0\"\(mark)}")
        }
    }

    // MARK: Turns

    private mutating func addUser() {
        let (parts, blocks) = content()
        openAIMessages.append("{\"role\":\"user\",\"content\":\(parts)}")
        anthropicMessages.append("{\"role\":\"user\",\"content\":[\(blocks)]}")
    }

    private mutating func content() -> (parts: String, blocks: String) {
        if chance(1, in: 2) {
            let text = text()
            return (text, "{\"type\":\"text\",\"text\":\(text)}")
        }
        var parts: [String] = []
        var blocks: [String] = []
        for _ in 0..<Int.random(in: 2...4, using: &random) {
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                features.insert("image")
                let type = pick(["jpeg", "png", "gif", "webp"])
                parts.append(
                    "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/\(type);base64,iVBO\\/R+==\"}}"
                )
                blocks.append(
                    "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/\(type)\","
                        + "\"data\":\"iVBO\\/R+==\"}}"
                )
            case 1:
                features.insert("image URL")
                parts.append("{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://h/a?b=\\u00e9\"}}")
                blocks.append("{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\"https://h/a?b=\\u00e9\"}}")
            default:
                let text = text()
                parts.append("{\"type\":\"text\",\"text\":\(text)}")
                blocks.append("{\"type\":\"text\",\"text\":\(text)}")
            }
        }
        return ("[\(parts.joined(separator: ","))]", blocks.joined(separator: ","))
    }

    private mutating func addAnswer() {
        let text = text()
        openAIMessages.append("{\"role\":\"assistant\",\"content\":\(text)}")
        anthropicMessages.append("{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\(text)}]}")
        addUser()
    }

    private mutating func addToolRound() {
        let count = Int.random(in: 1...3, using: &random)
        if count > 1 { features.insert("parallel calls") }
        var calls: [String] = []
        var blocks: [String] = []
        var said = "null"
        if chance(1, in: 2) {
            said = text()
            blocks.append("{\"type\":\"text\",\"text\":\(said)}")
        }
        var ids: [String] = []
        for _ in 0..<count {
            self.calls += 1
            let id = "call-\(self.calls)_x"
            ids.append(id)
            let input = object(depth: 3)
            calls.append(
                "{\"id\":\"\(id)\",\"type\":\"function\",\"function\":{\"name\":\"f0\",\"arguments\":\(Self.quoted(input))}}"
            )
            blocks.append("{\"type\":\"tool_use\",\"id\":\"\(id)\",\"name\":\"f0\",\"input\":\(input)}")
        }
        openAIMessages.append(
            "{\"role\":\"assistant\",\"content\":\(said),\"tool_calls\":[\(calls.joined(separator: ","))]}"
        )
        anthropicMessages.append("{\"role\":\"assistant\",\"content\":[\(blocks.joined(separator: ","))]}")
        var results: [String] = []
        for id in ids.shuffled(using: &random) {
            let isEmpty = chance(1, in: 5)
            let text = isEmpty ? "\"\"" : text()
            openAIMessages.append("{\"role\":\"tool\",\"tool_call_id\":\"\(id)\",\"content\":\(text)}")
            let content = isEmpty ? "" : ",\"content\":\(text)"
            results.append("{\"type\":\"tool_result\",\"tool_use_id\":\"\(id)\"\(content)}")
        }
        if chance(1, in: 3) {
            let (parts, blocks) = content()
            openAIMessages.append("{\"role\":\"user\",\"content\":\(parts)}")
            results.append(blocks)
        }
        anthropicMessages.append("{\"role\":\"user\",\"content\":[\(results.joined(separator: ","))]}")
        if chance(1, in: 2) { addAnswer() }
    }

    // MARK: Values

    /// A JSON string with odd contents, with something besides white space in it, and none at its end.
    private mutating func text() -> String {
        let pieces = [
            "word", " ", "\\n", "é", "\\u00e9", "日本", "😀", "\\ud83d\\ude00", "\\\"", "\\\\", "\\/", "\\u0000",
            "\\ud800", "\u{2028}",
            "\\u2029", "<tag>", "a\\tb", "👩‍👩‍👧", "e\u{301}", "\u{7F}",
        ]
        let body = (0..<Int.random(in: 0...6, using: &random)).map { _ in pick(pieces) }.joined()
        return "\"\(body).\""
    }

    private mutating func object(depth: Int) -> String {
        let names = ["z", "a", "b\\u00e9", "", "minimum", "a b", "10", "9", "\\ud800"].shuffled(using: &random)
        let count = Int.random(in: 0...4, using: &random)
        let members = names.prefix(count).map { "\"\($0)\":\(value(depth: depth - 1))" }
        return "{\(members.joined(separator: ","))}"
    }

    private mutating func value(depth: Int) -> String {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &random) {
        case 0: return text()
        case 1: return pick(["123456789012345678901234567890", "-0", "9007199254740993", "0"])
        case 2: return pick(["1.10", "1e400", "-2.5E-3", "0.1000000000000000055511151231257827"])
        case 3: return pick(["true", "false", "null"])
        case 4: return "[]"
        case 5: return "{}"
        case 6: return object(depth: depth)
        default: return "[\(value(depth: depth - 1)),\(value(depth: depth - 1))]"
        }
    }

    /// JSON as the contents of a JSON string, made the plain way.
    private static func quoted(_ json: String) -> String {
        let escaped = json.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return "\"\(escaped)\""
    }
}
