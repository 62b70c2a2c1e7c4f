/// An instruction by which a program's own query is known.
///
/// It is matched in whole words, from the beginning of a sentence and within that sentence. The cues are narrow on
/// purpose: a query that is missed is routed like any other, a user's turn that is taken for one is not routed at all.
struct SideQueryCue: Sendable {
    enum Place: Int, Sendable, CaseIterable {
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
        case word([WordSpelling], isLast: Bool)
        /// One of these words, or none.
        case option([WordSpelling])
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
    static func query(in text: [UInt8], at place: Place) -> TurnKind.SideQuery? {
        if let opening = openings.first(where: { $0.place == place && begins(text, with: $0.text) }) {
            return opening.query
        }
        return text.withUnsafeBufferPointer { query(in: $0, byFirstWord[place.rawValue], at: place) }
    }

    private static func begins(_ text: [UInt8], with opening: [UInt8]) -> Bool {
        text.count >= opening.count && zip(text, opening).allSatisfy { WordSpelling.lower($0) == $1 }
    }

    private static func query(
        in text: UnsafeBufferPointer<UInt8>,
        _ cues: [WordSpelling: [SideQueryCue]],
        at place: Place
    ) -> TurnKind.SideQuery? {
        let isSystem = place == .system || place == .longSystem
        var sentences = CueSentences(text)
        var count = 0
        while let first = sentences.next() {
            if isSystem, count == systemSentences { return nil }
            count += 1
            guard cues[first] != nil || courtesies.contains(first) else {
                sentences.skip()
                continue
            }
            let words = sentences.words()
            for at in words.indices {
                let rest = words[at...]
                if let cue = cues[words[at].spelling]?.first(where: { $0.matches($0.elements[...], rest) }) {
                    return cue.query
                }
                guard courtesies.contains(words[at].spelling) else { break }
            }
        }
        return nil
    }

    /// Whether a sentence goes on like this.
    private func matches(_ elements: ArraySlice<Element>, _ words: ArraySlice<CueSentences.Word>) -> Bool {
        guard let element = elements.first else { return true }
        switch element {
        case .gap(let longest):
            return (0...min(longest, words.count)).contains {
                matches(elements.dropFirst(), words.dropFirst($0))
            }
        case .option(let choices):
            if matches([.word(choices, isLast: false)] + elements.dropFirst(), words) { return true }
            return matches(elements.dropFirst(), words)
        case .word(let choices, let isLast):
            guard let word = words.first, !isLast || word.endsClause, choices.contains(word.spelling) else {
                return false
            }
            return matches(elements.dropFirst(), words.dropFirst())
        }
    }

    /// What may stand before an instruction.
    private static let courtesies = "please now you your urgent task job is to must will should".split(separator: " ")
        .map(spelling)

    private static func spelling(_ word: Substring) -> WordSpelling { WordSpelling(word.utf8) }

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

    /// Every cue begins with a word; most words of a text begin none. By the number of the place.
    private static let byFirstWord: [[WordSpelling: [SideQueryCue]]] = Place.allCases.map { place in
        var cues: [WordSpelling: [SideQueryCue]] = [:]
        for cue in all where cue.places.contains(place) {
            guard case .word(let choices, _)? = cue.elements.first else { continue }
            for word in choices { cues[word, default: []].append(cue) }
        }
        return cues
    }

    private static let asks = "write|generate|create|provide|produce|make|suggest"
    private static let which = "the|this|our"
}
