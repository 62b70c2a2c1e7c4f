/// What the words of a request ask for, as far as its answer can be held to it.
struct RequestWords {
    /// What each word hints at alone.
    private var words: [RequestCues] = []
    /// What all of its words and phrases hint at.
    private var found: RequestCues = []
    private(set) var hasOddCharacters = false

    init(_ text: [UInt8]) {
        let table = CueTable.shared
        var hashes: [UInt64] = []
        var hash = FNV1a.empty
        func close() {
            if hash != FNV1a.empty { hashes.append(hash) }
            hash = FNV1a.empty
        }
        for (at, byte) in text.enumerated() {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): hash = FNV1a.mix(hash, byte | 0x20)
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"),
                UInt8(ascii: "#"), UInt8(ascii: "-"), UInt8(ascii: "/"):
                hash = FNV1a.mix(hash, byte)
            case 0x80...:
                hasOddCharacters = hasOddCharacters || Self.isOdd(text, at)
                hash = FNV1a.mix(hash, byte)
            case UInt8(ascii: "'"): break
            default: close()
            }
        }
        close()
        words.reserveCapacity(hashes.count)
        for at in hashes.indices { words.append(table.read(hashes, at, &found)) }
    }

    /// U+FFFD, or UTF-8 that was read as Latin-1.
    private static func isOdd(_ text: [UInt8], _ at: Int) -> Bool {
        guard at + 2 < text.count else { return false }
        if text[at] == 0xEF { return text[at + 1] == 0xBF && text[at + 2] == 0xBD }
        return text[at] == 0xC3 && (text[at + 1] == 0x83 || text[at + 1] == 0xA2) && text[at + 2] >= 0xC2
    }

    private func has(_ cues: RequestCues) -> Bool { !found.isDisjoint(with: cues) }

    // MARK: Texts

    var isFiction: Bool { has(.fiction) && has([.makes, .tells]) }
    var isForSomebody: Bool { has(.messages) && has(.makes) || has(.speaksFor) }
    var asksPossibilities: Bool { has(.possibilities) }
    var wantsRepetition: Bool { has(.repetition) }
    var isEnglish: Bool { words.reduce(0) { $0 + ($1.contains(.little) ? 1 : 0) } >= 2 }

    // MARK: Length

    var asksShort: Bool { has(.short) }

    /// A fact, a yes or a no answers it.
    var isClosed: Bool {
        guard words.count > 3, let first = words.first else { return true }
        return first.contains(.closed) || has(.measures) || first.contains(.what) && words.count <= 10
    }

    /// Asks for an explanation, a text, a plan.
    var isOpen: Bool { words.count > 2 && has(.open) }

    // MARK: Form

    var wantsOnlyJSON: Bool { has(.onlyJSON) }
    var wantsJSON: Bool { has(.onlyJSON) || has(.someJSON) && !has(.aboutJSON) }

    /// Code is to be written, not only spoken of.
    var wantsCode: Bool {
        // A letter about code has none, but a pattern for letters is code.
        guard !has(.noCode), !has(.text) || has(.pattern) else { return false }
        let isTechnical = has([.languages, .technical])
        let wanted: RequestCues = isTechnical ? [.codeNouns, .softCodeNouns] : .codeNouns
        for (at, word) in words.enumerated() where word.contains(.codeVerbs) {
            if word.contains(.reworks), isTechnical { return true }
            if words[(at + 1)...].prefix(9).contains(where: { !$0.isDisjoint(with: wanted) }) { return true }
        }
        return has(.codeFor) && !has(.aboutCode)
    }
}

/// The lists, ready to be looked up: hashes of words and of beginnings of phrases.
private struct CueTable: Sendable {
    static let shared = CueTable()

    private var cues: [UInt64: RequestCues] = [:]

    private init() {
        for (cue, list) in RequestWords.lists {
            for phrase in list.split(whereSeparator: { $0 == "," || $0 == "\n" }) {
                var hash: UInt64 = 0
                for word in phrase.split(separator: " ") {
                    hash = Self.join(hash, FNV1a.hash(word.utf8))
                    cues[hash, default: []].formUnion([])
                }
                cues[hash, default: []].insert(cue)
            }
        }
    }

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
            if at == start { alone = cue }
            found.formUnion(cue)
        }
        return alone
    }
}
