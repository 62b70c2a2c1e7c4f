/// The two cuts that make a request out of a text.
extension AskText {
    /// The text without the blocks that a tool put around the user's words; all of it where nothing else would be left.
    ///
    /// One pass. A block is dropped when its end is seen: an opening tag without an end costs nothing and stays text, and
    /// of nested blocks the outer one's end drops the inner ones with it.
    static func withoutBoilerplate(_ text: [UInt8]) -> [UInt8] {
        guard text.contains(UInt8(ascii: "<")) else { return Array(trimmed(text[...])) }
        var out: [UInt8] = []
        out.reserveCapacity(text.count)
        // The length of `out` where a tag of that name was opened. At most one entry a name.
        var opened: [[UInt8]: Int] = [:]
        text.withUnsafeBufferPointer { bytes in
            var copied = 0
            var from = 0
            while let start = JSONScan.next(UInt8(ascii: "<"), bytes, from: from) {
                from = start + 1
                guard let tag = tag(bytes, at: start) else { continue }
                out.append(contentsOf: bytes[copied..<start])
                copied = tag.end
                from = tag.end
                if tag.isWrapper {
                    out.append(0x0A)
                } else if !tag.isClosing {
                    if opened[tag.name] == nil { opened[tag.name] = out.count }
                    out.append(contentsOf: bytes[start..<tag.end])
                } else if let mark = opened[tag.name] {
                    out.removeSubrange(mark...)
                    out.append(0x0A)
                    opened = opened.filter { $0.value < mark }
                } else {
                    out.append(contentsOf: bytes[start..<tag.end])
                }
            }
            out.append(contentsOf: bytes[copied...])
        }
        let kept = trimmed(out[...])
        return Array(kept.isEmpty ? trimmed(text[...]) : kept)
    }

    private struct Tag {
        var name: [UInt8]
        var isClosing: Bool
        var isWrapper: Bool
        /// The offset after its `>`.
        var end: Int
    }

    /// The tag that begins at an angle bracket, if it is one of those that count.
    private static func tag(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int) -> Tag? {
        var at = start + 1
        let isClosing = at < bytes.count && bytes[at] == UInt8(ascii: "/")
        if isClosing { at += 1 }
        let nameStart = at
        while at < bytes.count, isNameByte(bytes[at], first: at == nameStart) {
            at += 1
            guard at - nameStart <= longestTag else { return nil }
        }
        guard at > nameStart, at < bytes.count, isSpace(bytes[at]) || bytes[at] == UInt8(ascii: ">") else { return nil }
        let name = bytes[nameStart..<at].map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        let isWrapper = wrappers.contains(name)
        guard isWrapper || boilerplate.contains(name) else { return nil }
        let limit = min(bytes.count, at + longestAttributes)
        // Attributes hold no other tag. Were they searched for `>` beyond one, many unfinished tags would cost far more.
        guard let close = bytes[at..<limit].firstIndex(where: { $0 == UInt8(ascii: ">") || $0 == UInt8(ascii: "<") }),
            bytes[close] == UInt8(ascii: ">")
        else { return nil }
        return Tag(name: name, isClosing: isClosing, isWrapper: isWrapper, end: close + 1)
    }

    private static func isNameByte(_ byte: UInt8, first: Bool) -> Bool {
        (byte | 0x20) &- UInt8(ascii: "a") < 26 || !first && (byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_"))
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let first = text.firstIndex(where: { !isSpace($0) }),
            let last = text.lastIndex(where: { !isSpace($0) })
        else { return [] }
        return text[first...last]
    }

    // MARK: The request in a text

    /// The part of a text that asks: all of a short one, else its first paragraph and, if that asks too, its last. Blocks
    /// of code become `[code]`.
    static func request(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        guard text.count > Ask.wholeBytes else { return Array(text) }
        let paragraphs = Paragraphs(text)
        guard let first = paragraphs.first else { return Array("[code]".utf8) }
        let head = first.lowerBound..<headEnd(text, first)
        var last = paragraphs.last ?? head.upperBound..<first.upperBound
        last = tailStart(text, last)..<last.upperBound
        var out = Array(text[head])
        if paragraphs.hasCode { out.append(contentsOf: " [code]".utf8) }
        if !last.isEmpty, asks(UnsafeBufferPointer(rebasing: text[last])) {
            out.append(0x0A)
            out.append(contentsOf: text[last])
        }
        return out
    }

    /// Where the first paragraph, and the last if there is another, begin and end. Fenced code is no part of them.
    private struct Paragraphs {
        var first: Range<Int>?
        var last: Range<Int>?
        var hasCode = false

        init(_ text: UnsafeBufferPointer<UInt8>) {
            var open: Range<Int>?
            var isFenced = false
            func close(_ paragraphs: inout Paragraphs) {
                guard let paragraph = open else { return }
                if paragraphs.first == nil { paragraphs.first = paragraph } else { paragraphs.last = paragraph }
                open = nil
            }
            var at = 0
            while at < text.count {
                let end = JSONScan.next(0x0A, text, from: at) ?? text.count
                var line = at..<end
                while let byte = line.first.map({ text[$0] }), isSpace(byte) { line.removeFirst() }
                while let byte = line.last.map({ text[$0] }), isSpace(byte) { line.removeLast() }
                if line.count >= 3, text[line].prefix(3).allSatisfy({ $0 == UInt8(ascii: "`") }) {
                    close(&self)
                    isFenced.toggle()
                    hasCode = true
                } else if line.isEmpty {
                    if !isFenced { close(&self) }
                } else if !isFenced {
                    open = (open?.lowerBound ?? line.lowerBound)..<line.upperBound
                }
                at = end + 1
            }
            close(&self)
        }
    }

    /// Where the piece kept of a paragraph's beginning ends; never inside a character.
    private static func headEnd(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Int {
        guard range.count > Ask.pieceBytes else { return range.upperBound }
        var end = range.lowerBound + Ask.pieceBytes
        while end > range.lowerBound, text[end] & 0xC0 == 0x80 { end -= 1 }
        return end
    }

    /// Where the piece kept of a paragraph's end begins; never inside a character.
    private static func tailStart(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Int {
        guard range.count > Ask.pieceBytes else { return range.lowerBound }
        var start = range.upperBound - Ask.pieceBytes
        while start < range.upperBound, text[start] & 0xC0 == 0x80 { start += 1 }
        return start
    }

    /// Whether a paragraph has a question mark or a word of those that requests are made with.
    private static func asks(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        text.contains(UInt8(ascii: "?")) || AskScan(text).cues[Cue.request.rawValue] > 0
    }
}
