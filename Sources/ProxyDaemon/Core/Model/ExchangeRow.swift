package import Shared

/// An exchange as it is kept on disk.
package struct ExchangeRow: Sendable, Equatable {
    /// What a row stands for.
    package enum Kind: String, Sendable, CaseIterable {
        /// A client's request.
        case exchange
        /// A call of the gateway's own that belongs to no exchange, or to one that has ended; or what was found lost on one that
        /// has ended.
        case overhead
    }

    package var kind: Kind
    /// The prompt in it is cut by `log.prompts`. Its `saved` has the overheads taken off.
    package var summary: ExchangeSummary
    /// The beginning of the client key's hash; empty without a key.
    package var keyFingerprint: String
    /// What the gateway's own calls cost, which is not in the summary's `cost`.
    package var overhead: OverheadCosts
    /// Tokens of those calls.
    package var overheadUsage: TokenUsage
    /// Parts of the summary's `cost`, but for what wrong answers would have cost, which is in its `saved` alone.
    package var losses: SavingsLosses

    package init(
        kind: Kind = .exchange,
        summary: ExchangeSummary,
        keyFingerprint: String = "",
        overhead: OverheadCosts = OverheadCosts(),
        overheadUsage: TokenUsage = TokenUsage(),
        losses: SavingsLosses = SavingsLosses()
    ) {
        self.kind = kind
        self.summary = summary
        self.keyFingerprint = keyFingerprint
        self.overhead = overhead
        self.overheadUsage = overheadUsage
        self.losses = losses
    }

    init(_ entry: LedgerEntry) {
        self.init(summary: entry.summary, keyFingerprint: entry.keyFingerprint, losses: entry.losses)
        add(entry.overheads)
    }

    /// What the id of a row begins with that says a cached answer was wrong; the exchange's own follows.
    package static let wrongHitPrefix = "wrong-"

    /// The answer that the cache gave to an exchange was wrong. The row belongs to whom the exchange belongs to, and there is one
    /// for an exchange, however often it is written.
    init(wrongHit entry: LedgerEntry, unixMilliseconds: Int64) {
        let summary = ExchangeSummary(
            id: Self.wrongHitPrefix + entry.summary.id,
            unixMilliseconds: unixMilliseconds,
            requestedModel: "",
            model: entry.summary.model,
            backend: entry.summary.backend,
            provider: entry.summary.provider,
            saved: .zero - entry.summary.baseline,
            project: entry.summary.project
        )
        self.init(
            kind: .overhead,
            summary: summary,
            keyFingerprint: entry.keyFingerprint,
            losses: SavingsLosses(wrongHits: entry.summary.baseline)
        )
    }

    /// A call that belongs to no exchange. It belongs to no project either.
    init(_ call: Overhead, id: String, unixMilliseconds: Int64) {
        let summary = ExchangeSummary(
            id: id,
            unixMilliseconds: unixMilliseconds,
            requestedModel: "",
            model: call.model,
            backend: call.backend,
            saved: .zero - call.spending.cost,
            usageIsEstimated: call.spending.isEstimated,
            project: ""
        )
        self.init(kind: .overhead, summary: summary)
        add([call])
    }

    private mutating func add(_ calls: [Overhead]) {
        for call in calls {
            overhead[call.purpose] += call.spending.cost
            overheadUsage += call.spending.usage
        }
    }

    /// Whether somebody was paid for it.
    package var isBillable: Bool { summary.cost != .zero || overhead.total != .zero }
}

/// What earlier processes saw, for a ledger that begins anew.
package struct LedgerHistory: Sendable, Equatable {
    /// The day that `today` is about, counted from 1970 by UTC.
    package var day: Int64
    package var today: MetricsSnapshot.Totals
    /// Of the month that the day is in, `today` counted.
    package var month: MetricsSnapshot.Totals
    /// The last exchanges, oldest first.
    package var recent: [ExchangeSummary]
    /// The beginnings of the hashes of the keys that they came with, by their ids; none for those without a key.
    package var keyFingerprints: [String: String] = [:]
    /// The ids of exchanges whose answers from the semantic cache were reported as wrong: what is told of them again is known.
    package var wrongHits: [String] = []

    package init(
        day: Int64,
        today: MetricsSnapshot.Totals = .init(),
        month: MetricsSnapshot.Totals = .init(),
        recent: [ExchangeSummary] = []
    ) {
        self.day = day
        self.today = today
        self.month = month
        self.recent = recent
    }
}
