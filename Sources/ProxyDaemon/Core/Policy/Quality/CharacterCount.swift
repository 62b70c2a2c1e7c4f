/// Counts the characters of a text.
struct CharacterCount: Sendable {
    private(set) var characters = 0
    /// The same, those of scripts that need few of them counted as three.
    private(set) var weighted = 0

    mutating func add(_ text: UnsafeBufferPointer<UInt8>) {
        var continuing = 0
        var leads = 0
        var at = 0
        while at < text.count {
            if let chunk = ByteChunk(text, at: at), chunk.isASCII {
                at += 8
                continue
            }
            // The last bytes are looked at again together with those before them.
            if at > text.count - 8, let last = ByteChunk(text, at: text.count - 8), last.isASCII { break }
            continuing &+= text[at] & 0xC0 == 0x80 ? 1 : 0
            leads &+= text[at] >= 0xE3 && text[at] <= 0xED ? 1 : 0
            at += 1
        }
        characters += text.count - continuing
        weighted += text.count - continuing + 2 * leads
    }

    mutating func addNewline() {
        characters += 1
        weighted += 1
    }
}
