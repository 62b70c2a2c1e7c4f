import FoundationEssentials
import Shared
import Testing

@Suite struct `JSON-RPC` {
    private struct Sum: Codable, Hashable {
        var left: Int
        var right: Int
    }

    @Test func `writes a request as one line and reads it back`() throws {
        let line = try JSONRPC.request(id: 7, method: "sum", parameters: Sum(left: 1, right: 2))
        #expect(line.last == 0x0A)
        #expect(line.count { $0 == 0x0A } == 1)
        let envelope = try JSONRPC.envelope(line)
        #expect(envelope.id == 7)
        #expect(envelope.method == "sum")
        #expect(try JSONRPC.parameters(Sum.self, of: line) == Sum(left: 1, right: 2))
    }

    @Test func `writes a text with line breaks as one line`() throws {
        let line = try JSONRPC.request(id: 1, method: "say", parameters: ["text": "a\nb\r\u{2028}c/d"])
        #expect(line.count { $0 == 0x0A } == 1)
        #expect(try JSONRPC.parameters([String: String].self, of: line) == ["text": "a\nb\r\u{2028}c/d"])
    }

    @Test func `marks a notification by the lack of an id`() throws {
        let line = try JSONRPC.request(id: nil, method: "tick", parameters: [String: Int]())
        #expect(try JSONRPC.envelope(line).id == nil)
        #expect(!String(decoding: line, as: UTF8.self).contains("\"id\""))
    }

    @Test func `writes a result and reads it back`() throws {
        let line = try JSONRPC.response(id: 3, result: Sum(left: 4, right: 5))
        #expect(try JSONRPC.result(Sum.self, of: line) == Sum(left: 4, right: 5))
        #expect(try JSONRPC.envelope(line).error == nil)
    }

    @Test func `writes an error with a null id where the request had none that could be read`() throws {
        let line = try JSONRPC.response(id: nil, failure: .parseError("garbage"))
        #expect(String(decoding: line, as: UTF8.self).contains("\"id\":null"))
        #expect(try JSONRPC.envelope(line).error == JSONRPC.Failure(code: -32700, message: "garbage"))
    }

    @Test func `says which parameter is wrong`() throws {
        let line = Data(#"{"jsonrpc":"2.0","id":1,"method":"sum","params":{"left":1}}"#.utf8)
        let failure = try #require(throws: JSONRPC.Failure.self) { try JSONRPC.parameters(Sum.self, of: line) }
        #expect(failure.code == -32602)
        #expect(failure.message.contains("right"))
    }

    @Test(arguments: ["", "{", "[]", "42", "\"text\"", #"{"id":"#])
    func `refuses what is no message`(text: String) throws {
        let failure = try #require(throws: JSONRPC.Failure.self) { try JSONRPC.envelope(Data(text.utf8)) }
        #expect(failure.code == -32700)
    }
}
