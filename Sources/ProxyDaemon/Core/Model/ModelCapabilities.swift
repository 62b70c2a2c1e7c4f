/// What a model accepts in a request, as far as models differ in it. A model nobody knows is taken to accept everything:
/// its provider says no more clearly than a guess could.
///
/// The facts stand in the models catalogue, one row a model.
package struct ModelCapabilities: Sendable, Equatable {
    /// How `temperature`, `top_p` and `top_k` are taken.
    package enum Sampling: String, Sendable, CaseIterable {
        case any
        /// `temperature` or `top_p`, not both.
        case one
        /// Only at their defaults: `temperature` 1, `top_p` 1, no `top_k`.
        case defaults
        /// Refused even at their defaults.
        case none
    }

    /// The types of Anthropic's `thinking` object.
    package enum Thinking: String, Sendable, CaseIterable, Comparable {
        case disabled
        case enabled
        case adaptive
        case betweenTools = "between_tools"

        package static func < (left: Thinking, right: Thinking) -> Bool { left.rawValue < right.rawValue }
    }

    /// The levels of `output_config.effort`, lowest first.
    package enum Effort: String, Sendable, CaseIterable, Comparable {
        case low
        case medium
        case high
        case xhigh
        case max

        private var rank: Int {
            switch self {
            case .low: 0
            case .medium: 1
            case .high: 2
            case .xhigh: 3
            case .max: 4
            }
        }

        package static func < (left: Effort, right: Effort) -> Bool { left.rank < right.rank }
    }

    /// What a model either takes or refuses, by the names of the catalogue's file.
    package enum Feature: String, Sendable, CaseIterable {
        case tools
        case images
        case pdf
        case structuredOutput = "structured_output"
        case forcedTool = "forced_tool"
        case prefill
        case systemMessages = "system_messages"
    }

    package var sampling = Sampling.any
    package var thinking = Set(Thinking.allCases)
    /// Empty for a model that refuses an effort.
    package var efforts = Set(Effort.allCases)
    /// The highest effort at which thinking can be held back, by `disabled` or `between_tools`; nil means at any.
    package var disabledThinkingUpTo: Effort?
    /// The answer may be begun by the client.
    package var prefill = true
    /// `tool_choice` may force a tool.
    package var forcedTool = true
    package var images = true
    package var pdf = true
    /// An answer by a JSON schema.
    package var structuredOutput = true
    /// Messages with the role `system` among the others.
    package var systemMessages = true
    package var tools = true
    /// Features that are held for refused on a single source or by inference: no request is sent here for them, but one
    /// that the client meant for this model is not held back.
    package var unsure: Set<Feature> = []

    package init() {}

    package subscript(feature: Feature) -> Bool {
        get {
            switch feature {
            case .tools: tools
            case .images: images
            case .pdf: pdf
            case .structuredOutput: structuredOutput
            case .forcedTool: forcedTool
            case .prefill: prefill
            case .systemMessages: systemMessages
            }
        }
        set {
            switch feature {
            case .tools: tools = newValue
            case .images: images = newValue
            case .pdf: pdf = newValue
            case .structuredOutput: structuredOutput = newValue
            case .forcedTool: forcedTool = newValue
            case .prefill: prefill = newValue
            case .systemMessages: systemMessages = newValue
            }
        }
    }

    /// What a model can be sent that nobody knows: text and tools. Sampling parameters too, unless it is a Claude
    /// model, of which the newer ones refuse them.
    package static func plain(model: String) -> ModelCapabilities {
        var plain = ModelCapabilities()
        plain.sampling = model.hasPrefix("claude-") ? .none : .any
        plain.thinking = []
        plain.efforts = []
        for feature in Feature.allCases where feature != .tools { plain[feature] = false }
        return plain
    }
}
