/// What a request tells the simulator to do, in the header `x-simulate` or in a marker `[[simulate: …]]`.
struct Directives: Sendable, Equatable {
    var refuses = false
    var hedges = false
    var truncates = false
    var usesTool = false
    var thinks = false
    var sendsGarbage = false
    /// A request to label another one gets no label.
    var mislabels = false
    /// Milliseconds before the headers of a label.
    var labelDelay = 0
    var status: Int?
    /// Seconds for the `retry-after` header.
    var retryAfter: Int?
    /// Milliseconds of silence after `message_start`.
    var stall = 0
    /// Milliseconds before the headers.
    var delay = 0
    /// The connection is closed after so many events.
    var cut: Int?
    /// An `error` event takes the place of all that follows so many events.
    var error: Int?
    /// About how many tokens of text to answer.
    var tokens: Int?
    var pings = 1
    /// Megabytes of text to stream.
    var huge: Int?

    /// One line a word, for `--help`.
    static let help = """
        refuse         stop_reason refusal, status 200
        hedge          an unsure answer
        truncate       cut text, stop_reason max_tokens
        tool           call the first of the request's tools
        think          a thinking block first
        tokens=N       about N tokens of text
        status=N       an error answer: 400 401 403 404 429 500 503 529 …
        retry-after=N  that header on a status=N answer, in seconds
        garbage        status 502 with an HTML body
        delay=MS       wait before the headers
        stall=MS       silence after message_start
        cut=N          close the connection after N events
        error=N        an error event after N events
        pings=N        N pings after message_start
        huge=N         N megabytes of text, as fast as they are read
        mislabel       no label, where a label of the text is asked for
        label-delay=MS wait before a label
        """

    private static let opening = "[[simulate:"
    private static let closing = "]]"

    init() {}

    /// Reads the words of a header or of a marker.
    init(words: some StringProtocol) throws(APIError) {
        for word in words.split(whereSeparator: { $0 == " " || $0 == "," || $0 == "\n" || $0 == "\t" }) {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            try set(parts[0].lowercased(), parts.count > 1 ? String(parts[1]) : nil)
        }
    }

    private mutating func set(_ name: String, _ value: String?) throws(APIError) {
        guard let value else {
            switch name {
            case "refuse": refuses = true
            case "hedge": hedges = true
            case "truncate": truncates = true
            case "tool": usesTool = true
            case "think": thinks = true
            case "garbage": sendsGarbage = true
            case "mislabel": mislabels = true
            default: throw .invalid("simulate: unknown word '\(name)'")
            }
            return
        }
        guard let number = Int(value), number >= 0 else {
            throw .invalid("simulate: '\(name)' needs a whole number, not '\(value)'")
        }
        switch name {
        case "status":
            guard (400...599).contains(number) else { throw .invalid("simulate: status must be 400 to 599") }
            status = number
        case "retry-after": retryAfter = number
        case "stall": stall = min(number, 3_600_000)
        case "delay": delay = min(number, 3_600_000)
        case "cut": cut = number
        case "error": error = number
        case "tokens": tokens = min(number, 1_000_000)
        case "pings": pings = min(number, 10_000)
        case "huge": huge = min(number, 65_536)
        case "label-delay": labelDelay = min(number, 3_600_000)
        default: throw .invalid("simulate: unknown word '\(name)'")
        }
    }

    /// What a marker inside a text says to whoever labels that text: the other words are for its answer.
    var forLabelling: Directives {
        var directives = Directives()
        directives.mislabels = mislabels
        directives.delay = labelDelay
        return directives
    }

    /// The words of the first marker in a text, and the text without its markers.
    static func split(_ text: String) -> (words: String?, rest: String) {
        let bytes = Array(text.utf8)
        guard let start = bytes.firstIndex(of: Array(opening.utf8)),
            let end = bytes.firstIndex(of: Array(closing.utf8), from: start + opening.utf8.count)
        else { return (nil, text) }
        let words = String(decoding: bytes[(start + opening.utf8.count)..<end], as: UTF8.self)
        let rest = bytes[..<start] + bytes[(end + closing.utf8.count)...]
        return (words, split(String(decoding: rest, as: UTF8.self)).rest)
    }
}

extension [UInt8] {
    /// Where the needle first begins at or after an offset; nil when it does not occur or is empty.
    func firstIndex(of needle: [UInt8], from offset: Int = 0) -> Int? {
        guard let first = needle.first, count >= needle.count else { return nil }
        var position = offset
        while position <= count - needle.count {
            if self[position] == first, self[position..<position + needle.count].elementsEqual(needle) {
                return position
            }
            position += 1
        }
        return nil
    }
}
