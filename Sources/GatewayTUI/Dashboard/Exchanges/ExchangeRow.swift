package import Shared

/// One exchange of the log, ready to be drawn: every text is safe to show.
package struct ExchangeRow: Sendable, Hashable {
    /// Grows with every exchange that comes in; stays the row's name however many come before or after it.
    package let sequence: Int
    package let summary: ExchangeSummary
    /// As the daemon told it, where making it safe to show changed it.
    let told: ExchangeSummary?
    package let isMarked: Bool

    /// As the daemon told it. Not to be drawn.
    package var original: ExchangeSummary { told ?? summary }
}

extension WorkflowStep {
    /// What a filter finds a step by: `wf:review/merge`.
    package var mark: String { "wf:\(workflow)/\(op)" }
}
