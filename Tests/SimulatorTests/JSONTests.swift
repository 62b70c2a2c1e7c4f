import Testing

@testable import Simulator

@Suite struct `JSON` {
    @Test(arguments: [
        #"{"b":1,"a":[true,false,null,-0.50,1e3],"c":{"d":"é\n\"\\"}}"#, "[]", "{}", #""""#, "12345678901234567890",
    ])
    func `is written as it was read`(text: String) throws {
        #expect(try JSONParser.parse(Array(text.utf8)).text == text)
    }

    @Test func `escapes become characters`() throws {
        #expect(try JSONParser.parse(Array(#""\u00e9\ud83d\ude00\ud800x\/""#.utf8)).string == "é😀\u{FFFD}x/")
    }

    @Test(arguments: [
        "", "{", "[1,]", "{\"a\" 1}", "01", "1.", "-", "tru", "\"a", "\"\u{1}\"", "1 2", "1e999", "\"\\x\"",
    ])
    func `what is no JSON is refused`(text: String) {
        #expect(throws: JSONParser.Failure.self) { try JSONParser.parse(Array(text.utf8)) }
    }

    @Test func `depth is bounded`() {
        let deep = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        #expect(throws: JSONParser.Failure.self) { try JSONParser.parse(deep) }
    }
}
