package import Shared

/// What exchanges came to by provider and model, for metrics with labels. A value: whoever holds it guards it.
///
/// However many names clients think of, there are never more than ``maxPairs`` pairs of labels and ``maxRequestSeries``
/// series of requests: a model has a series of its own only where the configuration or the catalogue names it, and what
/// finds no more room is counted under ``other``. Nothing is ever lost by that: sums over all series are exact.
package struct TrafficMetrics: Sendable {
    /// Pairs of provider and model with series of their own.
    package static let maxPairs = 100
    /// Names that may be labels; a configuration that is read again and again brings no more.
    static let maxNames = 10_000
    /// Models that are told of one by one.
    static let maxModels = 20
    /// Series of requests: pairs with every status that they came to.
    package static let maxRequestSeries = 1_000
    /// The label of models that nobody has configured, and of what is beyond the bounds.
    package static let other = "other"
    /// The label of requests that nobody answered.
    package static let none = "none"

    /// One provider and model.
    package struct Pair: Sendable {
        package let provider: String
        package let model: String
        /// Exchanges by the HTTP status that clients got; 0 stands for any other status.
        package internal(set) var statuses: [(code: Int, count: Int)] = []
        /// Of those, the ones that failed.
        package internal(set) var errors = 0
        /// Of the last exchanges that it answered itself, in milliseconds.
        var recent = LatencyWindow(latenciesKept)
        /// Tokens of every call, those of answers that were not given and of the gateway's own included.
        package internal(set) var usage = TokenUsage()
        /// What these tokens cost.
        package internal(set) var cost = USD.zero
        /// From the request's last byte to the answer's last byte.
        package internal(set) var latency = Histogram(Histogram.callBounds)
        /// From the request's last byte to the answer's first byte.
        package internal(set) var firstByte = Histogram(Histogram.callBounds)
    }

    /// Latencies that are kept of a pair, for its percentiles.
    private static let latenciesKept = 256

    /// Why a further call was made for an exchange.
    package enum Retry: String, Sendable, CaseIterable {
        /// To the same backend, which had failed.
        case sameBackend = "same_backend"
        /// To another one in its place.
        case otherBackend = "other_backend"
    }

    /// The reason of an exchange that failed because its provider said so.
    package static let providerError = "provider_error"

    /// The first one is ``other`` twice, for what is beyond the bounds.
    package private(set) var pairs = [Pair(provider: other, model: other)]
    /// Exchanges that failed, by the reason's name.
    package private(set) var failures: [String: Int] = [:]
    package private(set) var retries: [Retry: Int] = [:]
    /// What the gateway added to exchanges, in seconds.
    package private(set) var own = Histogram(Histogram.ownBounds)

    /// The models that have a series, by name.
    private var known: [String: Int] = [:]
    private var names: [String] = []
    /// Where each pair is, by the numbers of its names.
    private var places: [Int: Int] = [:]
    private var requestSeries = 0
    /// What was looked up last: an exchange asks for its own pair twice.
    private var last = (provider: "", model: "", place: -1)

    private static let providers = Settings.ProviderKind.allCases.map(\.rawValue)

    /// `models` are the names that may be labels.
    package init(models: some Sequence<String>) {
        know(models)
    }

    /// Further names that may be labels. Those that were known stay so.
    mutating func know(_ models: some Sequence<String>) {
        for model in models where known[model] == nil && names.count < Self.maxNames {
            known[model] = names.count
            names.append(model)
        }
        last.place = -1
    }

    /// Series of requests there are.
    package var requestSeriesCount: Int { pairs.reduce(0) { $0 + $1.statuses.count } }

    // MARK: Counting

    /// An exchange has ended. `failure` is the reason's name where it failed, `ownNanoseconds` what the gateway added.
    mutating func ended(_ summary: ExchangeSummary, isError: Bool = false, failure: String?, ownNanoseconds: Int64?) {
        let place = place(provider: summary.provider, model: summary.model)
        count(summary.status, at: place)
        if isError { pairs[place].errors &+= 1 }
        if place > 0, summary.cache == Sharing.none.rawValue { pairs[place].recent.add(summary.latencyMilliseconds) }
        pairs[place].latency.observe(summary.latencyMilliseconds / 1_000)
        pairs[place].firstByte.observe(summary.firstByteMilliseconds / 1_000)
        if let failure { failures[failure, default: 0] += 1 }
        if let ownNanoseconds { own.observe(Double(ownNanoseconds) / 1e9) }
    }

    /// A call that was paid for.
    mutating func paid(provider: String, model: String, _ usage: TokenUsage, _ cost: USD) {
        let place = place(provider: provider, model: model)
        pairs[place].usage += usage
        pairs[place].cost += cost
    }

    /// Which of an exchange's calls were retries. One after a weak answer is an escalation, and none.
    mutating func retried(_ attempts: [AttemptReport]) {
        guard attempts.count > 1 else { return }
        for (earlier, later) in zip(attempts, attempts.dropFirst()) where earlier.weakness == nil {
            retries[earlier.backend == later.backend ? .sameBackend : .otherBackend, default: 0] += 1
        }
    }

    private mutating func count(_ status: Int, at place: Int) {
        let code = (100...599).contains(status) ? status : 0
        if let row = pairs[place].statuses.firstIndex(where: { $0.code == code }) {
            pairs[place].statuses[row].count += 1
        } else if requestSeries < Self.maxRequestSeries - 1 {
            requestSeries += 1
            pairs[place].statuses.append((code, 1))
        } else if let row = pairs[0].statuses.firstIndex(where: { $0.code == 0 }) {
            pairs[0].statuses[row].count += 1
        } else {
            // The one place that is always left.
            pairs[0].statuses.append((0, 1))
        }
    }

    /// The models with the most exchanges, at most ``maxModels``, and all others in one.
    package var figures: [ModelFigures] {
        let all = pairs.map { pair in
            let percentiles = pair.recent.percentiles
            return ModelFigures(
                model: pair.model,
                provider: pair.provider,
                requests: pair.statuses.reduce(0) { $0 + $1.count },
                errors: pair.errors,
                cost: pair.cost,
                latencyP50Milliseconds: percentiles?.p50,
                latencyP95Milliseconds: percentiles?.p95
            )
        }
        let sorted = all.dropFirst().filter { $0.requests > 0 || $0.cost != .zero }.sorted {
            ($1.requests, $1.cost, $0.model) < ($0.requests, $0.cost, $1.model)
        }
        var rest = all[0]
        for figures in sorted.dropFirst(Self.maxModels) {
            rest.requests += figures.requests
            rest.errors += figures.errors
            rest.cost += figures.cost
        }
        return sorted.prefix(Self.maxModels) + (rest.requests > 0 || rest.cost != .zero ? [rest] : [])
    }

    private mutating func place(provider: String, model: String) -> Int {
        if last.place >= 0, last.model == model, last.provider == provider { return last.place }
        let place = find(provider: provider, model: model)
        last = (provider, model, place)
        return place
    }

    /// No text is made on the way but for a pair that was not there before.
    private mutating func find(provider: String, model: String) -> Int {
        let first = provider.isEmpty ? -1 : Self.providers.firstIndex(of: provider) ?? -2
        let second = model.isEmpty ? -1 : known[model] ?? -2
        // Far apart enough: there are five providers.
        let key = (second + 2) * 16 + first + 2
        if let place = places[key] { return place }
        guard pairs.count < Self.maxPairs else { return 0 }
        func name(_ index: Int, of names: [String]) -> String {
            index >= 0 ? names[index] : index == -1 ? Self.none : Self.other
        }
        let isOther = first == -2 && second == -2
        let place = isOther ? 0 : pairs.count
        places[key] = place
        if !isOther {
            pairs.append(Pair(provider: name(first, of: Self.providers), model: name(second, of: names)))
        }
        return place
    }
}
