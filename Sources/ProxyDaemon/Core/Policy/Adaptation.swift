/// A harmless change that lets a model take a request which was meant for another: it alters neither what is asked nor
/// more than slightly how deeply it is thought about. Every one is told to the client.
package enum Adaptation: Sendable, Equatable {
    /// `temperature` 1 says nothing that its absence does not.
    case dropTemperature
    /// The same of `top_p`.
    case dropTopP
    /// Thinking by a budget becomes thinking as the model sees fit.
    case thinkAdaptively
    /// Thinking as the model sees fit becomes thinking by a budget of so many tokens.
    case thinkWithin(budget: Int)
    /// Thinking that is off becomes thinking between tool calls only, which is as far off as the model can have it.
    case thinkBetweenTools
    /// `thinking.display`, for models that show their thinking anyway.
    case dropThinkingDisplay
    case lowerEffort(from: ModelCapabilities.Effort, to: ModelCapabilities.Effort)
    case dropEffort(ModelCapabilities.Effort)
    case capMaxTokens(from: Int, to: Int)

    /// A stable word for it.
    package var name: String {
        switch self {
        case .dropTemperature: "drop_temperature"
        case .dropTopP: "drop_top_p"
        case .thinkAdaptively: "think_adaptively"
        case .thinkWithin: "think_within_budget"
        case .thinkBetweenTools: "think_between_tools"
        case .dropThinkingDisplay: "drop_thinking_display"
        case .lowerEffort: "lower_effort"
        case .dropEffort: "drop_effort"
        case .capMaxTokens: "cap_max_tokens"
        }
    }

    /// What was done, for the warning header and the explanation; without a full stop.
    package func sentence(model: String) -> String {
        switch self {
        case .dropTemperature: "temperature 1, the default, was left out for \(model)"
        case .dropTopP: "top_p 1, the default, was left out for \(model)"
        case .thinkAdaptively: "thinking with a budget became adaptive thinking, the kind that \(model) has"
        case .thinkWithin(let budget):
            "adaptive thinking became thinking with a budget of \(budget) tokens, the kind that \(model) has"
        case .thinkBetweenTools: "thinking off became thinking between tool calls, the least that \(model) does"
        case .dropThinkingDisplay: "thinking.display was left out for \(model), which always shows its thinking"
        case .lowerEffort(let from, let to):
            "effort \(from.rawValue) became \(to.rawValue), the nearest that \(model) takes here"
        case .dropEffort(let effort): "effort \(effort.rawValue) was left out for \(model), which has no levels of it"
        case .capMaxTokens(let from, let to):
            "max_tokens \(from) became \(to), the longest answer of \(model)"
        }
    }

    /// The changes to a request's body that make it so; everything else stays byte for byte. Empty where the body does
    /// not hold what is to be changed. `index` must be that of `body`.
    package func edits(_ body: [UInt8], _ index: JSONIndex, dialect: Dialect = .anthropic) -> [BodyEdit] {
        body.withUnsafeBufferPointer { bytes in
            index.withRoot(bytes) { root in
                switch dialect {
                case .anthropic: anthropicEdits(root)
                case .openai: openAIEdits(root)
                }
            }
        }
    }

    private func anthropicEdits(_ root: JSONView) -> [BodyEdit] {
        switch self {
        case .dropTemperature: return Self.removal("temperature", root)
        case .dropTopP: return Self.removal("top_p", root)
        case .thinkAdaptively:
            guard let thinking = root["thinking"], let type = thinking["type"] else { return [] }
            return [.replacing(type.range, with: "\"adaptive\"".utf8)] + Self.removal("budget_tokens", thinking)
        case .thinkWithin(let budget):
            let text = "{\"type\":\"enabled\",\"budget_tokens\":\(budget)}"
            return Self.replacement(root["thinking"], text)
        case .thinkBetweenTools: return Self.replacement(root["thinking"], "{\"type\":\"between_tools\"}")
        case .dropThinkingDisplay: return root["thinking"].map { Self.removal("display", $0) } ?? []
        case .lowerEffort(_, let effort): return Self.replacement(root["output_config"]?["effort"], effort.quoted)
        case .dropEffort:
            guard let config = root["output_config"] else { return [] }
            var members = 0
            config.forEachMember { _, _ in members += 1 }
            return members > 1 ? Self.removal("effort", config) : Self.removal("output_config", root)
        case .capMaxTokens(_, let limit): return Self.replacement(root["max_tokens"], String(limit))
        }
    }

    /// OpenAI's bodies say the same by other names; they have no kinds of thinking.
    private func openAIEdits(_ root: JSONView) -> [BodyEdit] {
        switch self {
        case .dropTemperature, .dropTopP: anthropicEdits(root)
        case .thinkAdaptively, .thinkWithin, .thinkBetweenTools, .dropThinkingDisplay: []
        case .lowerEffort(_, let effort): Self.replacement(root["reasoning_effort"], effort.quoted)
        case .dropEffort: Self.removal("reasoning_effort", root)
        case .capMaxTokens(_, let limit):
            Self.replacement(root["max_completion_tokens"] ?? root["max_tokens"], String(limit))
        }
    }

    private static func removal(_ name: StaticString, _ object: JSONView) -> [BodyEdit] {
        BodyEdit.removing(name, from: object).map { [$0] } ?? []
    }

    private static func replacement(_ value: JSONView?, _ text: String) -> [BodyEdit] {
        value.map { [.replacing($0.range, with: text.utf8)] } ?? []
    }
}

extension ModelCapabilities.Effort {
    fileprivate var quoted: String { "\"\(rawValue)\"" }
}
