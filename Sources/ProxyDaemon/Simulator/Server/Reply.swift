/// One thing that a reply does, in order. Nothing is rendered before its turn, so a long reply stays small.
enum Step: Sendable, Equatable {
    /// Silence for so many milliseconds.
    case wait(Double)
    /// Bytes of a body that is no event stream.
    case raw([UInt8])
    /// An event of the stream.
    case event(String, JSONValue)
    /// A `content_block_delta` of a block: the delta's type and its field, and the field's text.
    case delta(Int, type: String, field: String, text: Substring)
    /// The same bytes so many times; each time counts as one event.
    case repeated([UInt8], count: Int)
    /// The connection ends here, without the end that HTTP asks for.
    case cut

    /// How many events the step sends.
    var events: Int {
        switch self {
        case .event, .delta: 1
        case .repeated(_, let count): count
        case .wait, .raw, .cut: 0
        }
    }

    /// The bytes of the step; for a repeated one, of one time.
    var bytes: [UInt8] {
        switch self {
        case .wait, .cut: return []
        case .raw(let bytes), .repeated(let bytes, _): return bytes
        case .event(let name, let data): return Self.render(name) { data.write(to: &$0) }
        case .delta(let index, let type, let field, let text):
            return Self.render("content_block_delta") { bytes in
                bytes.append(contentsOf: #"{"type":"content_block_delta","index":\#(index),"delta":"#.utf8)
                bytes.append(contentsOf: #"{"type":"\#(type)","\#(field)":"#.utf8)
                JSONValue.write(text, to: &bytes)
                bytes.append(contentsOf: "}}".utf8)
            }
        }
    }

    private static func render(_ name: String, data: (inout [UInt8]) -> Void) -> [UInt8] {
        var bytes = Array("event: \(name)\ndata: ".utf8)
        data(&bytes)
        bytes.append(contentsOf: "\n\n".utf8)
        return bytes
    }
}

/// An HTTP answer as a plan: what to send, and when.
struct Reply: Sendable, Equatable {
    var status = 200
    var headers: [(String, String)] = []
    /// Milliseconds before the headers.
    var delay = 0.0
    var steps: [Step] = []
    /// Bytes of the body where that is known; without it the body is sent in chunks.
    var length: Int?

    static func == (left: Reply, right: Reply) -> Bool {
        left.status == right.status && left.delay == right.delay && left.steps == right.steps
            && left.length == right.length && left.headers.elementsEqual(right.headers, by: ==)
    }

    static func whole(_ body: [UInt8], status: Int = 200, type: String = "application/json") -> Reply {
        Reply(status: status, headers: [("content-type", type)], steps: [.raw(body)], length: body.count)
    }

    static func json(_ body: JSONValue, status: Int = 200) -> Reply { whole(body.bytes, status: status) }
}
