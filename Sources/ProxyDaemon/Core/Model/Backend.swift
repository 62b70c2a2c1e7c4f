package import Shared

/// A configured backend with what the catalogue knows of its model. Made once, shared by every request: a reference, as
/// each request would else copy a dozen strings.
package final class Backend: Sendable {
    package let name: String
    package let provider: Settings.ProviderKind
    package let model: String
    package let baseURL: String
    package let tier: Tier
    /// Model and address: what an answer in the cache belongs to.
    let identity: String
    /// Key and extra headers, ready to be sent.
    let requestHeaders: [HeaderField]
    /// What of them nobody else may see, each also as JSON may spell it; the longest first.
    private let secrets: [String]
    package let wire: BackendWire
    /// Further models of the same server.
    package let allowedModels: [String]
    /// Ollama's `num_ctx`.
    let contextTokens: Int?
    /// The server understands `stream_options.include_usage`.
    let reportsStreamUsage: Bool
    /// In the place of the configured timeouts for the first byte and between two.
    let timeoutSeconds: Int?
    /// Calls at once; nil for no bound.
    let maxConcurrent: Int?
    /// Most tokens an answer may have; nil where nobody knows.
    package let maxOutput: Int?
    /// Tokens of prompt and answer that fit; nil where nobody knows.
    package let contextWindow: Int?
    /// For estimates, by the model's family.
    let tokensPerThousandCharacters: Int
    /// The shortest prefix that is cached, in tokens; nil where nobody says.
    let minCacheable: Int?
    /// How prompts are cached, as far as the catalogue says.
    let caching: CatalogueCaching?
    /// What the model accepts, by the catalogue; everything, where that has no word on it.
    package let capabilities: ModelCapabilities
    /// The catalogue tells what the model accepts.
    package let hasKnownCapabilities: Bool
    /// What may be sent here that was meant for another model.
    let routable: ModelCapabilities
    /// The config's own price takes the place of the catalogue's.
    private let configured: Price?
    private let pricing: ModelPricing

    package init(_ settings: Settings.Backend, catalogue: Catalogue) {
        name = settings.name
        provider = settings.provider
        model = settings.model
        baseURL = settings.baseURL
        tier = settings.tier
        // The built-in simulator's port is another one at each start.
        let address = settings.provider == .simulated ? "simulated" : settings.baseURL
        identity = "\(settings.name) \(settings.model) \(address)"
        wire = settings.provider.wire
        allowedModels = settings.allowedModels
        contextTokens = settings.contextTokens
        reportsStreamUsage = settings.reportsStreamUsage
        timeoutSeconds = settings.timeoutSeconds
        maxConcurrent = settings.maxConcurrent
        let headers = Self.authentication(settings) + settings.headers
        requestHeaders = headers
        secrets = Self.secrets(headers)
        let known = catalogue.model(settings.model)
        maxOutput = settings.maxTokens ?? known?.maxOutput
        contextWindow = settings.contextTokens ?? known?.contextWindow
        tokensPerThousandCharacters = known?.tokensPerThousandCharacters ?? 300
        minCacheable = known?.minCacheable
        caching = known?.caching
        hasKnownCapabilities = known?.capabilities != nil
        capabilities = known?.capabilities ?? ModelCapabilities()
        var routable = known?.capabilities ?? .plain(model: settings.model)
        // What a server's dialect cannot say is refused there, whatever the model could do.
        if settings.provider == .openaiCompatible || settings.provider == .ollama { routable.pdf = false }
        if settings.provider == .ollama { routable.forcedTool = false }
        self.routable = routable
        configured = settings.price
        pricing = catalogue.pricing(of: settings.model)
    }

    /// The key as the wire wants it, unless the configured headers carry one.
    private static func authentication(_ settings: Settings.Backend) -> [HeaderField] {
        guard let key = settings.apiKey?.exposed else { return [] }
        switch settings.provider.wire {
        case .anthropic: return [HeaderField("x-api-key", key)]
        case .openai, .ollama:
            let hasOwn = settings.headers.contains { $0.isNamed("authorization") }
            return hasOwn ? [] : [HeaderField("authorization", "Bearer \(key)")]
        }
    }

    /// Keys, tokens and passwords, with and without the scheme before them. What only says which version or organization is
    /// meant may stand in an error: whoever reads it needs it there.
    /// Shorter values are words that local servers are given for a key, and the demo's own: any text may have them.
    private static func secrets(_ headers: [HeaderField]) -> [String] {
        let telling = ["key", "auth", "token", "secret", "password", "cookie", "credential"]
        var secrets: Set<String> = []
        for field in headers where telling.contains(where: field.name.lowercased().contains) {
            for text in [field.value, String(field.value.split(separator: " ").last ?? "")] where text.utf8.count >= 12
            {
                let quoted = String(JSONText.quoted(text).dropFirst().dropLast())
                secrets.formUnion([text, quoted, quoted.replacing("/", with: "\\/")])
            }
        }
        return secrets.sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }
    }

    /// A text of the provider's: the backend's keys are not in it, whatever the provider says of them.
    func withoutKeys(_ text: String) -> String {
        var text = text
        for secret in secrets where text.contains(secret) { text = text.replacing(secret, with: "…") }
        return text
    }

    /// The same for the bytes of an error on their way to a client; those without a key are as they were.
    func withoutKeys(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for secret in secrets {
            let wanted = Array(secret.utf8)
            if bytes.firstRange(of: wanted) != nil { bytes = bytes.replacing(wanted, with: Array("…".utf8)) }
        }
        return bytes
    }

    /// The same for an error's headers.
    func withoutKeys(_ headers: [HeaderField]) -> [HeaderField] {
        headers.map { HeaderField($0.name, withoutKeys($0.value).replacing("…", with: "...")) }
    }

    /// What a request translated for this backend has to be like.
    func translationTarget(isStrict: Bool, defaultMaxTokens: Int) -> TranslationTarget {
        var capabilities = capabilities
        if !hasKnownCapabilities, provider == .ollama || provider == .openaiCompatible {
            // Most models on such servers cannot think, and answer 400 when they are told to.
            capabilities.thinking = []
            capabilities.efforts = []
        }
        return TranslationTarget(
            wire: wire,
            model: model,
            capabilities: capabilities,
            defaultMaxTokens: min(defaultMaxTokens, maxOutput ?? .max),
            isOpenAIProper: provider == .openai,
            contextTokens: contextTokens,
            takesStreamOptions: reportsStreamUsage,
            isStrict: isStrict
        )
    }

    package var isSimulated: Bool { provider == .simulated }

    /// What tokens cost here in a request with so many tokens of prompt, at that time.
    package func price(promptTokens: Int, unixSeconds: Int64) -> PricedModel {
        if let configured { return PricedModel(price: configured, isKnown: true, isUncertain: false) }
        return pricing.price(promptTokens: promptTokens, unixSeconds: unixSeconds)
    }

    /// The prices in force at that time.
    package func pricing(unixSeconds: Int64) -> DatedPricing {
        DatedPricing(pricing, fixed: configured, unixSeconds: unixSeconds)
    }

    func estimatedTokens(characters: Int) -> Int {
        CatalogueModel.estimatedTokens(characters: characters, perThousand: tokensPerThousandCharacters)
    }
}
