import FoundationEssentials
import GatewayCore
import Shared

/// `GET /v1/models` and `GET /v1/models/{id}`: every name that a request may ask for here, in the shape of the asking
/// dialect.
struct ModelEndpoints: Sendable {
    private let gateway: Gateway
    private let catalogue: Catalogue

    init(gateway: Gateway, catalogue: Catalogue) {
        self.gateway = gateway
        self.catalogue = catalogue
    }

    func answer(_ request: ClientRequest) async -> Reply {
        let dialect = Self.dialect(of: request)
        do throws(GatewayError) {
            let allowed = gateway.allowedModels(for: try gateway.identify(request))
            let offers = offers(allowed)
            guard request.path != "/v1/models" else { return try list(offers, dialect, request) }
            let id = PercentEncoding.decode(request.path.dropFirst("/v1/models/".count)) ?? ""
            if let offer = offers.first(where: { $0.id == id }) {
                return dialect == .openai
                    ? JSONReply.make(OpenAIEntry(offer), id: request.id)
                    : JSONReply.make(AnthropicEntry(offer), id: request.id)
            }
            guard dialect == .anthropic, !gateway.settings.isDemo, allowed.isEmpty else {
                throw GatewayError(.notFound("model: \(id.prefix(100)) is not known here; see GET /v1/models"))
            }
            return await gateway.providerModel(id, request)
        } catch {
            return Gateway.refuse(error, id: request.id, in: dialect)
        }
    }

    /// Anthropic's clients say which version of the API they speak; OpenAI's only bring a bearer token.
    private static func dialect(of request: ClientRequest) -> Dialect {
        if request.header("anthropic-version") != nil { return .anthropic }
        return request.header("x-api-key") != nil && request.header("authorization") == nil ? .anthropic : .openai
    }

    // MARK: What is on offer

    /// A name that a request may ask for.
    private struct Offer {
        var id: String
        var displayName: String
        var owner: String
        var releasedOn: String
        var contextWindow: Int?
        var maxOutput: Int?
    }

    /// The routed names, the aliases, the models behind them, then the further models of local servers: those of the
    /// backends that are `allowed`, of all where that is empty.
    private func offers(_ allowed: [String]) -> [Offer] {
        var offers = ModelNames.routed.map { name in
            Offer(id: name, displayName: "The gateway's choice", owner: "llm-gateway", releasedOn: "1970-01-01")
        }
        func add(_ id: String, _ name: String, _ backend: Settings.Backend, _ model: String) {
            guard !offers.contains(where: { $0.id == id }) else { return }
            let known = catalogue.model(model)
            let simulated = backend.provider == .simulated ? " (simulated)" : ""
            offers.append(
                Offer(
                    id: id,
                    displayName: name + simulated,
                    owner: backend.provider.rawValue,
                    releasedOn: known?.releasedOn ?? "1970-01-01",
                    contextWindow: backend.contextTokens ?? known?.contextWindow,
                    maxOutput: backend.maxTokens ?? known?.maxOutput
                )
            )
        }
        let backends = gateway.settings.backends.filter { allowed.isEmpty || allowed.contains($0.name) }
        for backend in backends {
            let title = catalogue.model(backend.model)?.displayName ?? backend.model
            add(backend.name, "\(backend.name): \(title)", backend, backend.model)
        }
        for backend in backends {
            // Who may ask certain backends only may ask them for their own model, and for no other of the same server.
            for model in [backend.model] + (allowed.isEmpty ? backend.allowedModels : []) {
                let id = backend.tier == .local ? "local:\(model)" : model
                add(id, catalogue.model(model)?.displayName ?? model, backend, model)
            }
        }
        return offers
    }

    // MARK: Anthropic's shape

    private struct AnthropicEntry: Encodable {
        var type = "model"
        var id: String
        var displayName: String
        var createdAt: String
        var lifecycle = "active"
        var maxInputTokens: Int?
        var maxTokens: Int?

        init(_ offer: Offer) {
            id = offer.id
            displayName = offer.displayName
            createdAt = "\(offer.releasedOn)T00:00:00Z"
            maxInputTokens = offer.contextWindow
            maxTokens = offer.maxOutput
        }

        private enum CodingKeys: String, CodingKey {
            case type
            case id
            case displayName = "display_name"
            case createdAt = "created_at"
            case lifecycle
            case maxInputTokens = "max_input_tokens"
            case maxTokens = "max_tokens"
        }
    }

    private struct AnthropicPage: Encodable {
        var data: [AnthropicEntry]
        var hasMore: Bool
        var firstID: String?
        var lastID: String?

        private enum CodingKeys: String, CodingKey {
            case data
            case hasMore = "has_more"
            case firstID = "first_id"
            case lastID = "last_id"
        }
    }

    // MARK: OpenAI's shape

    private struct OpenAIEntry: Encodable {
        var id: String
        var object = "model"
        var created: Int64
        var ownedBy: String

        init(_ offer: Offer) {
            id = offer.id
            created = CalendarDay(parsing: offer.releasedOn)?.unixSeconds ?? 0
            ownedBy = offer.owner
        }

        private enum CodingKeys: String, CodingKey {
            case id
            case object
            case created
            case ownedBy = "owned_by"
        }
    }

    private struct OpenAIList: Encodable {
        var object = "list"
        var data: [OpenAIEntry]
    }

    /// Anthropic's list has pages: `limit` (1 to 1000, 20 by default), `after_id`, `before_id`.
    private func list(_ offers: [Offer], _ dialect: Dialect, _ request: ClientRequest) throws(GatewayError) -> Reply {
        guard dialect == .anthropic else {
            return JSONReply.make(OpenAIList(data: offers.map { OpenAIEntry($0) }), id: request.id)
        }
        let query = request.queryItems.filter { !$0.value.isEmpty }
        var limit = 20
        if let text = query["limit"] {
            guard let asked = Int(text), (1...1_000).contains(asked) else {
                throw GatewayError(.invalidRequest("limit: expected a whole number from 1 to 1000"))
            }
            limit = asked
        }
        var rest = offers[...]
        if let id = query["after_id"] {
            guard let at = offers.firstIndex(where: { $0.id == id }) else {
                throw GatewayError(.invalidRequest("after_id: no such model"))
            }
            rest = offers[(at + 1)...]
        }
        var page = rest.prefix(limit)
        var hasMore = rest.count > limit
        if let id = query["before_id"] {
            guard let at = offers.firstIndex(where: { $0.id == id }) else {
                throw GatewayError(.invalidRequest("before_id: no such model"))
            }
            page = offers[..<at].suffix(limit)
            hasMore = at > limit
        }
        let entries = page.map { AnthropicEntry($0) }
        return JSONReply.make(
            AnthropicPage(data: entries, hasMore: hasMore, firstID: entries.first?.id, lastID: entries.last?.id),
            id: request.id
        )
    }
}
