import FoundationEssentials
import GatewayCore
import Shared

/// What only the operator may see and do, behind the admin key. Without one configured these paths do not exist.
struct AdminEndpoints: Sendable {
    private static let maximumBodyBytes = 65_536
    private let gateway: Gateway
    private let outcomes: OutcomeDatabase?
    private let usage: UsageEndpoint
    private let tenancy: TenancyEndpoints
    private let figures: @Sendable () -> DaemonFigures

    init(
        gateway: Gateway,
        outcomes: OutcomeDatabase?,
        exchanges: ExchangeDatabase?,
        tenancy: TenancyEndpoints,
        figures: @escaping @Sendable () -> DaemonFigures
    ) {
        self.figures = figures
        usage = UsageEndpoint(exchanges)
        self.tenancy = tenancy
        self.gateway = gateway
        self.outcomes = outcomes
    }

    /// The request is for these paths, and has their key.
    func isAsked(by request: ClientRequest) -> Bool {
        guard request.path.hasPrefix("/admin/"), let key = gateway.settings.auth.adminKey else { return false }
        return ClientKeys.presents(key, request)
    }

    /// nil for paths that are not served.
    func answer(_ path: String, _ request: ClientRequest) async -> Reply? {
        guard path.hasPrefix("/admin/"), let key = gateway.settings.auth.adminKey else { return nil }
        guard ClientKeys.presents(key, request) else {
            let text = "the admin key is needed: X-API-Key or Authorization: Bearer"
            return Gateway.refuse(GatewayError(.unauthenticated(text)), id: request.id)
        }
        do throws(GatewayError) {
            switch path {
            case "/admin/metrics" where gateway.settings.metrics.servesPrometheus:
                try allow(["GET", "HEAD"], request)
                // Reading /proc and writing thousands of lines are no work for an event loop.
                return await withTaskExecutorPreference(globalConcurrentExecutor) { metrics(request) }
            case "/admin/outcomes":
                try allow(["GET"], request)
                return try await export(request)
            case "/admin/usage":
                try allow(["GET"], request)
                return try await usage.answer(request)
            case "/admin/cache/compare":
                try allow(["POST"], request)
                return try await compare(request)
            case "/admin/cache" where request.method == "GET" || request.method == "HEAD":
                return JSONReply.make(gateway.cacheReport, id: request.id)
            case "/admin/cache":
                try allow(["GET", "HEAD", "DELETE"], request)
                let items = request.queryItems
                let unknown = Set(items.keys).subtracting(["project", "key", "query_id"])
                guard unknown.isEmpty else {
                    throw GatewayError(.invalidRequest("\(unknown.sorted()[0]): expected project, key or query_id"))
                }
                return try await flush(
                    .init(project: items["project"], key: items["key"], queryID: items["query_id"]),
                    request
                )
            case _ where path.hasPrefix(Self.backends): return try reset(path, request)
            default:
                if let reply = try await tenancy.answer(path, request) { return reply }
                return try await flushNamed(path, request)
            }
        } catch {
            return Gateway.refuse(error, id: request.id)
        }
    }

    private static let backends = "/admin/backends/"

    /// `POST /admin/backends/{name}/reset`: closes its circuit breaker.
    private func reset(_ path: String, _ request: ClientRequest) throws(GatewayError) -> Reply? {
        let parts = path.dropFirst(Self.backends.count).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1] == "reset" else { return nil }
        try allow(["POST"], request)
        guard let name = PercentEncoding.decode(parts[0]), gateway.pool.reset(name) else {
            let names = gateway.settings.backends.map(\.name).joined(separator: ", ")
            throw GatewayError(.notFound("no backend has that name; there are \(names)"))
        }
        return JSONReply.make(gateway.snapshot().backends.first { $0.name == name }, id: request.id)
    }

    /// `DELETE /admin/cache/projects/{name}`, `…/keys/{key or fingerprint}`, `…/exchanges/{query id}`.
    private func flushNamed(_ path: String, _ request: ClientRequest) async throws(GatewayError) -> Reply? {
        let parts = path.dropFirst("/admin/".count).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "cache", ["projects", "keys", "exchanges"].contains(parts[1]) else {
            return nil
        }
        try allow(["DELETE"], request)
        guard let name = PercentEncoding.decode(parts[2]), !name.isEmpty else {
            throw GatewayError(.invalidRequest("expected a name behind /admin/cache/\(parts[1])/"))
        }
        var flush = ControlProtocol.CacheFlush()
        switch parts[1] {
        case "projects": flush.project = name
        case "keys": flush.key = name
        default: flush.queryID = name
        }
        return try await self.flush(flush, request)
    }

    private func flush(
        _ flush: ControlProtocol.CacheFlush,
        _ request: ClientRequest
    ) async throws(GatewayError) -> Reply {
        JSONReply.make(try await gateway.flush(flush), id: request.id)
    }

    private func metrics(_ request: ClientRequest) -> Reply {
        let figures = PrometheusText(
            gateway.snapshot(),
            traffic: gateway.ledger.traffic,
            process: ProcessFigures.current(),
            daemon: figures()
        )
        return Reply(
            status: 200,
            headers: [HeaderField("content-type", PrometheusText.contentType)]
                + GatewayHeaders.identity(id: request.id),
            body: .bytes(Array(figures.text.utf8))
        )
    }

    /// `?since=<seconds since 1970>&limit=<lines>`: what routing decisions came to, a JSON object a line.
    private func export(_ request: ClientRequest) async throws(GatewayError) -> Reply {
        guard let outcomes else {
            throw GatewayError(.notFound("outcomes of routing are not kept (cascade.log_outcomes, storage.path)"))
        }
        let items = request.queryItems
        let unknown = Set(items.keys).subtracting(["since", "limit"])
        guard unknown.isEmpty else {
            throw GatewayError(.invalidRequest("\(unknown.sorted()[0]): expected since or limit"))
        }
        func number(_ name: String, _ least: Int64, _ what: String) throws(GatewayError) -> Int64? {
            guard let text = items[name], !text.isEmpty else { return nil }
            guard let number = Int64(text), number >= least else {
                throw GatewayError(.invalidRequest("\(name): expected \(what), found \"\(text.prefix(60))\""))
            }
            return number
        }
        let since = try number("since", 0, "whole seconds since 1970") ?? 0
        let limit = try number("limit", 1, "a whole number of lines") ?? .max
        let stream = try await OutcomeStream(
            outcomes,
            after: OutcomeCursor(sinceUnixSeconds: since),
            limit: Int(limit)
        )
        return Reply(
            status: 200,
            headers: [HeaderField("content-type", "application/x-ndjson")] + GatewayHeaders.identity(id: request.id),
            body: .stream(stream)
        )
    }

    // MARK: Two questions side by side

    private struct Questions: Decodable {
        var a: String
        var b: String
    }

    private struct Comparison: Encodable {
        var cosine: Double?
        var jaccard: Double?
        var similarity: Double?
        var threshold: Double
        var refusals: [String]
        var volatileWord: String?
        var isHit: Bool

        private enum CodingKeys: String, CodingKey {
            case cosine
            case jaccard
            case similarity
            case threshold
            case refusals
            case volatileWord = "volatile_word"
            case isHit = "is_hit"
        }
    }

    /// `{"a": …, "b": …}`: whether the answer to `a` would be given to `b`, all else being equal, and why not.
    private func compare(_ request: ClientRequest) async throws(GatewayError) -> Reply {
        guard request.body.count <= Self.maximumBodyBytes else {
            throw GatewayError(.bodyTooLarge(limitBytes: Self.maximumBodyBytes))
        }
        let questions: Questions
        do {
            questions = try JSONDecoder().decode(Questions.self, from: Data(request.body))
        } catch {
            throw GatewayError(.invalidRequest("expected {\"a\": \"a question\", \"b\": \"another\"}"))
        }
        // Two embeddings and a comparison are no work for an event loop.
        let outcome = await withTaskExecutorPreference(globalConcurrentExecutor) {
            () -> Result<QuestionComparison, GatewayError> in
            do throws(GatewayError) {
                return .success(try await gateway.compare(questions.b, questions.a))
            } catch {
                return .failure(error)
            }
        }
        let result = try outcome.get()
        return JSONReply.make(
            Comparison(
                cosine: result.cosine,
                jaccard: result.jaccard,
                similarity: result.similarity,
                threshold: result.threshold,
                refusals: result.refusals,
                volatileWord: result.volatileWord,
                isHit: result.isHit
            ),
            id: request.id
        )
    }

    private func allow(_ methods: [String], _ request: ClientRequest) throws(GatewayError) {
        guard methods.contains(request.method) else {
            throw GatewayError(.methodNotAllowed(allowed: methods.joined(separator: ", ")))
        }
    }
}
