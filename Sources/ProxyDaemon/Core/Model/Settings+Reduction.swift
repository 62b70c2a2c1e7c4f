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
}
