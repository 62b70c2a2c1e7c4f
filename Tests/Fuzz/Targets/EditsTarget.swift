@testable import GatewayCore

extension FuzzTarget {
    /// Splices into a body.
    static let edits = FuzzTarget(
        name: "edits",
        property: "members taken out and values replaced leave JSON in which all else is as it was",
        maximumBytes: 2_048
    ) { bytes in
        guard let index = try? JSONIndex(bytes) else { return }
        var dice = Dice(bytes)
        let objects = PlainObject.all(bytes, index)
        guard !objects.isEmpty else { return }
        let object = objects[dice.roll(objects.count)]
        var edits: [BodyEdit] = []
        var expected: [PlainObject.Member] = []
        for member in object.members {
            switch dice.roll(3) {
            case 0: edits.append(.removing(member: (member.nameStart - 1)..<member.valueEnd))
            case 1:
                edits.append(.replacing(member.valueRange, with: "[0]".utf8))
                var changed = member
                changed.value = Array("[0]".utf8)
                expected.append(changed)
            default: expected.append(member)
            }
        }
        // They are independent of each other, and so of their order.
        if dice.roll(2) == 0 { edits.reverse() }
        let edited = BodyEdit.apply(edits, to: bytes)
        let again = unwrapped(try? JSONIndex(edited), "edits of \(shown(bytes)) made \(shown(edited))")
        let found = PlainObject.all(edited, again).first { $0.start == object.start }
        let left = unwrapped(found, "the object is gone from \(shown(edited))")
        expect(left.members.map(\.name) == expected.map(\.name), "other members in \(shown(edited))")
        expect(left.members.map(\.value) == expected.map(\.value), "other values in \(shown(edited))")
        expect(edited.starts(with: bytes[..<object.start]), "what stands before was changed")
        expect(Array(edited[left.end...]) == Array(bytes[object.end...]), "what stands behind was changed")
    }
}

/// An object of a body with its members, for comparison.
struct PlainObject {
    struct Member {
        /// As it is spelled.
        let name: [UInt8]
        let nameStart: Int
        let valueRange: Range<Int>
        var value: [UInt8]

        var valueEnd: Int { valueRange.upperBound }
    }

    let start: Int
    let end: Int
    private(set) var members: [Member] = []

    /// Every object, in the order of their beginnings.
    static func all(_ bytes: [UInt8], _ index: JSONIndex) -> [PlainObject] {
        var objects: [PlainObject] = []
        func visit(_ view: JSONView) {
            if view.kind == .object {
                var object = PlainObject(start: view.range.lowerBound, end: view.range.upperBound)
                view.forEachMember { name, value in
                    object.members.append(
                        Member(
                            name: Array(bytes[name]),
                            nameStart: name.lowerBound,
                            valueRange: value.range,
                            value: Array(bytes[value.range])
                        )
                    )
                }
                objects.append(object)
            }
            view.forEachMember { _, value in visit(value) }
            view.forEachElement(visit)
        }
        bytes.withUnsafeBufferPointer { buffer in index.withRoot(buffer) { visit($0) } }
        return objects
    }
}
