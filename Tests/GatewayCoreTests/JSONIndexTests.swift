import FoundationEssentials
import GatewayCore
import Testing

@Suite struct `JSON index` {
    @Test(arguments: [
        #"{}"#, #"{ "a" : 1 }"#, #"{"a":[],"b":{},"c":[[],{}],"d":[{"e":[1,2,{"f":null}]}]}"#,
        #"{"text":"quote \" and backslash \\","n":-1.5e+10,"t":true,"f":false,"z":null}"#, "\n{\"a\":\"é😀\"}\r\n",
    ])
    func `accepts what JSON accepts`(text: String) throws {
        let index = try JSONIndex(Array(text.utf8))
        let reference = try JSONDecoder().decode([String: Anything].self, from: Data(text.utf8))
        let count = Array(text.utf8).withUnsafeBufferPointer { bytes in
            index.withRoot(bytes) { root in
                var count = 0
                root.forEachMember { _, _ in count += 1 }
                return count
            }
        }
        #expect(count == reference.count)
    }

    @Test(arguments: [
        ("", 0, "an object"), ("[]", 0, "an object"), (#"{"a"}"#, 4, "':'"), (#"{"a":}"#, 5, "a value"),
        (#"{"a":1,}"#, 7, "a member name in quotes"), (#"{"a":1} x"#, 8, "the end"), (#"{"a":tru}"#, 5, "true"),
        (#"{"a":01}"#, 7, "a number"), (#"{"a":[1 2]}"#, 8, "',' or ']'"), (#"{"a":{"b":1]}"#, 11, "',' or '}'"),
        (#"{"a":-}"#, 6, "a number"), (#"{"a":1.}"#, 7, "a digit"), (#"{"a":[}"#, 6, "a value"),
    ])
    func `says where and what was expected`(text: String, offset: Int, expected: String) {
        #expect(throws: JSONProblem(offset: offset, expected: expected)) { try JSONIndex(Array(text.utf8)) }
    }

    @Test func `refuses an unended string and too deep a nesting`() {
        #expect(throws: JSONProblem.self) { try JSONIndex(Array(#"{"a":"b\"}"#.utf8)) }
        let deep = "{\"a\":" + String(repeating: "[", count: 200) + String(repeating: "]", count: 200) + "}"
        #expect(throws: JSONProblem.self) { try JSONIndex(Array(deep.utf8)) }
        let bearable = "{\"a\":" + String(repeating: "[", count: 100) + String(repeating: "]", count: 100) + "}"
        #expect(throws: Never.self) { try JSONIndex(Array(bearable.utf8)) }
    }

    /// Bytes changed at random: the index must agree with Foundation on most and never read outside the buffer.
    @Test func `never accepts what a full parser refuses for its structure`() {
        var random = SeededGenerator(seed: 7)
        let seed = Array(#"{"model":"m","a":[1,{"b":"c\n"},null,true],"n":-2.5e3,"s":"x\"y"}"#.utf8)
        for _ in 0..<20_000 {
            var bytes = seed
            for _ in 0...Int.random(in: 0...2, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0: bytes[at] = Array(#"{}[]",:\truefalsn0.-e "#.utf8).randomElement(using: &random) ?? 0
                case 1: bytes.remove(at: at)
                default: bytes.insert(bytes[at], at: at)
                }
            }
            guard (try? JSONIndex(bytes)) != nil else { continue }
            // Escapes inside strings are left to their decoder, so a text without backslashes must parse.
            guard !bytes.contains(UInt8(ascii: "\\")) else { continue }
            #expect(
                (try? JSONDecoder().decode(Anything.self, from: Data(bytes))) != nil,
                "accepted \(String(decoding: bytes, as: UTF8.self))"
            )
        }
    }

    @Test func `views decode values from their spans`() throws {
        let text =
            #"{"s":"a\u00e9\ud83d\ude00\n\/","i":-42,"big":99999999999999999999,"b":true,"o":{"x":[1,"two",{}]}}"#
        let bytes = Array(text.utf8)
        try bytes.withUnsafeBufferPointer { buffer in
            try JSONIndex(buffer).withRoot(buffer) { view in
                #expect(view["s"]?.string == "aé😀\n/")
                #expect(view["i"]?.integer == -42)
                #expect(view["big"]?.integer == nil)
                #expect(view["b"]?.bool == true)
                var kinds: [JSONKind] = []
                view["o"]?["x"]?.forEachElement { kinds.append($0.kind) }
                #expect(kinds == [.number, .string, .object])
                #expect(view["o"].map { String(decoding: $0.raw, as: UTF8.self) } == #"{"x":[1,"two",{}]}"#)
                #expect(view["missing"] == nil)
            }
        }
    }
}

/// Any JSON value, for asking a full parser whether it is one.
struct Anything: Decodable {
    init(from decoder: any Decoder) throws {
        if var list = try? decoder.unkeyedContainer() {
            while !list.isAtEnd { _ = try list.decode(Anything.self) }
            return
        }
        if let object = try? decoder.container(keyedBy: Key.self) {
            for key in object.allKeys { _ = try object.decode(Anything.self, forKey: key) }
            return
        }
        let value = try decoder.singleValueContainer()
        if value.decodeNil() || (try? value.decode(Bool.self)) != nil || (try? value.decode(Double.self)) != nil {
            return
        }
        _ = try value.decode(String.self)
    }

    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
