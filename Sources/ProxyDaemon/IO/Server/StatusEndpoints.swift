import FoundationEssentials
import GatewayCore
import Shared

/// The endpoints that tell of the gateway itself, as JSON.
struct StatusEndpoints: Sendable {
    private let gateway: Gateway
    private let readiness: Readiness

    init(gateway: Gateway, readiness: Readiness) {
        self.gateway = gateway
        self.readiness = readiness
    }

    // MARK: For anybody

    private struct Health: Encodable {
        var status = "ok"
        var version = GatewayVersion.number
        var mode: String
        var uptimeSeconds: Double
        var backends: Int
        /// `ready`, `idle` (loaded at the first use) or `off`.
        var embedding: String
        /// `ok`, `degraded` (a home of the cache is away) or `off`.
        var cache: String
        /// The same of each home of the cache: `ok`, `down` or `off`.
        var cacheHomes: [String: String]
        /// How many; their texts are behind the key, in `/v1/metrics`.
        var warnings: Int

        private enum CodingKeys: String, CodingKey {
            case status
            case version
            case mode
            case uptimeSeconds = "uptime_seconds"
            case backends
            case embedding
            case cache
            case cacheHomes = "cache_homes"
            case warnings
        }
    }

    private var embedding: String {
        switch gateway.classifier.embedding {
        case .ready: "ready"
        case .idle: "idle"
        case .off, nil: "off"
        }
    }

    private func cacheWord(_ cache: MetricsSnapshot.Cache) -> String {
        guard cache.isEnabled else { return "off" }
        return cache.homes.allSatisfy { $0.state != .down } ? "ok" : "degraded"
    }

    private struct Word: Encodable {
        var status: String
    }

    private struct Greeting: Encodable {
        var name = GatewayVersion.product
        var version = GatewayVersion.number
        var mode: String
    }

    /// Liveness, readiness and a greeting: no key is asked for, nothing private is told.
    func open(_ path: String, _ request: ClientRequest) -> Reply {
        switch path {
        case "/live": return json(Word(status: "ok"), request)
        case "/ready":
            if readiness.isDraining { return json(Word(status: "draining"), request, status: 503) }
            let isReady = !gateway.settings.backends.isEmpty
            return json(Word(status: isReady ? "ok" : "no backend"), request, status: isReady ? 200 : 503)
        case "/health":
            let snapshot = gateway.snapshot()
            let health = Health(
                mode: mode,
                uptimeSeconds: snapshot.uptimeSeconds,
                backends: snapshot.backends.count,
                embedding: embedding,
                cache: cacheWord(snapshot.cache),
                cacheHomes: Dictionary(snapshot.cache.homes.map { ($0.name, $0.state.rawValue) }) { $1 },
                warnings: snapshot.warnings.count
            )
            return json(health, request)
        default: return json(Greeting(mode: mode), request)
        }
    }

    private var mode: String { gateway.settings.isDemo ? "demo (simulated)" : "live" }

    // MARK: For clients

    /// What answers a path, after the key has been looked at; nil for paths that are not served.
    func answer(_ path: String, _ request: ClientRequest) -> (() -> Reply)? {
        switch path {
        case "/v1/metrics": guarded(request) { _ in json(forClients(gateway.snapshot()), request) }
        case "/v1/metrics/recent": guarded(request) { recent(request, for: $0) }
        case "/v1/backends": guarded(request) { _ in json(Backends(backends: gateway.snapshot().backends), request) }
        case "/stats": guarded(request) { _ in json(Stats(gateway.snapshot()), request) }
        case _ where path.hasPrefix("/v1/explain/"):
            guarded(request) { explain(String(path.dropFirst("/v1/explain/".count)), request, for: $0) }
        default: nil
        }
    }

    /// What others may spend is none of a client's business.
    private func forClients(_ snapshot: MetricsSnapshot) -> MetricsSnapshot {
        var snapshot = snapshot
        snapshot.limits = nil
        return snapshot
    }

    private func guarded(_ request: ClientRequest, _ answer: @escaping (ClientIdentity) -> Reply) -> () -> Reply {
        {
            do throws(GatewayError) {
                return answer(try gateway.identify(request))
            } catch {
                return Gateway.refuse(error, id: request.id)
            }
        }
    }

    private struct Backends: Encodable {
        var backends: [MetricsSnapshot.Backend]
    }

    private struct Recent: Encodable {
        var exchanges: [Explained]
    }

    /// A row with the chain of reasons beside its members.
    private struct Explained: Encodable {
        let summary: ExchangeSummary
        let reasons: [String]

        private enum CodingKeys: String, CodingKey { case reasons }

        func encode(to encoder: any Swift.Encoder) throws {
            try summary.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(reasons, forKey: .reasons)
        }
    }

    private func recent(_ request: ClientRequest, for client: ClientIdentity) -> Reply {
        var count = 50
        if let text = request.queryItems["n"] {
            guard let asked = Int(text), (1...Ledger.remembered).contains(asked) else {
                let text = "n: expected a whole number from 1 to \(Ledger.remembered)"
                return Gateway.refuse(GatewayError(.invalidRequest(text)), id: request.id)
            }
            count = asked
        }
        let rows = gateway.recent(count, for: client).map { entry in
            Explained(summary: entry.summary, reasons: entry.decision?.explained.reasons ?? [])
        }
        return json(Recent(exchanges: rows), request)
    }

    private func explain(_ id: String, _ request: ClientRequest, for client: ClientIdentity) -> Reply {
        guard let entry = gateway.entry(id: id, for: client) else {
            let text = "no exchange \(id) among the last \(Ledger.remembered) of this process"
            return Gateway.refuse(GatewayError(.notFound(text)), id: request.id)
        }
        return json(entry.detail, request)
    }

    /// Totals in one flat object, for scripts.
    private struct Stats: Encodable {
        var requests: Int
        var errors: Int
        var cacheHits: Int
        var cacheHitRatio: Double
        var cost: USD
        var baseline: USD
        var saved: USD
        /// In `cost` already.
        var overhead: USD
        var uptimeSeconds: Double
        var isDemo: Bool

        init(_ snapshot: MetricsSnapshot) {
            let totals = snapshot.sinceStart
            requests = totals.requests
            errors = totals.errors
            cacheHits = totals.exactCacheHits + totals.semanticCacheHits + totals.coalesced
            cacheHitRatio = totals.requests == 0 ? 0 : Double(cacheHits) / Double(totals.requests)
            cost = totals.cost
            baseline = totals.baseline
            saved = totals.saved
            overhead = totals.overhead.total
            uptimeSeconds = snapshot.uptimeSeconds
            isDemo = snapshot.isDemo
        }

        private enum CodingKeys: String, CodingKey {
            case requests
            case errors
            case cacheHits = "cache_hits"
            case cacheHitRatio = "cache_hit_ratio"
            case cost = "cost_usd"
            case baseline = "baseline_usd"
            case saved = "saved_usd"
            case overhead = "overhead_usd"
            case uptimeSeconds = "uptime_seconds"
            case isDemo = "is_demo"
        }
    }

    private func json(_ value: some Encodable, _ request: ClientRequest, status: Int = 200) -> Reply {
        JSONReply.make(value, id: request.id, status: status)
    }
}
