/// A word's first 16 bytes, ASCII letters in lower case, and how many there are: enough to tell it from every word of a cue.
struct WordSpelling: Sendable, Hashable {
    private var head: UInt64 = 0
    private var tail: UInt64 = 0
    private let count: Int

    init(_ bytes: some Collection<UInt8>) {
        count = bytes.count
        for byte in bytes.prefix(8) { head = head << 8 | UInt64(Self.lower(byte)) }
        for byte in bytes.dropFirst(8).prefix(8) { tail = tail << 8 | UInt64(Self.lower(byte)) }
    }

    static func lower(_ byte: UInt8) -> UInt8 { byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte }

    func hash(into hasher: inout Hasher) { hasher.combine(head) }
}

/// Goes through the beginning of a text sentence by sentence: the first word tells of almost every one that the others need
/// not be read.
struct CueSentences {
    struct Word {
        let spelling: WordSpelling
        /// A comma, a bracket, a full stop or the like follows.
        var endsClause = false
    }

    private let text: UnsafeBufferPointer<UInt8>
    private var at = 0

    init(_ text: UnsafeBufferPointer<UInt8>) {
        self.text = UnsafeBufferPointer(rebasing: text.prefix(TurnText.keptBytes))
    }

    /// The first word of the next sentence, which is not left by that; nil after the last sentence.
    mutating func next() -> WordSpelling? {
        while at < text.count, !Self.isWordByte(text[at]) { at += 1 }
        guard at < text.count else { return nil }
        var end = at
        while end < text.count, Self.isWordByte(text[end]) { end += 1 }
        return WordSpelling(text[at..<end])
    }

    /// Goes on behind the sentence.
    mutating func skip() {
        while at < text.count {
            at += 1
            // Almost all bytes are letters.
            if text[at - 1] < 0x40, isStop(before: at) { return }
        }
    }

    /// The words of the sentence. Goes on behind it.
    mutating func words() -> [Word] {
        var words: [Word] = []
        while at < text.count {
            let start = at
            while at < text.count, Self.isWordByte(text[at]) { at += 1 }
            if at > start { words.append(Word(spelling: WordSpelling(text[start..<at]))) }
            while at < text.count, !Self.isWordByte(text[at]) {
                let byte = text[at]
                at += 1
                if byte == 0x20 { continue }
                if byte != UInt8(ascii: "-"), !words.isEmpty { words[words.count - 1].endsClause = true }
                if isStop(before: at) { return words }
            }
        }
        if !words.isEmpty { words[words.count - 1].endsClause = true }
        return words
    }

    /// The byte before that place ends a sentence. The one of "claude.ai" does not.
    private func isStop(before place: Int) -> Bool {
        switch text[place - 1] {
        case 0x0A: true
        case UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "?"), UInt8(ascii: ":"):
            place == text.count || text[place] <= 0x20
        default: false
        }
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10 || byte >= 0x80
            || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "_")
    }
}
