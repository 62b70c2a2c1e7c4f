/// What is known of words before any text is read: function words, synonyms, opposites, closed sets, units, number words.
/// Built once from the lists beside this file; looked up by hash without allocation.
struct WordLexicon: Sendable {
    static let shared = WordLexicon()

    /// What the lists say of one word.
    struct Entry: Sendable {
        /// The key that the word shares with its synonyms; 0: none of its own.
        var key: UInt64 = 0
        var traits: WordTraits = []
        var families = SIMD2<UInt64>.zero
        var marker = WordMarker.none
        var languages: UInt8 = 0
        /// The hash of the unit that the word names; 0: no unit.
        var unit: UInt64 = 0
        /// The number that the word names; -1: none.
        var number: Int64 = -1
        /// The place in a row that the word names, such as 2 for second; 0: none.
        var ordinal: UInt8 = 0
        /// Whether a phrase of two words may begin with it.
        var opensPhrase = false
    }

    private var bySurface = HashTable<Entry>()
    private var byStem = HashTable<Entry>()
    private var phrases = HashTable<UInt64>()
    private var opposites = HashTable<Bool>()

    private init() {
        addFunctionWords()
        addSynonyms()
        addFamilies()
        addForms()
        addOpposites()
        addNumbersAndUnits()
        addPhrases()
    }

    /// What the lists say of a folded word as it is written.
    func entry(_ hash: UInt64) -> Entry? { bySurface[hash] }

    /// What the lists say of all words of a stem or of a meaning.
    func entry(ofKey key: UInt64) -> Entry? { byStem[key] }

    /// The meaning of two neighbouring words that are read as one.
    func phrase(_ first: UInt64, _ second: UInt64) -> UInt64? { phrases[WordStem.pair(first, second)] }

    func areOpposites(_ first: UInt64, _ second: UInt64) -> Bool {
        opposites[WordStem.unordered(first, second)] != nil
    }

    /// The key of a folded word: its own hash for a function word, else that of its synonyms, else its stem.
    func key(of word: ArraySlice<UInt8>, hash: UInt64) -> UInt64 {
        if let known = bySurface[hash] {
            if known.key != 0 { return known.key }
            if known.traits.contains(.function) { return hash }
        }
        let stem = WordStem.key(word)
        if let known = byStem[stem], known.key != 0 { return known.key }
        return stem
    }
}

extension WordLexicon {
    private static func words(_ text: StaticString) -> [ArraySlice<UInt8>] {
        text.withUTF8Buffer { Array($0) }.split { $0 == 0x20 || $0 == 0x0A }
    }

    private func key(_ word: ArraySlice<UInt8>) -> UInt64 { key(of: word, hash: WordStem.hash(word)) }

    private mutating func change(_ word: ArraySlice<UInt8>, _ edit: (inout Entry) -> Void) {
        bySurface.update(WordStem.hash(word), Entry(), edit)
    }

    /// Changes what is known of all words that mean what this one means.
    private mutating func changeMeaning(_ word: ArraySlice<UInt8>, _ edit: (inout Entry) -> Void) {
        byStem.update(key(word), Entry(), edit)
    }

    private mutating func addFunctionWords() {
        let lists: [(StaticString, WordTraits)] = [
            (LexiconFunctionWords.english, .function), (LexiconFunctionWords.negations, .negation),
            (LexiconFunctionWords.relations, .relation), (LexiconFunctionWords.prepositions, .preposition),
            (LexiconFunctionWords.auxiliaries, .auxiliary), (LexiconFunctionWords.weighty, .weighty),
            (Volatility.deictic, .volatile),
        ]
        for (list, trait) in lists {
            for word in Self.words(list) { change(word) { $0.traits.insert(trait) } }
        }
        for (language, list) in LexiconFunctionWords.byLanguage {
            for word in Self.words(list) { change(word) { $0.languages |= 1 << UInt8(language.rawValue) } }
        }
        for marker in WordMarker.allCases where marker != .none {
            change(Array("\(marker)".utf8)[...]) { $0.marker = marker }
        }
    }

    private mutating func addForms() {
        for group in LexiconSynonyms.forms.lines {
            let parts = group.split(separator: 0x3A)
            guard parts.count == 2 else { continue }
            let base = key(parts[0])
            for form in parts[1].split(separator: 0x20) {
                change(form) { if !$0.traits.contains(.function) { $0.key = base } }
            }
        }
    }

    private mutating func addSynonyms() {
        for group in LexiconSynonyms.groups.lines { unite(group.split(separator: 0x20)) }
    }

    /// Gives words one key: that of the first of them. A word that has synonyms already keeps them.
    private mutating func unite(_ members: [ArraySlice<UInt8>]) {
        guard let first = members.first else { return }
        let shared = key(first)
        for word in members {
            let hash = WordStem.hash(word)
            if bySurface[hash]?.traits.contains(.function) == true {
                change(word) { if $0.key == 0 { $0.key = shared } }
                continue
            }
            let stem = WordStem.key(word)
            byStem.update(stem, Entry()) { if $0.key == 0 { $0.key = shared } }
        }
    }

    private mutating func addFamilies() {
        var family = 0
        func bit() -> SIMD2<UInt64> {
            family < 64 ? SIMD2(1 << UInt64(family), 0) : SIMD2(0, 1 << UInt64(min(family, 127) - 64))
        }
        func add(_ list: StaticString, named: Bool, to lexicon: inout WordLexicon) {
            let bit = bit()
            for member in Self.words(list) {
                let aliases = member.split(separator: 0x3D)
                guard let first = aliases.first else { continue }
                if named {
                    // A name is taken as it is written: Windows is not the plural of window.
                    let key = WordStem.hash(first)
                    for alias in aliases {
                        lexicon.change(alias) {
                            $0.key = key
                            $0.families |= bit
                            $0.traits.insert(.listedName)
                        }
                    }
                } else {
                    lexicon.unite(aliases)
                    lexicon.changeMeaning(first) { $0.families |= bit }
                }
            }
            family += 1
        }
        for list in LexiconFamilies.kinds { add(list, named: false, to: &self) }
        for list in LexiconFamilies.names { add(list, named: true, to: &self) }
        add(LexiconFamilies.places, named: true, to: &self)
        add(LexiconFamilies.peoples, named: true, to: &self)
    }

    private mutating func addOpposites() {
        for list in LexiconOpposites.pairs {
            for group in Self.words(list) {
                let members = group.split(separator: 0x2F)
                let keys = members.map { key($0) }
                for (word, own) in zip(members, keys) {
                    changeMeaning(word) { $0.traits.insert(.opposable) }
                    for other in keys where other != own {
                        opposites.update(WordStem.unordered(own, other), true) { _ in }
                    }
                }
            }
        }
    }

    private mutating func addNumbersAndUnits() {
        for group in Self.words(LexiconFamilies.units) {
            let aliases = group.split(separator: 0x3D)
            guard let first = aliases.first else { continue }
            let unit = WordStem.hash(first)
            for alias in aliases { change(alias) { $0.unit = unit } }
        }
        for pair in Self.words(LexiconFamilies.numbers) {
            let parts = pair.split(separator: 0x3D)
            guard parts.count == 2, let value = Int64(String(decoding: parts[0], as: UTF8.self)) else { continue }
            change(parts[1]) { $0.number = value }
        }
        for pair in Self.words(LexiconFamilies.ordinals) {
            let parts = pair.split(separator: 0x3D)
            guard parts.count == 2, let value = UInt8(String(decoding: parts[0], as: UTF8.self)) else { continue }
            change(parts[1]) { $0.ordinal = value }
        }
    }

    private mutating func addPhrases() {
        for phrase in LexiconFunctionWords.phrases.lines {
            let parts = phrase.split(separator: 0x3D)
            let words = parts.first?.split(separator: 0x20) ?? []
            guard parts.count == 2, words.count == 2 else { continue }
            let meaning = key(parts[1])
            phrases.update(WordStem.pair(WordStem.hash(words[0]), WordStem.hash(words[1])), meaning) { _ in }
            change(words[0]) { $0.opensPhrase = true }
        }
    }
}

extension StaticString {
    /// The parts between bars and line ends.
    fileprivate var lines: [ArraySlice<UInt8>] {
        withUTF8Buffer { Array($0) }.split { $0 == 0x7C || $0 == 0x0A }
    }
}

/// Values by 64-bit hashes that are spread well already: open addressing, a power of two of places, at most half full.
struct HashTable<Value: Sendable>: Sendable {
    private var keys = [UInt64](repeating: 0, count: 256)
    private var values = [Value?](repeating: nil, count: 256)
    private var count = 0

    private func place(_ key: UInt64) -> Int {
        let mask = keys.count - 1
        var place = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 20) & mask
        while values[place] != nil, keys[place] != key { place = (place + 1) & mask }
        return place
    }

    subscript(key: UInt64) -> Value? { values[place(key)] }

    /// Changes the value of a key, or sets it to the given one first.
    mutating func update(_ key: UInt64, _ initial: Value, _ edit: (inout Value) -> Void) {
        var place = place(key)
        if values[place] == nil {
            if count * 2 >= keys.count {
                grow()
                place = self.place(key)
            }
            keys[place] = key
            values[place] = initial
            count += 1
        }
        if var value = values[place] {
            edit(&value)
            values[place] = value
        }
    }

    private mutating func grow() {
        let old = zip(keys, values)
        keys = [UInt64](repeating: 0, count: keys.count * 2)
        values = [Value?](repeating: nil, count: keys.count)
        for (key, value) in old {
            guard let value else { continue }
            let place = place(key)
            keys[place] = key
            values[place] = value
        }
    }
}
