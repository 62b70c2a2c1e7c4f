/// What makes prompts shorter or cheaper. All but the cache markers are off unless they are asked for.
extension Settings {
    package struct Reduction: Sendable, Equatable {
        /// Prompts of clients that mark nothing for Anthropic's prompt cache are marked where it pays.
        package var marksCache = true
        /// Characters of a block of text in the system prompt, in a user's message and in a tool's result beyond which it
        /// loses its middle; 0 is no limit.
        package var systemMaxCharacters = 0
        package var userMaxCharacters = 0
        package var toolResultMaxCharacters = 0
        /// What an editor says in every prompt is left out.
        package var stripsBoilerplate = false
        /// A file of further patterns, beside the built-in ones.
        package var boilerplateFile: String?
        /// A file that was sent before becomes a reference to its earlier copy.
        package var deduplicatesFiles = false
        /// Coding conversations are asked for diffs in the place of whole files.
        package var asksForDiffs = false
        /// Tokens of prompt beyond which the oldest tool results become stubs; 0 is no bound.
        package var maxContextTokens = 0
        package init() {}
    }

    /// What a project has otherwise than all; nil where it has not.
    package struct ReductionChanges: Sendable, Equatable {
        package var marksCache: Bool?
        package var systemMaxCharacters: Int?
        package var userMaxCharacters: Int?
        package var toolResultMaxCharacters: Int?
        package var stripsBoilerplate: Bool?
        package var deduplicatesFiles: Bool?
        package var asksForDiffs: Bool?
        package var maxContextTokens: Int?
        package init() {}

        /// These where they say something, and the general ones where they do not.
        package func over(_ general: Reduction) -> Reduction {
            var merged = general
            merged.marksCache = marksCache ?? general.marksCache
            merged.systemMaxCharacters = systemMaxCharacters ?? general.systemMaxCharacters
            merged.userMaxCharacters = userMaxCharacters ?? general.userMaxCharacters
            merged.toolResultMaxCharacters = toolResultMaxCharacters ?? general.toolResultMaxCharacters
            merged.stripsBoilerplate = stripsBoilerplate ?? general.stripsBoilerplate
            merged.deduplicatesFiles = deduplicatesFiles ?? general.deduplicatesFiles
            merged.asksForDiffs = asksForDiffs ?? general.asksForDiffs
            merged.maxContextTokens = maxContextTokens ?? general.maxContextTokens
            return merged
        }
    }
}
