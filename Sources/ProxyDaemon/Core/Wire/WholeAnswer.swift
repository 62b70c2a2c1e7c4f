/// What an answer that is there whole says.
package enum WholeAnswer {
    /// The text of a successful answer; empty where it is none.
    package static func text(_ body: [UInt8], _ dialect: Dialect) -> String {
        guard dialect == .openai else { return AnthropicAnswer.text(of: body) }
        return body.withUnsafeBufferPointer { bytes in
            guard let index = try? JSONIndex(bytes) else { return "" }
            return index.withRoot(bytes) { root in
                var text = ""
                root["choices"]?.forEachElement { choice in
                    if let piece = choice["message"]?["content"]?.string { text += piece }
                }
                return text
            }
        }
    }
}
