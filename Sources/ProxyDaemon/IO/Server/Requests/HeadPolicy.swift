import GatewayCore

/// What is wrong with the bytes of a request, before there is a request to speak of.
struct HeadProblem: Error, Equatable {
    let error: GatewayError
    /// The path as far as it was read, for the dialect of the answer.
    let path: String

    init(_ text: String, path: String = "/") {
        error = GatewayError(.invalidRequest("not the HTTP/1.1 that is served here: \(text)"))
        self.path = path
    }

    init(tooLargeFor policy: HeadPolicy, path: String = "/") {
        error = GatewayError(.headTooLarge(limitBytes: policy.maximumBytes, limitFields: policy.maximumFields))
        self.path = path
    }
}

/// Which request heads are let in, and how the body behind one is delimited.
///
/// Stricter than RFC 9112 demands of a server: whatever two programs on a request's way might read differently (line ends,
/// folded lines, lengths given twice, a second host) is refused, so that no request can hide in another.
struct HeadPolicy: Sendable, Equatable {
    /// How the end of the body is known (RFC 9112, section 6).
    enum Framing: Equatable, Sendable {
        case length(Int)
        case chunked
    }

    /// Of the whole head, its blank line included.
    var maximumBytes = 65_536
    var maximumFields = 128

    /// Those of RFC 9110 and RFC 5789 but CONNECT, behind which come bytes of another protocol. The decoder would refuse others,
    /// and what comes behind them.
    private static let methods: [StaticString] = [
        "POST", "GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE",
    ]
    /// Lengths with more digits cannot be meant.
    private static let maximumLengthDigits = 18

    /// Reads a whole head, from the request line's first byte to the blank line's last. Every line must end in CR LF,
    /// which ``HeadReader`` has seen to.
    ///
    /// Throws a ``HeadProblem`` that says what is wrong.
    func framing(of head: UnsafeBufferPointer<UInt8>) throws(HeadProblem) -> Framing {
        var lines = LineWalk(head)
        guard let first = lines.next() else { throw HeadProblem("no request line") }
        let request = try RequestLine(head, first)
        let path = request.path(head)
        func refuse(_ text: String) -> HeadProblem { HeadProblem(text, path: path) }
        var fields = Fields()
        while let line = lines.next(), !line.isEmpty {
            fields.count += 1
            guard fields.count <= maximumFields else { throw HeadProblem(tooLargeFor: self, path: path) }
            do throws(FieldFault) { try fields.read(head, line) } catch { throw refuse(error.text) }
        }
        guard fields.hosts == 1 || (fields.hosts == 0 && !request.isOnePointOne) else {
            throw refuse(fields.hosts == 0 ? "a Host header is needed" : "more than one Host header")
        }
        if fields.isChunked {
            guard request.isOnePointOne else { throw refuse("Transfer-Encoding in HTTP/1.0") }
            guard fields.length == nil else { throw refuse("both Content-Length and Transfer-Encoding") }
            return .chunked
        }
        return .length(fields.length ?? 0)
    }

    /// Why a header field is refused.
    private struct FieldFault: Error {
        let text: String

        init(_ text: String) { self.text = text }
    }

    /// What the fields of a head come to.
    private struct Fields {
        var count = 0
        var hosts = 0
        var length: Int?
        var isChunked = false

        mutating func read(_ head: UnsafeBufferPointer<UInt8>, _ line: Range<Int>) throws(FieldFault) {
            var colon = line.lowerBound
            while colon < line.upperBound, HeadPolicy.isToken(head[colon]) { colon += 1 }
            guard colon > line.lowerBound, colon < line.upperBound, head[colon] == UInt8(ascii: ":") else {
                let isFolded = head[line.lowerBound] == 0x20 || head[line.lowerBound] == 0x09
                throw FieldFault(isFolded ? "a folded header line" : "a header line without a plain name and a colon")
            }
            var value = (colon + 1)..<line.upperBound
            while let byte = value.first.map({ head[$0] }), byte == 0x20 || byte == 0x09 { value.removeFirst() }
            while let byte = value.last.map({ head[$0] }), byte == 0x20 || byte == 0x09 { value.removeLast() }
            for at in value where (head[at] < 0x20 && head[at] != 0x09) || head[at] == 0x7F {
                throw FieldFault("a control character in a header's value")
            }
            try take(head, line.lowerBound..<colon, value)
        }

        private mutating func take(
            _ head: UnsafeBufferPointer<UInt8>,
            _ name: Range<Int>,
            _ value: Range<Int>
        ) throws(FieldFault) {
            switch name.count {
            case 4 where HeadPolicy.equals(head, name, "host"):
                hosts += 1
                guard HeadPolicy.isHost(head[value]) else { throw FieldFault("a Host header that names no host") }
            case 14 where HeadPolicy.equals(head, name, "content-length"):
                guard length == nil else { throw FieldFault("more than one Content-Length header") }
                length = try HeadPolicy.length(head[value])
            case 17 where HeadPolicy.equals(head, name, "transfer-encoding"):
                guard !isChunked else { throw FieldFault("more than one Transfer-Encoding header") }
                guard HeadPolicy.equals(head, value, "chunked") else {
                    throw FieldFault("a Transfer-Encoding other than chunked")
                }
                isChunked = true
            default: break
            }
        }
    }

    private static func length(_ digits: Slice<UnsafeBufferPointer<UInt8>>) throws(FieldFault) -> Int {
        guard (1...maximumLengthDigits).contains(digits.count), digits.allSatisfy({ $0 &- 0x30 < 10 }) else {
            throw FieldFault("a Content-Length that is no plain number")
        }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    /// A host's name or address with or without a port; empty for a request that has none (RFC 9112, section 3.2).
    private static func isHost(_ value: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        var rest = value[...]
        if rest.first == UInt8(ascii: "[") {
            guard let end = rest.firstIndex(of: UInt8(ascii: "]")) else { return false }
            let inside = rest[rest.index(after: rest.startIndex)..<end]
            guard !inside.isEmpty, inside.allSatisfy({ isHexadecimal($0) || $0 == 0x3A || $0 == 0x2E }) else {
                return false
            }
            rest = rest[rest.index(after: end)...]
        } else {
            let name = rest.prefix { $0 != UInt8(ascii: ":") }
            guard name.allSatisfy(isOfHostName) else { return false }
            rest = rest[name.endIndex...]
        }
        guard rest.first == UInt8(ascii: ":") else { return rest.isEmpty }
        let digits = rest.dropFirst()
        guard digits.count <= 5, digits.allSatisfy({ $0 &- 0x30 < 10 }) else { return false }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) } <= 65_535
    }

    private static func isOfHostName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"), UInt8(ascii: "%"):
            true
        default: false
        }
    }

    static func isHexadecimal(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 6 }

    /// RFC 9110's token characters.
    static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
            UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "^"), UInt8(ascii: "`"),
            UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// Whether these bytes are that word, whatever the case of their letters.
    static func equals(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ lowercase: StaticString) -> Bool {
        guard range.count == lowercase.utf8CodeUnitCount else { return false }
        for (offset, at) in range.enumerated() {
            let byte = bytes[at]
            let lower = byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
            guard lower == lowercase.utf8Start[offset] else { return false }
        }
        return true
    }

    /// `METHOD /target HTTP/1.1`, with one space between and nothing else.
    private struct RequestLine {
        let target: Range<Int>
        let isOnePointOne: Bool

        init(_ head: UnsafeBufferPointer<UInt8>, _ line: Range<Int>) throws(HeadProblem) {
            var at = line.lowerBound
            while at < line.upperBound, isToken(head[at]) { at += 1 }
            guard at > line.lowerBound, at < line.upperBound, head[at] == 0x20 else {
                throw HeadProblem("the request line begins with no method")
            }
            let method = head[line.lowerBound..<at]
            let isKnown = methods.contains {
                method.elementsEqual(UnsafeBufferPointer(start: $0.utf8Start, count: $0.utf8CodeUnitCount))
            }
            guard isKnown else {
                throw HeadProblem("the request line begins with a method that nothing here takes")
            }
            let start = at + 1
            at = start
            while at < line.upperBound, (0x21...0x7E).contains(head[at]) { at += 1 }
            guard at < line.upperBound, head[at] == 0x20, start < at else {
                throw HeadProblem("the request line has no target of plain characters")
            }
            target = start..<at
            guard head[start] == UInt8(ascii: "/"), !head[target].contains(UInt8(ascii: "#")) else {
                throw HeadProblem("the target is no path; this is no proxy for other servers")
            }
            let version = (at + 1)..<line.upperBound
            isOnePointOne = version.count == 8 && head[version].elementsEqual("HTTP/1.1".utf8)
            guard isOnePointOne || (version.count == 8 && head[version].elementsEqual("HTTP/1.0".utf8)) else {
                throw HeadProblem("the version is neither HTTP/1.1 nor HTTP/1.0", path: path(head))
            }
        }

        func path(_ head: UnsafeBufferPointer<UInt8>) -> String {
            String(decoding: head[target].prefix { $0 != UInt8(ascii: "?") }.prefix(256), as: UTF8.self)
        }
    }

    /// The lines of a head without their CR LF.
    private struct LineWalk {
        private let head: UnsafeBufferPointer<UInt8>
        private var at = 0

        init(_ head: UnsafeBufferPointer<UInt8>) { self.head = head }

        mutating func next() -> Range<Int>? {
            guard at < head.count, let end = JSONScan.next(0x0A, head, from: at), end > at else { return nil }
            defer { at = end + 1 }
            return at..<(end - 1)
        }
    }
}
