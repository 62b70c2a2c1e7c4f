/// Words and phrases that answers are looked at for. Words are compared by a hash of their lower-case bytes, contractions
/// written out (`can't` is `can not`), so that spellings and kinds of apostrophes are one.
struct QualityWords: Sendable {
    /// What a word is used for.
    struct Uses: OptionSet, Sendable {
        let rawValue: UInt16

        /// Perhaps, possibly…
        static let hedge = Uses(rawValue: 1)
        /// A little word that every text of its language is full of.
        static let common = Uses(rawValue: 2)
        /// No sentence ends with it.
        static let leadsOn = Uses(rawValue: 4)
        /// May stand before a claim: sorry, unfortunately.
        static let filler = Uses(rawValue: 8)
        /// Some phrase begins with it.
        static let begins = Uses(rawValue: 16)
        /// Help follows: but, however.
        static let turns = Uses(rawValue: 32)
        /// A sentence that begins with it makes no claim: if, when.
        static let conditional = Uses(rawValue: 64)
        /// Speaks of safety, where declining is right.
        static let safety = Uses(rawValue: 128)
    }

    /// What a phrase says; of claims the strongest first.
    enum Meaning: UInt8, Sendable {
        /// A refusal that no text written for somebody contains: "I'm unable to assist".
        case plainRefusal
        /// "I cannot".
        case refusal
        /// "I'm not sure".
        case uncertainty
        /// Doubt about the answer itself, wherever it stands: "I could be wrong".
        case selfDoubt
        /// "As an AI language model".
        case machine
        /// "I'm sorry, but": what follows is the claim.
        case apology
        /// Help is offered or sent elsewhere, not given: "let me know", "consult a professional".
        case offer
        /// Asks for what is missing: "could you share".
        case asks
        /// Asks, where the sentence is a question: "which".
        case wonders
        /// Asks for nothing in particular: "more context".
        case vague
    }

    struct Phrase: Sendable {
        let words: [UInt64]
        let meaning: Meaning
    }

    static let shared = QualityWords()
    static let emptyHash: UInt64 = 0xCBF2_9CE4_8422_2325
    private static let slots = 4_096

    private var keys: [UInt64]
    private var values: [Uses]
    private var phrases: [UInt64: [Phrase]] = [:]

    private init() {
        keys = [UInt64](repeating: 0, count: Self.slots)
        values = [Uses](repeating: [], count: Self.slots)
        for (list, use) in Self.lists {
            for word in list.split(separator: " ") { note(Self.hash(word.utf8), use) }
        }
        for (list, meaning) in Self.phraseLists {
            for phrase in list.split(whereSeparator: { $0 == "," || $0 == "\n" }) {
                let words = phrase.split(separator: " ").map { Self.hash($0.utf8) }
                guard let first = words.first else { continue }
                note(first, .begins)
                phrases[first, default: []].append(Phrase(words: words, meaning: meaning))
            }
        }
        for stem in Self.declining {
            for task in Self.tasks.split(separator: " ") {
                let words = "\(stem) \(task)".split(separator: " ").map { Self.hash($0.utf8) }
                guard let first = words.first else { continue }
                note(first, .begins)
                phrases[first, default: []].append(Phrase(words: words, meaning: .plainRefusal))
            }
        }
        // The longest that fits counts.
        for first in phrases.keys { phrases[first]?.sort { $0.words.count > $1.words.count } }
    }

    @inline(__always) static func mix(_ hash: UInt64, _ byte: UInt8) -> UInt64 {
        (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }

    static func hash(_ word: some Sequence<UInt8>) -> UInt64 { word.reduce(emptyHash, mix) }

    @inline(__always) private static func slot(_ hash: UInt64) -> Int {
        Int(truncatingIfNeeded: (hash ^ hash >> 29) & UInt64(slots - 1))
    }

    private mutating func note(_ hash: UInt64, _ use: Uses) {
        var at = Self.slot(hash)
        while keys[at] != 0, keys[at] != hash { at = (at + 1) & (Self.slots - 1) }
        keys[at] = hash
        values[at].insert(use)
    }

    /// What the word is used for.
    func uses(_ hash: UInt64) -> Uses {
        var at = Self.slot(hash)
        while keys[at] != 0 {
            if keys[at] == hash { return values[at] }
            at = (at + 1) & (Self.slots - 1)
        }
        return []
    }

    /// The longest phrase that begins at a word, and how many words it has.
    func phrase(_ words: [UInt64], at: Int) -> (meaning: Meaning, count: Int)? {
        guard let known = phrases[words[at]] else { return nil }
        let fitting = known.first { phrase in
            phrase.words.count <= words.count - at
                && phrase.words.indices.allSatisfy { words[at + $0] == phrase.words[$0] }
        }
        return fitting.map { ($0.meaning, $0.words.count) }
    }
}
