/// What exchanges came to with one model since the daemon's start.
public struct ModelFigures: Sendable, Hashable, Codable {
    /// What stands for the models beyond the most that are told one by one, and for those that nobody has configured.
    public static let other = "other"

    /// As the provider knows it; ``other`` for the rest together, `none` for requests that no model answered.
    public var model: String
    public var provider: String
    /// Exchanges that it answered, from caches too.
    public var requests: Int
    /// Of those, the ones that failed.
    public var errors: Int
    /// Everything that was paid for calls of it: those of answers that were thrown away and the gateway's own too.
    public var cost: USD
    /// Median and 95th percentile of the last latencies, answers from caches left out; nil before the first, and of the rest.
    public var latencyP50Milliseconds: Double?
    public var latencyP95Milliseconds: Double?

    public init(
        model: String,
        provider: String,
        requests: Int = 0,
        errors: Int = 0,
        cost: USD = .zero,
        latencyP50Milliseconds: Double? = nil,
        latencyP95Milliseconds: Double? = nil
    ) {
        self.model = model
        self.provider = provider
        self.requests = requests
        self.errors = errors
        self.cost = cost
        self.latencyP50Milliseconds = latencyP50Milliseconds
        self.latencyP95Milliseconds = latencyP95Milliseconds
    }

    private enum CodingKeys: String, CodingKey {
        case model
        case provider
        case requests
        case errors
        case cost = "cost_usd"
        case latencyP50Milliseconds = "latency_p50_ms"
        case latencyP95Milliseconds = "latency_p95_ms"
    }

    /// What a thousand exchanges with it cost; nil where there was none.
    public var costPerThousand: USD? {
        guard requests > 0 else { return nil }
        let (whole, rest) = cost.nanodollars.quotientAndRemainder(dividingBy: Int64(requests))
        // The rest is smaller than the number of requests.
        let (thousands, isOver) = whole.multipliedReportingOverflow(by: 1_000)
        guard !isOver else { return USD(nanodollars: whole < 0 ? .min : .max) }
        let fraction = Double(rest) * 1_000 / Double(requests)
        return USD(nanodollars: thousands) + USD(nanodollars: Int64(fraction.rounded()))
    }
}
