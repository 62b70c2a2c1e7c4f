/// Turns number words into numbers and gives numbers their units.
enum WordNumbers {
    private static let ordinalUnit = WordStem.hash("#ordinal")
    private static let ordinalEndings = Set([
        WordStem.hash("th"), WordStem.hash("st"), WordStem.hash("nd"), WordStem.hash("rd"),
    ])
    private static let degree = WordStem.hash("deg")

    static func resolve(_ words: inout [WordingWord], _ letters: inout [UInt8], _ lexicon: WordLexicon) {
        var at = 0
        while at < words.count {
            if words[at].traits.contains(.number) {
                var end = at + 1
                scale(&words, at, &end, &letters)
                takeUnit(&words, at, end)
                at = end
            } else if words[at].number >= 0, isNumber(words, at) {
                let end = spell(&words, at, &letters)
                takeUnit(&words, at, end)
                at = end
            } else if words[at].ordinal > 0, isOrdinal(words, at) {
                set(&words[at], Int64(words[at].ordinal), &letters)
                words[at].unit = ordinalUnit
                at += 1
            } else {
                at += 1
            }
        }
    }

    /// `one` is a number before what can be counted, and a pronoun elsewhere.
    private static func isNumber(_ words: [WordingWord], _ at: Int) -> Bool {
        guard words[at].marker == .one else { return true }
        guard at + 1 < words.count else { return false }
        if at > 0 {
            switch words[at - 1].marker {
            case .which, .this, .the, .no, .do, .does, .did, .can, .could, .should, .would, .will, .must, .may, .might:
                return false
            default: break
            }
        }
        return words[at + 1].unit != 0 || words[at + 1].number >= 0
            || words[at + 1].isContent && !words[at + 1].traits.contains(.naming)
    }

    /// `second` behind `a` or `per` is a span of time.
    private static func isOrdinal(_ words: [WordingWord], _ at: Int) -> Bool {
        guard at > 0 else { return true }
        switch words[at - 1].marker {
        case .a, .per: return words[at].ordinal != 2
        default: return true
        }
    }

    private static func set(_ word: inout WordingWord, _ value: Int64, _ letters: inout [UInt8]) {
        let start = letters.count
        letters.append(contentsOf: String(value).utf8)
        word.start = Int32(start)
        word.length = Int32(letters.count - start)
        word.hash = WordStem.hash(letters[start...])
        word.key = word.hash
        word.traits = word.traits.intersection([.quoted, .sentenceStart]).union(.number)
        word.families = .zero
        word.unit = 0
    }

    /// Reads a run of number words: `two hundred and five` is not read beyond `and`, `twenty five` is 25.
    private static func spell(_ words: inout [WordingWord], _ start: Int, _ letters: inout [UInt8]) -> Int {
        var total: Int64 = 0, current: Int64 = 0
        var end = start
        while end < words.count, words[end].number >= 0, end - start < 8 {
            let value = words[end].number
            if value >= 1_000 {
                total = clamped(total, clamped(0, max(1, current), times: value))
                current = 0
            } else if value == 100 {
                current = max(1, current) * 100
            } else if end > start, current % 10 != 0 || value >= 10 && current % 100 != 0 || current == 0 && total == 0
            {
                break
            } else {
                current += value
            }
            end += 1
        }
        set(&words[start], clamped(total, current), &letters)
        for place in start + 1..<max(end, start + 1) { words[place].traits = .absorbed }
        return end
    }

    /// A number in digits may be followed by `hundred`, `thousand`, `million`.
    private static func scale(_ words: inout [WordingWord], _ at: Int, _ end: inout Int, _ letters: inout [UInt8]) {
        guard end < words.count, words[end].number >= 100 else { return }
        let digits = letters[Int(words[at].start)..<Int(words[at].start + words[at].length)]
        guard digits.count <= 9, let value = Int64(String(decoding: digits, as: UTF8.self)) else { return }
        let unit = words[at].unit
        let scaled = clamped(0, value, times: words[end].number)
        set(&words[at], scaled, &letters)
        words[at].unit = unit
        words[end].traits = .absorbed
        end += 1
    }

    private static func clamped(_ sum: Int64, _ value: Int64, times factor: Int64 = 1) -> Int64 {
        let (product, tooLarge) = value.multipliedReportingOverflow(by: factor)
        let (total, overflow) = sum.addingReportingOverflow(tooLarge ? 0 : product)
        return tooLarge || overflow ? .max : total
    }

    /// The unit is the word behind the number, or a currency's code before it. A degree takes the scale that follows.
    private static func takeUnit(_ words: inout [WordingWord], _ at: Int, _ end: Int) {
        if ordinalEndings.contains(words[at].unit) { words[at].unit = ordinalUnit }
        guard words[at].unit == 0, end < words.count else { return }
        let next = words[end]
        guard next.unit != 0, !next.traits.contains(.number), next.marker != .a else { return }
        words[at].unit = next.unit
        words[end].traits = .absorbed
        if next.unit == degree, end + 1 < words.count, words[end + 1].unit != 0,
            !words[end + 1].traits.contains(.number)
        {
            words[at].unit = words[end + 1].unit
            words[end + 1].traits = .absorbed
        }
    }
}

/// Reads two neighbouring words as one where they mean one thing: `log in`, `turn off`.
enum WordPhrases {
    static func join(_ words: inout [WordingWord], _ lexicon: WordLexicon) {
        var at = 0
        while at + 1 < words.count {
            if words[at].opensPhrase, let meaning = lexicon.phrase(words[at].hash, words[at + 1].hash) {
                words[at].key = meaning
                words[at].traits.remove(.function)
                if let known = lexicon.entry(ofKey: meaning) { words[at].takeMeaning(known) }
                words[at + 1].traits = .absorbed
                at += 1
            }
            at += 1
        }
    }
}
