/// Texts of a request's end: what of them is the user's own.
enum TurnText {
    /// So much of a text is looked at.
    static let keptBytes = 1_024

    private static let opening = Array("<system-reminder>".utf8)
    private static let closing = Array("</system-reminder>".utf8)

    /// What of a string is the user's own: coding agents put reminders of their own, in tags, beside and before it.
    static func own(_ view: JSONView) -> (isThere: Bool, hasReminders: Bool, beginning: [UInt8]) {
        var text: [UInt8] = []
        append(view, to: &text)
        let contents = view.stringContents
        // The beginning tells, unless it is all space: a reminder's end, and what follows it, may stand anywhere after.
        let begun = text[...].drop(while: isSpace)
        if contents.count > keptBytes, begun.count < opening.count || begun.starts(with: opening) {
            text.removeAll(keepingCapacity: true)
            JSONText.appendUnescaped(UnsafeBufferPointer(rebasing: view.bytes[contents]), to: &text)
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
