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

/// A text's words in lower case, and where its sentences begin: what cues are looked for in.
struct TurnWords {
    /// A word's first 16 bytes, and how many there are: enough to tell it from every word of a cue.
    struct Spelling: Sendable, Hashable {
        private var head: UInt64 = 0
        private var tail: UInt64 = 0
        let count: Int

        init(_ bytes: some Collection<UInt8>) {
            count = bytes.count
            for byte in bytes.prefix(8) { head = head << 8 | UInt64(byte) }
            for byte in bytes.dropFirst(8).prefix(8) { tail = tail << 8 | UInt64(byte) }
        }

        func hash(into hasher: inout Hasher) { hasher.combine(head) }
    }

    struct Word {
        let spelling: Spelling
        /// Counted from 0.
        let sentence: Int
        let beginsSentence: Bool
        /// A comma, a bracket, a full stop or the like follows.
        var endsClause = false
    }

    /// The first ``TurnText/keptBytes`` of the text; ASCII letters in lower case.
    let text: [UInt8]
    let words: [Word]

    init(_ original: [UInt8]) {
        text = original.prefix(TurnText.keptBytes).map { $0 &- UInt8(ascii: "A") < 26 ? $0 | 0x20 : $0 }
        words = text.withUnsafeBufferPointer(Self.words)
    }

    private static func words(of text: UnsafeBufferPointer<UInt8>) -> [Word] {
        var words: [Word] = []
        words.reserveCapacity(text.count / 4)
        /// The last word, until it is known what follows it.
        var open: Word?
        var sentence = 0
        var isNewSentence = true
        var at = 0
        isWordByte.withUnsafeBufferPointer { isWordByte in
            while at < text.count {
                let start = at
                while at < text.count, isWordByte[Int(text[at])] { at += 1 }
                if at > start {
                    if let open { words.append(open) }
                    let spelling = Spelling(text[start..<at])
                    open = Word(spelling: spelling, sentence: sentence, beginsSentence: isNewSentence)
                    isNewSentence = false
                }
                // Up to the next word.
                while at < text.count, !isWordByte[Int(text[at])] {
                    let byte = text[at]
                    at += 1
                    if byte == 0x20 { continue }
                    if byte != UInt8(ascii: "-") { open?.endsClause = true }
                    // "claude.ai" is no end.
                    let isStop = byte == 0x0A || isStop(byte) && (at == text.count || text[at] <= 0x20)
                    if isStop, !isNewSentence {
                        isNewSentence = true
                        sentence += 1
                    }
                }
            }
        }
        open?.endsClause = true
        if let open { words.append(open) }
        return words
    }

    private static func isStop(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: "!") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: ":")
    }

    private static let isWordByte: [Bool] = (0...255).map { (byte: UInt8) in
        byte &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10 || byte >= 0x80
            || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "_")
    }
}

/// An instruction by which a program's own query is known.
///
/// It is matched in whole words, from the beginning of a sentence and within that sentence. The cues are narrow on
/// purpose: a query that is missed is routed like any other, a user's turn that is taken for one is not routed at all.
struct SideQueryCue: Sendable {
    enum Place: Sendable {
        /// One of the first sentences of a short system prompt, in a request without tools, of at most two messages.
        case system
        /// The same of a long one, which may be an application's own.
        case longSystem
        /// The user's text, in such a request.
        case user
        /// The user's last text, after a history.
        case historyEnd
    }

    private enum Element: Sendable {
        /// One of these words; `isLast` where the clause has to end with it.
        case word([TurnWords.Spelling], isLast: Bool)
        /// One of these words, or none.
        case option([TurnWords.Spelling])
        /// Up to so many words.
        case gap(Int)
    }

    /// Sentences of a system prompt that may give the task: who the model is comes before it.
    private static let systemSentences = 4
    private static let longestGap = 14

    private let query: TurnKind.SideQuery
    private let places: [Place]
    private let elements: [Element]

    /// `pattern`: words with one space between; `a|b` is either, `a?` may be left out, `a$` ends its clause, `*` is
    /// up to ``longestGap`` words.
    private init(_ query: TurnKind.SideQuery, _ places: [Place], _ pattern: String) {
        self.query = query
        self.places = places
        elements = pattern.split(separator: " ").map { piece in
            if piece == "*" { return .gap(Self.longestGap) }
            let mark = piece.last
            let isMarked = mark == "$" || mark == "?"
            let words = (isMarked ? piece.dropLast() : piece).split(separator: "|").map(Self.spelling)
            return mark == "?" ? .option(words) : .word(words, isLast: mark == "$")
        }
    }

    /// What a text is by its opening, or by an instruction in it.
    static func query(in text: TurnWords, at place: Place) -> TurnKind.SideQuery? {
        if let opening = openings.first(where: { $0.place == place && text.text.starts(with: $0.text) }) {
            return opening.query
        }
        let cues = byFirstWord[place] ?? [:]
        let isSystem = place == .system || place == .longSystem
        let words = text.words
        for start in words.indices where words[start].beginsSentence {
            let sentence = words[start].sentence
            if isSystem, sentence >= systemSentences { return nil }
            var at = start
            while at < words.count, words[at].sentence == sentence {
                let cue = cues[words[at].spelling]?.first { $0.matches($0.elements[...], words[at...], in: sentence) }
                if let cue { return cue.query }
                guard courtesies.contains(words[at].spelling) else { break }
                at += 1
            }
        }
        return nil
    }

    private func matches(_ elements: ArraySlice<Element>, _ words: ArraySlice<TurnWords.Word>, in sentence: Int) -> Bool
    {
        guard let element = elements.first else { return true }
        switch element {
        case .gap(let longest):
            return (0...min(longest, words.count)).contains {
                matches(elements.dropFirst(), words.dropFirst($0), in: sentence)
            }
        case .option(let choices):
            if matches([.word(choices, isLast: false)] + elements.dropFirst(), words, in: sentence) { return true }
            return matches(elements.dropFirst(), words, in: sentence)
        case .word(let choices, let isLast):
            guard let word = words.first, word.sentence == sentence, !isLast || word.endsClause,
                choices.contains(word.spelling)
            else { return false }
            return matches(elements.dropFirst(), words.dropFirst(), in: sentence)
        }
    }

    /// What may stand before an instruction.
    private static let courtesies = "please now you your urgent task job is to must will should".split(separator: " ")
        .map(spelling)

    private static func spelling(_ word: Substring) -> TurnWords.Spelling { TurnWords.Spelling(word.utf8) }

    /// Openings of whole texts that only programs write.
    private static let openings: [(query: TurnKind.SideQuery, place: Place, text: [UInt8])] = [
        (.chore, .user, Array("[suggestion mode".utf8)),
        (.chore, .historyEnd, Array("[suggestion mode".utf8)),
        (.chore, .historyEnd, Array("the user stepped away and is coming back".utf8)),
        (.chore, .user, Array("web page content:\n---\n".utf8)),
        (.safetyCheck, .user, Array("<policy_spec>".utf8)),
    ]

    private static let bare: [Place] = [.system, .user]

    private static let all: [SideQueryCue] = [
        SideQueryCue(.safetyCheck, [.system], "process bash commands that an ai coding agent wants to run"),
        SideQueryCue(
            .safetyCheck,
            [.system],
            "detect|determine|extract the prefix of the|a|this|each bash|shell? command"
        ),
        SideQueryCue(
            .safetyCheck,
            [.system, .longSystem],
            "you are a security monitor for autonomous ai coding agents"
        ),
        SideQueryCue(.safetyCheck, [.system], "you are a safety classifier$"),
        SideQueryCue(.safetyCheck, [.system], "answer|reply|respond only|with safe or unsafe$"),
        SideQueryCue(.safetyCheck, [.system], "answer|reply safe or unsafe$"),
        SideQueryCue(.safetyCheck, [.system], "classify * as|is safe or unsafe|harmful|malicious$"),
        SideQueryCue(.safetyCheck, bare, "check if there is unsafe content in * messages"),

        SideQueryCue(
            .title,
            bare,
            "analyze|say|decide|determine if|whether this|the message begins|starts|indicates a new conversation topic"
        ),
        SideQueryCue(
            .title,
            bare,
            "\(asks) * title for|of|to \(which) following|above|current? conversation|dialogue$"
        ),
        SideQueryCue(.title, bare, "\(asks) * title for|of|to the following|above|current chat|session|thread$"),
        SideQueryCue(.title, bare, "\(asks) * title for|of|to this|our coding|chat? chat|session|thread$"),
        SideQueryCue(.title, bare, "\(asks) * title * summarizing the chat history$"),
        SideQueryCue(
            .title,
            [.system],
            "\(asks) * title * that captures|describes * \(which) coding|chat? conversation|chat|session|thread$"
        ),
        SideQueryCue(.title, [.system], "generate a concise sentence case title$"),
        SideQueryCue(.title, [.system], "give \(which) conversation|chat|session|thread a|an * title"),
        SideQueryCue(.title, [.system], "output only a short|brief? thread|conversation|chat|session title"),
        SideQueryCue(.title, [.system], "summarize this coding conversation in under 50 characters"),

        SideQueryCue(.compaction, [.historyEnd], "\(asks) * summary of \(which) conversation so far"),
        SideQueryCue(.compaction, [.historyEnd], "\(asks) * summary of the recent portion of \(which) conversation"),
        SideQueryCue(.compaction, [.historyEnd], "\(asks) * summary of \(which) conversation above"),
        SideQueryCue(.compaction, [.historyEnd], "\(asks) * summary from \(which) conversation history above"),
        SideQueryCue(.compaction, [.historyEnd], "\(asks) a detailed prompt for continuing our conversation above"),
        SideQueryCue(.compaction, [.historyEnd], "summarize|summarise \(which) conversation so far"),
        SideQueryCue(.compaction, [.historyEnd], "your task is to summarize|summarise \(which) conversation$"),
        SideQueryCue(.compaction, [.historyEnd], "you are performing a context checkpoint compaction"),

        SideQueryCue(.chore, bare, "extract any file paths that this command reads or modifies"),
        SideQueryCue(.chore, bare, "suggest * follow up questions * that the user might * ask next"),
        SideQueryCue(.chore, bare, "generate * tags categorizing * of the chat history"),
    ]

    /// Every cue begins with a word; most words of a text begin none.
    private static let byFirstWord: [Place: [TurnWords.Spelling: [SideQueryCue]]] = {
        var cues: [Place: [TurnWords.Spelling: [SideQueryCue]]] = [:]
        for cue in all {
            guard case .word(let choices, _)? = cue.elements.first else { continue }
            for place in cue.places {
                for word in choices { cues[place, default: [:]][word, default: []].append(cue) }
            }
        }
        return cues
    }()

    private static let asks = "write|generate|create|provide|produce|make|suggest"
    private static let which = "the|this|our"
}
