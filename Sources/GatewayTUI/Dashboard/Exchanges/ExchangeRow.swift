package import Shared

/// One exchange of the log, ready to be drawn: every text is safe to show.
package struct ExchangeRow: Sendable, Hashable {
    /// Grows with every exchange that comes in; stays the row's name however many come before or after it.
    package let sequence: Int
    package let summary: ExchangeSummary
    /// As the daemon told it. Not to be drawn.
    package let original: ExchangeSummary
    package let isMarked: Bool
}

extension WorkflowStep {
    /// What a filter finds a step by: `wf:review/merge`.
    package var mark: String { "wf:\(workflow)/\(op)" }
}
