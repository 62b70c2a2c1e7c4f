import Glibc

/// The files and tool results of a conversation, so that one sent again can refer to the earlier copy.
///
/// A copy is the same byte for byte; only the later of two is replaced. What is looked at: a tool's whole result, a fenced
/// block of code that names its file, and what stands between tags such as `<file path="…">`. As a copy refers only to what
/// stands before it, what was sent once never changes as the conversation grows.
struct FileCopies {
    /// Shorter ones are not worth a reference.
    static let minimumBytes = 1_024

    /// A stretch of text that may be a file: a range of the body.
    struct Unit {
        let range: Range<Int>
        /// The file's name as the text gives it; nil for none.
        let name: Range<Int>?
        let hash: PrefixHash
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private var known: [PrefixHash: Range<Int>] = [:]

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// What of a block was sent before, and what is there for the first time. `taken` are spans that something else leaves
    /// out.
    func units(of block: TextBlock, apartFrom taken: [Range<Int>]) -> (copies: [Unit], fresh: [Unit]) {
        var copies: [Unit] = []
        var fresh: [Unit] = []
        guard block.contents.count >= Self.minimumBytes else { return (copies, fresh) }
        /// Whether it is a copy.
        func take(_ range: Range<Int>, _ name: Range<Int>?) -> Bool {
            guard range.count >= Self.minimumBytes, !taken.contains(where: { $0.overlaps(range) }) else { return false }
            var hasher = PrefixHasher(0x66_69_6C_65)
            hasher.mix(UnsafeBufferPointer(rebasing: bytes[range]))
            let unit = Unit(range: range, name: name, hash: hasher.value)
            let isCopy = known[unit.hash].map { areEqual($0, range) } ?? false
            if isCopy { copies.append(unit) } else { fresh.append(unit) }
            return isCopy
        }
        if block.place == .toolResult, take(block.contents, nil) { return (copies, fresh) }
        var scan = FileScan(bytes, block.contents)
        while let found = scan.next() {
            if take(found.range, found.name) {
                scan.skip(to: found.range.upperBound)
            }
        }
        // What holds a copy is no longer sent in full itself.
        return (copies, fresh.filter { unit in !copies.contains { $0.range.overlaps(unit.range) } })
    }

    /// Takes note of what is sent in full.
    mutating func keep(_ units: [Unit]) {
        for unit in units where known[unit.hash] == nil { known[unit.hash] = unit.range }
    }

    /// What stands in the place of a copy, escaped for the inside of a string.
    func reference(to unit: Unit) -> [UInt8] {
        let characters = MiddleCut.characters(UnsafeBufferPointer(rebasing: bytes[unit.range]))
        var text = Array("[unchanged: ".utf8)
        if let name = unit.name, let words = plain(name, most: 160) {
            text += words
            text += Array(", ".utf8)
        }
        text += Array("the same \(SwitchPlan.grouped(characters)) characters as sent above".utf8)
        if let opening = plain(unit.range, most: 60) {
            text += Array(", beginning with ".utf8)
            text += opening
        }
        return text + [UInt8(ascii: "]")]
    }

    /// The beginning of a range as far as it is plain ASCII on one line; nil where that is too little to say anything.
    private func plain(_ range: Range<Int>, most: Int) -> ArraySlice<UInt8>? {
        let words = bytes[range].prefix(most).prefix { $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }
        return words.count >= 3 ? Array(words)[...] : nil
    }

    private func areEqual(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
        guard left.count == right.count, let base = bytes.baseAddress else { return false }
        return memcmp(base + left.lowerBound, base + right.lowerBound, left.count) == 0
    }
}

/// Finds files in a text, which is the inside of a JSON string.
private struct FileScan {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let end: Int
    private let start: Int
    private var at: Int
    /// The next of each, kept so that no stretch is searched twice; past the end for none.
    private var tick = -1
    private var bracket = -1
    /// Bytes that may yet be searched for the ends of what opens: text that is made to cost time costs little.
    private var patience: Int

    init(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
        self.bytes = UnsafeBufferPointer(rebasing: bytes[..<range.upperBound])
        start = range.lowerBound
        at = start
        end = range.upperBound
        patience = 4 * range.count + 65_536
    }

    mutating func skip(to place: Int) { at = max(at, place) }

    /// The next file's contents and its name. What lies within it is looked at afterwards, unless it is skipped.
    mutating func next() -> (range: Range<Int>, name: Range<Int>?)? {
        while at < end, patience > 0 {
            if tick < at { tick = JSONScan.next(UInt8(ascii: "`"), bytes, from: at) ?? end }
            if bracket < at { bracket = JSONScan.next(UInt8(ascii: "<"), bytes, from: at) ?? end }
            let place = min(tick, bracket)
            guard place < end else { break }
            if place == tick {
                let found = fence(at: place)
                at = found?.resume ?? endOfTicks(place)
                if let found, let range = found.range { return (range, found.name) }
            } else {
                at = place + 1
                if let found = tagged(at: place) { return found }
            }
        }
        at = end
        return nil
    }

    private func endOfTicks(_ place: Int) -> Int {
        var last = place
        while last < end, bytes[last] == UInt8(ascii: "`") { last += 1 }
        return last
    }

    private func isLineEnd(_ place: Int) -> Bool {
        place + 1 < end && bytes[place] == UInt8(ascii: "\\")
            && (bytes[place + 1] == UInt8(ascii: "n") || bytes[place + 1] == UInt8(ascii: "r"))
    }

    private func isLineStart(_ place: Int) -> Bool {
        place == start
            || place >= start + 2 && bytes[place - 1] == UInt8(ascii: "n") && bytes[place - 2] == UInt8(ascii: "\\")
    }

    /// A fence that opens here: its inside where it names a file, and where to go on.
    private mutating func fence(at place: Int) -> (range: Range<Int>?, name: Range<Int>?, resume: Int)? {
        let afterTicks = endOfTicks(place)
        guard afterTicks - place >= 3, isLineStart(place) else { return nil }
        // The line that opens it.
        var lineEnd = afterTicks
        while lineEnd < end, !isLineEnd(lineEnd) {
            if lineEnd - afterTicks > 300 { return nil }
            lineEnd += 1
        }
        guard lineEnd < end else { return nil }
        let info = afterTicks..<lineEnd
        let inside = lineEnd + 2
        let close = closing(afterTicks - place, from: inside)
        patience -= (close?.after ?? end) - inside
        guard let close else { return nil }
        let names = bytes[info].contains(UInt8(ascii: "/")) || bytes[info].contains(UInt8(ascii: "."))
        return (names ? inside..<close.inside : nil, info, names ? afterTicks : close.after)
    }

    /// Where a fence of so many ticks is closed: by as many at a line's beginning.
    private func closing(_ count: Int, from first: Int) -> (inside: Int, after: Int)? {
        var at = first
        while let place = JSONScan.next(UInt8(ascii: "`"), bytes, from: at) {
            let after = endOfTicks(place)
            let isAlone = after == end || isLineEnd(after)
            if after - place >= count, isAlone, place == first || isLineStart(place) {
                return (max(first, place - (place == first ? 0 : 2)), after)
            }
            at = after
        }
        return nil
    }

    /// What stands between `<file …>` and `</file>`, or another tag whose name speaks of a file or a document.
    private mutating func tagged(at place: Int) -> (range: Range<Int>, name: Range<Int>?)? {
        var nameEnd = place + 1
        while nameEnd < end, nameEnd - place < 40, isNameByte(bytes[nameEnd]) { nameEnd += 1 }
        let name = (place + 1)..<nameEnd
        guard nameEnd < end, holds(name, "file") || holds(name, "document") else { return nil }
        var open = nameEnd
        while open < end, bytes[open] != UInt8(ascii: ">") {
            if open - nameEnd > 400 || isLineEnd(open) { return nil }
            open += 1
        }
        guard open < end else { return nil }
        let close = closingTag(name, from: open + 1)
        patience -= (close ?? end) - open
        guard let close else { return nil }
        return ((open + 1)..<close, attribute(nameEnd..<open))
    }

    private func isNameByte(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }

    private func holds(_ range: Range<Int>, _ word: StaticString) -> Bool {
        guard range.count >= word.utf8CodeUnitCount else { return false }
        return (range.lowerBound...(range.upperBound - word.utf8CodeUnitCount)).contains {
            JSONText.equals(bytes, $0..<($0 + word.utf8CodeUnitCount), word)
        }
    }

    private func closingTag(_ name: Range<Int>, from first: Int) -> Int? {
        var at = first
        while let place = JSONScan.next(UInt8(ascii: "<"), bytes, from: at) {
            at = place + 1
            let after = place + 2 + name.count
            guard after < end, bytes[place + 1] == UInt8(ascii: "/"), bytes[after] == UInt8(ascii: ">"),
                bytes[(place + 2)..<after].elementsEqual(bytes[name])
            else { continue }
            return place
        }
        return nil
    }

    /// The first value in quotes, which are escaped here: mostly the path.
    private func attribute(_ range: Range<Int>) -> Range<Int>? {
        var quotes: [Int] = []
        for at in range where bytes[at] == UInt8(ascii: "\"") { quotes.append(at) }
        guard quotes.count >= 2, quotes[1] - 1 > quotes[0] + 1 else { return nil }
        return (quotes[0] + 1)..<(quotes[1] - 1)
    }
}
