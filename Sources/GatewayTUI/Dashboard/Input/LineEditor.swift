import Shared

/// What a key does to the text in a box.
package enum EditCommand: Sendable, Hashable, CaseIterable {
    case left, right, wordLeft, wordRight, lineStart, lineEnd
    case backspace, delete, killWord, killToEnd, killToStart, yank
    case newline, up, down
    case undo, redo
}

/// A text being written: graphemes, a cursor, a kill buffer and a history of what was sent.
package struct LineEditor: Sendable, Hashable {
    /// More than this is not taken; a larger text would make every key slow.
    package static let maximumCharacters = 65_536
    private static let maximumHistory = 100

    package private(set) var characters: [Character] = []
    package private(set) var position = 0
    private let isMultiline: Bool
    private var killed: [Character] = []
    private var history: [String] = []
    private var historyIndex: Int?
    private var draft: [Character] = []
    private var edits = EditHistory()

    package init(multiline: Bool = false, text: String = "") {
        isMultiline = multiline
        insert(text)
    }

    package var text: String { String(characters) }
    package var isEmpty: Bool { characters.isEmpty }

    /// Puts text at the cursor: newlines made one kind, control characters dropped.
    package mutating func insert(_ text: String) {
        let clean = PlainText.sanitized(text, keepNewlines: isMultiline)
        guard !clean.isEmpty else { return }
        // Rebuilt rather than spliced: a combining mark must merge with the letter before it.
        let before = Array(String(characters[..<position]) + clean)
        let after = characters[position...]
        guard before.count + after.count <= Self.maximumCharacters else { return }
        let isLetter = clean.count == 1 && clean != "\n"
        note(isLetter ? .letter(isBlank: clean == " ") : .other)
        characters = Array(String(before) + String(after))
        position = min(before.count, characters.count)
        historyIndex = nil
    }

    package mutating func apply(_ command: EditCommand) {
        switch command {
        case .left: position = max(0, position - 1)
        case .right: position = min(characters.count, position + 1)
        case .wordLeft: position = wordStart(before: position)
        case .wordRight: position = wordEnd(after: position)
        case .lineStart: position = lineStart
        case .lineEnd: position = lineEnd
        case .backspace: if position > 0 { remove(position - 1..<position) }
        case .delete: if position < characters.count { remove(position..<position + 1) }
        case .killWord: kill(wordStart(before: position)..<position)
        case .killToEnd: kill(position..<(lineEnd == position ? min(position + 1, characters.count) : lineEnd))
        case .killToStart: kill(lineStart..<position)
        case .yank: insert(String(killed))
        case .newline: if isMultiline { insert("\n") }
        case .up: moveUp()
        case .down: moveDown()
        case .undo: go(to: edits.undo(from: moment))
        case .redo: go(to: edits.redo(from: moment))
        }
    }

    /// Empties the box and keeps what was in it in the history.
    package mutating func submit() -> String {
        let sent = remember()
        clear()
        edits = EditHistory()
        return sent
    }

    /// Keeps what is in the box in the history, and leaves it there.
    @discardableResult
    package mutating func remember() -> String {
        let sent = text
        if !sent.isEmpty, history.last != sent { history.append(sent) }
        if history.count > Self.maximumHistory { history.removeFirst() }
        return sent
    }

    /// Takes over what was sent before the program started, oldest first.
    package mutating func recall(_ earlier: [String]) {
        let clean = earlier.map { PlainText.sanitized($0, keepNewlines: isMultiline) }
        history = Array((clean + history).suffix(Self.maximumHistory))
        historyIndex = nil
    }

    /// Puts another text in the place of what is there, which can be taken back.
    package mutating func replace(with text: String) {
        clear()
        insert(text)
    }

    package mutating func clear() {
        if !characters.isEmpty { note(.other) }
        characters = []
        position = 0
        historyIndex = nil
    }

    /// The rows of the text at a width, and the cursor's place in them.
    package func layout(width: Int) -> (rows: [String], cursorRow: Int, cursorColumn: Int) {
        let width = max(1, width)
        var rows = [""]
        var used = 0
        var cursor = (row: 0, column: 0)
        for (index, character) in characters.enumerated() {
            let columns = character == "\n" ? 0 : CellWidth.cell(character).width
            if used + columns > width {
                rows.append("")
                used = 0
            }
            if index == position { cursor = (rows.count - 1, used) }
            if character == "\n" {
                rows.append("")
                used = 0
            } else {
                rows[rows.count - 1].append(character)
                used += columns
            }
        }
        if position == characters.count {
            if used >= width {
                rows.append("")
                used = 0
            }
            cursor = (rows.count - 1, used)
        }
        return (rows, cursor.row, min(cursor.column, width - 1))
    }

    private var lineStart: Int { (characters[..<position].lastIndex(of: "\n") ?? -1) + 1 }
    private var lineEnd: Int { characters[position...].firstIndex(of: "\n") ?? characters.count }

    private func wordStart(before start: Int) -> Int {
        var at = start
        while at > 0, !Self.isWord(characters[at - 1]) { at -= 1 }
        while at > 0, Self.isWord(characters[at - 1]) { at -= 1 }
        return at
    }

    private func wordEnd(after start: Int) -> Int {
        var at = start
        while at < characters.count, !Self.isWord(characters[at]) { at += 1 }
        while at < characters.count, Self.isWord(characters[at]) { at += 1 }
        return at
    }

    private static func isWord(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }

    private var moment: EditHistory.Moment { .init(characters: characters, position: position) }

    private mutating func note(_ change: EditHistory.Change) { edits.note(change, before: moment) }

    private mutating func go(to moment: EditHistory.Moment?) {
        guard let moment else { return }
        (characters, position) = (moment.characters, moment.position)
        historyIndex = nil
    }

    private mutating func remove(_ range: Range<Int>) {
        note(range.count == 1 ? .removal : .other)
        characters.removeSubrange(range)
        position = range.lowerBound
        historyIndex = nil
    }

    private mutating func kill(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        killed = Array(characters[range])
        remove(range)
    }

    /// To the line above; on the first line to the text sent before.
    private mutating func moveUp() {
        let start = lineStart
        if start > 0 {
            let column = position - start
            let above = (characters[..<(start - 1)].lastIndex(of: "\n") ?? -1) + 1
            position = min(above + column, start - 1)
            return
        }
        let index = (historyIndex ?? history.count) - 1
        guard history.indices.contains(index) else { return }
        if historyIndex == nil { draft = characters }
        recall(Array(history[index]), index)
    }

    private mutating func moveDown() {
        let end = lineEnd
        if end < characters.count {
            let column = position - lineStart
            let below = end + 1
            let belowEnd = characters[below...].firstIndex(of: "\n") ?? characters.count
            position = min(below + column, belowEnd)
            return
        }
        guard let index = historyIndex else { return }
        if index + 1 < history.count {
            recall(Array(history[index + 1]), index + 1)
        } else {
            recall(draft, nil)
        }
    }

    private mutating func recall(_ text: [Character], _ index: Int?) {
        characters = text
        position = text.count
        historyIndex = index
    }
}
