/// Hashes of words, and the stem that the forms of one word share.
enum WordStem {
    /// FNV-1a's offset basis and prime (http://www.isthe.com/chongo/tech/comp/fnv/).
    static let empty: UInt64 = 0xCBF2_9CE4_8422_2325
    static let prime: UInt64 = 0x100_0000_01B3
    /// Keeps the keys of stems apart from those of words as they are written.
    static let stemSalt: UInt64 = 0x9E37_79B9_7F4A_7C15

    @inline(__always)
    static func extend(_ hash: UInt64, _ byte: UInt8) -> UInt64 { (hash ^ UInt64(byte)) &* prime }

    static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 { bytes.reduce(empty, extend) }

    static func hash(_ text: StaticString) -> UInt64 {
        text.withUTF8Buffer { $0.reduce(empty, extend) }
    }

    /// One key for two words in order.
    static func pair(_ first: UInt64, _ second: UInt64) -> UInt64 { ((first &* prime) ^ second) &* stemSalt }

    /// One key for two words in any order.
    static func unordered(_ first: UInt64, _ second: UInt64) -> UInt64 { pair(min(first, second), max(first, second)) }

    /// The key of a folded word's stem: plural, `-ing`, `-ed`, `-ly`, `-ion` and a final `e` do not count, British and
    /// American spelling are one. Degrees (`-er`, `-est`) and affixes that turn a meaning (`un-`, `-less`) stay.
    static func key(_ word: ArraySlice<UInt8>) -> UInt64 {
        var stem = Stem(word)
        guard word.count > 3, word.allSatisfy({ $0 >= 0x61 && $0 <= 0x7A }) else {
            return word.reduce(empty, extend) ^ stemSalt
        }
        stem.dropPlural()
        stem.dropVerbEnding()
        stem.dropDerivation()
        return stem.key
    }
}

/// A word that loses its endings one after the other.
private struct Stem {
    private let word: ArraySlice<UInt8>
    private var count: Int

    init(_ word: ArraySlice<UInt8>) {
        self.word = word
        count = word.count
    }

    private func ends(_ suffix: StaticString, leaving least: Int) -> Bool {
        let length = suffix.utf8CodeUnitCount
        guard count - length >= least else { return false }
        let start = word.startIndex + count - length
        return suffix.withUTF8Buffer { letters in
            for at in 0..<length where letters[at] != word[start + at] { return false }
            return true
        }
    }

    private func letter(_ back: Int) -> UInt8 { back <= count ? word[word.startIndex + count - back] : 0 }

    private static func isVowel(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x61, 0x65, 0x69, 0x6F, 0x75, 0x79: true
        default: false
        }
    }

    private func hasVowel(before end: Int) -> Bool {
        word[word.startIndex..<word.startIndex + max(0, end)].contains(where: Self.isVowel)
    }

    mutating func dropPlural() {
        guard letter(1) == 0x73 else { return }
        if ends("ies", leaving: 2) {
            count -= 2
        } else if ends("sses", leaving: 2) || ends("xes", leaving: 2) || ends("ches", leaving: 2)
            || ends("shes", leaving: 2) || ends("zes", leaving: 3)
        {
            count -= 2
        } else if !ends("ss", leaving: 1), !ends("us", leaving: 1), !ends("is", leaving: 1) {
            count -= 1
        }
    }

    mutating func dropVerbEnding() {
        if ends("ing", leaving: 3), hasVowel(before: count - 3) {
            count -= 3
            dropDoubledLetter()
        } else if ends("ied", leaving: 2) {
            count -= 2
        } else if ends("ed", leaving: 3), !ends("eed", leaving: 1), hasVowel(before: count - 2) {
            count -= 2
            dropDoubledLetter()
        } else if ends("ly", leaving: 4), letter(3) != 0x69, letter(3) != 0x70 {
            count -= 2
        }
    }

    private mutating func dropDoubledLetter() {
        let last = letter(1)
        if last == letter(2), !Self.isVowel(last), last != 0x6C, last != 0x73, last != 0x7A { count -= 1 }
    }

    mutating func dropDerivation() {
        if ends("tion", leaving: 4) || ends("sion", leaving: 4), count >= 8 { count -= 3 }
        if count > 3, letter(1) == 0x65 { count -= 1 }
        if count >= 6, ends("ll", leaving: 4) { count -= 1 }
    }

    /// Hashes what is left, `-our` as `-or`, `-is` and `-ys` of verbs as `-iz` and `-yz`, a final `y` as `i`.
    var key: UInt64 {
        let left = word.prefix(count)
        let last = letter(1), before = letter(2)
        var hash = WordStem.empty
        if count >= 5, last == 0x72, before == 0x75, letter(3) == 0x6F {
            hash = WordStem.extend(left.dropLast(2).reduce(hash, WordStem.extend), last)
        } else if count >= 6, last == 0x73, before == 0x69 || before == 0x79 {
            hash = WordStem.extend(left.dropLast().reduce(hash, WordStem.extend), 0x7A)
        } else if count >= 3, last == 0x79, !Self.isVowel(before) {
            hash = WordStem.extend(left.dropLast().reduce(hash, WordStem.extend), 0x69)
        } else {
            hash = left.reduce(hash, WordStem.extend)
        }
        return hash ^ WordStem.stemSalt
    }
}
