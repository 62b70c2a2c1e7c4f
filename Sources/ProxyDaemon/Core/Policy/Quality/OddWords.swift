/// Counts what no language has: words of the kind "sdkfjh", question marks inside of words, pieces of a tokenizer. Only the
/// beginning of an answer is looked at, as such answers are odd throughout.
struct OddWords: Sendable {
    /// Bytes looked at.
    static let limit = 1_024

    /// Letters of a word that is counted.
    private static let leastLetters = 5

    private var bytes = 0
    /// Small words of Latin letters, of five and more.
    private(set) var words = 0
    /// Those among them that nobody could say.
    private(set) var unspeakable = 0
    /// Question marks between two small letters, where letters with accents were lost.
    private(set) var lostLetters = 0
    /// Marks of padding, of unknown words, of the insides of words, such as `<pad>`, `[SEP]`, `##ing`.
    private(set) var pieces = 0

    mutating func read(_ text: UnsafeBufferPointer<UInt8>) {
        guard bytes < Self.limit else { return }
        bytes += text.count
        let text = UnsafeBufferPointer(rebasing: text.prefix(Self.limit))
        let isLink = Self.isLink(text)
        var at = 0
        while at < text.count {
            if Self.isPart(text[at]) {
                at =
                    Self.plainWord(text, from: at).map { end, vowels in
                        noteWord(end - at, vowels, isLink: isLink)
                        return end
                    } ?? readWord(text, from: at, isLink: isLink)
            } else {
                readMark(text, at, isLink: isLink)
                at += 1
            }
        }
    }

    /// A byte of a word, or of what is no plain word.
    @inline(__always) private static func isPart(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10 || byte >= 0x80
            || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "/")
    }

    /// Where the word that begins at `start` ends, and one bit for each letter that is a vowel; nil where it is no plain word
    /// of small letters or has more than 64. One that is too short to be counted has no bits.
    @inline(__always)
    private static func plainWord(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> (end: Int, vowels: UInt64)? {
        var vowels: UInt64 = 0
        var at = start
        while at < text.count, at - start < 64 {
            let chunk = ByteChunk(text, from: at)
            let letters = chunk.letters
            at += letters
            let isOver = letters < 8
            if isOver, at < text.count, isPart(text[at]) { return nil }
            if isOver, at - start < leastLetters { return (at, 0) }
            guard chunk.isSmallWord(letters, mayBegin: at - letters == start) else { return nil }
            vowels |= chunk.vowels(letters) &<< UInt64(truncatingIfNeeded: at - letters - start)
            if isOver { return (at, vowels) }
        }
        return at < text.count ? nil : (at, vowels)
    }

    @inline(__always) private mutating func noteWord(_ letters: Int, _ vowels: UInt64, isLink: Bool) {
        guard letters >= Self.leastLetters, !isLink else { return }
        words += 1
        let consonants = ~vowels & (letters >= 64 ? .max : (1 &<< UInt64(truncatingIfNeeded: letters)) &- 1)
        let twice = consonants & consonants >> 1
        let five = twice & twice >> 2 & consonants >> 4
        let hasSix = five & consonants >> 5 != 0
        if hasSix || vowels == 0 || five != 0 && vowels.nonzeroBitCount * 5 < letters { unspeakable += 1 }
    }

    /// Counts the word that begins at `start`; gives back where it ends.
    private mutating func readWord(_ text: UnsafeBufferPointer<UInt8>, from start: Int, isLink: Bool) -> Int {
        var letters = 0
        var vowels = 0
        /// Consonants on end, now and at most.
        var run = 0
        var longest = 0
        /// It has capitals after its beginning, digits or letters beyond ASCII.
        var isOther = false
        var at = start
        while at < text.count, Self.isPart(text[at]) {
            let byte = text[at]
            let small = byte | 0x20
            if small &- UInt8(ascii: "a") < 26 {
                isOther = isOther || byte != small && letters > 0
                letters += 1
                let isVowel = Self.vowels >> (small & 31) & 1 == 1
                vowels += isVowel ? 1 : 0
                run = isVowel ? 0 : run + 1
                longest = max(longest, run)
            } else {
                isOther = true
                if byte >= 0x80 { markBeyondASCII(text, at) }
            }
            at += 1
        }
        guard letters >= Self.leastLetters, !isOther, !isLink else { return at }
        words += 1
        if longest >= 6 || vowels == 0 || longest >= 5 && vowels * 5 < letters { unspeakable += 1 }
        return at
    }

    @inline(__always)
    private mutating func readMark(_ text: UnsafeBufferPointer<UInt8>, _ at: Int, isLink: Bool) {
        func isSmall(_ at: Int) -> Bool { text.indices.contains(at) && text[at] &- UInt8(ascii: "a") < 26 }
        let byte = text[at]
        switch byte {
        case UInt8(ascii: "?"): if !isLink, isSmall(at - 1), isSmall(at + 1) { lostLetters += 1 }
        case UInt8(ascii: "#"):
            if isSmall(at - 1), at + 2 < text.count, text[at + 1] == byte, isSmall(at + 2) { pieces += 1 }
        case UInt8(ascii: "<"), UInt8(ascii: "["):
            if Self.marks.contains(where: { Self.starts(text, at, $0) }) { pieces += 1 }
        default: break
        }
    }

    /// Signs by which tokenizers write a space.
    private mutating func markBeyondASCII(_ text: UnsafeBufferPointer<UInt8>, _ at: Int) {
        if Self.starts(text, at, "▁") { pieces += 1 }
        if Self.starts(text, at, "Ġ"), at + 2 < text.count, text[at + 2] &- UInt8(ascii: "a") < 26 { pieces += 1 }
    }

    private static func starts(_ text: UnsafeBufferPointer<UInt8>, _ at: Int, _ mark: StaticString) -> Bool {
        at + mark.utf8CodeUnitCount <= text.count && JSONText.equals(text, at..<at + mark.utf8CodeUnitCount, mark)
    }

    private static func isLink(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var from = 0
        while let at = JSONScan.next(UInt8(ascii: ":"), text, from: from) {
            if starts(text, at, "://") { return true }
            from = at + 1
        }
        return false
    }

    /// One bit a letter: a, e, i, o, u and y.
    private static let vowels: UInt32 = 1 << 1 | 1 << 5 | 1 << 9 | 1 << 15 | 1 << 21 | 1 << 25
    private static let marks: [StaticString] = [
        "<unk>", "<pad>", "<s>", "</s>", "<bos>", "<eos>", "<mask>", "<0x", "<start_of_turn>", "<end_of_turn>", "<UNK>",
        "<PAD>",
        "[SEP]", "[CLS]", "[PAD]", "[UNK]", "[MASK]", "[EOS]", "[BOS]", "[INST]", "[/INST]", "<extra_id",
    ]
}
