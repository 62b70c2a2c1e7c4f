/// Checks the calls of tools in an answer against the tools that the request offered.
struct CallChecks: Sendable {
    /// Arguments beyond this are not checked: they would have to be held.
    private static let maximumBytes = 1_048_576

    private struct Call: Sendable {
        let number: Int
        let name: String
        /// As they came, escaped.
        var arguments: [UInt8] = []
    }

    private var open: [Call] = []
    private(set) var count = 0
    private(set) var problem: String?
    private var heldBytes = 0

    mutating func begin(_ number: Int, _ name: EscapedPiece) {
        count += 1
        open.append(Call(number: number, name: JSONText.decode(name, name.indices)))
    }

    mutating func add(_ number: Int, _ piece: EscapedPiece) {
        guard let at = open.lastIndex(where: { $0.number == number }) else { return }
        heldBytes += piece.count
        if heldBytes <= Self.maximumBytes { open[at].arguments.append(contentsOf: piece) }
    }

    mutating func end(_ number: Int, _ prompt: Prompt) {
        guard let at = open.lastIndex(where: { $0.number == number }) else { return }
        check(open.remove(at: at), prompt)
    }

    /// The answer is over: what has not been marked as whole is.
    mutating func endAll(_ prompt: Prompt) {
        for call in open { check(call, prompt) }
        open = []
    }

    private mutating func check(_ call: Call, _ prompt: Prompt) {
        guard problem == nil, heldBytes <= Self.maximumBytes else { return }
        problem = prompt.body.withUnsafeBufferPointer { bytes in
            prompt.index.withRoot(bytes) { root in Self.problem(call, Self.tool(named: call.name, root)) }
        }
    }

    private enum Tool {
        case missing
        /// Its arguments are any text.
        case free
        case schema(JSONView?)
    }

    private static func problem(_ call: Call, _ tool: Tool) -> String? {
        let name = call.name.prefix(60)
        let schema: JSONView?
        switch tool {
        case .missing: return "calls \(name), which is no tool of the request"
        case .free: return nil
        case .schema(let given): schema = given
        }
        var text: [UInt8] = []
        call.arguments.withUnsafeBufferPointer { JSONText.appendUnescaped($0, to: &text) }
        if AnswerJSON.isBlank(text[...]) { text = Array("{}".utf8) }
        let found = AnswerJSON.withValue(text[...]) { value -> String? in
            guard value.kind == .object else { return "calls \(name) with \(value.kind.phrase) for an object" }
            guard let schema else { return nil }
            return SchemaCheck.problem(value, schema: schema).map {
                "calls \(name) with arguments that do not fit: \($0)"
            }
        }
        return found ?? "calls \(name) with arguments that are no JSON"
    }

    /// The last tool of that name in either dialect.
    private static func tool(named name: String, _ root: JSONView) -> Tool {
        var found = Tool.missing
        func look(_ tool: JSONView) {
            let function = tool["function"] ?? tool["custom"] ?? tool
            guard function["name"]?.string == name else { return }
            if let type = tool["type"], !type.isString("function") {
                // Typed tools have a schema that only their provider knows.
                guard type.isString("custom"), tool["input_schema"] != nil else {
                    found = .free
                    return
                }
            }
            let schema = function["input_schema"] ?? function["parameters"]
            found = .schema(schema?.kind == .object ? schema : nil)
        }
        root["tools"]?.forEachElement(look)
        root["functions"]?.forEachElement(look)
        return found
    }
}
