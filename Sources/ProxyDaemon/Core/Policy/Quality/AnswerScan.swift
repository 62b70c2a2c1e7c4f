/// Reads an answer's text once, as it comes, line by line, and keeps what the signals need: no text, but counts, a few marks
/// and the line that has not ended.
///
/// Lines are the unit, so that however the text was cut on its way, the same is seen.
struct AnswerScan: Sendable {
    /// A longer line is read in pieces of this many bytes.
    static let lineBytes = 8_192

    /// What kind of line it is, by its beginning.
    enum LineKind: Sendable {
        case prose
        case item
        case heading
        case table
        case quote
        case code
        case fence
    }

    private var line = HeldLine()
    /// The line that is being read began in an earlier piece.
    private var isContinued = false
    /// Of the lines that have ended.
    private var counted = CharacterCount()

    var characters: Int { allCounted.characters }
    /// Characters, those of scripts that need few of them counted as three.
    var weightedCharacters: Int { allCounted.weighted }

    private var allCounted: CharacterCount {
        var all = counted
        line.withBytes { all.add($0) }
        return all
    }

    // MARK: What was seen

    var prose = ProseScan()
    var repeats = RepeatScan()
    private(set) var fences = 0
    /// The mark of the block of code that is open: its byte and its length.
    private(set) var openFence: (byte: UInt8, length: Int)?
    private(set) var codeLines = 0
    private(set) var codeBytes = 0
    private(set) var tableLines = 0
    private(set) var items = 0
    private(set) var garbage = GarbageScan()
    private(set) var oddWords = OddWords()
    /// The last line is a row of a table that is not closed as others are.
    private(set) var endsInOpenRow = false
    private var hasClosedRows = false
    private(set) var lastKind = LineKind.prose
    private var isAfterBlank = true
    private var isInList = false

    /// Takes a piece of text.
    mutating func append(_ text: UnsafeBufferPointer<UInt8>) {
        var rest = text
        while !rest.isEmpty {
            let room = min(Self.lineBytes - line.count, rest.count)
            let newline = JSONScan.next(0x0A, UnsafeBufferPointer(rebasing: rest[..<room]), from: 0)
            let end = newline ?? room
            let piece = UnsafeBufferPointer(rebasing: rest[..<end])
            let isEnd = newline != nil
            // A line that is too long is read in pieces.
            guard isEnd || line.count + end == Self.lineBytes else {
                line.append(piece)
                return
            }
            if line.isEmpty {
                read(piece, isEnd: isEnd)
            } else {
                line.append(piece)
                readLine(isEnd: isEnd)
            }
            if isEnd { counted.addNewline() }
            rest = UnsafeBufferPointer(rebasing: rest[(isEnd ? end + 1 : end)...])
        }
    }

    /// The text is over: what is left of it is a line.
    mutating func finish() {
        if !line.isEmpty { readLine(isEnd: true) }
    }

    /// Reads the whole sentences of the line that has not ended; for a copy, as the line is lost.
    mutating func finishSentences() {
        line.dropOpenSentence()
        finish()
    }

    private mutating func readLine(isEnd: Bool) {
        var whole = HeldLine()
        // Taken out and put back, so that its room is used again.
        swap(&whole, &line)
        whole.withBytes { read($0, isEnd: isEnd) }
        whole.clear()
        swap(&whole, &line)
    }

    // MARK: Lines

    private mutating func read(_ raw: UnsafeBufferPointer<UInt8>, isEnd: Bool) {
        counted.add(raw)
        let startsLine = !isContinued
        isContinued = !isEnd
        var range = 0..<raw.count
        while let last = range.last, raw[last] == 0x20 || raw[last] == 0x0D || raw[last] == 0x09 { range.removeLast() }
        var indent = 0
        while let first = range.first, raw[first] == 0x20 || raw[first] == 0x09 {
            indent += raw[first] == 0x09 ? 4 : 1
            range.removeFirst()
        }
        guard !range.isEmpty else {
            isAfterBlank = true
            return
        }
        let text = UnsafeBufferPointer(rebasing: raw[range])
        if startsLine, readFence(text) { return }
        garbage.read(text)
        if openFence == nil { oddWords.read(text) }
        if openFence != nil {
            codeLines += 1
            codeBytes += text.count
            repeats.takeCode(text)
            lastKind = .fence
            return
        }
        let (kind, body) = startsLine ? Self.kind(text, indent: indent, isInList: isInList) : (lastKind, 0)
        isInList = kind == .item || isInList && (indent > 0 || !isAfterBlank)
        isAfterBlank = false
        lastKind = kind
        let rest = UnsafeBufferPointer(rebasing: text[body...])
        switch kind {
        case .code:
            codeLines += 1
            codeBytes += text.count
            repeats.takeCode(text)
        case .table:
            tableLines += 1
            let isClosed = text.count > 1 && text[text.count - 1] == text[0]
            endsInOpenRow = hasClosedRows && !isClosed
            hasClosedRows = hasClosedRows || isClosed
        case .quote, .fence: break
        case .heading: prose.passOver(rest.count)
        case .item:
            items += 1
            repeats.takeItem(rest)
            prose.read(rest, isItem: true, &repeats)
        case .prose:
            if Self.looksLikeCode(text) {
                codeLines += 1
                codeBytes += text.count
            }
            prose.read(rest, isItem: false, &repeats)
        }
    }

    /// Whether the line is one that opens or closes a block of code, of which it then takes note.
    private mutating func readFence(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let byte = text[0]
        guard byte == UInt8(ascii: "`") || byte == UInt8(ascii: "~") else { return false }
        let length = text.prefix { $0 == byte }.count
        guard length >= 3 else { return false }
        if let open = openFence {
            guard open.byte == byte, length >= open.length, length == text.count else { return false }
            openFence = nil
        } else {
            // ```code``` on one line opens nothing.
            guard !text[length...].contains(byte) else { return false }
            openFence = (byte, length)
            fences += 1
        }
        lastKind = .fence
        isAfterBlank = false
        return true
    }

    /// The kind of a line and where its text begins.
    private static func kind(
        _ text: UnsafeBufferPointer<UInt8>,
        indent: Int,
        isInList: Bool
    ) -> (LineKind, Int) {
        let first = text[0]
        if first == UInt8(ascii: "|") { return (.table, 0) }
        if first == UInt8(ascii: ">") { return (.quote, 0) }
        if first == UInt8(ascii: "#") {
            let level = text.prefix { $0 == first }.count
            if level <= 6, level < text.count, text[level] == 0x20 { return (.heading, level) }
        }
        if first == UInt8(ascii: "-") || first == UInt8(ascii: "*") || first == UInt8(ascii: "+"), text.count > 1,
            text[1] == 0x20
        {
            return (.item, 2)
        }
        if first == 0xE2, text.count > 3, text[1] == 0x80, text[2] == 0xA2 { return (.item, 3) }
        let digits = text.prefix { $0 &- UInt8(ascii: "0") < 10 }.count
        if digits > 0, digits <= 3, digits + 1 < text.count,
            text[digits] == UInt8(ascii: ".") || text[digits] == UInt8(ascii: ")"), text[digits + 1] == 0x20
        {
            return (.item, digits + 2)
        }
        if indent >= 4, !isInList { return (.code, 0) }
        return (.prose, 0)
    }

    /// Whether a line outside of a block is code all the same: it ends as statements do, or begins with a word that only code
    /// begins with.
    private static func looksLikeCode(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let last = text[text.count - 1]
        if last == UInt8(ascii: ";") || last == UInt8(ascii: "{") || last == UInt8(ascii: "}") { return true }
        if text[0] == UInt8(ascii: "<"), last == UInt8(ascii: ">") { return true }
        // Prose ends with a full stop, which code hardly does: most lines need no count.
        if last == UInt8(ascii: ".") || last == UInt8(ascii: ":") { return startsAsCode(text) }
        let symbols = text.reduce(0) { $0 + (isSymbol($1) ? 1 : 0) }
        if symbols >= 4, symbols * 8 >= text.count { return true }
        return startsAsCode(text)
    }

    private static func startsAsCode(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        codeOpeningsByByte[Int(text[0])].contains { opening in
            opening.utf8CodeUnitCount <= text.count && JSONText.equals(text, 0..<opening.utf8CodeUnitCount, opening)
        }
    }

    /// A mark that code is full of and prose is not.
    private static func isSymbol(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "["),
            UInt8(ascii: "]"),
            UInt8(ascii: "="), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: ";"), UInt8(ascii: "$"),
            UInt8(ascii: "|"),
            UInt8(ascii: "\\"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static let codeOpenings: [StaticString] = [
        "def ", "SELECT ", "select ", "#!/", "$ ", "import ", "+++ ", "--- ", "diff --", "@@ ", "public ", "func ", "=",
        "FROM ", "UPDATE ", "DELETE FROM", "INSERT INTO", "CREATE ", "WITH ", "ALTER ", "git ", "sudo ", "const ",
        "fn ",
        "/^", "grep ", "sed ", "awk ", "find ", "curl ", "docker ", "npm ", "pip ", "\\b", "^",
    ]

    private static let codeOpeningsByByte = (0...UInt8.max).map { byte in
        codeOpenings.filter { $0.utf8Start[0] == byte }
    }
}
