package import Shared

/// A number for each tier.
package struct TierCounts: Sendable, Equatable {
    // Four counts of 16 bits in one word.
    private var values: UInt64 = 0

    package init() {}

    package subscript(tier: Tier) -> Int {
        get { Int(values >> UInt64(16 * tier.rawValue) & 0xFFFF) }
        set {
            let shift = UInt64(16 * tier.rawValue)
            values = values & ~(0xFFFF << shift) | UInt64(max(0, min(newValue, 0xFFFF))) << shift
        }
    }
}

/// A prompt whose tokens a provider has counted: better ground for the next one's estimate than its length alone.
package struct MeasuredPrompt: Sendable, Equatable {
    /// As ``PromptTraits`` counts them: system, tools and messages.
    package var characters: Int
    /// All of the prompt's tokens, cached or not.
    package var tokens: Int
    /// Of the model that counted.
    package var tokensPerThousandCharacters: Int

    package init(characters: Int, tokens: Int, tokensPerThousandCharacters: Int) {
        self.characters = max(0, characters)
        self.tokens = max(0, min(tokens, 1 << 40))
        self.tokensPerThousandCharacters = max(1, tokensPerThousandCharacters)
    }

    /// An estimate of the tokens of a prompt that goes on from this one, on a model with that tokenizer: what was counted
    /// in proportion to the tokenizers, and what has come since by its length.
    package func tokens(ofPrompt characters: Int, perThousand: Int) -> Int {
        let perThousand = max(1, min(perThousand, 1 << 20))
        let since = max(0, characters) - self.characters
        guard since >= 0 else {
            return CatalogueModel.estimatedTokens(characters: characters, perThousand: perThousand)
        }
        let counted = Int128(tokens) * Int128(perThousand) / Int128(tokensPerThousandCharacters)
        let fresh = CatalogueModel.estimatedTokens(characters: since, perThousand: perThousand)
        return Int(min(counted + Int128(fresh), Int128(Int.max)))
    }
}

/// What was decided for a request of a conversation.
package struct ConversationChoice: Sendable, Equatable {
    /// The tier that the work asked for: the floor, whatever was chosen.
    package var wanted: Tier
    /// The tier and the backend (``Backend/identity``) that were chosen.
    package var tier: Tier
    package var backend: String
    /// A fresh user turn; false for the steps of a tool loop, which keep what their user turn decided.
    package var isUserTurn: Bool
    /// The tier was lifted because the tool loop stood still; nil where it was not.
    package var lift: ConversationLift?

    package init(wanted: Tier, tier: Tier, backend: String, isUserTurn: Bool, lift: ConversationLift? = nil) {
        self.wanted = wanted
        self.tier = tier
        self.backend = backend
        self.isUserTurn = isUserTurn
        self.lift = lift
    }
}

/// A conversation's tier was lifted, and stays so.
package struct ConversationLift: Sendable, Equatable {
    package var tier: Tier
    /// How many messages there were: what stood still before does not lift it once more.
    package var messageCount: Int

    package init(tier: Tier, messageCount: Int) {
        self.tier = tier
        self.messageCount = messageCount
    }
}

/// What is known of a conversation up to the longest prefix of a request that was seen before.
package struct ConversationView: Sendable, Equatable {
    /// The whole request was seen before: it is sent again.
    package var isRepeated = false
    /// What the last user turn was given; nil where none was decided.
    package var choice: ConversationChoice?
    /// The last lift of its tier; nil without one.
    package var lift: ConversationLift?
    package var userTurns = 0
    package var toolSteps = 0
    /// How often each tier was wanted by a user turn.
    package var wanted = TierCounts()
    /// Seconds from the last sign of the conversation to a user's next message, the later ones weighing more; nil before
    /// the second turn.
    package var gapSeconds: Int?
    /// Tokens by which the prompt grew from request to request, on average, as the last backend counts; nil before the
    /// second answer.
    package var growthTokens: Int?
    package var measured: MeasuredPrompt?
    package var warm: [Warmth] = []

    /// What one backend holds at the time of the look-up.
    package struct Warmth: Sendable, Equatable {
        package var key: WarmPrefix.Key
        package var segments: [WarmPrefix.Segment]
    }

    package init() {}

    /// What that backend holds for requests of that effort; empty where nothing is known there.
    package func segments(_ key: WarmPrefix.Key) -> [WarmPrefix.Segment] {
        warm.first { $0.key == key }?.segments ?? []
    }
}
