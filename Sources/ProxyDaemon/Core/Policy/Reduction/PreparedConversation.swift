/// What holds for the prompts of one conversation, up to one of its requests.
package struct PreparedConversation: Sendable, Equatable {
    /// Decided at the first turn.
    package var plan: ReductionPlan
    /// What the gateway adds at each turn, each at its own place.
    package var additions: [PromptAddition] = []
    /// The skills among them, by their ids.
    package var skills: [String] = []
    /// Tool results in messages before this one are stubs.
    package var prunedBefore = 0
    /// The prompt that was sent last, and how many messages it had.
    var sent: PrefixHash?
    var sentMessages = 0
    /// The prompts before this one, the eldest first.
    var ancestors: [PrefixHash] = []
    /// What was sent did not agree with what was sent before: nothing is changed any more.
    package var isDisabled = false

    package init(plan: ReductionPlan) { self.plan = plan }

    /// A conversation that is left alone.
    package static let untouched = PreparedConversation(plan: ReductionPlan())

    /// Nothing is changed in its prompts.
    package var changesNothing: Bool { isDisabled || plan.isEmpty && additions.isEmpty }

    /// More are refused: each is sent at every turn.
    package static let maximumAdditions = 8

    /// About what it holds in memory, its place in the table included. Texts are shared with the library.
    var bytes: Int { 400 + ancestors.count * 16 + additions.reduce(0) { $0 + 64 + $1.text.utf8.count } }
}
