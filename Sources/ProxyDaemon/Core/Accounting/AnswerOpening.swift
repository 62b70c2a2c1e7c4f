import Shared

/// The first bytes of an answer as the client got them, and the text in them.
///
/// Kept as they came and read only when somebody asks: a copy of a few kilobytes costs every request far less than a parse.
struct AnswerOpening: Sendable {
    /// How much is kept; 0 keeps nothing.
    static func bytesKept(_ prompts: Settings.PromptLogging) -> Int {
        switch prompts {
        case .none: 0
        // Some twenty events of a stream, each with a word or two, or the head of a whole answer.
        case .snippet: 3_072
        case .full: 65_536
        }
    }

    /// How much of a text a snippet has, in Unicode's scalars.
    static let snippetCharacters = 120

    /// Of the text, as much as of a prompt: scalars of a snippet, bytes of a whole.
    private static func isShown(_ text: String, _ count: Int, _ prompts: Settings.PromptLogging) -> Bool {
        switch prompts {
        case .none: false
        case .snippet: count < snippetCharacters
        case .full: text.utf8.count < 16_384
        }
    }

    /// The most bytes of JSON that this much can take: a scalar's two escapes have twelve, one byte's has six.
    private static func mostEscaped(_ prompts: Settings.PromptLogging) -> Int {
        switch prompts {
        case .none: 0
        case .snippet: 12 * snippetCharacters
        case .full: 6 * 16_384
        }
    }

    let bytes: [UInt8]
    let dialect: Dialect
    /// How much of the text may be told.
    let prompts: Settings.PromptLogging

    init?(_ bytes: [UInt8], dialect: Dialect, prompts: Settings.PromptLogging) {
        let kept = Self.bytesKept(prompts)
        guard kept > 0, !bytes.isEmpty else { return nil }
        self.bytes = bytes.count <= kept ? bytes : Array(bytes.prefix(kept))
        self.dialect = dialect
        self.prompts = prompts
    }

    /// The beginning of the text, cut where a character begins; nil where there is none, as in a call of a tool.
    ///
    /// What was kept may end anywhere. A quote inside of a JSON string is always escaped, so that a member's name with its
    /// quotes and its colon can stand nowhere but where it is one.
    var text: String? {
        let name: StaticString = dialect == .openai ? "\"content\"" : "\"text\""
        var at = 0
        // As they are in the JSON: a character's two escapes may come in two events.
        var escaped: [UInt8] = []
        while escaped.count < Self.mostEscaped(prompts), let start = value(of: name, from: at) {
            let end = endOfString(from: start)
            escaped += bytes[start..<end]
            at = end
        }
        let all = escaped.withUnsafeBufferPointer { JSONText.decode($0, 0..<$0.count) }
        var text = ""
        for (count, scalar) in all.unicodeScalars.enumerated() {
            guard Self.isShown(text, count, prompts) else { break }
            text.unicodeScalars.append(scalar)
        }
        // Of a character that was cut in two, half is left.
        if text.utf8.count == all.utf8.count, at >= bytes.count, text.unicodeScalars.last == "\u{FFFD}" {
            text.unicodeScalars.removeLast()
        }
        return text.isEmpty ? nil : text
    }

    /// Behind the quote of the next string with that name; values of other kinds are passed over.
    private func value(of name: StaticString, from start: Int) -> Int? {
        var at = start
        while let end = find(name, from: at) {
            at = end
            var next = end
            while next < bytes.count, bytes[next] == UInt8(ascii: " ") || bytes[next] == UInt8(ascii: ":") { next += 1 }
            if next < bytes.count, next > end, bytes[next] == UInt8(ascii: "\"") { return next + 1 }
        }
        return nil
    }

    private func find(_ needle: StaticString, from start: Int) -> Int? {
        let count = needle.utf8CodeUnitCount
        guard bytes.count - start >= count else { return nil }
        for at in start...(bytes.count - count) where bytes[at] == needle.utf8Start[0] {
            if (1..<count).allSatisfy({ bytes[at + $0] == needle.utf8Start[$0] }) { return at + count }
        }
        return nil
    }

    /// Where a string ends: at its closing quote, or before what was cut off; half an escape is left out.
    private func endOfString(from start: Int) -> Int {
        var at = start
        while at < bytes.count, bytes[at] != UInt8(ascii: "\"") {
            let isEscape = bytes[at] == UInt8(ascii: "\\")
            let length = !isEscape ? 1 : at + 1 < bytes.count && bytes[at + 1] == UInt8(ascii: "u") ? 6 : 2
            guard at + length <= bytes.count else { break }
            at += length
        }
        return at
    }
}

/// What went by in an exchange, as far as it may be remembered.
package struct ExchangeContents: Sendable {
    /// Harmless ones only.
    let requestHeaders: [HeaderField]
    /// All of them.
    let answerHeaders: [HeaderField]
    let opening: AnswerOpening?
}
