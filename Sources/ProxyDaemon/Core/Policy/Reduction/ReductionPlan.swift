package import Shared

/// Which reducers hold for a conversation, with their bounds: decided at its first turn and kept for its life.
package struct ReductionPlan: Sendable, Hashable {
    /// Characters; 0 is no limit.
    package var systemMaxCharacters = 0
    package var userMaxCharacters = 0
    package var toolResultMaxCharacters = 0
    package var stripsBoilerplate = false
    package var deduplicatesFiles = false
    package var asksForDiffs = false
    /// Tokens; 0 is no bound.
    package var maxContextTokens = 0

    /// Nothing is reduced.
    package init() {}

    package init(_ settings: Settings.Reduction) {
        systemMaxCharacters = settings.systemMaxCharacters
        userMaxCharacters = settings.userMaxCharacters
        toolResultMaxCharacters = settings.toolResultMaxCharacters
        stripsBoilerplate = settings.stripsBoilerplate
        deduplicatesFiles = settings.deduplicatesFiles
        asksForDiffs = settings.asksForDiffs
        maxContextTokens = settings.maxContextTokens
    }

    /// The smallest limit that may be configured: one that leaves less makes no sense of anything.
    package static let leastCharacters = 1_000

    package var isEmpty: Bool { self == ReductionPlan() }

    /// 0 is no limit.
    func limit(_ place: TextBlock.Place) -> Int {
        switch place {
        case .system: systemMaxCharacters
        case .user: userMaxCharacters
        case .toolResult: toolResultMaxCharacters
        }
    }

    /// Asks for diffs, in words of no client's: appended to the system prompt of coding conversations.
    static let diffInstruction = """
        When you change a file that was shown in this conversation, answer with the change alone: a unified diff, or the \
        smallest edit that your tools can make. Write a file out in full only when it is new, or when you are asked for \
        all of it.
        """
}

/// What a prompt's reducers left out, by reducer.
package struct ReductionReport: Sendable, Equatable {
    package struct Item: Sendable, Equatable {
        package var texts = 0
        package var characters = 0
    }

    private var items: [Reducer: Item] = [:]

    package init() {}

    package var isEmpty: Bool { items.isEmpty }

    package subscript(reducer: Reducer) -> Item { items[reducer] ?? Item() }

    mutating func add(_ reducer: Reducer, characters: Int) {
        items[reducer, default: Item()].texts += 1
        items[reducer, default: Item()].characters += max(0, characters)
    }

    /// Estimates, by the usual length of a token.
    package var tokensSaved: TokensSaved {
        var saved = TokensSaved()
        for (reducer, item) in items { saved[reducer] = Self.tokens(item.characters) }
        return saved
    }

    /// A line for each reducer, such as "left out 12,034 characters of 2 long texts, about 3,611 tokens".
    package var sentences: [String] {
        Reducer.allCases.compactMap { reducer in
            guard let item = items[reducer] else { return nil }
            let what =
                switch reducer {
                case .responseLimits: item.texts == 1 ? "a text over its limit" : "\(item.texts) texts over their limit"
                case .ideBoilerplate:
                    item.texts == 1 ? "an editor's own words" : "an editor's own words, \(item.texts) times"
                case .fileDeduplication:
                    item.texts == 1 ? "a file that was sent before" : "\(item.texts) files that were sent before"
                case .contextPruning: item.texts == 1 ? "an old tool result" : "\(item.texts) old tool results"
                }
            let tokens = SwitchPlan.grouped(Self.tokens(item.characters))
            return "left out \(SwitchPlan.grouped(item.characters)) characters of \(what), about \(tokens) tokens"
        }
    }

    static func tokens(_ characters: Int) -> Int {
        CatalogueModel.estimatedTokens(characters: characters, perThousand: 300)
    }
}
