import FoundationEssentials
package import GatewayCore
import Shared

/// Which path is whose: the model's endpoints go to the gateway, the rest tells of the gateway itself.
package struct Application: HTTPResponder {
    private let gateway: Gateway
    private let status: StatusEndpoints
    private let models: ModelEndpoints
    private let skills: SkillEndpoint
    private let route: RouteEndpoint
    private let feedback: FeedbackEndpoint
    private let admin: AdminEndpoints
    private let workflows: WorkflowEndpoint
    private let dashboard: WebEndpoints?
    /// Bodies from this size on are read, scored and hashed off the event loop.
    private static let largeBytes = 65_536

    package init(
        gateway: Gateway,
        catalogue: Catalogue,
        workflows: WorkflowDesk,
        outcomes: OutcomeDatabase? = nil,
        exchanges: ExchangeDatabase? = nil,
        keys: KeyFile? = nil,
        feed: WebFeed? = nil,
        readiness: Readiness = Readiness(),
        figures: @escaping @Sendable () -> DaemonFigures = { DaemonFigures() }
    ) {
        self.gateway = gateway
        status = StatusEndpoints(gateway: gateway, readiness: readiness)
        models = ModelEndpoints(gateway: gateway, catalogue: catalogue)
        skills = SkillEndpoint(gateway: gateway)
        route = RouteEndpoint(gateway: gateway)
        feedback = FeedbackEndpoint(gateway: gateway)
        admin = AdminEndpoints(
            gateway: gateway,
            outcomes: outcomes,
            exchanges: exchanges,
            tenancy: TenancyEndpoints(gateway: gateway, keys: keys),
            figures: figures
        )
        self.workflows = WorkflowEndpoint(gateway: gateway, desk: workflows)
        dashboard = feed.map { WebEndpoints(gateway: gateway, feed: $0, exchanges: exchanges) }
    }

    package func admit(_ request: ClientRequest) throws(GatewayError) {
        guard !admin.isAsked(by: request) else { return }
        _ = try gateway.identify(request)
    }

    package func respond(to request: ClientRequest) async -> Reply {
        // Clients whose base URL ends in /v1 double it.
        let path = request.path.hasPrefix("/v1/v1/") ? String(request.path.dropFirst(3)) : request.path
        let isRead = request.method == "GET" || request.method == "HEAD"
        switch path {
        case "/v1/messages", "/v1/chat/completions", "/chat", "/route":
            guard request.method == "POST" else { return refuse(.methodNotAllowed(allowed: "POST"), request) }
            let request = request.at(path)
            guard request.body.count >= Self.largeBytes else { return await answer(path, request) }
            return await withTaskExecutorPreference(globalConcurrentExecutor) { await answer(path, request) }
        case "/v1/feedback": return feedback.answer(request)
        case WorkflowEndpoint.path:
            // Reading a workflow and driving a run are no work for an event loop.
            return await withTaskExecutorPreference(globalConcurrentExecutor) { await workflows.answer(request) }
        case "/v1/messages/count_tokens":
            guard request.method == "POST" else { return refuse(.methodNotAllowed(allowed: "POST"), request) }
            return await gateway.countTokens(request.at(path))
        case "/", "/api/hello", "/live", "/ready", "/health":
            guard isRead else { return refuse(.methodNotAllowed(allowed: "GET, HEAD"), request) }
            return status.open(path, request)
        case "/v1/models",
            _ where path.hasPrefix("/v1/models/"):
            guard isRead else { return refuse(.methodNotAllowed(allowed: "GET"), request) }
            return await models.answer(request.at(path))
        case "/v1/skills":
            guard isRead else { return refuse(.methodNotAllowed(allowed: "GET"), request) }
            return skills.answer(request)
        default:
            if let answer = await admin.answer(path, request) { return answer }
            if let answer = await dashboard?.answer(path, request) { return answer }
            guard let answer = status.answer(path, request) else {
                return refuse(.notFound("\(request.method) \(path) is not served here; see docs/http-api.md"), request)
            }
            guard isRead else { return refuse(.methodNotAllowed(allowed: "GET, HEAD"), request) }
            return answer()
        }
    }

    private func answer(_ path: String, _ request: ClientRequest) async -> Reply {
        switch path {
        case "/v1/messages": await gateway.answer(request)
        case "/chat": await gateway.chat(request)
        case "/route": await route.answer(request)
        default: await gateway.answer(request, in: .openai)
        }
    }

    private func refuse(_ kind: GatewayError.Kind, _ request: ClientRequest) -> Reply {
        Gateway.refuse(GatewayError(kind), id: request.id, in: Dialect(path: request.path))
    }
}
