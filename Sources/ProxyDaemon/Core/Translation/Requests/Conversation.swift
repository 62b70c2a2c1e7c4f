/// What a client asks for, in no dialect: what both dialects can say, with values as the bytes they came in.
struct Conversation: Sendable {
    enum Role {
        case user
        case assistant
        /// Instructions that come later than the first turn.
        case system
    }

    /// Who speaks, and what. Neighbours of one role are one turn.
    struct Turn: Sendable {
        var role: Role
        var blocks: [Block]
    }

    struct Block: Sendable {
        var content: Content
        var breakpoint: CacheBreakpoint?

        init(_ content: Content, breakpoint: CacheBreakpoint? = nil) {
            self.content = content
            self.breakpoint = breakpoint
        }

        /// The text of a text block.
        var text: EscapedText? {
            guard case .text(let text) = content else { return nil }
            return text
        }
    }

    enum Content: Sendable {
        case text(EscapedText)
        case image(Image)
        case document(Document)
        case toolCall(ToolCall)
        case toolResult(ToolResult)
        case thinking(EscapedText)
    }

    enum Image {
        case base64(mediaType: EscapedText, data: EscapedText)
        case url(EscapedText)
    }

    struct Document {
        enum Source {
            case text(EscapedText)
            /// `application/pdf` in base64.
            case pdf(EscapedText)
        }

        var source: Source
        var title: EscapedText?
        var context: EscapedText?
    }

    struct ToolCall {
        var id: EscapedText
        var name: EscapedText
        /// An object.
        var input: RawJSON
    }

    struct ToolResult {
        /// Of the call that is answered.
        var id: EscapedText
        /// Texts, images and documents.
        var content: [Block]
        var isError: Bool
    }

    /// The prompt up to here is to be cached, and for how long.
    enum CacheBreakpoint {
        case minutes
        case hours
    }

    /// A piece of the instructions that stand before all turns.
    struct SystemText: Sendable {
        var text: EscapedText
        /// It goes on in the message that the piece before it began.
        var continuesMessage = false
        var breakpoint: CacheBreakpoint?
    }

    struct Tool: Sendable {
        var name: EscapedText
        var description: EscapedText?
        /// A JSON schema, an object; nil for a tool without arguments.
        var schema: RawJSON?
        var isStrict = false
    }

    enum ToolChoice {
        case auto
        case never
        case any
        case tool(EscapedText)
    }

    enum Format {
        case jsonObject
        case schema(Schema)

        struct Schema {
            var name: EscapedText?
            var description: EscapedText?
            var schema: RawJSON
            var isStrict: Bool
        }
    }

    enum Thinking: Equatable {
        case disabled
        case adaptive
        case betweenTools
        case budget(tokens: Int)
    }

    /// Numbers as they came.
    struct Sampling {
        var temperature: RawJSON?
        var topP: RawJSON?
        var topK: RawJSON?
        var seed: RawJSON?
        var frequencyPenalty: RawJSON?
        var presencePenalty: RawJSON?
    }

    var names: FieldNames
    var system: [SystemText] = []
    var turns: [Turn] = []
    var tools: [Tool] = []
    var toolChoice: ToolChoice?
    /// False: at most one tool call in an answer.
    var allowsParallelCalls = true
    /// A whole number of at least 1.
    var maxTokens: RawJSON?
    var sampling = Sampling()
    var stop: [EscapedText] = []
    var format: Format?
    var effort: ModelCapabilities.Effort?
    var thinking: Thinking?
    var userID: EscapedText?
    /// Never at a higher price for a faster answer.
    var isStandardServiceOnly = false
    var isStream = false

    /// Adds to the turn under way, or begins the next one.
    mutating func append(_ role: Role, _ blocks: [Block]) {
        if let last = turns.indices.last, turns[last].role == role {
            turns[last].blocks += blocks
        } else {
            turns.append(Turn(role: role, blocks: blocks))
        }
    }

    /// Whether any turn calls a tool or answers a call.
    var hasToolHistory: Bool {
        turns.contains { turn in
            turn.blocks.contains { block in
                switch block.content {
                case .toolCall, .toolResult: true
                default: false
                }
            }
        }
    }

    /// The turns with those instructions spoken by the user that cannot stay where they are as instructions.
    func turns(keepingSystemTurn isKept: (_ position: Int) -> Bool) -> (turns: [Turn], hasChanged: Bool) {
        var settled = self
        settled.turns = []
        var hasChanged = false
        for (position, turn) in turns.enumerated() {
            guard turn.role == .system, !isKept(position) else {
                settled.append(turn.role, turn.blocks)
                continue
            }
            hasChanged = true
            let text = EscapedText.joined(turn.blocks.compactMap(\.text))
            let spoken = EscapedText("[instruction from the system] ").joined(with: text)
            settled.append(.user, [Block(.text(spoken))])
        }
        return (settled.turns, hasChanged)
    }
}

/// What the client's dialect calls what a writer may have to drop.
struct FieldNames: Sendable {
    var maxTokens: String
    var toolChoice: String
    var parallelCalls: String
    var stop: String
    var format: String
    var effort: String
    var thinking: String
    var thinkingHistory: String
    var user: String
    var document: String

    static let openAI = FieldNames(
        maxTokens: "max_completion_tokens",
        toolChoice: "tool_choice",
        parallelCalls: "parallel_tool_calls",
        stop: "stop",
        format: "response_format",
        effort: "reasoning_effort",
        thinking: "reasoning_effort",
        thinkingHistory: "messages.reasoning_content",
        user: "user",
        document: "file"
    )

    static let anthropic = FieldNames(
        maxTokens: "max_tokens",
        toolChoice: "tool_choice",
        parallelCalls: "tool_choice.disable_parallel_tool_use",
        stop: "stop_sequences",
        format: "output_config.format",
        effort: "output_config.effort",
        thinking: "thinking",
        thinkingHistory: "messages.thinking",
        user: "metadata.user_id",
        document: "document"
    )
}
