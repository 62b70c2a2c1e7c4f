import GatewayCore
import Shared

/// A backend as the file has it, with what is needed to complain about it later.
struct BackendDraft: Sendable {
    var backend: Settings.Backend
    /// Where it came from; nil for a built-in one.
    var origin: LocatedValue?
    /// Variables in `api_key` that are not set.
    var unsetVariables: [String] = []

    /// It calls a provider elsewhere, who wants a key, and has none.
    var lacksKey: Bool {
        let wantsKey = backend.provider == .anthropic || backend.provider == .openai
        guard wantsKey, backend.apiKey == nil, !isLoopback else { return false }
        return !backend.headers.contains { ["x-api-key", "authorization"].contains($0.name.lowercased()) }
    }

    private var isLoopback: Bool { (try? BaseURL(backend.baseURL))?.isLoopback ?? false }
}

/// Reads one item of `models`.
struct BackendReader {
    /// $1,000 per thousand tokens, in picodollars a token: a dearer price is a slip of the pen.
    private static let dearest: Int64 = 1_000_000_000_000

    private let item: LocatedValue
    private let fields: [String: LocatedValue]

    static func read(_ item: LocatedValue) throws(ConfigError) -> BackendDraft {
        try BackendReader(item).draft()
    }

    private init(_ item: LocatedValue) throws(ConfigError) {
        self.item = item
        guard case .mapping = item.tree.content else {
            throw item.error("expected a backend with name, provider, model and tier, got \(item.tree.kind)")
        }
        fields = try item.members(known: ConfigKey.backend)
    }

    private func draft() throws(ConfigError) -> BackendDraft {
        let name = try required("name", fields["name"]?.plainName())
        let provider = try provider()
        let url = try baseURL(provider)
        let headers = try headers()
        let tier = try required("tier", fields["tier"]?.tier())
        var backend = Settings.Backend(
            name: name,
            provider: provider,
            model: try identifier("model"),
            baseURL: url?.text ?? "",
            apiKey: try fields["api_key"]?.secret(),
            tier: tier,
            headers: headers,
            // Nobody sends a bill for one's own machine.
            price: try price() ?? (tier == .local ? .free : nil),
            maxTokens: try fields["max_tokens"]?.integer(in: 1...10_000_000)
        )
        backend.allowedModels = try allowedModels()
        backend.contextTokens = try fields["num_ctx"]?.integer(in: 1...Int(Int32.max))
        backend.reportsStreamUsage = try fields["stream_usage"]?.flag() ?? true
        backend.maxConcurrent = try fields["max_concurrent"]?.integer(in: 1...100_000)
        backend.timeoutSeconds = try fields["timeout_sec"]?.integer(in: 1...86_400)
        let hasSecret =
            backend.apiKey != nil || headers.contains { OpenSecrets.headers.contains($0.name.lowercased()) }
        if let url, !url.isEncrypted, !url.isLoopback, hasSecret {
            throw (fields["base_url"] ?? item).error(
                "would send backend \(name)'s key unencrypted to another machine; use https://"
            )
        }
        return BackendDraft(backend: backend, origin: item, unsetVariables: fields["api_key"]?.unsetVariables ?? [])
    }

    private func required<Value>(_ key: String, _ value: Value?) throws(ConfigError) -> Value {
        guard let value else {
            let problem = fields[key] == nil ? "missing: every backend needs it" : "empty: every backend needs it"
            throw ConfigError(
                source: item.file,
                line: fields[key]?.line ?? item.line,
                key: "\(item.path).\(key)",
                problem: problem
            )
        }
        return value
    }

    /// A model's id, which can stand in a header and in JSON as it is.
    private func identifier(_ key: String) throws(ConfigError) -> String {
        let text = try required(key, fields[key]?.text())
        guard Self.isIdentifier(text) else { throw (fields[key] ?? item).error(Self.identifierRule) }
        return text
    }

    static let identifierRule = "expected a name without spaces, quotes and letters outside ASCII"

    static func isIdentifier(_ text: String) -> Bool {
        let forbidden = Set("\"\\".utf8)
        return !text.isEmpty && text.utf8.count <= 200
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !forbidden.contains($0) }
    }

    private func allowedModels() throws(ConfigError) -> [String] {
        var models: [String] = []
        for value in try fields["allowed_models"]?.items() ?? [] {
            guard let text = try value.text() else { continue }
            guard Self.isIdentifier(text) else { throw value.error(Self.identifierRule) }
            if !models.contains(text) { models.append(text) }
        }
        return models
    }

    private func provider() throws(ConfigError) -> Settings.ProviderKind {
        let word = try required("provider", fields["provider"]?.text()).lowercased()
        if let kind = Settings.ProviderKind(rawValue: word) { return kind }
        let available = Settings.ProviderKind.allCases.map(\.rawValue)
        let list = "available: \(available.joined(separator: ", "))"
        let value = fields["provider"] ?? item
        let hint = EditDistance.nearest(to: word, among: available).map { "did you mean \($0)? " } ?? ""
        throw value.error("unknown provider \(value.shown(word)) (\(hint)\(list))")
    }

    private func baseURL(_ provider: Settings.ProviderKind) throws(ConfigError) -> BaseURL? {
        let text = try fields["base_url"]?.text() ?? BuiltInBackends.address(of: provider)
        guard let text else {
            guard provider == .simulated else {
                throw (fields["base_url"] ?? item).error("provider \(provider.rawValue) needs a base_url")
            }
            return nil
        }
        do throws(BaseURL.Malformed) {
            return try BaseURL(text)
        } catch {
            throw (fields["base_url"] ?? item).error(error.problem)
        }
    }

    private func headers() throws(ConfigError) -> [HeaderField] {
        var headers: [HeaderField] = []
        for (name, value) in try fields["headers"]?.entries() ?? [] {
            let special = Set("!#$%&'*+-.^_`|~".utf8)
            let isToken =
                !name.isEmpty
                && name.utf8.allSatisfy {
                    special.contains($0) || (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0)
                }
            guard isToken else { throw value.error("no name of an HTTP header") }
            let framing = ["connection", "content-length", "host", "transfer-encoding"]
            guard !framing.contains(name.lowercased()) else { throw value.error("set by the gateway itself") }
            guard !headers.contains(where: { $0.name.lowercased() == name.lowercased() }) else {
                throw value.error("given more than once")
            }
            guard let text = try value.text() else { continue }
            guard text.utf8.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }) else {
                throw value.error("holds a character that no HTTP header may carry")
            }
            headers.append(HeaderField(name, text))
        }
        return headers
    }

    /// Dollars per thousand tokens with nine decimals are whole picodollars a token.
    private func amount(_ key: String) throws(ConfigError) -> Int64? {
        try fields[key]?.decimal(places: 9, most: Self.dearest)
    }

    private func price() throws(ConfigError) -> Price? {
        let input = try amount("cost_per_1k_in")
        let output = try amount("cost_per_1k_out")
        let read = try amount("cost_per_1k_cache_read")
        let write5m = try amount("cost_per_1k_cache_write_5m")
        let write1h = try amount("cost_per_1k_cache_write_1h")
        guard let input, let output else {
            guard let given = ConfigKey.backend.compactMap({ $0.hasPrefix("cost_") ? fields[$0] : nil }).first,
                input ?? output ?? read ?? write5m ?? write1h != nil
            else { return nil }
            throw given.error("cost_per_1k_in and cost_per_1k_out must both be given, or no cost at all")
        }
        // Anthropic's usual ratios, rounded up, for the buckets that were left out.
        return Price(
            input: input,
            output: output,
            cacheRead: read ?? (input + 9) / 10,
            cacheWrite5m: write5m ?? (input * 5 + 3) / 4,
            cacheWrite1h: write1h ?? input * 2
        )
    }
}

extension LocatedValue {
    /// What people call a backend, a project or a key; nil where nothing was written.
    func plainName() throws(ConfigError) -> String? {
        guard let text = try text() else { return nil }
        guard PlainName.isValid(text) else { throw error(PlainName.rule) }
        return text
    }
}
