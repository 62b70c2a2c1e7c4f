package import Shared

/// What a classifier is asked.
package struct ClassifierRequest: Sendable {
    package var traits: PromptTraits
    /// In the place of the configured mode.
    package var mode: Settings.ClassifierMode?
    package var project: String
    /// Models may be asked, and that may cost money.
    package var maySpend: Bool

    package init(
        traits: PromptTraits,
        mode: Settings.ClassifierMode? = nil,
        project: String = "default",
        maySpend: Bool = true
    ) {
        self.traits = traits
        self.mode = mode
        self.project = project
        self.maySpend = maySpend
    }
}

/// Finds out how hard a request is. The layered classifier in the daemon, a script in tests.
package protocol Classifying: Sendable {
    /// May take as long as its layers do; computes on the caller's event loop only where it ``isBrief(_:)``.
    func classify(_ request: ClassifierRequest) async -> Classification
    /// Nobody is asked, and the text is so short that the way to another thread and back would take longer.
    func isBrief(_ request: ClassifierRequest) -> Bool
    /// How embeddings are made; nil where none are wanted.
    var embedding: EmbedderState? { get }
    /// What one classification costs at most; `mode` in the place of the configured one.
    func mostCost(_ mode: Settings.ClassifierMode?, unixSeconds: Int64) -> USD
}

extension Classifying {
    package var embedding: EmbedderState? { nil }

    package func isBrief(_ request: ClassifierRequest) -> Bool { false }

    package func mostCost(_ mode: Settings.ClassifierMode?, unixSeconds: Int64) -> USD { .zero }
}
