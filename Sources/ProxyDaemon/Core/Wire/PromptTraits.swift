/// What a request's shape and text tell about how hard it is and which models can take it, in terms of no dialect. Read
/// in one pass; holds no more text than the classifier looks at.
package struct PromptTraits: Sendable, Equatable {
    /// How much of the beginning of the last user text is kept at least, and how much of its end: long texts are mostly
    /// pasted, and what is asked stands before or after.
    static let keptHeadBytes = 98_304
    static let keptTailBytes = 32_768

    /// UTF-8 bytes of all text in the system prompt.
    package var systemBytes = 0
    /// UTF-8 bytes of all text in the messages, tool results included, images and documents not.
    package var messageBytes = 0
    /// UTF-8 bytes of the tools' definitions.
    package var toolBytes = 0
    package var messageCount = 0
    package var userTurns = 0
    package var toolCount = 0
    /// The text of the last user message as UTF-8, as far as it is kept.
    package var lastUserText: [UInt8] = []
    /// Any tool call or result in the history: a step of an agent's loop.
    package var hasToolHistory = false

    // What models differ in.

    /// The answer is to be JSON by a schema.
    package var wantsStructuredOutput = false
    /// Tools whose calls are to follow their schema exactly.
    package var hasStrictTools = false
    package var hasForcedTool = false
    /// Tools that the provider itself runs or that have a type of Anthropic's.
    package var hasTypedTools = false
    /// Images in the messages and in tool results.
    package var imageCount = 0
    /// Images or documents that are not in the body but at an address.
    package var hasLinkedContent = false
    package var hasPDF = false
    /// Documents of plain text or of content blocks.
    package var hasTextDocuments = false
    /// The last message is the assistant's: it is to be continued.
    package var isPrefilled = false
    /// A message with the role `system` among the others.
    package var hasSystemMessage = false
    /// Thinking blocks in the history.
    package var hasThinkingHistory = false
    /// Thinking blocks in the history that the gateway made from another provider's answers.
    package var hasUnsignedThinking = false
    /// Content block types outside the common ones, such as search results or server tools.
    package var hasRareBlocks = false
    package var temperature = Sampling.unset
    package var topP = Sampling.unset
    package var hasTopK = false
    /// The type of thinking that is asked for; nil where nothing is said.
    package var thinking: ModelCapabilities.Thinking?
    /// Tokens that `enabled` thinking may use.
    package var thinkingBudget: Int?
    /// It says how thinking is to be shown.
    package var hasThinkingDisplay = false
    /// The effort asked for; nil where nothing is said.
    package var effort: ModelCapabilities.Effort?
    /// Members, and values of members, that not every model is known to take; the first one only.
    package var rareMembers: [String] = []

    /// A sampling parameter's value, as far as models differ in it.
    package enum Sampling: UInt8, Sendable {
        case unset
        /// Exactly 1, the default, or null.
        case standard
        case other
    }

    package init() {}

    /// Takes note of one more thing that not every model is known to take.
    package mutating func noteRare(_ member: @autoclosure () -> String) {
        // One is reason enough to stay.
        if rareMembers.isEmpty { rareMembers.append(member()) }
    }

    /// Texts of one message, each on a line of its own, unescaped as far as they are kept: the beginning and the end.
    static func kept(_ pieces: [Range<Int>], of bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        func take(_ range: Range<Int>) {
            JSONText.appendUnescaped(UnsafeBufferPointer(rebasing: bytes[range]), to: &text)
        }
        for piece in pieces {
            if !text.isEmpty { text.append(0x0A) }
            if piece.count <= keptHeadBytes + keptTailBytes {
                take(piece)
            } else {
                take(piece.prefix(keptHeadBytes))
                text.append(0x0A)
                take(piece.suffix(keptTailBytes))
            }
            // Not at every piece: thousands of small ones must not each move what is there.
            guard text.count > 2 * (keptHeadBytes + keptTailBytes) else { continue }
            text.removeSubrange(keptHeadBytes..<(text.count - keptTailBytes))
        }
        return text
    }
}
