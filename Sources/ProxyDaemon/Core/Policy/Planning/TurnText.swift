/// Texts of a request's end: what of them is the user's own.
enum TurnText {
    /// So much of a text is looked at.
    static let keptBytes = 1_024
    /// Longer blocks are read as the user's own unless they end as a reminder ends.
    private static let longestReminder = 262_144

    private static let opening = Array("<system-reminder>".utf8)
    private static let closing = Array("</system-reminder>".utf8)

    /// What of a string is the user's own: coding agents put reminders of their own, in tags, beside and before it.
    static func own(_ view: JSONView) -> (isThere: Bool, hasReminders: Bool, beginning: [UInt8]) {
        var text: [UInt8] = []
        let contents = view.stringContents
        let first = contents.first.map { view.bytes[$0] }
        let mayBeReminder =
            first == UInt8(ascii: "<") || first == UInt8(ascii: "\\") || first.map(isSpace) ?? false
        if mayBeReminder, contents.count <= longestReminder {
            JSONText.appendUnescaped(UnsafeBufferPointer(rebasing: view.bytes[contents]), to: &text)
        } else {
            append(view, to: &text)
        }
        var rest = text[...].drop(while: isSpace)
        var hasReminders = false
        while rest.starts(with: opening) {
            hasReminders = true
            guard let end = firstIndex(of: closing, in: rest) else {
                rest = []
                break
            }
            rest = rest[(end + closing.count)...].drop(while: isSpace)
        }
        return (!rest.isEmpty, hasReminders, Array(rest.prefix(keptBytes)))
    }

    /// Appends the beginning of a string's text, as far as it is looked at.
    static func append(_ view: JSONView, to text: inout [UInt8]) {
        guard text.count < keptBytes else { return }
        let contents = view.stringContents
        let kept = contents.lowerBound..<min(contents.upperBound, contents.lowerBound + keptBytes)
        if !text.isEmpty { text.append(0x0A) }
        JSONText.appendUnescaped(UnsafeBufferPointer(rebasing: view.bytes[kept]), to: &text)
    }

    /// ASCII letters in lower case; all else as it is.
    static func lowercased(_ text: [UInt8]) -> [UInt8] {
        text.prefix(keptBytes).map { $0 &- UInt8(ascii: "A") < 26 ? $0 | 0x20 : $0 }
    }

    /// A tool's result that an agent without tool calls puts into the user's mouth.
    static func isToolResult(_ text: [UInt8]) -> Bool {
        for opening in ["<tool_response>", "<tool_result>", "<function_results>", "Observation:"]
        where text.starts(with: opening.utf8) { return true }
        // "[read_file for 'a.swift'] Result:"
        guard text.first == UInt8(ascii: "[") else { return false }
        let line = text.prefix { $0 != 0x0A }
        return firstIndex(of: Array("] Result:".utf8), in: line) != nil
    }

    static func firstIndex(of piece: [UInt8], in text: ArraySlice<UInt8>) -> Int? {
        guard let first = piece.first, text.count >= piece.count else { return nil }
        let last = text.endIndex - piece.count
        var at = text.startIndex
        while at <= last {
            if text[at] == first, text[at..<(at + piece.count)].elementsEqual(piece) { return at }
            at += 1
        }
        return nil
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }
}

/// Words by which a program's own query is known. All of a cue's words must stand in the first ``TurnText/keptBytes``
/// of the text, in lower case.
///
/// They are few and plain on purpose: a query that is missed is routed like any other, one that is wrongly recognised
/// goes to the model that was named for it.
struct SideQueryCue: Sendable {
    enum Place: Sendable {
        case system
        case user
    }

    let query: TurnKind.SideQuery
    let place: Place
    let words: [[UInt8]]

    private init(_ query: TurnKind.SideQuery, _ place: Place, _ words: String...) {
        self.query = query
        self.place = place
        self.words = words.map { Array($0.utf8) }
    }

    func fits(_ text: [UInt8]) -> Bool {
        !text.isEmpty && words.allSatisfy { TurnText.firstIndex(of: $0, in: text[...]) != nil }
    }

    static let all: [SideQueryCue] = [
        SideQueryCue(.safetyCheck, .system, "command", "injection"),
        SideQueryCue(.safetyCheck, .system, "command", "prefix", "detect"),
        SideQueryCue(.safetyCheck, .user, "command_injection_detected"),
        SideQueryCue(.safetyCheck, .user, "<policy_spec>"),
        SideQueryCue(.safetyCheck, .system, "safety classifier"),
        SideQueryCue(.safetyCheck, .system, "security monitor"),
        SideQueryCue(.safetyCheck, .system, "content moderat"),
        SideQueryCue(.safetyCheck, .system, "classif", "unsafe"),
        SideQueryCue(.safetyCheck, .system, "classif", "harmful"),
        SideQueryCue(.safetyCheck, .system, "classif", "malicious"),
        SideQueryCue(.title, .system, "isnewtopic"),
        SideQueryCue(.title, .system, "new conversation topic"),
        SideQueryCue(.title, .system, "title", "conversation"),
        SideQueryCue(.title, .system, "title", "session"),
        SideQueryCue(.title, .system, "title", "chat"),
        SideQueryCue(.title, .system, "title", "thread"),
        SideQueryCue(.title, .user, "word title", "conversation"),
        SideQueryCue(.title, .user, "title for this conversation"),
        SideQueryCue(.title, .user, "title for the following conversation"),
        SideQueryCue(.title, .user, "title for the conversation"),
        SideQueryCue(.title, .user, "title for this chat"),
        SideQueryCue(.compaction, .user, "summary of the conversation so far"),
        SideQueryCue(.compaction, .user, "summary of our conversation so far"),
        SideQueryCue(.compaction, .user, "summary of this conversation", "context"),
        SideQueryCue(.compaction, .user, "summarize the conversation so far"),
        SideQueryCue(.compaction, .user, "summarise the conversation so far"),
        SideQueryCue(.compaction, .user, "context checkpoint", "summary"),
        SideQueryCue(.compaction, .system, "summariz", "conversation"),
        SideQueryCue(.compaction, .system, "summaris", "conversation"),
        SideQueryCue(.chore, .user, "[suggestion mode"),
        SideQueryCue(.chore, .user, "extract any file paths"),
        SideQueryCue(.chore, .user, "web page content:"),
        SideQueryCue(.chore, .user, "<command_output>", "command:"),
    ]
}
