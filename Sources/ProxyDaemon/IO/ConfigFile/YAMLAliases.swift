/// Finds anchors and aliases in YAML before the YAML library does: it hashes keys, and one made of aliases of aliases would
/// never be done.
enum YAMLAliases {
    /// More uses than this are refused in files that may have some. Of n uses at most 3^(n/3) parts can be made.
    static let maximum = 24

    /// How often each name is used that looks both like an anchor's and like an alias's. Words in a text may look like
    /// either; both with one name are as good as never found but where they are meant.
    static func uses(in text: String) -> [String: Int] {
        guard text.utf8.contains(UInt8(ascii: "&")), text.utf8.contains(UInt8(ascii: "*")) else { return [:] }
        let bytes = Array(text.utf8)
        let anchors = names(after: UInt8(ascii: "&"), in: bytes)
        guard !anchors.isEmpty else { return [:] }
        return names(after: UInt8(ascii: "*"), in: bytes).filter { anchors[$0.key] != nil }
    }

    /// The names after a mark, wherever libyaml could take them for one, and how often each is there.
    private static func names(after mark: UInt8, in bytes: [UInt8]) -> [String: Int] {
        var names: [String: Int] = [:]
        for at in bytes.indices where bytes[at] == mark {
            if at > 0, !Self.before.contains(bytes[at - 1]) { continue }
            var end = at + 1
            while end < bytes.count, isName(bytes[end]) { end += 1 }
            guard end > at + 1, end == bytes.count || Self.after.contains(bytes[end]) else { continue }
            names[String(decoding: bytes[(at + 1)..<end], as: UTF8.self), default: 0] += 1
        }
        return names
    }

    private static let before = Set(" \t\r\n[]{},:?-\"'!>|".utf8)
    /// What may follow, by libyaml's scanner, and the breaks beyond ASCII.
    private static let after = Set(" \t\r\n?:,]}%@`".utf8).union([0x00, 0xC2, 0xE2])

    private static func isName(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || (byte | 0x20) &- UInt8(ascii: "a") < 26
            || byte &- UInt8(ascii: "0") < 10
    }
}
