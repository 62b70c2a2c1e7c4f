/// The rule for what people call projects, backends and client keys: such a name stands as it is in headers, addresses,
/// metrics, tables and on terminals.
package enum PlainName {
    /// What a complaint says.
    package static let rule =
        "expected a name of 1 to \(maximumBytes) of the characters A-Z a-z 0-9 . _ : / @ + -, without two dots in a row"
    private static let maximumBytes = 128
    private static let signs = Set("._:/@+-".utf8)

    package static func isValid(_ text: String) -> Bool {
        guard (1...maximumBytes).contains(text.utf8.count), !text.contains("..") else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: signs.contains(byte)
            }
        }
    }
}
