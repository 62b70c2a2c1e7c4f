import GRDB
package import GatewayCore
import Shared

extension ExchangeDatabase {
    /// The history goes back so far.
    private static let recalledMilliseconds: Int64 = 86_400_000
    private static let recalledRows = 1_000
    /// Between two pages, so that what clients wait for comes first.
    private static let pauseMilliseconds = 2
    /// Before a page that the disk was too busy for is asked for again.
    private static let retryMilliseconds = 500

    /// Fills a ledger's history of the last day with what earlier processes wrote, from the newest row back. Returns when that is
    /// done, or when the task is cancelled; whoever has clients waiting does not wait for it.
    ///
    /// As with the totals, all rows of the file count that were there before this process wrote any, those of other daemons that
    /// share the file too; of what is written from then on it counts what its own ledger sees. Copies at a server are not read.
    package func recall(in ledger: Ledger) async {
        let since = clock.unixMilliseconds() - Self.recalledMilliseconds
        var past = PastFigures(sinceUnixMilliseconds: since)
        _ = await history()
        while lastNumberBefore == nil {
            if Task.isCancelled { return }
            await Clock.sleepOfTask(Self.retryMilliseconds)
        }
        guard var number = lastNumberBefore.map({ $0 + 1 }) else { return }
        while !Task.isCancelled {
            guard let page = await page(before: number, since: since) else {
                await Clock.sleepOfTask(Self.retryMilliseconds)
                continue
            }
            for figures in page.figures { past.add(figures) }
            // Rows lie about in their order: a whole page from before is the end.
            let isWhole = page.last != nil && !page.isWithin
            guard let last = page.last, !isWhole else {
                if let rest = past.takeRest(isWhole: isWhole) {
                    ledger.recall(rest.intervals, knownFrom: rest.knownFrom)
                }
                return
            }
            number = last
            if let complete = past.takeComplete() { ledger.recall(complete.intervals, knownFrom: complete.knownFrom) }
            await Clock.sleepOfTask(Self.pauseMilliseconds)
        }
    }

    /// nil where the file cannot be read at the moment.
    private func page(before number: Int64, since: Int64) async -> ExchangeRows.FigurePage? {
        let isDemo = isDemo
        let read = await database.read(withinMilliseconds: 10_000) { db in
            try ExchangeRows.figures(db, before: number, since: since, isDemo: isDemo, limit: Self.recalledRows)
        }
        if case .value(let page) = read { return page }
        return nil
    }
}

extension ExchangeRows {
    /// Rows that follow each other, the newest first.
    struct FigurePage: Sendable {
        var figures: [EndedFigures] = []
        /// The number of the oldest row; nil where there is none.
        var last: Int64?
        /// Any of them has ended since the moment that was asked for.
        var isWithin = false
    }

    /// What the rows before one add to the history. A row has all that the history needs, but when exactly an exchange ended: it is
    /// when it came and how long it took.
    static func figures(
        _ db: Database,
        before number: Int64,
        since: Int64,
        isDemo: Bool,
        limit: Int
    ) throws -> FigurePage {
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT seq, is_demo = ?, kind = 'exchange', unix_ms, latency_ms,
                        status <> 499 AND (status >= 400 OR error IS NOT NULL), cache, tier, escalations,
                        cost_nanousd + classifier_nanousd + shadow_nanousd + judge_nanousd, baseline_nanousd, saved_nanousd
                    FROM exchanges WHERE seq < ? ORDER BY seq DESC LIMIT ?
                    """
            ),
            arguments: [isDemo, number, limit]
        )
        var page = FigurePage()
        while let row = try rows.next() {
            page.last = try row.decode(Int64.self, atIndex: 0)
            var figures = EndedFigures(
                unixMilliseconds: try row.decode(Int64.self, atIndex: 3),
                latencyMilliseconds: try row.decode(Double.self, atIndex: 4)
            )
            if figures.endUnixMilliseconds >= since { page.isWithin = true }
            guard try row.decode(Bool.self, atIndex: 1) else { continue }
            figures.requests = try row.decode(Bool.self, atIndex: 2) ? 1 : 0
            if figures.requests > 0 {
                figures.isError = try row.decode(Bool.self, atIndex: 5)
                figures.sharing = Sharing(rawValue: try row.decode(String.self, atIndex: 6)) ?? .none
                figures.tier = try row.decode(String?.self, atIndex: 7).flatMap { Tier(parsing: $0) }
                figures.escalations = try row.decode(Int.self, atIndex: 8)
            }
            figures.cost = USD(nanodollars: try row.decode(Int64.self, atIndex: 9))
            figures.baseline = USD(nanodollars: try row.decode(Int64.self, atIndex: 10))
            figures.saved = USD(nanodollars: try row.decode(Int64.self, atIndex: 11))
            page.figures.append(figures)
        }
        return page
    }
}
