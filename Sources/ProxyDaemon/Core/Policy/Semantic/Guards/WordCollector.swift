/// Takes the tokens that a scanner finds, folds and splits them, and looks their words up.
struct WordCollector {
    private(set) var letters: [UInt8] = []
    var words: [WordingWord] = []
    private(set) var scripts: UInt16 = 0
    var isQuoted = false
    var startsSentence = true
    var isAfterComma = false
    /// A currency sign that waits for its number; 0: none.
    var currency: UInt64 = 0
    private let lexicon = WordLexicon.shared
    /// No text has more words than this; the rest of a longer one is not read.
    private static let mostWords = 16_384

    init() {
        letters.reserveCapacity(256)
        words.reserveCapacity(48)
    }

    var endsWithNumber: Bool { words.last?.traits.contains(.number) ?? false }

    /// Whether the last word can stand left of a minus sign: a number or a single letter.
    var endsWithOperand: Bool {
        guard let last = words.last else { return false }
        return last.traits.contains(.number) || last.length == 1
    }

    mutating func finish() {
        Courtesies.absorb(&words)
        WordPhrases.join(&words, lexicon)
        WordNumbers.resolve(&words, &letters, lexicon)
    }

    // MARK: - What the scanner finds

    /// A word without a meaning of its own in the text, such as the `and` that a sign stands for.
    mutating func plain(_ word: StaticString) {
        word.withUTF8Buffer { simple(Array($0)[...], []) }
    }

    mutating func symbol(_ bytes: ArraySlice<UInt8>) {
        let start = letters.count
        letters.append(contentsOf: bytes)
        emit(from: start, traits: .symbol)
    }

    mutating func character(_ bytes: ArraySlice<UInt8>, _ script: WordingScript) {
        scripts |= script.rawValue
        let start = letters.count
        letters.append(contentsOf: bytes)
        emit(from: start, traits: .otherScript)
    }

    /// Gives the last number a unit that is a sign.
    mutating func unit(_ unit: UInt64) {
        guard endsWithNumber else { return }
        words[words.count - 1].unit = unit
    }

    /// A run of letters, digits and the signs that join them.
    mutating func token(_ bytes: ArraySlice<UInt8>, isIdentifier: Bool) {
        let shape = TokenShape(bytes)
        if isIdentifier || shape.isIdentifier {
            identifier(bytes)
        } else if shape.letters == 0 {
            numeric(bytes)
        } else if shape.isAbbreviation {
            abbreviation(bytes)
        } else if shape.isVersion {
            number(bytes.dropFirst(), suffix: [])
        } else if let split = shape.splitting {
            for part in bytes.split(separator: split) {
                token(part, isIdentifier: false)
                if split == 0x2E { startsSentence = true }
            }
        } else if shape.digits > 0 {
            mixed(bytes)
        } else {
            apostrophes(bytes, shape)
        }
    }

    // MARK: - Kinds of tokens

    private mutating func identifier(_ bytes: ArraySlice<UInt8>) {
        let start = letters.count
        fold(bytes)
        emit(from: start, traits: .identifier)
    }

    private mutating func abbreviation(_ bytes: ArraySlice<UInt8>) {
        simple(bytes.filter { $0 != 0x2E }[...], CharacterKind.isUpper(bytes.first ?? 0) ? .acronym : [])
    }

    /// Digits with signs between them: ranges and dates are several numbers, the rest is one.
    private mutating func numeric(_ bytes: ArraySlice<UInt8>) {
        if bytes.first == 0x2D { return number(bytes, suffix: []) }
        for part in bytes.split(separator: 0x2D) { number(part, suffix: []) }
    }

    private mutating func number(_ digits: ArraySlice<UInt8>, suffix: ArraySlice<UInt8>) {
        let start = letters.count
        letters.append(contentsOf: digits.lazy.filter { $0 != 0x2C })
        var traits = WordTraits.number
        if isQuoted { traits.insert(.quoted) }
        if startsSentence { traits.insert(.sentenceStart) }
        startsSentence = false
        let hash = WordStem.hash(letters[start...])
        var word = WordingWord(
            start: Int32(start),
            length: Int32(letters.count - start),
            hash: hash,
            key: hash,
            traits: traits
        )
        word.unit = currency
        currency = 0
        if !suffix.isEmpty {
            let folded = suffix.map { $0 < 0x80 ? $0 | 0x20 : $0 }
            let hash = WordStem.hash(folded)
            word.unit = lexicon.entry(hash)?.unit ?? 0
            if word.unit == 0 { word.unit = hash }
        }
        append(word)
    }

    /// Letters and digits without a sign between them.
    private mutating func mixed(_ bytes: ArraySlice<UInt8>) {
        let digitsFirst = bytes.prefix { CharacterKind.isDigit($0) || $0 == 0x2E }
        let lettersFirst = bytes.prefix { !CharacterKind.isDigit($0) }
        let afterDigits = bytes.dropFirst(digitsFirst.count)
        let afterLetters = bytes.dropFirst(lettersFirst.count)
        if !digitsFirst.isEmpty, afterDigits.allSatisfy({ !CharacterKind.isDigit($0) }) {
            number(digitsFirst, suffix: afterDigits.filter { $0 != 0x28 && $0 != 0x29 }[...])
        } else if lettersFirst.count > 1, afterLetters.allSatisfy({ CharacterKind.isDigit($0) || $0 == 0x2E }) {
            apostrophes(lettersFirst, TokenShape(lettersFirst))
            number(afterLetters, suffix: [])
        } else {
            identifier(bytes)
        }
    }

    /// A word of letters, its contraction undone: `don't` is `do not`, `what's` is `what is`, `l'eau` is `l eau`.
    private mutating func apostrophes(_ bytes: ArraySlice<UInt8>, _ shape: TokenShape) {
        guard shape.apostrophes > 0, let mark = bytes.lastIndex(of: 0x27) else {
            if let base = Contractions.withoutApostrophe(bytes) {
                simple(base, shape.traits)
                return plain("not")
            }
            return simple(bytes, shape.traits)
        }
        let base = bytes[bytes.startIndex..<mark].filter { $0 != 0x27 }
        let ending = bytes[(mark + 1)...].map { $0 | 0x20 }
        let before = (base.last ?? 0) | 0x20
        switch ending {
        case [0x73]:
            simple(base[...], shape.traits)
            if base.count == 3, words.last?.marker == .one { return replaceLast("someone") }
            if Contractions.takesIs(WordStem.hash(base.map { $0 | 0x20 })) { plain("is") }
        case [0x74] where before == 0x6E:
            let verb = Contractions.verb(base)
            if !verb.isEmpty { simple(verb, shape.traits) }
            plain("not")
        case [0x72, 0x65]: expand(base, "are", shape)
        case [0x76, 0x65]: expand(base, "have", shape)
        case [0x6C, 0x6C]: expand(base, "will", shape)
        case [0x64]: expand(base, "would", shape)
        case [0x6D]: expand(base, "am", shape)
        default:
            if base.count <= 2, base.count > 0, ending.count > 2 {
                simple(base[...], [])
                simple(bytes[(mark + 1)...], [])
            } else {
                simple(bytes.filter { $0 != 0x27 }[...], shape.traits)
            }
        }
    }

    /// "One's" owns, and counts nothing.
    private mutating func replaceLast(_ word: StaticString) {
        words.removeLast()
        plain(word)
    }

    private mutating func expand(_ base: [UInt8], _ verb: StaticString, _ shape: TokenShape) {
        simple(base[...], shape.traits)
        plain(verb)
    }

    /// A word of letters alone.
    private mutating func simple(_ bytes: ArraySlice<UInt8>, _ shape: WordTraits) {
        let start = letters.count
        fold(bytes)
        guard letters.count > start else { return }
        var traits = shape
        if startsSentence { traits.remove(.capital) }
        // A capital A in a sentence is a name, and so is any other single letter that is not a word.
        if bytes.count == 1, let letter = bytes.first, letter < 0x80 {
            let isWord = letter == 0x61 || letter == 0x49 || letter == 0x69 || letter == 0x41 && startsSentence
            if isWord { traits = [] } else { traits = .letter }
        }
        emit(from: start, traits: traits)
    }

    // MARK: - Adding a word

    /// Adds the small letters of bytes, accents left out.
    private mutating func fold(_ bytes: ArraySlice<UInt8>) {
        var at = bytes.startIndex
        let all = bytes
        while at < all.endIndex {
            let byte = all[at]
            if byte < 0x80 {
                letters.append(CharacterKind.isUpper(byte) ? byte | 0x20 : byte)
                if CharacterKind.isLetter(byte) { scripts |= WordingScript.latin.rawValue }
                at += 1
            } else {
                let (value, length) = WordingText.scalar(Array(all[at..<min(at + 4, all.endIndex)]), 0)
                scripts |= WordingScript.of(value).rawValue
                LetterFolding.fold(value, into: &letters)
                at += length
            }
        }
    }

    private mutating func emit(from start: Int, traits: WordTraits) {
        let range = start..<letters.count
        let hash = WordStem.hash(letters[range])
        var word = WordingWord(start: Int32(start), length: Int32(range.count), hash: hash, key: hash, traits: traits)
        if scripts & ~WordingScript.latin.rawValue != 0, letters[range].contains(where: { $0 >= 0x80 }) {
            word.traits.insert(.otherScript)
        }
        let isNamed = !traits.isDisjoint(with: [.identifier, .symbol, .letter])
        if !isNamed {
            if let known = lexicon.entry(hash) { word.take(known) }
            word.key = lexicon.key(of: letters[range], hash: hash)
            if let meaning = lexicon.entry(ofKey: word.key) { word.takeMeaning(meaning) }
        } else if traits.contains(.letter) {
            word.unit = lexicon.entry(hash)?.unit ?? 0
        } else if traits.contains(.identifier),
            let known = lexicon.entry(ofKey: lexicon.key(of: letters[range], hash: hash))
        {
            word.key = lexicon.key(of: letters[range], hash: hash)
            word.takeMeaning(known)
        }
        if isQuoted { word.traits.insert(.quoted) }
        if startsSentence { word.traits.insert(.sentenceStart) }
        startsSentence = false
        currency = 0
        append(word)
    }

    private mutating func append(_ word: WordingWord) {
        guard words.count < Self.mostWords else { return }
        words.append(word)
        if isAfterComma { words[words.count - 1].traits.insert(.afterComma) }
        isAfterComma = false
    }
}

extension WordingWord {
    fileprivate mutating func take(_ entry: WordLexicon.Entry) {
        traits.formUnion(entry.traits)
        traits.insert(.listed)
        families = entry.families
        marker = entry.marker
        languages = entry.languages
        unit = entry.unit
        number = entry.number
        ordinal = entry.ordinal
        opensPhrase = entry.opensPhrase
    }

    mutating func takeMeaning(_ entry: WordLexicon.Entry) {
        traits.formUnion(entry.traits)
        traits.insert(.listed)
        families |= entry.families
    }
}
