/// Counts bytes that are no text.
struct GarbageScan: Sendable {
    /// U+FFFD.
    private(set) var replacements = 0
    /// UTF-8 that was read as Latin-1 and written as UTF-8 again.
    private(set) var doubled = 0
    private(set) var controls = 0
    /// Letters with accents or of other scripts.
    private(set) var hasForeignLetters = false
    /// Marks by which models tell turns apart, such as `<|im_end|>`.
    private(set) var turnMarks = 0

    mutating func read(_ text: UnsafeBufferPointer<UInt8>) {
        var at = 0
        while at < text.count {
            if let chunk = ByteChunk(text, at: at), chunk.isPrintable(without: UInt8(ascii: "<")) {
                at += 8
            } else if let last = ByteChunk(text, at: text.count - 8), at > text.count - 8,
                last.isPrintable(without: UInt8(ascii: "<"))
            {
                return
            } else {
                read(text, at)
                at += 1
            }
        }
    }

    @inline(__always) private mutating func read(_ text: UnsafeBufferPointer<UInt8>, _ at: Int) {
        switch text[at] {
        case 0xEF:
            if at + 2 < text.count, text[at + 1] == 0xBF, text[at + 2] == 0xBD { replacements += 1 }
        case 0xC3:
            hasForeignLetters = true
            // Ã, â, Ð or Ñ, and then what a lead byte's followers become.
            if at + 3 < text.count, [0x83, 0xA2, 0x90, 0x91].contains(text[at + 1]),
                text[at + 2] == 0xC2 || text[at + 2] == 0xE2 || text[at + 2] == 0xC5
            {
                doubled += 1
            }
        case UInt8(ascii: "<"):
            if at + 1 < text.count, text[at + 1] == UInt8(ascii: "|") { turnMarks += 1 }
        case 0x09, 0x0D, 0x1B: break
        case 0..<0x20, 0x7F: controls += 1
        case 0xC4...0xE1, 0xE3...0xEE: hasForeignLetters = true
        default: break
        }
    }
}
