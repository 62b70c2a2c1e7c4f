package import Shared
import Synchronization

/// Adds up what exchanges cost and saved, and remembers the last of them.
///
/// A lock held for nanoseconds guards it; whoever wants to know of each exchange is called outside of it.
package final class Ledger: Sendable {
    /// How many exchanges are remembered.
    package static let remembered = 1_000

    struct State {
        var sinceStart = MetricsSnapshot.Totals()
        var today = MetricsSnapshot.Totals()
        var month = MetricsSnapshot.Totals()
        var day: Int64 = .min
        var monthNumber: Int64 = .min
        var inFlight = 0
        var configuration: ConfigurationReport
        var configurationWarnings: [String] = []
        var tiers = [MetricsSnapshot.TierTotals]()
        var backends: [MetricsSnapshot.Backend]
        var traffic: TrafficMetrics
        var entries: [LedgerEntry] = []
        /// Where the next entry goes once the ring is full.
        var next = 0
        fileprivate var latencies = LatencyWindow(1_000)
        /// What the gateway itself added to exchanges.
        fileprivate var ownLatencies = LatencyWindow(1_000)
        fileprivate var rate = RatePerMinute()
        var history: FigureHistory
        /// Exchanges that were reported to have got a wrong answer from the cache, so that none counts twice.
        var wrongHits: [String] = []
        var warnings: [String] = []
    }

    let state: Mutex<State>
    let clock: Clock
    private let startedNanoseconds: Int64
    private let isDemo: Bool
    private let log: (any ExchangeLog)?
    private let observers = Mutex<[@Sendable (ExchangeSummary) -> Void]>([])

    /// Every row goes to the `log`, too. `models` are those that metrics may name beside the backends' own.
    package init(
        backends: [Settings.Backend],
        models: [String] = [],
        isDemo: Bool,
        clock: Clock,
        log: (any ExchangeLog)? = nil
    ) {
        self.log = log
        self.clock = clock
        self.isDemo = isDemo
        startedNanoseconds = clock.monotonicNanoseconds()
        let configuration = ConfigurationReport(unixMilliseconds: clock.unixMilliseconds())
        state = Mutex(
            State(
                configuration: configuration,
                backends: [],
                traffic: TrafficMetrics(models: []),
                history: FigureHistory(unixMilliseconds: clock.unixMilliseconds())
            )
        )
        adopt(backends, models: models)
    }

    /// Has this called after every exchange, on the thread that ended it.
    package func observe(_ observer: @escaping @Sendable (ExchangeSummary) -> Void) {
        observers.withLock { $0.append(observer) }
    }

    /// An exchange begins.
    package func began() { state.withLock { $0.inFlight += 1 } }

    /// An upstream call begins or ends.
    package func attempt(on backend: String, began: Bool) {
        state.withLock { state in
            guard let row = state.backends.firstIndex(where: { $0.name == backend }) else { return }
            state.backends[row].inFlight += began ? 1 : -1
        }
    }

    /// Something a person should know, shown until the end of the process. Said once.
    package func warn(_ text: String) {
        state.withLock { state in
            let isKnown = state.warnings.contains(text) || state.configurationWarnings.contains(text)
            if !isKnown, state.warnings.count < 20 { state.warnings.append(text) }
        }
    }

    /// An exchange has ended.
    package func ended(_ entry: LedgerEntry) {
        let now = clock.unixMilliseconds()
        state.withLock { state in
            state.inFlight -= 1
            Self.add(entry, now: now, to: &state)
        }
        log?.record(ExchangeRow(entry))
        for observer in observers.withLock({ $0 }) { observer(entry.summary) }
    }

    /// The gateway has paid for a call of its own that belongs to no exchange, or to one that has ended: it counts as
    /// spent, and as that much less saved.
    package func spent(_ overhead: Overhead) {
        let now = clock.unixMilliseconds()
        state.withLock { state in
            Self.turnCalendar(now, &state)
            Self.add([overhead], to: &state)
            for totals in [\State.sinceStart, \.today, \.month] {
                state[keyPath: totals].saved -= overhead.spending.cost
            }
            let cost = overhead.spending.cost
            let figures = EndedFigures(cost: cost, saved: .zero - cost, unixMilliseconds: now)
            state.history.add(figures, unixMilliseconds: now)
        }
        guard let log else { return }
        let number = String(UInt64.random(in: .min ... .max), radix: 16)
        let id = String(repeating: "0", count: 16 - number.utf8.count) + number
        log.record(ExchangeRow(overhead, id: id, unixMilliseconds: now))
    }

    /// A client reported that its answer, which the semantic cache had for another question, was wrong: what it would have cost
    /// elsewhere was not saved. Counts once for an exchange; false where it had been counted.
    @discardableResult
    package func wasWrong(_ entry: LedgerEntry) -> Bool {
        let now = clock.unixMilliseconds()
        let lost = entry.summary.baseline
        let isNew = state.withLock { state in
            guard !state.wrongHits.contains(entry.summary.id) else { return false }
            // Of exchanges that nobody remembers nothing is reported.
            if state.wrongHits.count >= Self.remembered { state.wrongHits.removeFirst() }
            state.wrongHits.append(entry.summary.id)
            Self.turnCalendar(now, &state)
            for totals in [\State.sinceStart, \.today, \.month] {
                state[keyPath: totals].losses.wrongHits += lost
                state[keyPath: totals].saved -= lost
            }
            let figures = EndedFigures(cost: .zero, saved: .zero - lost, unixMilliseconds: now)
            state.history.add(figures, unixMilliseconds: now)
            return true
        }
        if isNew { log?.record(ExchangeRow(wrongHit: entry, unixMilliseconds: now)) }
        return isNew
    }

    /// Takes up what earlier processes saw: the day's and the month's totals, where they are still the same, and the last
    /// exchanges, whose explanations are gone. To be called once.
    package func restore(_ history: LedgerHistory) {
        let now = clock.unixMilliseconds()
        let earlier = history.recent.map { summary in
            LedgerEntry(
                summary: summary,
                decision: nil,
                attempts: [],
                warnings: [],
                keyFingerprint: history.keyFingerprints[summary.id] ?? ""
            )
        }
        state.withLock { state in
            Self.turnCalendar(now, &state)
            if state.day == history.day { state.today += history.today }
            if state.monthNumber == Self.monthNumber(day: history.day) { state.month += history.month }
            // The oldest comes first.
            let known = Array(state.entries[state.next...] + state.entries[..<state.next])
            state.entries = Array(earlier.suffix(Self.remembered - known.count)) + known
            state.next = 0
            state.wrongHits = Array((history.wrongHits + state.wrongHits).suffix(Self.remembered))
        }
    }

    /// The last exchanges, newest first.
    package func recent(_ count: Int) -> [ExchangeSummary] { recentEntries(count).map(\.summary) }

    /// The same with what their explanations are made from.
    package func recentEntries(_ count: Int) -> [LedgerEntry] {
        state.withLock { state in
            let size = state.entries.count
            let newest = size < Self.remembered ? size : state.next + size
            return (0..<max(0, min(count, size))).map { state.entries[(newest - 1 - $0) % size] }
        }
    }

    /// One remembered exchange.
    package func entry(id: String) -> LedgerEntry? {
        state.withLock { state in state.entries.last { $0.summary.id == id } }
    }

    package var uptimeSeconds: Double {
        Double(clock.monotonicNanoseconds() - startedNanoseconds) / 1e9
    }

    /// What exchanges came to by provider and model.
    package var traffic: TrafficMetrics { state.withLock { $0.traffic } }

    /// The figures of this moment.
    package func snapshot(cache: MetricsSnapshot.Cache) -> MetricsSnapshot {
        let now = clock.unixMilliseconds()
        let uptime = uptimeSeconds
        var (snapshot, latencies, own, traffic) = state.withLock { state in
            Self.turnCalendar(now, &state)
            var snapshot = MetricsSnapshot(
                unixMilliseconds: now,
                uptimeSeconds: uptime,
                isDemo: isDemo,
                sinceStart: state.sinceStart,
                today: state.today,
                month: state.month,
                inFlight: state.inFlight,
                requestsPerMinute: state.rate.count(nowSeconds: now / 1_000),
                tiers: state.tiers,
                cache: cache,
                backends: state.backends,
                warnings: state.configurationWarnings + state.warnings
            )
            snapshot.burnPerHour = state.history.burnPerHour(unixMilliseconds: now)
            snapshot.configuration = state.configuration
            return (snapshot, state.latencies, state.ownLatencies, state.traffic)
        }
        // Sorting is not for where exchanges wait.
        if let percentiles = latencies.percentiles {
            snapshot.latencyP50Milliseconds = percentiles.p50
            snapshot.latencyP95Milliseconds = percentiles.p95
            snapshot.latencyP99Milliseconds = percentiles.p99
        }
        snapshot.ownP50Milliseconds = own.percentiles?.p50
        snapshot.ownP95Milliseconds = own.percentiles?.p95
        snapshot.models = traffic.figures
        if let failure = snapshot.configuration?.lastFailure {
            snapshot.warnings.append("the configuration could not be read again, the former one holds: \(failure)")
        }
        return snapshot
    }

    private static func add(_ entry: LedgerEntry, now: Int64, to state: inout State) {
        let summary = entry.summary
        turnCalendar(now, &state)
        let isError = isError(summary)
        let figures = EndedFigures(summary, isError: isError)
        add(summary, figures, entry.losses, to: &state.sinceStart)
        add(summary, figures, entry.losses, to: &state.today)
        add(summary, figures, entry.losses, to: &state.month)
        add(entry.overheads, to: &state)
        state.traffic.ended(
            summary,
            isError: isError,
            failure: entry.failure,
            ownNanoseconds: entry.ownNanoseconds
        )
        if let own = entry.ownNanoseconds { state.ownLatencies.add(Double(own) / 1e6) }
        state.traffic.retried(entry.attempts)
        if let tier = summary.tier { add(to: tier, &state) { $0.requests += 1 } }
        // A weak answer that was not given is paid to whom it came from.
        for attempt in entry.attempts {
            let cost = attempt.cost ?? .zero
            if let tier = attempt.tier { add(to: tier, &state) { $0.cost += cost } }
            let row = state.backends.firstIndex { $0.name == attempt.backend }
            if let usage = attempt.usage {
                // A model that is borrowed from a configured provider has no row.
                let provider = row.map { state.backends[$0].provider } ?? summary.provider
                state.traffic.paid(provider: provider, model: attempt.model, usage, cost)
            }
            guard let row else { continue }
            state.backends[row].requests += 1
            state.backends[row].cost += cost
            if attempt.error != nil || (isError && attempt == entry.attempts.last) {
                state.backends[row].errors += 1
            }
        }
        state.history.add(figures, unixMilliseconds: now)
        state.latencies.add(summary.latencyMilliseconds)
        state.rate.add(nowSeconds: now / 1_000)
        if state.entries.count < remembered {
            state.entries.append(entry)
        } else {
            state.entries[state.next] = entry
            state.next = (state.next + 1) % remembered
        }
    }

    private static func add(
        to tier: Tier,
        _ state: inout State,
        _ change: (inout MetricsSnapshot.TierTotals) -> Void
    ) {
        if let row = state.tiers.firstIndex(where: { $0.tier == tier }) { return change(&state.tiers[row]) }
        var totals = MetricsSnapshot.TierTotals(tier: tier, requests: 0, cost: .zero)
        change(&totals)
        state.tiers.append(totals)
        state.tiers.sort { $0.tier < $1.tier }
    }

    private static func add(
        _ summary: ExchangeSummary,
        _ figures: EndedFigures,
        _ losses: SavingsLosses,
        to totals: inout MetricsSnapshot.Totals
    ) {
        totals.requests += 1
        if figures.isError { totals.errors += 1 }
        switch figures.sharing {
        case .exact: totals.exactCacheHits += 1
        case .semantic: totals.semanticCacheHits += 1
        case .coalesced: totals.coalesced += 1
        // Only what a provider made is counted as used, or as left out of what it was sent.
        case .none:
            totals.usage += summary.usage
            if let saved = summary.tokensSaved { totals.tokensSaved += saved }
        }
        totals.escalations += summary.escalations
        totals.cost += summary.cost
        totals.baseline += summary.baseline
        totals.saved += summary.saved
        totals.losses += losses
    }

    /// Adds what was spent. What was saved is the caller's to settle.
    private static func add(_ overheads: [Overhead], to state: inout State) {
        for overhead in overheads {
            let spending = overhead.spending
            for totals in [\State.sinceStart, \.today, \.month] {
                state[keyPath: totals].cost += spending.cost
                state[keyPath: totals].overhead[overhead.purpose] += spending.cost
                state[keyPath: totals].overheadUsage += spending.usage
            }
            let row = state.backends.firstIndex { $0.name == overhead.backend }
            if let row { state.backends[row].cost += spending.cost }
            let provider = row.map { state.backends[$0].provider } ?? TrafficMetrics.other
            state.traffic.paid(provider: provider, model: overhead.model, spending.usage, spending.cost)
        }
    }

    /// A client that left is nobody's error.
    private static func isError(_ summary: ExchangeSummary) -> Bool {
        summary.status != 499 && (summary.status >= 400 || summary.error != nil)
    }

    /// Begins a new day or month, by UTC.
    private static func turnCalendar(_ unixMilliseconds: Int64, _ state: inout State) {
        let day = unixMilliseconds / 86_400_000
        guard day != state.day else { return }
        state.day = day
        state.today = MetricsSnapshot.Totals()
        let month = monthNumber(day: day)
        guard month != state.monthNumber else { return }
        state.monthNumber = month
        state.month = MetricsSnapshot.Totals()
    }

    /// Months since year 0 of a day counted from 1970.
    package static func monthNumber(day: Int64) -> Int64 {
        let date = CivilDate(daysSince1970: day)
        return date.year * 12 + date.month - 1
    }
}
