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

        package static func < (left: Effort, right: Effort) -> Bool {
            let order = allCases
            return (order.firstIndex(of: left) ?? 0) < (order.firstIndex(of: right) ?? 0)
        }
    }

    package var sampling = Sampling.any
    package var thinking = Set(Thinking.allCases)
    /// Empty for a model that refuses an effort.
    package var efforts = Set(Effort.allCases)
    /// The highest effort at which `thinking: disabled` is taken; nil means at any.
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

    package init() {}
}
