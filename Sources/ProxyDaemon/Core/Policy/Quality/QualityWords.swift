/// Words and phrases that answers are looked at for. Words are compared by a hash of their lower-case bytes, contractions
/// written out (`can't` is `can not`), so that spellings and kinds of apostrophes are one.
final class QualityWords: Sendable {
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
        /// Some phrase begins with it that asks for nothing in particular.
        static let beginsVague = Uses(rawValue: 256)
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
        /// Help is offered, not given: "let me know".
        case offer
        /// Sends to somebody or something else: "consult a professional".
        case sends
        /// Asks for what is missing: "could you share".
        case asks
        /// Asks, where the sentence is a question: "which".
        case wonders
        /// Asks for nothing in particular: "more context".
        case vague
    }

    /// Its words are a range of ``phraseWords``.
    private struct Phrase: Sendable {
        let words: Range<Int>
        let meaning: Meaning
    }

    /// The phrases that begin with the same two words, the longest first, as a range of ``phrases``; or an empty place.
    private struct Group: Sendable {
        var key: UInt64 = 0
        var start: Int32 = 0
        var count: Int32 = 0
    }

    /// A word of the lists, or an empty place.
    private struct Entry: Sendable {
        var word: UInt64 = 0
        var uses: Uses = []
    }

    static let shared = QualityWords()

    /// Each word stands at the place that its hash tells, or after it. Never more than a quarter full.
    private let entries: [Entry]
    /// The same of what phrases begin with, by ``key(_:_:)``: hundreds begin with "I". At most half full.
    private let groups: [Group]
    private let phrases: [Phrase]
    private let phraseWords: [UInt64]

    private init() {
        var uses: [UInt64: Uses] = [:]
        var groups: [UInt64: [(words: [UInt64], meaning: Meaning)]] = [:]
        func note(_ phrase: some StringProtocol, _ meaning: Meaning) {
            let words = phrase.split(separator: " ").map { WordHash.of($0.utf8) }
            guard let first = words.first else { return }
            uses[first, default: []].formUnion(meaning == .vague ? [.begins, .beginsVague] : .begins)
            groups[Self.key(first, words.count > 1 ? words[1] : 0), default: []].append((words, meaning))
        }
        for (list, use) in Self.lists {
            for word in list.split(separator: " ") { uses[WordHash.of(word.utf8), default: []].insert(use) }
        }
        for (list, meaning) in Self.phraseLists + Self.foreignPhraseLists {
            for phrase in PhrasePatterns.phrases(list) { note(phrase, meaning) }
        }
        for stem in Self.declining {
            for task in Self.tasks.split(separator: " ") { note("\(stem) \(task)", .plainRefusal) }
        }

        var places = 1
        while places < 4 * uses.count { places *= 2 }
        var entries = [Entry](repeating: Entry(), count: places)
        for (word, use) in uses {
            var at = Self.place(word, places)
            while entries[at].word != 0 { at = (at + 1) & (places - 1) }
            entries[at] = Entry(word: word, uses: use)
        }
        self.entries = entries

        places = 1
        while places < 2 * groups.count { places *= 2 }
        var table = [Group](repeating: Group(), count: places)
        var phrases: [Phrase] = []
        var phraseWords: [UInt64] = []
        for (key, group) in groups {
            var at = Self.place(key, places)
            while table[at].count > 0 { at = (at + 1) & (places - 1) }
            table[at] = Group(key: key, start: Int32(phrases.count), count: Int32(group.count))
            // Of phrases of one length that are the same, the first counts.
            let longestFirst = group.enumerated().sorted {
                ($1.element.words.count, $0.offset) < ($0.element.words.count, $1.offset)
            }
            for (words, meaning) in longestFirst.map(\.element) {
                let start = phraseWords.count
                phraseWords += words
                phrases.append(Phrase(words: start..<phraseWords.count, meaning: meaning))
            }
        }
        self.groups = table
        self.phrases = phrases
        self.phraseWords = phraseWords
    }

    /// Of a phrase's first two words; the second is 0 where there is none.
    @inline(__always) private static func key(_ first: UInt64, _ second: UInt64) -> UInt64 {
        first ^ second &* 0x9E37_79B9_7F4A_7C15
    }

    @inline(__always) private static func place(_ word: UInt64, _ places: Int) -> Int {
        Int(truncatingIfNeeded: word) & (places - 1)
    }

    @inline(__always) private func entry(_ word: UInt64) -> Entry {
        var at = Self.place(word, entries.count)
        while true {
            let entry = entries[at]
            if entry.word == word || entry.word == 0 { return entry }
            at = (at + 1) & (entries.count - 1)
        }
    }

    /// What the word is used for.
    @inline(__always) func uses(_ word: UInt64) -> Uses { entry(word).uses }

    /// The longest phrase that begins at a word, and how many words it has.
    func phrase(_ words: UnsafeBufferPointer<SentenceWord>, at: Int) -> (meaning: Meaning, count: Int)? {
        let first = words[at].hash
        if at + 1 < words.count, let found = longest(words, at, Self.key(first, words[at + 1].hash)) { return found }
        return longest(words, at, Self.key(first, 0))
    }

    private func longest(
        _ words: UnsafeBufferPointer<SentenceWord>,
        _ at: Int,
        _ key: UInt64
    ) -> (meaning: Meaning, count: Int)? {
        var place = Self.place(key, groups.count)
        while groups[place].key != key {
            guard groups[place].count > 0 else { return nil }
            place = (place + 1) & (groups.count - 1)
        }
        let start = Int(groups[place].start)
        for phrase in phrases[start..<start + Int(groups[place].count)] where phrase.words.count <= words.count - at {
            let from = phrase.words.lowerBound
            if phrase.words.allSatisfy({ words[at + $0 - from].hash == phraseWords[$0] }) {
                return (phrase.meaning, phrase.words.count)
            }
        }
        return nil
    }
}
