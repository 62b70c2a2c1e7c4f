/// What a score was made of, and so what its points mean: a prompt's score on one scale is not its score on the other.
package enum ScoreScale: String, Sendable, CaseIterable {
    /// The prompt's embedding and what can be counted in it.
    case meaning
    /// What can be counted in the prompt alone.
    case words
}
