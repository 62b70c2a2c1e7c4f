/// Takes note of sentences, items and runs of words that come again. Bounded: of a long answer the later ones push the
/// earlier ones out.
struct RepeatScan: Sendable {
    private static let sentenceSlots = 512
    private static let runSlots = 2_048

    private var sentenceKeys: [UInt32] = []
    private var sentenceCounts: [UInt8] = []
    /// Each slot has the last run of words that fell there.
    private var runs: [UInt32] = []

    /// Sentences of four words and more, and how many of them were there before.
    private(set) var sentences = 0
    private(set) var repeatedSentences = 0
    /// How often the most frequent of them came.
    private(set) var mostSentence = 0
    /// Items of four words and more, how often the most frequent came.
    private(set) var mostItem = 0
    var runCount: Int { last.runCount }
    var repeatedRuns: Int { last.repeatedRuns }
    /// The same word one after the other.
    var mostInARow: Int { last.mostInARow }
    /// A sentence of eight words and more, one after the other.
    private(set) var mostSentenceInARow = 0
    private var lastSentence: UInt64 = 0
    private var sentenceInARow = 0
    /// Lines of code of twelve bytes and more, how many were there before, and the same one after the other.
    private(set) var codeLines = 0
    private(set) var repeatedCodeLines = 0
    private(set) var mostCodeInARow = 0
    private var lastCode: UInt64 = 0
    private var codeInARow = 0
    private var last = LastWords()

    /// Takes the words of one sentence. Those of an item count as runs only where they come beside others.
    mutating func take(_ words: UnsafeBufferPointer<SentenceWord>, isItem: Bool) {
        var slots: [UInt32] = []
        // Taken out while it is written, so that it is asked once and not for every word whether it is shared.
        swap(&slots, &runs)
        if slots.isEmpty { slots = [UInt32](repeating: 0, count: Self.runSlots) }
        slots.withUnsafeMutableBufferPointer { slots in
            // Written once a sentence and not for every word.
            var last = last
            for word in words { last.take(word.hash, isItem: isItem, slots) }
            self.last = last
        }
        swap(&slots, &runs)
        guard words.count >= 4, !isItem else { return }
        let hash = words.reduce(1) { ($0 ^ $1.hash) &* 0x9E37_79B9_7F4A_7C15 }
        sentenceInARow = hash == lastSentence ? sentenceInARow + 1 : 1
        lastSentence = hash
        if words.count >= 8 { mostSentenceInARow = max(mostSentenceInARow, sentenceInARow) }
        let count = count(hash)
        sentences += 1
        if count > 1 { repeatedSentences += 1 }
        mostSentence = max(mostSentence, count)
    }

    /// Takes a line of code. Short ones, such as closing marks, come again in any code.
    mutating func takeCode(_ text: UnsafeBufferPointer<UInt8>) {
        guard text.count >= 12 else { return }
        var letters = 0
        var hash: UInt64 = 4
        for byte in text {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
            letters += (byte | 0x20) &- UInt8(ascii: "a") < 26 ? 1 : 0
        }
        guard letters >= 4 else { return }
        codeInARow = hash == lastCode ? codeInARow + 1 : 1
        lastCode = hash
        mostCodeInARow = max(mostCodeInARow, codeInARow)
        codeLines += 1
        if count(hash) > 1 { repeatedCodeLines += 1 }
    }

    /// Takes a list's item.
    mutating func takeItem(_ text: UnsafeBufferPointer<UInt8>) {
        guard text.count >= 16 else { return }
        var hash: UInt64 = 2
        var at = 0
        while let chunk = ByteChunk(text, at: at) {
            hash = WordHash.mix(hash, chunk.bytes)
            at += 8
        }
        while at < text.count {
            hash = WordHash.mix(hash, UInt64(text[at]))
            at += 1
        }
        mostItem = max(mostItem, count(hash))
    }

    /// How often this came, now included.
    private mutating func count(_ hash: UInt64) -> Int {
        if sentenceKeys.isEmpty {
            sentenceKeys = [UInt32](repeating: 0, count: Self.sentenceSlots)
            sentenceCounts = [UInt8](repeating: 0, count: Self.sentenceSlots)
        }
        let mixed = hash ^ hash >> 31
        let slot = Int(truncatingIfNeeded: mixed & UInt64(Self.sentenceSlots - 1))
        let key = UInt32(truncatingIfNeeded: mixed >> 32) | 1
        if sentenceKeys[slot] != key {
            sentenceKeys[slot] = key
            sentenceCounts[slot] = 0
        }
        sentenceCounts[slot] = min(255, sentenceCounts[slot] &+ (sentenceCounts[slot] == 255 ? 0 : 1))
        return Int(sentenceCounts[slot])
    }
}

/// The last words, and the runs that they make.
private struct LastWords: Sendable {
    /// Words of a run, as many as `window` has.
    private static let runWords = 6
    private static let base: UInt64 = 0x0000_0100_0000_01B3
    /// What the oldest word of a run counts by.
    private static let oldest = base &* base &* base &* base &* base

    private(set) var runCount = 0
    private(set) var repeatedRuns = 0
    private(set) var mostInARow = 0
    private var word: UInt64 = 0
    private var inARow = 0
    /// Their hashes, the oldest first, and the sum, in which each word counts by a power of `base` the higher the longer ago
    /// it was.
    private var window: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0)
    private var sum: UInt64 = 0
    private var filled = 0

    /// Takes a word; the run that it ends is noted in one of the slots, of which there is a power of two.
    @inline(__always)
    mutating func take(_ word: UInt64, isItem: Bool, _ slots: UnsafeMutableBufferPointer<UInt32>) {
        inARow = word == self.word ? inARow &+ 1 : 1
        self.word = word
        mostInARow = max(mostInARow, inARow)
        sum = (sum &- window.0 &* Self.oldest) &* Self.base &+ word
        window = (window.1, window.2, window.3, window.4, window.5, word)
        filled &+= 1
        guard filled >= Self.runWords, !isItem else { return }
        let hash = WordHash.mix(3, sum)
        let slot = Int(truncatingIfNeeded: hash) & (slots.count &- 1)
        let key = UInt32(truncatingIfNeeded: hash >> 32) | 1
        runCount &+= 1
        repeatedRuns &+= slots[slot] == key ? 1 : 0
        slots[slot] = key
    }
}
