/// A prompt's text, read once for comparison with others: its words and their meanings, its numbers with their units, its
/// operators, quotations, code and language.
///
/// Reading 200 bytes takes some ten microseconds, so that an index keeps the text and reads it again for the few entries
/// that a search brings up.
package struct PromptWording: Sendable {
    /// The longest text that is read, in bytes.
    package static let maximumBytes = 8_192

    /// A number with its unit.
    struct Quantity: Sendable, Equatable {
        var value: UInt64
        /// The hash of the unit's shortest spelling; 0: none.
        var unit: UInt64
        /// Where its word stands in ``words``.
        var word: Int32

        static func == (left: Quantity, right: Quantity) -> Bool {
            left.value == right.value && left.unit == right.unit
        }
    }

    /// The text with one spelling for each sign; see ``WordingText``.
    let text: [UInt8]
    /// The folded letters of all words, one after the other.
    let letters: [UInt8]
    let words: [WordingWord]
    /// The keys of all compared words, sorted, each once.
    let keys: [UInt64]
    let quantities: [Quantity]
    let operators: [UInt64]
    let spans: [WordScanner.Span]
    let blocks: [UInt64]
    /// The ``WordingScript``s of its letters.
    let scripts: UInt16
    /// nil where too few function words tell.
    let language: WordingLanguage?
    let question: QuestionShape
    let persons: PersonShape
    /// Words that turn the statement into its contrary.
    let negations: Int
    /// Words that are no function words and no numbers.
    let contentCount: Int

    /// Whether the answer depends on when, or where, it is asked. The word that says so is ``volatileWord``.
    package var isVolatile: Bool { volatileWord != nil }
    /// The first word by which the answer depends on when it is asked, such as `today`.
    package let volatileWord: String?

    /// nil for a text longer than ``maximumBytes``.
    ///
    /// - Parameter bytes: The text in UTF-8; bytes that are not are read as signs without meaning.
    package init?(_ bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes.prefix(Self.maximumBytes + 1))
        guard bytes.count <= Self.maximumBytes else { return nil }
        var scanner = WordScanner(WordingText.normalised(bytes[...]))
        scanner.scan()
        let collector = scanner.output
        var words = collector.words
        WordCapitals.judge(&words)
        text = scanner.text
        letters = collector.letters
        spans = scanner.spans
        blocks = scanner.blocks
        operators = scanner.operators
        scripts = collector.scripts
        quantities = words.indices.compactMap { place in
            let word = words[place]
            return word.traits.contains(.number)
                ? Quantity(value: word.key, unit: word.unit, word: Int32(truncatingIfNeeded: place)) : nil
        }
        language = LanguageVote.of(words)
        question = QuestionShape(words)
        persons = PersonShape(words)
        negations = Negations.count(words)
        var keys = [UInt64]()
        keys.reserveCapacity(words.count)
        var content = 0
        for word in words where !word.traits.contains(.absorbed) {
            keys.append(word.key)
            if word.isContent { content += 1 }
        }
        keys.sort()
        self.keys = Self.unique(keys)
        contentCount = content
        volatileWord = Volatility.word(words, language).map {
            String(decoding: collector.letters[Int($0.start)..<Int($0.start + $0.length)], as: UTF8.self)
        }
        self.words = words
    }

    private static func unique(_ sorted: [UInt64]) -> [UInt64] {
        var unique = [UInt64]()
        unique.reserveCapacity(sorted.count)
        for key in sorted where key != unique.last { unique.append(key) }
        return unique
    }

    /// The folded letters of a word.
    func letters(_ word: WordingWord) -> ArraySlice<UInt8> {
        let start = max(0, min(Int(word.start), letters.count))
        return letters[start..<max(start, min(start + Int(word.length), letters.count))]
    }

    func spelling(_ word: WordingWord) -> String { String(decoding: letters(word), as: UTF8.self) }

    /// Whether some word has a key.
    func contains(_ key: UInt64) -> Bool {
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low < keys.count && keys[low] == key
    }
}

/// Tells which capital letters name something.
enum WordCapitals {
    /// In a heading, or in a text all in capitals, a capital letter names nothing.
    static func judge(_ words: inout [WordingWord]) {
        var inner = 0, capitals = 0, acronyms = 0, all = 0
        for word in words where word.traits.isDisjoint(with: [.absorbed, .number, .identifier, .letter, .symbol]) {
            let isMarked = !word.traits.isDisjoint(with: [.capital, .acronym])
            all += 1
            if word.traits.contains(.acronym) { acronyms += 1 }
            guard !word.traits.contains(.sentenceStart), !word.traits.contains(.function) else { continue }
            inner += 1
            if isMarked { capitals += 1 }
        }
        let isShouted = acronyms >= 3 && acronyms * 2 > all
        let isHeading = capitals >= 4 && capitals * 10 >= inner * 9
        guard isShouted || isHeading else {
            // "May", "US", "Down" within a sentence name something, unlike "may", "us", "down".
            for place in words.indices where words[place].traits.contains(.function) {
                if words[place].length > 1, !words[place].traits.isDisjoint(with: [.capital, .acronym]),
                    words[place].length <= 4
                {
                    words[place].traits.remove(.function)
                }
            }
            return
        }
        for place in words.indices {
            words[place].traits.remove(.capital)
            if isShouted { words[place].traits.remove(.acronym) }
        }
    }
}

/// Tells a text's language by its function words.
enum LanguageVote {
    /// At least two words of the language, and more than half as many again as of any other.
    static func of(_ words: [WordingWord]) -> WordingLanguage? {
        var votes = [Int](repeating: 0, count: WordingLanguage.allCases.count)
        for word in words where word.languages != 0 && !word.traits.contains(.quoted) {
            for language in votes.indices where word.languages & (1 << UInt8(language)) != 0 { votes[language] += 1 }
        }
        var best = 0
        for language in votes.indices where votes[language] > votes[best] { best = language }
        let english = WordingLanguage.english.rawValue
        guard votes[best] >= 2, best == english || votes[best] >= 3 || votes[english] == 0 else { return nil }
        for language in votes.indices where language != best && votes[language] * 3 > votes[best] * 2 { return nil }
        return WordingLanguage(rawValue: best)
    }
}

/// Counts the words that deny.
enum Negations {
    static func count(_ words: [WordingWord]) -> Int {
        var count = 0
        for (place, word) in words.enumerated()
        where word.traits.contains(.negation) && !word.traits.contains(.absorbed) {
            let before = place > 0 ? words[place - 1].marker : .none
            // "whether or not", and "no" as an answer of its own before a comma.
            if before == .or { continue }
            if word.marker == .no, word.traits.contains(.sentenceStart), place + 1 < words.count,
                words[place + 1].traits.contains(.afterComma)
            {
                continue
            }
            count += 1
        }
        return count
    }
}
