/// When a packed body unpacks to more than anybody means to send.
enum PackedBody {
    /// Deflate reaches 1,032 to 1 on nothing but repetition; prompts and answers as JSON reach 20 to 1.
    static let maximumRatio = 100
    /// Up to this size the ratio says nothing.
    static let harmlessBytes = 2_097_152

    static func isBomb(packed: Int, unpacked: Int) -> Bool {
        unpacked > harmlessBytes && unpacked / maximumRatio > packed
    }
}
