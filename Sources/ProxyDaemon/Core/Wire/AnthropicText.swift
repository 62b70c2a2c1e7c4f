extension AnthropicAnswer {
    /// The text blocks of a whole Messages answer, joined, as the escaped bytes that they came in. Empty for bytes that
    /// are no such answer.
    static func escapedText(of body: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        body.withUnsafeBufferPointer { bytes in
            guard let index = try? JSONIndex(bytes) else { return }
            index.withRoot(bytes) { root in
                root["content"]?.forEachElement { block in
                    guard let piece = block["text"] else { return }
                    text.append(contentsOf: bytes[piece.stringContents])
                }
            }
        }
        return text
    }

    /// The same with its escapes undone.
    package static func text(of body: [UInt8]) -> String {
        escapedText(of: body).withUnsafeBufferPointer { JSONText.decode($0, $0.indices) }
    }
}
