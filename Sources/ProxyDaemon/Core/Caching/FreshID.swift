/// Gives a kept answer an id of its own: clients take two answers with one id for one.
enum FreshID {
    /// The answer with the id that the gateway would have made for the exchange; as it is where it has no id to be found.
    ///
    /// The id is looked for as the providers spell it. Inside of a text the same characters have their quotes escaped.
    static func renamed(_ answer: [UInt8], _ dialect: Dialect, exchangeID: String) -> [UInt8] {
        let prefix = dialect == .anthropic ? "msg_" : "chatcmpl-"
        guard let old = field(in: answer, prefix) else { return answer }
        let new = Array("\(prefix)\(exchangeID)".utf8)
        var out: [UInt8] = []
        out.reserveCapacity(answer.count + new.count)
        var copied = 0
        while let found = range(of: old.field, in: answer, from: copied) {
            out.append(contentsOf: answer[copied..<(found.upperBound - old.valueBytes - 1)])
            out.append(contentsOf: new)
            out.append(UInt8(ascii: "\""))
            copied = found.upperBound
            // OpenAI's streams have it in each chunk.
            if dialect == .anthropic { break }
        }
        out.append(contentsOf: answer[copied...])
        return out
    }

    /// The first `"id":"msg_…"`, whole, and the length of the id in it.
    private static func field(in answer: [UInt8], _ prefix: String) -> (field: [UInt8], valueBytes: Int)? {
        for opening in ["\"id\":\"\(prefix)", "\"id\": \"\(prefix)"] {
            guard let start = range(of: Array(opening.utf8), in: answer, from: 0),
                let end = answer[start.upperBound...].firstIndex(of: UInt8(ascii: "\""))
            else { continue }
            return (Array(answer[start.lowerBound...end]), end - start.upperBound + prefix.utf8.count)
        }
        return nil
    }

    private static func range(of piece: [UInt8], in text: [UInt8], from start: Int) -> Range<Int>? {
        guard let first = piece.first else { return nil }
        return text.withUnsafeBufferPointer { text in
            var at = start
            while let found = JSONScan.next(first, text, from: at), found + piece.count <= text.count {
                if text[found..<(found + piece.count)].elementsEqual(piece) { return found..<(found + piece.count) }
                at = found + 1
            }
            return nil
        }
    }
}
