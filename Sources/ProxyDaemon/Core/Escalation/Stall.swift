/// A tool loop that stands still: the model makes the same call again and again, or its calls fail one after the other.
package struct Stall: Sendable, Equatable {
    /// How often the last call was made in a row, with the same arguments.
    package var equalCalls = 0
    /// How many of the last calls failed, in a row.
    package var failures = 0

    package init(equalCalls: Int = 0, failures: Int = 0) {
        self.equalCalls = equalCalls
        self.failures = failures
    }

    /// Reads a request's history from message number `first` on.
    package init(_ prompt: Prompt, from first: Int = 0) {
        self = prompt.body.withUnsafeBufferPointer { bytes in
            prompt.index.withRoot(bytes) { root in
                var reader = StallReader()
                var number = 0
                root["messages"]?.forEachElement { message in
                    if number >= first { reader.read(message, prompt.dialect) }
                    number += 1
                }
                return reader.stall
            }
        }
    }

    /// Why, as a clause, where either has come to so many; nil where neither has.
    package func reason(atLeast most: Int) -> String? {
        guard most > 0 else { return nil }
        if equalCalls >= most { return "the same tool call was made \(equalCalls) times in a row" }
        if failures >= most { return "\(failures) tool calls in a row have failed" }
        return nil
    }
}

private struct StallReader {
    private(set) var stall = Stall()
    private var lastCall: UInt64?

    mutating func read(_ message: JSONView, _ dialect: Dialect) {
        guard let role = message["role"] else { return }
        var hasResults = false
        switch dialect {
        case .anthropic:
            message["content"]?.forEachElement { block in
                guard let type = block["type"] else { return }
                if type.isText("tool_use") {
                    call(block["name"], block["input"])
                } else if type.isText("tool_result") {
                    hasResults = true
                    result(hasFailed: block["is_error"]?.kind == .true)
                }
            }
        case .openai:
            if role.isText("assistant") {
                message["tool_calls"]?.forEachElement { call in
                    let function = call["function"]
                    self.call(function?["name"], function?["arguments"])
                }
            } else if role.isText("tool") {
                result(hasFailed: message["content"].map(ToolFailure.isTold) ?? false)
            }
        }
        // The user said something: what was before is another matter. What clients put beside results is none of it.
        if role.isText("user"), !hasResults { self = StallReader() }
    }

    private mutating func call(_ name: JSONView?, _ input: JSONView?) {
        var hash = FNV1a.hash(name.map { Array($0.raw) } ?? [])
        hash = hash &* 31 &+ FNV1a.hash(input.map { Array($0.raw) } ?? [])
        stall.equalCalls = hash == lastCall ? stall.equalCalls + 1 : 1
        lastCall = hash
    }

    private mutating func result(hasFailed: Bool) { stall.failures = hasFailed ? stall.failures + 1 : 0 }
}
