import Shared

/// A request as the router sees it.
package struct RoutingRequest: Sendable {
    package var traits: PromptTraits
    package var requestedModel: String
    package var maxTokens: Int?
    package var directives = Directives()
    /// The values of `anthropic-beta`.
    package var betas: [String] = []
    package var dialect = Dialect.anthropic
    /// The bounds of the client's project, laid over those of all.
    package var bounds: Settings.RoutingBounds
    package var unixSeconds: Int64
    /// Its place in a conversation; nil for a question that belongs to none.
    package var turn: Turn?

    package init(
        traits: PromptTraits,
        requestedModel: String,
        maxTokens: Int?,
        bounds: Settings.RoutingBounds = .init(),
        unixSeconds: Int64
    ) {
        self.traits = traits
        self.requestedModel = requestedModel
        self.maxTokens = maxTokens
        self.bounds = bounds
        self.unixSeconds = unixSeconds
    }
}

/// A request's place in its conversation.
package struct Turn: Sendable {
    package let kind: TurnKind
    package let chain: MessageChain
    /// What is known of the conversation; nil for a new one.
    package var view: ConversationView?
    /// Why the tool loop is thought to stand still, a clause; nil where it is not.
    package var stall: String?
    /// What the gateway marks for the prompt cache, where the client marked nothing.
    package var addedMarkers: CacheMarkers?

    /// What of the prompt is marked for caching, by the client or by the gateway.
    package var marks: CacheMarks { addedMarkers?.marks ?? chain.marks }

    init(kind: TurnKind, chain: MessageChain) {
        self.kind = kind
        self.chain = chain
    }

    /// Who may know of a conversation: the same client.
    static func partition(_ client: ClientIdentity) -> String { "\(client.project) \(client.keyFingerprint)" }

    /// Reads a request of that client. `session` is what the client calls its session.
    package init(_ prompt: Prompt, of client: ClientIdentity, session: String?) {
        kind = TurnKind(prompt)
        chain = MessageChain(prompt, partition: Self.partition(client), session: session)
    }
}

/// A decision on its way: what is known of a request before its difficulty is.
package struct RoutingDraft: Sendable {
    struct Limits {
        /// Tokens; nil where there is no such backend.
        var window: Int?
        /// Tokens; nil where nobody knows.
        var output: Int?
    }

    let request: RoutingRequest
    /// The backend that the client named.
    var named: Backend?
    /// A routed name names no model to stay with.
    var isRoutedName = false
    /// The client forced the local tier, or easy prompts go there.
    var mayBeLocal = false
    /// What a request sent to the named model unrouted has to keep within.
    var own = Limits()
    /// Those that apply to the work at hand, the first first. Local backends that they name may be taken, too.
    var preferences: [Settings.Preference] = []
    var classification: Classification?
    var estimatedOutput: Int
    /// The tier is that of the turn before.
    var goesOn = false
    /// A skill's tiers that could not be had.
    var unheeded: SkillTiers?

    init(_ request: RoutingRequest) {
        self.request = request
        estimatedOutput = min(request.maxTokens ?? 1_024, 600)
    }

    var traits: PromptTraits { request.traits }

    /// UTF-8 bytes of all text.
    var characters: Int { traits.promptCharacters }

    /// "Yes", "go on", "do it": what it asks for was said before.
    var isShortReply: Bool {
        let text = traits.lastUserText
        let lower = String(decoding: text.prefix(24), as: UTF8.self).lowercased()
        // Thanks end a matter.
        guard !["thank", "thx", "bye"].contains(where: lower.contains) else { return false }
        return traits.userTurns > 1 && text.count <= 24 && text.count { $0 == 0x20 || $0 == 0x0A } <= 2
            && !text.contains(UInt8(ascii: "?"))
    }

    /// More tokens than all but the strangest texts come to: half of their bytes, and the largest images.
    var mostTokens: Int { characters / 2 + traits.imageCount * 5_000 }
}
