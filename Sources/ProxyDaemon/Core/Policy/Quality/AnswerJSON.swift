/// The JSON in an answer's text.
enum AnswerJSON {
    /// Calls `look` with the value that is the whole of the text, whatever its kind; nil where the text is no JSON.
    static func withValue<Result>(_ text: ArraySlice<UInt8>, _ look: (JSONView) -> Result) -> Result? {
        // The index reads objects: the value is put into one.
        var wrapped = Array(#"{"v":"#.utf8)
        wrapped.reserveCapacity(text.count + 6)
        wrapped.append(contentsOf: text)
        wrapped.append(UInt8(ascii: "}"))
        guard JSONText.hasCleanStrings(wrapped), let index = try? JSONIndex(wrapped) else { return nil }
        return wrapped.withUnsafeBufferPointer { bytes in
            index.withRoot(bytes) { root -> Result? in
                var members = 0
                root.forEachMember { _, _ in members += 1 }
                // A text such as `1,"w":2` would have made more of them.
                guard members == 1, let value = root["v"] else { return nil }
                return look(value)
            }
        }
    }

    static func isJSON(_ text: ArraySlice<UInt8>) -> Bool { withValue(text) { _ in true } ?? false }

    /// The contents of the first fenced block that is JSON, and whether anything but blanks stands outside of it.
    static func fenced(_ text: [UInt8]) -> (contents: ArraySlice<UInt8>, isAlone: Bool)? {
        text.withUnsafeBufferPointer { bytes -> (Range<Int>, Bool)? in
            var at = 0
            var open: Int?
            var openLine = 0
            while at < bytes.count {
                let end = JSONScan.next(0x0A, bytes, from: at) ?? bytes.count
                var start = at
                while start < end, bytes[start] == 0x20 { start += 1 }
                if end - start >= 3, bytes[start..<(start + 3)].allSatisfy({ $0 == UInt8(ascii: "`") }) {
                    if let body = open {
                        if isJSON(text[body..<at]) {
                            let isAlone = isBlank(text[..<openLine]) && isBlank(text[min(end + 1, text.count)...])
                            return (body..<at, isAlone)
                        }
                        open = nil
                    } else {
                        open = min(end + 1, text.count)
                        openLine = at
                    }
                }
                at = end + 1
            }
            return nil
        }.map { (text[$0.0], $0.1) }
    }

    /// Whether some whole line, or the text from its first bracket to its last, is JSON.
    static func hasSome(_ text: [UInt8]) -> Bool {
        guard let first = text.firstIndex(where: { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "[") }),
            let last = text.lastIndex(where: { $0 == UInt8(ascii: "}") || $0 == UInt8(ascii: "]") }), first < last
        else { return false }
        return isJSON(text[first...last])
    }

    static func isBlank(_ text: ArraySlice<UInt8>) -> Bool {
        text.allSatisfy { $0 == 0x20 || (0x09...0x0D).contains($0) }
    }
}
