import GatewayCore
import Shared
import Testing

@Suite struct `Event stream splitter` {
    static let stream = """
        : a comment\r\n\r\nevent: message_start\r\ndata: {"a":1}\r\n\r\nevent: two\ndata: é😀\ndata: more\n\n\
        data: bare\r\revent: last\ndata: x\n\n
        """

    @Test func `regroups bytes without changing them, however they are cut`() throws {
        let bytes = Array(Self.stream.utf8)
        var random = SeededGenerator(seed: 3)
        for round in 0..<500 {
            var splitter = EventStreamSplitter()
            var out: [UInt8] = []
            var names: [String] = []
            var at = 0
            while at < bytes.count {
                let size = round == 0 ? 1 : Int.random(in: 1...12, using: &random)
                let piece = Array(bytes[at..<min(at + size, bytes.count)])
                at += piece.count
                out += try splitter.append(piece) { names.append(ServerSentEvent(parsing: $0).name) }
            }
            let rest = splitter.finish { names.append(ServerSentEvent(parsing: $0).name) }
            #expect(out + rest.whole + rest.partial == bytes)
            #expect(rest.partial.isEmpty)
            #expect(names == ["", "message_start", "two", "", "last"])
        }
    }

    @Test func `hands out an event only when it is whole`() throws {
        var splitter = EventStreamSplitter()
        #expect(try splitter.append(Array("event: a\ndata: 1\n".utf8)) { _ in Issue.record("not whole yet") } == [])
        var seen = 0
        let out = try splitter.append(Array("\nevent: b".utf8)) { _ in seen += 1 }
        #expect(String(decoding: out, as: UTF8.self) == "event: a\ndata: 1\n\n")
        #expect(seen == 1)
        #expect(splitter.finish { _ in Issue.record("cut off") }.partial == Array("event: b".utf8))
    }

    @Test func `joins data lines and takes one space after the colon`() {
        let event = Array("data:  two\nid: 7\ndata:lines\nevent:named\n\n".utf8)
        event.withUnsafeBufferPointer { bytes in
            #expect(ServerSentEvent(parsing: bytes) == ServerSentEvent(name: "named", data: Array(" two\nlines".utf8)))
        }
    }

    @Test func `refuses an event without end`() {
        var splitter = EventStreamSplitter(limit: 64)
        #expect(throws: EventStreamSplitter.EventTooLong(limit: 64)) {
            try splitter.append([UInt8](repeating: 0x61, count: 65)) { _ in }
        }
    }
}

@Suite struct `Stream meter` {
    private func meter(_ events: [String]) -> AnthropicStreamMeter {
        var meter = AnthropicStreamMeter()
        for event in events { Array(event.utf8).withUnsafeBufferPointer { meter.read($0) } }
        return meter
    }

    private static let start = """
        event: message_start
        data: {"type":"message_start","message":{"usage":{"input_tokens":4,"cache_creation_input_tokens":120,\
        "cache_read_input_tokens":2048,"cache_creation":{"ephemeral_5m_input_tokens":20,\
        "ephemeral_1h_input_tokens":100},"output_tokens":2}}}\n\n
        """

    @Test func `overwrites cumulative counts and keeps what is null`() {
        let meter = meter([
            Self.start,
            "event: message_delta\ndata: {\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"input_tokens\":null,"
                + "\"output_tokens\":97}}\n\n",
            "event: message_stop\ndata: {}\n\n",
        ])
        #expect(meter.usage.input == 4)
        #expect(meter.usage.cacheRead == 2048)
        #expect(meter.usage.cacheWrite5m == 20)
        #expect(meter.usage.cacheWrite1h == 100)
        #expect(meter.usage.output == 97)
        #expect(meter.stopReason == "end_turn")
        #expect(meter.isComplete && meter.hasFinalUsage)
    }

    @Test func `estimates the output of a stream that breaks off`() {
        let delta = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
        let text = String(repeating: "word ", count: 80)
        let meter = meter([Self.start, delta + "{\"type\":\"text_delta\",\"text\":\"\(text)\"}}\n\n"])
        #expect(!meter.hasFinalUsage)
        #expect((90...110).contains(meter.estimatedUsage.output), "400 characters are about 100 tokens")
    }

    @Test func `tells the provider's own error`() {
        let meter = meter([
            "event: error\ndata: {\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n"
        ])
        #expect(meter.error == "overloaded_error: Overloaded")
        #expect(!meter.isComplete)
    }
}
