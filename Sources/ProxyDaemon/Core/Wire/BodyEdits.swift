/// One change of a body: a span of its bytes and what takes its place.
///
/// Edits are made independently of each other and applied together by ``apply(_:to:)``, which leaves every other byte
/// as it was.
package struct BodyEdit: Sendable, Equatable {
    /// In the bytes of the body before any edit.
    package let range: Range<Int>
    package let replacement: [UInt8]
    /// The span is an object's member, which goes with one of its commas.
    private let isMember: Bool

    private init(_ range: Range<Int>, _ replacement: [UInt8], isMember: Bool) {
        self.range = range
        self.replacement = replacement
        self.isMember = isMember
    }

    /// Other bytes in the place of these; of an empty range, bytes put in there.
    package static func replacing(_ range: Range<Int>, with replacement: some Collection<UInt8>) -> BodyEdit {
        BodyEdit(range, Array(replacement), isMember: false)
    }

    /// Takes out a member from the quote of its name to the end of its value. The comma that it no longer needs goes
    /// with it, whichever members around it go too.
    package static func removing(member range: Range<Int>) -> BodyEdit { BodyEdit(range, [], isMember: true) }

    /// Takes out the member with this plain name; nil where there is none. The last one counts.
    package static func removing(_ name: StaticString, from object: JSONView) -> BodyEdit? {
        var found: BodyEdit?
        object.forEachMember { key, value in
            guard JSONText.equals(object.bytes, key, name) else { return }
            found = .removing(member: (key.lowerBound - 1)..<value.range.upperBound)
        }
        return found
    }

    /// The body with all edits made, in one pass. Of two edits that overlap, the one that begins first holds, of two
    /// that begin together the longer one; what is put in overlaps nothing. A span outside the body is cut to it.
    package static func apply(_ edits: [BodyEdit], to body: [UInt8]) -> [UInt8] {
        if edits.isEmpty { return body }
        var edited: [UInt8] = []
        edited.reserveCapacity(body.count + edits.reduce(0) { $0 + $1.replacement.count })
        var copied = 0
        for edit in settled(edits, in: body) where edit.range.lowerBound >= copied {
            edited.append(contentsOf: body[copied..<edit.range.lowerBound])
            edited.append(contentsOf: edit.replacement)
            copied = edit.range.upperBound
        }
        edited.append(contentsOf: body[copied...])
        return edited
    }

    /// What is put in at a place covers nothing, and stands before whatever is changed there.
    private static func isBefore(_ left: BodyEdit, _ right: BodyEdit) -> Bool {
        if left.range.lowerBound != right.range.lowerBound { return left.range.lowerBound < right.range.lowerBound }
        if left.range.isEmpty != right.range.isEmpty { return left.range.isEmpty }
        return left.range.count > right.range.count
    }

    /// The edits in order, those of members widened by their commas.
    private static func settled(_ edits: [BodyEdit], in body: [UInt8]) -> [BodyEdit] {
        let bounds = body.indices
        let ordered =
            edits
            .map { BodyEdit($0.range.clamped(to: bounds), $0.replacement, isMember: $0.isMember) }
            .sorted(by: isBefore)
        var settled: [BodyEdit] = []
        var at = 0
        while at < ordered.count {
            let edit = ordered[at]
            at += 1
            guard edit.isMember else {
                settled.append(edit)
                continue
            }
            let start = edit.range.lowerBound
            var last = edit.range.upperBound
            var end = endAfterComma(last, body)
            // Members that follow at once and go too: the last of them decides about the comma before the first.
            while let reached = end, at < ordered.count, ordered[at].isMember, ordered[at].range.lowerBound <= reached {
                if ordered[at].range.upperBound > last {
                    last = ordered[at].range.upperBound
                    end = endAfterComma(last, body)
                }
                at += 1
            }
            let span = end.map { start..<$0 } ?? startBeforeComma(start, body)..<last
            settled.append(.replacing(span, with: []))
        }
        return settled
    }

    /// Where the next member begins when a comma follows; nil after the last member.
    private static func endAfterComma(_ end: Int, _ body: [UInt8]) -> Int? {
        var at = end
        while at < body.count, isSpace(body[at]) { at += 1 }
        guard at < body.count, body[at] == UInt8(ascii: ",") else { return nil }
        at += 1
        while at < body.count, isSpace(body[at]) { at += 1 }
        return at
    }

    /// Where the member before ends when a comma stands between; the same place before an object's first member.
    private static func startBeforeComma(_ start: Int, _ body: [UInt8]) -> Int {
        var at = start
        while at > 0, isSpace(body[at - 1]) { at -= 1 }
        guard at > 0, body[at - 1] == UInt8(ascii: ",") else { return start }
        at -= 1
        while at > 0, isSpace(body[at - 1]) { at -= 1 }
        return at
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }
}
