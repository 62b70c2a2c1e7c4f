/// An op's prompt with its placeholders found: `{{input}}` stands for the run's input, `{{op}}` for what that op wrote.
///
/// Only a name between two pairs of braces is a placeholder, so that code and other templates may stand in a prompt;
/// `\{{name}}` is the text `{{name}}`. What takes a placeholder's place is not looked through again.
package struct PromptTemplate: Sendable, Equatable {
    package enum Part: Sendable, Equatable {
        case text(String)
        case placeholder(String)
    }

    /// The placeholder for what the whole run was given; no op may have this name.
    package static let input = "input"

    package let parts: [Part]

    package init(_ prompt: String) {
        var parts: [Part] = []
        var text: [UInt8] = []
        let bytes = Array(prompt.utf8)
        var at = 0
        while at < bytes.count {
            guard let (name, end) = Self.placeholder(bytes, at) else {
                text.append(bytes[at])
                at += 1
                continue
            }
            if text.last == UInt8(ascii: "\\") {
                text.removeLast()
                text += bytes[at..<end]
            } else {
                if !text.isEmpty { parts.append(.text(String(decoding: text, as: UTF8.self))) }
                text = []
                parts.append(.placeholder(name))
            }
            at = end
        }
        if !text.isEmpty { parts.append(.text(String(decoding: text, as: UTF8.self))) }
        self.parts = parts
    }

    /// The names that stand in it, each once, in their order.
    package var placeholders: [String] {
        var names: [String] = []
        for case .placeholder(let name) in parts where !names.contains(name) { names.append(name) }
        return names
    }

    /// The name of the placeholder that begins here, and where it ends.
    private static func placeholder(_ bytes: [UInt8], _ start: Int) -> (name: String, end: Int)? {
        let (open, close) = (UInt8(ascii: "{"), UInt8(ascii: "}"))
        guard start + 4 < bytes.count, bytes[start] == open, bytes[start + 1] == open else { return nil }
        var at = start + 2
        while at < bytes.count, bytes[at] == UInt8(ascii: " ") { at += 1 }
        let first = at
        while at < bytes.count, OpName.takes(bytes[at]), at - first < OpName.maximumBytes { at += 1 }
        let name = bytes[first..<at]
        while at < bytes.count, bytes[at] == UInt8(ascii: " ") { at += 1 }
        guard !name.isEmpty, at + 1 < bytes.count, bytes[at] == close, bytes[at + 1] == close else { return nil }
        return (String(decoding: name, as: UTF8.self), at + 2)
    }
}

/// How an op may be called.
package enum OpName {
    package static let maximumBytes = 64

    package static func isValid(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= maximumBytes && name.utf8.allSatisfy(takes)
    }

    static func takes(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
