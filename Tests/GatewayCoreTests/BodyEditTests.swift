import GatewayCore
import Testing

@Suite struct `Edits of a body` {
    /// The body without these members, each removed by an edit of its own.
    private func removing(_ names: [StaticString], from text: String) throws -> String {
        let body = Array(text.utf8)
        let index = try JSONIndex(body)
        let edits = body.withUnsafeBufferPointer { bytes in
            index.withRoot(bytes) { root in names.compactMap { BodyEdit.removing($0, from: root) } }
        }
        return String(decoding: BodyEdit.apply(edits, to: body), as: UTF8.self)
    }

    @Test(
        arguments: [
            (["a"], #"{"a":1,"b":2,"c":3}"#, #"{"b":2,"c":3}"#), (["b"], #"{"a":1,"b":2,"c":3}"#, #"{"a":1,"c":3}"#),
            (["c"], #"{"a":1,"b":2,"c":3}"#, #"{"a":1,"b":2}"#), (["a"], #"{"a":1}"#, "{}"),
            (["a", "b"], #"{"a":1,"b":2,"c":3}"#, #"{"c":3}"#), (["c", "b"], #"{"a":1,"b":2,"c":3}"#, #"{"a":1}"#),
            (["a", "c"], #"{"a":1,"b":2,"c":3}"#, #"{"b":2}"#), (["c", "a", "b"], #"{"a":1,"b":2,"c":3}"#, "{}"),
            (["a"], "{ \"a\" : 1 , \"b\":2 }", "{ \"b\":2 }"), (["b"], "{ \"a\" : 1 , \"b\":2 }", "{ \"a\" : 1 }"),
            (["b"], "{\n  \"a\": 1,\n  \"b\": [1, 2]\n}\n", "{\n  \"a\": 1\n}\n"),
            (["a"], "{\r\n\t\"a\"\t:\r\n1\r\n,\r\n\t\"b\":2}", "{\r\n\t\"b\":2}"),
            (["b", "c"], "{\"a\":\",\" , \"b\":\"}\" ,\n\"c\":{\"b\":1} }", "{\"a\":\",\" }"),
            (["x"], #"{"a":1}"#, #"{"a":1}"#), (["a", "a"], #"{"a":1,"b":2}"#, #"{"b":2}"#),
        ] as [([StaticString], String, String)]
    )
    func `take members out with their commas`(names: [StaticString], before: String, after: String) throws {
        #expect(try removing(names, from: before) == after)
    }

    /// Every subset of the members of objects of up to six, spaced at random: what is left is what was not removed.
    @Test func `leave valid JSON whichever members go`() throws {
        let names: [StaticString] = ["a", "b", "c", "d", "e", "f"]
        var random = SeededGenerator(seed: 7)
        for count in 1...6 {
            for subset in 0..<(1 << count) {
                func space() -> String { ["", "", " ", "\n ", "\t"].randomElement(using: &random) ?? "" }
                var members: [String] = []
                for (position, name) in names.prefix(count).enumerated() {
                    members.append("\"\(name)\"\(space()):\(space())\(position)")
                }
                let text = "{\(space())\(members.map { "\($0)\(space())" }.joined(separator: ",\(space())"))}"
                let removed = names.prefix(count).enumerated().filter { subset >> $0.offset & 1 == 1 }.map(\.element)
                let left = Array(try removing(removed.shuffled(using: &random), from: text).utf8)
                var kept: [Int] = []
                try JSONIndex(left).withEachMember(of: left) { kept.append($0) }
                #expect(kept == (0..<count).filter { subset >> $0 & 1 == 0 }, "\(text)")
            }
        }
    }

    @Test func `replace values beside members that go`() throws {
        let body = Array(#"{"x":1,"model":"m","y":2}"#.utf8)
        let edits: [BodyEdit] = [
            .removing(member: 19..<24), .replacing(15..<18, with: Array(#""other""#.utf8)), .removing(member: 1..<6),
        ]
        #expect(String(decoding: BodyEdit.apply(edits, to: body), as: UTF8.self) == #"{"model":"other"}"#)
        #expect(BodyEdit.apply([], to: body) == body)
    }

    @Test func `survive spans that overlap or lie outside`() {
        let body = Array("0123456789".utf8)
        func applied(_ edits: [BodyEdit]) -> String { String(decoding: BodyEdit.apply(edits, to: body), as: UTF8.self) }
        #expect(applied([.replacing(2..<6, with: [65]), .replacing(4..<8, with: [66])]) == "01A6789")
        #expect(applied([.replacing(2..<4, with: [65]), .replacing(2..<6, with: [66])]) == "01B6789")
        #expect(applied([.replacing(8..<99, with: [65]), .removing(member: 50..<60)]) == "01234567A")
        #expect(applied([.replacing(3..<3, with: [65])]) == "012A3456789")
    }
}

extension JSONIndex {
    /// Calls `visit` with the whole number that each member holds.
    fileprivate func withEachMember(of bytes: [UInt8], _ visit: (Int) -> Void) throws {
        bytes.withUnsafeBufferPointer { buffer in
            withRoot(buffer) { root in root.forEachMember { _, value in value.integer.map(visit) } }
        }
    }
}
