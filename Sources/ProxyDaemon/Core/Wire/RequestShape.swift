/// What no provider can make sense of, now or later. Everything else is the provider's to judge: a new role, a new kind of
/// block or a new value passes.
enum RequestShape {
    /// What is wrong with a top-level member that the gateway does not read itself; nil for most.
    static func problem(member name: Range<Int>, _ value: JSONView) -> String? {
        func isNamed(_ plain: StaticString) -> Bool { JSONText.equals(value.bytes, name, plain) }
        if isNamed("temperature") { return problem(number: value).map { "temperature: \($0)" } }
        if isNamed("top_p") { return problem(number: value).map { "top_p: \($0)" } }
        if isNamed("tools"), value.kind != .array, value.kind != .null {
            return "tools: expected an array, found \(value.kind.phrase)"
        }
        return nil
    }

    private static func problem(number value: JSONView) -> String? {
        guard value.kind != .null else { return nil }
        guard value.kind == .number else { return "expected a number, found \(value.kind.phrase)" }
        // Minus nothing is nothing.
        let digits = value.raw.dropFirst().prefix { $0 | 0x20 != UInt8(ascii: "e") }
        let isNegative = value.raw.first == UInt8(ascii: "-") && digits.contains { $0 > 0x30 && $0 <= 0x39 }
        return isNegative ? "expected a number of at least 0" : nil
    }

    /// What is wrong with a message's role and content, without the message's own name.
    static func problem(role: JSONView, content: JSONView?) -> String? {
        let word = role.bytes[role.stringContents]
        guard (1...maximumWordBytes).contains(word.count), word.allSatisfy(isOfWord) else {
            return "role: expected a word such as user or assistant"
        }
        var problem: String?
        var index = 0
        content?.forEachElement { block in
            if problem == nil, let type = block["type"], type.kind != .string {
                problem = "content.\(index).type: expected a string, found \(type.kind.phrase)"
            }
            index += 1
        }
        return problem
    }

    private static let maximumWordBytes = 64

    private static func isOfWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
