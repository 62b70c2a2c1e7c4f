/// How much of a prompt its client asks to have cached: where the last `cache_control` marker stands, in the order in
/// which Anthropic caches (tools, system, messages), measured in bytes of the body.
///
/// OpenAI's `prompt_cache_breakpoint` is the same thing under another name.
package struct CacheMarks: Sendable, Equatable {
    /// Bytes of tools, system and messages. An image counts as ``imageBytes``, however long it is.
    package var totalBytes = 0
    /// Those up to the last marker; none without one.
    package var markedBytes = 0
    /// Those up to the last marker for one hour.
    package var hourBytes = 0
    /// A marker stands in the last message, or at the top: it moves along as the prompt grows. Others, such as one on a
    /// system prompt, stay where they are.
    package var moves = false

    /// What an image or a document counts as in bytes: about 1,500 tokens.
    package static let imageBytes = 6_000

    package init() {}

    /// The part of so many tokens of prompt that is marked.
    package func markedTokens(of promptTokens: Int) -> Int { share(markedBytes, of: promptTokens) }

    /// The part that is marked for one hour.
    package func hourTokens(of promptTokens: Int) -> Int { share(hourBytes, of: promptTokens) }

    private func share(_ bytes: Int, of tokens: Int) -> Int {
        guard totalBytes > 0, bytes > 0, tokens > 0 else { return 0 }
        guard bytes < totalBytes else { return tokens }
        return Int(Int128(tokens) * Int128(bytes) / Int128(totalBytes))
    }
}

/// The marks of one part of a prompt (tools, system or messages), taken as its blocks go by.
struct MarkedSection {
    private(set) var bytes = 0
    private(set) var marked = 0
    private(set) var hour = 0
    /// A marker was seen in the block that is being read.
    private var isMarked = false
    private var isHour = false
    /// Bytes of the block at hand that are no text.
    private var surplus = 0

    /// Takes note of bytes in the block at hand that do not count.
    mutating func discount(_ count: Int) { surplus += max(0, count) }

    /// Takes note of a marker in the block at hand, or in one inside it.
    mutating func note(marker: JSONView) {
        guard marker.kind == .object else { return }
        isMarked = true
        // "12h" is OpenAI's longer one: translated, it becomes Anthropic's hour.
        if let ttl = marker["ttl"], ttl.isText("1h") || ttl.isText("12h") { isHour = true }
    }

    /// Takes note of a block's end.
    mutating func end(blockOf count: Int) {
        bytes += max(0, count - surplus)
        surplus = 0
        if isMarked { marked = bytes }
        if isHour { hour = bytes }
        (isMarked, isHour) = (false, false)
    }

    /// Marks everything so far, as a marker at the top of a request does.
    mutating func markAll(by marker: JSONView) {
        note(marker: marker)
        end(blockOf: 0)
    }
}

extension CacheMarks {
    /// Puts the parts of a prompt behind each other.
    init(tools: MarkedSection, system: MarkedSection, messages: MarkedSection, moves: Bool) {
        var start = 0
        for section in [tools, system, messages] {
            if section.marked > 0 { markedBytes = start + section.marked }
            if section.hour > 0 { hourBytes = start + section.hour }
            start += section.bytes
        }
        totalBytes = start
        self.moves = moves
    }
}
