import GatewayCore
import Testing

@testable import GatewayIO

/// Table of heads and what becomes of them, worked out from RFC 9112 and the policy's own contract.
@Suite struct HeadPolicyTests {
    private func framing(_ head: String, _ policy: HeadPolicy = HeadPolicy()) throws -> HeadPolicy.Framing {
        try framing(Array(head.utf8), policy)
    }

    private func framing(_ bytes: [UInt8], _ policy: HeadPolicy = HeadPolicy()) throws -> HeadPolicy.Framing {
        let result = bytes.withUnsafeBufferPointer { buffer -> Result<HeadPolicy.Framing, HeadProblem> in
            do throws(HeadProblem) {
                var reader = HeadReader()
                guard let end = try reader.end(in: buffer) else { throw HeadProblem("no end") }
                return .success(try policy.framing(of: UnsafeBufferPointer(rebasing: buffer[..<end])))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func refusal(_ head: String) -> String? {
        do {
            _ = try framing(head)
            return nil
        } catch {
            return (error as? HeadProblem)?.error.message
        }
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nhost: a\r\n\r\n", 0),
        ("POST /v1/messages?beta=true HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nContent-Length: 12\r\n\r\n", 12),
        ("POST / HTTP/1.1\r\nhost: [::1]:80\r\ncontent-length:\t0012 \r\n\r\n", 12),
        ("GET / HTTP/1.0\r\n\r\n", 0),
        ("GET / HTTP/1.1\r\nhost:\r\n\r\n", 0),
        ("PATCH / HTTP/1.1\r\nhost: a.example:65535\r\nx: \r\n\r\n", 0),
        ("GET / HTTP/1.1\r\nhost: a\r\nx: caf\u{E9}\tb\r\n\r\n", 0),
    ])
    func takes(head: String, length: Int) throws { #expect(try framing(head) == .length(length)) }

    @Test(arguments: ["chunked", "CHUNKED", "Chunked \t"])
    func takesChunked(value: String) throws {
        #expect(try framing("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: \(value)\r\n\r\n") == .chunked)
    }

    @Test(arguments: [
        // The request line.
        "GET  / HTTP/1.1\r\nhost: a\r\n\r\n", "GET /  HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET\t/ HTTP/1.1\r\nhost: a\r\n\r\n",
        " GET / HTTP/1.1\r\nhost: a\r\n\r\n", "GET / HTTP/1.1 \r\nhost: a\r\n\r\n", "GET /\r\nhost: a\r\n\r\n",
        "G@T / HTTP/1.1\r\nhost: a\r\n\r\n", "GET / http/1.1\r\nhost: a\r\n\r\n", "GET / HTTP/1.2\r\nhost: a\r\n\r\n",
        "GET / HTTP/2.0\r\nhost: a\r\n\r\n", "GET / HTTP/1.1x\r\nhost: a\r\n\r\n", "GET / ICAP/1.1\r\nhost: a\r\n\r\n",
        "GET x HTTP/1.1\r\nhost: a\r\n\r\n", "OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n",
        "CONNECT a:22 HTTP/1.1\r\nhost: a\r\n\r\n", "GET http://b/ HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET /#x HTTP/1.1\r\nhost: a\r\n\r\n", "GET /\u{E9} HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET /\u{0}x HTTP/1.1\r\nhost: a\r\n\r\n", "\(String(repeating: "A", count: 33)) / HTTP/1.1\r\nhost: a\r\n\r\n",
        "FOO / HTTP/1.1\r\nhost: a\r\n\r\n", "PoST / HTTP/1.1\r\nhost: a\r\n\r\n", "POS / HTTP/1.1\r\nhost: a\r\n\r\n",
        "CONNECT / HTTP/1.1\r\nhost: a\r\n\r\n",
        "\r\n\r\n",
        // Lines and fields.
        "GET / HTTP/1.1\nhost: a\r\n\r\n", "GET / HTTP/1.1\r\nhost: a\n\r\n", "GET / HTTP/1.1\r\nhost: a\r\n\n",
        "GET / HTTP/1.1\r\nhost: a\rb: c\r\n\r\n", "GET / HTTP/1.1\r\nhost: a\r\n x: y\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nx : y\r\n\r\n", "GET / HTTP/1.1\r\nhost: a\r\nx\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\n: y\r\n\r\n", "GET / HTTP/1.1\r\nhost: a\r\nx y: z\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nx: a\u{1}b\r\n\r\n", "GET / HTTP/1.1\r\nhost: a\r\nx: \u{7F}\r\n\r\n",
        // Host.
        "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n",
        "GET / HTTP/1.0\r\nhost: a\r\nhost: b\r\n\r\n", "GET / HTTP/1.1\r\nhost: a b\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a, b\r\n\r\n", "GET / HTTP/1.1\r\nhost: a/b\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: u@a\r\n\r\n", "GET / HTTP/1.1\r\nhost: a:9x\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a:65536\r\n\r\n", "GET / HTTP/1.1\r\nhost: [::1\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: [::1]x\r\n\r\n", "GET / HTTP/1.1\r\nhost: [x]\r\n\r\n",
        // Framing.
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1, 1\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: +1\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length:\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0x1\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1 1\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1234567890123456789\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ncontent-length: 1\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip, chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: identity\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding:\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n",
        "POST / HTTP/1.0\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n",
    ])
    func refuses(head: String) { #expect(refusal(head)?.hasPrefix("not the HTTP/1.1 that is served here: ") == true) }

    @Test func limitsFields() throws {
        let policy = HeadPolicy(maximumBytes: 1_000, maximumFields: 3)
        #expect(try framing("GET / HTTP/1.1\r\nhost: a\r\nx: 1\r\ny: 2\r\n\r\n", policy) == .length(0))
        let error = #expect(throws: HeadProblem.self) {
            try framing("GET /v1/chat/completions?x HTTP/1.1\r\nhost: a\r\nx: 1\r\ny: 2\r\nz: 3\r\n\r\n", policy)
        }
        #expect(error?.error.status == 431)
        // The answer is to be in the dialect of this path.
        #expect(error?.path == "/v1/chat/completions")
    }

    /// However the reads fall, the same heads end at the same place.
    @Test func findsTheEndInPieces() throws {
        let bytes = Array("GET / HTTP/1.1\r\nhost: a\r\n\r\nrest\n".utf8)
        let whole = bytes.count - 5
        for step in 1...bytes.count {
            var reader = HeadReader()
            var end: Int?
            var count = 0
            while end == nil, count < bytes.count {
                count = min(bytes.count, count + step)
                end = try bytes[..<count].withUnsafeBufferPointer { try reader.end(in: $0) }
            }
            #expect(end == whole, "in steps of \(step)")
        }
    }
}

@Suite struct ChunkWalkTests {
    /// How much of the text belongs to the body, taken in steps; nil where it is refused or has no end.
    private func length(_ text: String, step: Int = .max) -> Int? {
        let bytes = Array(text.utf8)
        var walk = ChunkWalk()
        var at = 0
        while at < bytes.count, !walk.isAtEnd {
            let end = step > bytes.count - at ? bytes.count : at + step
            guard let taken = bytes[at..<end].withUnsafeBufferPointer({ try? walk.take($0) }) else { return nil }
            at += taken
        }
        return walk.isAtEnd ? at : nil
    }

    @Test(arguments: [
        "0\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n", "A\r\n0123456789\r\n00\r\n\r\n", "5;a=b\r\nhello\r\n0;x\r\n\r\n",
        "1\r\na\r\n1\r\nb\r\n0\r\nx-t: 1\r\ny:\r\n\r\n",
    ])
    func findsTheEnd(body: String) {
        for step in [Int.max, 1, 2, 3] { #expect(length(body + "GET /next", step: step) == body.utf8.count) }
    }

    @Test(arguments: [
        "\r\nhello\r\n0\r\n\r\n", "-5\r\nhello\r\n0\r\n\r\n", "+5\r\nhello\r\n0\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n",
        "0_5\r\nhello\r\n0\r\n\r\n", "zz\r\nhello\r\n0\r\n\r\n", " 5\r\nhello\r\n0\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n",
        "5\u{0}\r\nhello\r\n0\r\n\r\n", "5\nhello\n0\n\n", "5\rhello\r0\r\r", "5\r\nhelloXX0\r\n\r\n",
        "a\r\nhello\r\n0\r\n\r\n", "3\r\nhello\r\n0\r\n\r\n", "123456789\r\nhello\r\n0\r\n\r\n",
        "5;a\nX\r\nhello\r\n0\r\n\r\n",
        "0\r\n x: folded\r\n\r\n", "0\r\nx: \u{1}\r\n\r\n",
        "0\r\nx\r\n\r\n", "0\r\nx : 1\r\n\r\n", "0\r\n: 1\r\n\r\n", "5\r\nhel", "5\r\nhello\r\n",
        "5;\(String(repeating: "a", count: 257))\r\nhello\r\n0\r\n\r\n",
        "0\r\nx: \(String(repeating: "a", count: 8_192))\r\n\r\n",
    ])
    func refuses(body: String) {
        #expect(length(body) == nil)
        #expect(length(body, step: 1) == nil)
    }
}
