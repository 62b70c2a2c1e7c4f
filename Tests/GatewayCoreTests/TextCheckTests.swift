import GatewayCore
import Testing

@testable import GatewayCore

@Suite struct `Text in bodies` {
    private func firstInvalid(_ bytes: [UInt8]) -> Int? {
        bytes.withUnsafeBufferPointer { JSONScan.firstInvalidUTF8($0) }
    }

    @Test func `takes all of UTF-8`() {
        let samples = [
            "", "a", "é", "\u{7FF}", "\u{800}", "\u{D7FF}", "\u{E000}", "\u{FFFF}", "😀", "\u{10FFFF}", "漢字かな",
        ]
        for sample in samples {
            // At every place beside the steps of eight.
            for padding in 0..<9 {
                let text = String(repeating: "x", count: padding) + sample + "yz"
                #expect(firstInvalid(Array(text.utf8)) == nil)
            }
        }
    }

    /// From the table of RFC 3629 and Unicode's of ill-formed sequences.
    @Test(
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC0, 0xAF], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xE0, 0x80, 0x80],
            [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xE1, 0x80], [0xE1, 0x80, 0x41],
            [0xF0, 0x80, 0x80, 0x80],
            [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xF0, 0x90, 0x80], [0xFF],
            [0xFE],
        ] as [[UInt8]]
    )
    func `finds what is none`(bytes: [UInt8]) {
        for padding in 0..<17 {
            let before = [UInt8](repeating: 0x61, count: padding)
            #expect(firstInvalid(before + bytes) == padding)
            #expect(firstInvalid(before + bytes + [0x61, 0x61]) == padding)
        }
    }

    /// Swift's own reader is the reference.
    @Test func `agrees with the standard library`() {
        var generator = SeededGenerator(seed: 7)
        let lead: [UInt8] = [
            0x41, 0x7F, 0x80, 0xBF, 0xC0, 0xC2, 0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF4, 0xF5, 0xFF, 0x9F, 0xA0, 0x90, 0x8F,
        ]
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...20, using: &generator)
            let bytes = (0..<count).map { _ in lead.randomElement(using: &generator) ?? 0 }
            #expect((firstInvalid(bytes) == nil) == (String(validating: bytes, as: UTF8.self) != nil))
        }
    }

    @Test func `finds control characters in strings and names`() throws {
        func problem(_ text: String) throws -> JSONProblem? {
            let bytes = Array(text.utf8)
            return try bytes.withUnsafeBufferPointer { try JSONIndex($0).textProblem($0) }
        }
        #expect(try problem("{\"a\" :\n\t[\"b\", \"\\u0000\\n\"],\r\n\"é\":\"\u{7F}\"}") == nil)
        for code in 0..<0x20 as Range<UInt8> {
            let control = String(UnicodeScalar(code))
            #expect(try problem("{\"a\":\"12345678\(control)\"}")?.offset == 14, "\(code)")
            #expect(try problem("{\"\(control)\":1}")?.offset == 2, "\(code)")
        }
    }

    /// Texts are looked through in blocks of 512 bytes.
    @Test(arguments: [0, 1, 2, 3, 510, 511, 512, 513, 1_022, 1_023, 1_024, 1_025])
    func `finds at every place what it looks for`(place: Int) {
        func varies(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBufferPointer(OneSpelling.mayVary) }
        func control(_ bytes: [UInt8]) -> Int? {
            bytes.withUnsafeBufferPointer { JSONScan.firstControl($0, in: 0..<bytes.count) }
        }
        let before = [UInt8](repeating: 0x61, count: place)
        for after in [0, 1, 600] as [Int] {
            let rest = [UInt8](repeating: 0x75, count: after)
            #expect(control(before + rest) == nil && !varies(before + rest))
            #expect(control(before + [0x1F] + rest) == place)
            #expect(control(before + [0x20, 0x7F, 0xFF] + rest) == nil)
            #expect(firstInvalid(before + [0xC3, 0xA9] + rest) == nil)
            #expect(firstInvalid(before + [0xC3] + rest) == place)
            for letter in "u/bf".utf8 { #expect(varies(before + [0x5C, letter] + rest)) }
            for letter in "n\"tr \u{7F}".utf8 { #expect(!varies(before + [0x5C, letter] + rest)) }
        }
        #expect(varies(before + [0x5C]))
    }
}

/// What is refused before a provider sees it, and what is left to the provider.
@Suite struct `The shape of requests` {
    private func refusal(_ dialect: Dialect, _ members: String, messages: String? = nil) -> String? {
        let messages = messages ?? #"[{"role":"user","content":"Hi"}]"#
        let body = Array(#"{"model":"m","max_tokens":5,\#(members)"messages":\#(messages)}"#.utf8)
        do throws(GatewayError) {
            _ = try Prompt(parsing: body, dialect: dialect)
            return nil
        } catch {
            return error.message
        }
    }

    @Test(arguments: [
        (#""temperature":"hot","#, "temperature: expected a number, found a string"),
        (#""temperature":-1,"#, "temperature: expected a number of at least 0"),
        (#""temperature":true,"#, "temperature: expected a number, found a boolean"),
        (#""top_p":{},"#, "top_p: expected a number, found an object"),
        (#""tools":"x","#, "tools: expected an array, found a string"),
        (#""tools":{},"#, "tools: expected an array, found an object"),
    ])
    func `members`(members: String, expected: String) {
        for dialect in Dialect.allCases { #expect(refusal(dialect, members) == expected) }
    }

    @Test(arguments: [
        (#"[{"role":"root\r\nx: y","content":"a"}]"#, "messages.0.role: expected a word such as user or assistant"),
        (#"[{"role":"","content":"a"}]"#, "messages.0.role: expected a word such as user or assistant"),
        (
            #"[{"role":"user","content":"a"},{"role":"user","content":[{"type":"text","text":"a"},{"type":5}]}]"#,
            "messages.1.content.1.type: expected a string, found a number"
        ),
        (#"[{"role":"user","content":[{"type":null}]}]"#, "messages.0.content.0.type: expected a string, found null"),
    ])
    func `messages`(messages: String, expected: String) {
        for dialect in Dialect.allCases { #expect(refusal(dialect, "", messages: messages) == expected) }
    }

    @Test(
        arguments: [
            (#""temperature":-0.0e9,"top_p":-0,"#, nil),
            (#""temperature":null,"tools":null,"top_p":1e-3,"#, nil),
            (#""temperature":7,"brand_new":{"a":[-1]},"thinking":{"type":"brand_new"},"#, nil),
            ("", #"[{"role":"brand-new_role","content":[{"type":"brand new block!","x":1},{"no_type":1}]}]"#),
        ] as [(String, String?)]
    )
    func `what a provider may take tomorrow passes`(members: String, messages: String?) {
        for dialect in Dialect.allCases { #expect(refusal(dialect, members, messages: messages) == nil) }
    }

    @Test func `names the place of what is no text`() {
        let bytes = Array(#"{"model":"m","messages":[{"role":"user","content":""#.utf8) + [0xFF] + Array(#""}]}"#.utf8)
        let error = #expect(throws: GatewayError.self) { try Prompt(parsing: bytes) }
        #expect(error?.message == "the request body is invalid JSON at byte 51: expected UTF-8")
    }
}
