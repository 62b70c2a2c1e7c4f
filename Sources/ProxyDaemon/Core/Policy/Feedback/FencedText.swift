/// A text for a model that judges it, between marks that the text itself cannot write: in what is shown of it no three angle
/// brackets of one kind stand side by side.
///
/// Marks are broken up and not taken out: what is left of one that was taken out of another would be a mark again.
enum FencedText {
    /// - Parameters:
    ///   - text: UTF-8; of a long one the beginning and the end are shown.
    ///   - name: What the marks call it, in capitals.
    ///   - mostBytes: How much of it is shown, before marks in it are broken up.
    /// - Returns: The text with a mark on the line before it and one on the line after it.
    static func fenced(_ text: [UInt8], as name: String, mostBytes: Int) -> String {
        "<<<\(name)\n\(harmless(excerpt(text, mostBytes)))\n\(name)>>>"
    }

    private static func excerpt(_ text: [UInt8], _ most: Int) -> String {
        guard text.count > most else { return String(decoding: text, as: UTF8.self) }
        let head = String(decoding: text.prefix(most / 2), as: UTF8.self)
        return "\(head) … \(String(decoding: text.suffix(most / 2), as: UTF8.self))"
    }

    private static func harmless(_ text: String) -> String {
        var out: [UInt8] = []
        out.reserveCapacity(text.utf8.count)
        var last: UInt8 = 0
        var inARow = 0
        for byte in text.utf8 {
            inARow = byte == last ? inARow + 1 : 1
            last = byte
            if inARow == 3, byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">") {
                out.append(0x20)
                inARow = 1
            }
            out.append(byte)
        }
        return String(decoding: out, as: UTF8.self)
    }
}
