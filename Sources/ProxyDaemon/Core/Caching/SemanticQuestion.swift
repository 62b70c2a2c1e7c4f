import Crypto
import Shared

/// A question that may be answered with the stored answer of another, and what else must then be equal.
package struct SemanticQuestion: Sendable {
    let fingerprint: SemanticFingerprint
    let owner: CacheOwner
    /// Whose embeddings are remembered together.
    let project: String
    /// The weakest tier whose answer will do: that of the model the question was routed to.
    let leastTier: Tier
    /// The last user message.
    let text: [UInt8]
    let wording: PromptWording
    /// Made when somebody looks for the question.
    var embedding: Embedding?

    /// Longer texts have more tokens than the embedding model reads: to embed them would be work for nothing.
    private static let mostBytes = 2_048

    /// nil for a request whose answer must be its own: tool turns, images, side queries, agents, a high temperature, volatile
    /// and long questions.
    init?(
        _ exchange: Exchange,
        _ prompt: Prompt,
        _ decision: Decision,
        partition: String,
        settings: Settings.SemanticCache
    ) {
        let traits = prompt.traits
        guard !traits.hasToolHistory, traits.toolCount == 0 || settings.servesAgents, traits.imageCount == 0,
            !traits.hasPDF, !traits.hasTextDocuments, !traits.hasLinkedContent, !traits.hasRareBlocks,
            !traits.isPrefilled, (1...Self.mostBytes).contains(traits.lastUserText.count),
            Self.temperature(of: prompt) <= settings.maxTemperature,
            exchange.isUserTurn(prompt),
            let context = CanonicalRequest.context(of: prompt),
            let wording = PromptWording(traits.lastUserText), wording.volatileWord == nil
        else { return nil }
        // An answer of any model that is strong enough will do where the gateway chose the model; where it did not, only the
        // same model's.
        var model = decision.backend.identity
        if case .classified = decision.ground { model = "" }
        let digest = CacheKey.digest(
            ["semantic", partition, model, exchange.request.query ?? ""],
            exchange.request.headers.filter(ProviderCall.shapesAnswer),
            context
        )
        fingerprint = SemanticFingerprint(digest)
        owner = CacheOwner(exchange.client)
        project = exchange.client.project
        leastTier = decision.backend.tier
        text = traits.lastUserText
        self.wording = wording
    }

    /// What a request says, or the providers' default.
    private static func temperature(of prompt: Prompt) -> Double {
        guard prompt.traits.temperature == .other else { return 1 }
        return prompt.body.withUnsafeBufferPointer { bytes in
            prompt.index.withRoot(bytes) { root in
                root["temperature"].flatMap { Double(String(decoding: $0.raw, as: UTF8.self)) } ?? 1
            }
        }
    }
}
