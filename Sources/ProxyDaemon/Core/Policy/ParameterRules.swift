/// What is known of which request shapes a model refuses, as far as it decides whether a request may be routed.
///
/// Until the catalogue holds every model's capabilities, a request that uses anything models differ in stays with the
/// model that the client named. The facts are those of the providers' model pages, November 2026.
package enum ParameterRules {
    /// Why a request must stay with the named model; nil when any model can take it.
    package static func reasonToStay(_ traits: PromptTraits, betas: [String]) -> String? {
        if traits.hasThinking { return "it sets thinking, which models take in different forms" }
        if traits.hasThinkingHistory { return "its history holds thinking blocks, which belong to one model" }
        if traits.hasEffort { return "it sets an effort, which not every model takes" }
        if traits.hasImages { return "it holds images" }
        if traits.hasDocuments { return "it holds documents" }
        if traits.hasForcedTool { return "it forces a tool, which not every model allows" }
        if traits.hasTypedTools { return "it uses tools of Anthropic's own types" }
        if traits.isPrefilled { return "it prefills the answer, which newer models refuse" }
        if traits.hasSystemMessage { return "it has a system message among the others, which not every model takes" }
        if traits.wantsStructuredOutput { return "it asks for structured output, which not every model gives" }
        if traits.hasRareBlocks { return "it holds content blocks that not every model takes" }
        if traits.hasTemperatureAndTopP { return "it sets both temperature and top_p, which several models refuse" }
        if let member = traits.rareMembers.first { return "it sets \(member), which not every model takes" }
        if let beta = betas.first(where: { !isHarmless(beta: $0) }) { return "it asks for the beta \(beta)" }
        return nil
    }

    /// Whether a model takes `temperature`, `top_p` and `top_k`: those up to the 4.6 generation do.
    package static func takesSampling(model: String) -> Bool {
        guard model.hasPrefix("claude-") else { return true }
        let takers = [
            "claude-3", "claude-haiku-4-5", "claude-sonnet-4-5", "claude-sonnet-4-6", "claude-opus-4-5",
            "claude-opus-4-6",
        ]
        return takers.contains { model.hasPrefix($0) }
    }

    /// Betas that change nothing about which model can answer.
    private static func isHarmless(beta: String) -> Bool {
        ["prompt-caching-", "extended-cache-ttl-", "token-counting-", "claude-code-", "oauth-"].contains {
            beta.hasPrefix($0)
        }
    }
}
