/// What the words of a request ask for, as far as its answer can be held to it.
struct RequestWords {
    /// What each word hints at alone.
    private var words: [RequestCues] = []
    /// What all of its words and phrases hint at.
    private var found: RequestCues = []
    private(set) var hasOddCharacters = false
    /// Its wishes stand in a script whose words are not told apart.
    private var hasScriptCues = false

    init(_ text: [UInt8]) {
        let table = CueTable.shared
        var hashes: [UInt64] = []
        var hash = FNV1a.empty
        /// The parts of words with hyphens, each with the place of its word.
        var parts: [(place: Int, hash: UInt64)] = []
        var part = hash
        func close() {
            if hash != FNV1a.empty {
                if hash != part { parts.append((hashes.count, part)) }
                hashes.append(hash)
            }
            hash = FNV1a.empty
            part = hash
        }
        func add(_ byte: UInt8) {
            hash = FNV1a.mix(hash, byte)
            part = FNV1a.mix(part, byte)
        }
        for (at, byte) in text.enumerated() {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): add(byte | 0x20)
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"),
                UInt8(ascii: "#"):
                add(byte)
            case UInt8(ascii: "-"):
                if part != FNV1a.empty { parts.append((hashes.count, part)) }
                hash = FNV1a.mix(hash, byte)
                part = FNV1a.empty
            case 0x80...:
                hasOddCharacters = hasOddCharacters || Self.isOdd(text, at)
                switch Self.mark(text, at) {
                case .some(true): close()
                case .some(false): break
                // A capital of Latin-1 has its small letter 32 further on.
                case nil: add(at > 0 && text[at - 1] == 0xC3 && byte < 0x9F ? byte | 0x20 : byte)
                }
            case UInt8(ascii: "'"): break
            default: close()
            }
        }
        close()
        words.reserveCapacity(hashes.count)
        for at in hashes.indices { words.append(table.read(hashes, at, &found)) }
        for part in parts where part.place < words.count {
            let cues = table.cue(part.hash).intersection(Self.ofParts)
            words[part.place].formUnion(cues)
            found.formUnion(cues)
        }
        if ScriptClaims.isNeeded(text) {
            let cues = text.withUnsafeBufferPointer(ScriptClaims.cues)
            hasScriptCues = !cues.isEmpty
            found.formUnion(cues)
        }
    }

    /// What a part of a word with hyphens may hint at, as in "JavaScript-Funktion".
    private static let ofParts: RequestCues = [
        .codeNouns, .softCodeNouns, .code, .languages, .technical, .builtNouns, .genre,
    ]

    /// Whether a byte beyond ASCII belongs to a mark between words, or to an apostrophe (false); nil for a letter's.
    private static func mark(_ text: [UInt8], _ at: Int) -> Bool? {
        let start = text[at] & 0xC0 == 0x80 ? (at > 0 && text[at - 1] & 0xC0 == 0x80 ? at - 2 : at - 1) : at
        guard start >= 0, start + 1 < text.count else { return nil }
        switch text[start] {
        case 0xC2: return [0xA0, 0xAB, 0xBB].contains(text[start + 1]) ? true : nil
        case 0xE2 where text[start + 1] == 0x80:
            return start + 2 < text.count && (text[start + 2] == 0x98 || text[start + 2] == 0x99) ? false : true
        case 0xE3 where text[start + 1] == 0x80: return true
        case 0xEF where text[start + 1] == 0xBC: return true
        default: return nil
        }
    }

    /// U+FFFD, or UTF-8 that was read as Latin-1.
    private static func isOdd(_ text: [UInt8], _ at: Int) -> Bool {
        guard at + 2 < text.count else { return false }
        if text[at] == 0xEF { return text[at + 1] == 0xBF && text[at + 2] == 0xBD }
        return text[at] == 0xC3 && (text[at + 1] == 0x83 || text[at + 1] == 0xA2) && text[at + 2] >= 0xC2
    }

    private func has(_ cues: RequestCues) -> Bool { !found.isDisjoint(with: cues) }

    // MARK: Texts

    var isFiction: Bool {
        has(.fiction) && has([.makes, .tells]) || has(.genre) && !(words.first?.contains(.asksAbout) ?? true)
            || continues
    }

    /// "Continue: …", of a text that is given.
    private var continues: Bool { words.count >= 6 && words.first?.contains(.tells) ?? false }

    var isForSomebody: Bool { has(.messages) && has(.makes) || has(.speaksFor) }
    /// Text is to be written, not one that is given to be summed up or translated.
    var isToBeWritten: Bool { has(.makes) && !has(.speaksFor) }
    /// A text that declines is to be said otherwise.
    var rewordsRefusal: Bool { has(.translates) && has(.declines) }
    var isHarmful: Bool { has(.harmful) }
    var isLive: Bool { has(.live) }
    var isAboutModel: Bool { has(.aboutModel) }
    var wantsOddWords: Bool { has(.oddWords) }
    var isTechnical: Bool { has([.languages, .technical]) }
    var asksPossibilities: Bool { has(.possibilities) }
    var wantsRepetition: Bool { has(.repetition) }
    var isEnglish: Bool { words.reduce(0) { $0 + ($1.contains(.little) ? 1 : 0) } >= 2 }

    // MARK: Length

    var asksShort: Bool { has(.short) }
    /// Wants an answer in detail, and nothing speaks for a short one.
    var asksMuch: Bool { has(.long) && has([.open, .makes]) && !has([.short, .speaksFor]) }

    /// A fact, a yes or a no answers it.
    var isClosed: Bool {
        guard words.count > 3, let first = words.first else { return true }
        return first.contains(.closed) || has(.measures) || first.contains(.what) && words.count <= 10
    }

    /// Asks for an explanation, a text, a plan.
    var isOpen: Bool { (words.count > 2 || hasScriptCues) && has(.open) }

    // MARK: Form

    var wantsOnlyJSON: Bool { has(.onlyJSON) }
    var wantsJSON: Bool { has(.onlyJSON) || has(.someJSON) && !has(.aboutJSON) }

    /// Code is to be written, not only spoken of.
    var wantsCode: Bool {
        // A letter about code has none, but a pattern for letters is code.
        guard !has(.noCode), !has(.text) || has(.pattern) else { return false }
        var wanted: RequestCues = isTechnical ? [.codeNouns, .softCodeNouns] : .codeNouns
        if !has(.codeNumbers) { wanted.insert(.code) }
        for (at, word) in words.enumerated() where word.contains(.codeVerbs) {
            if word.contains(.reworks), isTechnical { return true }
            let built: RequestCues = isTechnical && word.contains(.buildVerbs) ? .builtNouns : []
            let near = words[(at + 1)...].prefix(9)
            if near.contains(where: { !$0.isDisjoint(with: wanted.union(built)) }) { return true }
        }
        return has(.codeFor) && !has([.aboutCode, .codeNumbers])
    }
}

/// The lists, ready to be looked up: hashes of words and of beginnings of phrases.
private struct CueTable: Sendable {
    static let shared = CueTable()

    private var cues: [UInt64: RequestCues] = [:]

    private init() {
        for (cue, list) in RequestWords.lists {
            for phrase in PhrasePatterns.phrases(list) {
                var hash: UInt64 = 0
                for word in phrase.split(separator: " ") {
                    hash = Self.join(hash, FNV1a.hash(word.utf8))
                    cues[hash, default: []].formUnion([])
                }
                cues[hash, default: []].insert(cue)
            }
        }
    }

    /// What a word hints at alone.
    func cue(_ word: UInt64) -> RequestCues { cues[Self.join(0, word)] ?? [] }

    private static func join(_ hash: UInt64, _ word: UInt64) -> UInt64 {
        let joined = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15
        return joined ^ joined >> 29
    }

    /// Adds what the phrases that begin at a word hint at; gives back what the word alone does.
    func read(_ words: [UInt64], _ start: Int, _ found: inout RequestCues) -> RequestCues {
        var hash: UInt64 = 0
        var alone: RequestCues = []
        for at in start..<words.count {
            hash = Self.join(hash, words[at])
            guard let cue = cues[hash] else { break }
            // A phrase that names a kind of code, or a verb's, is one as a word is.
            alone.formUnion(at == start ? cue : cue.intersection([.codeNouns, .buildVerbs, .builtNouns]))
            found.formUnion(cue)
        }
        return alone
    }
}
