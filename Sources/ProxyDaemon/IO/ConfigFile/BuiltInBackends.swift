import GatewayCore
import Shared

/// The backends that need no file: a line-up for the provider whose key is in the environment, and a local server.
struct BuiltInBackends {
    /// Where a backend of each kind calls without a `base_url`.
    static func address(of provider: Settings.ProviderKind) -> String? {
        switch provider {
        case .anthropic: "https://api.anthropic.com"
        case .openai: "https://api.openai.com"
        case .ollama: "http://127.0.0.1:11434"
        case .openaiCompatible, .simulated: nil
        }
    }

    /// What `local:<model>` may name where `LOCAL_LLM_BASE_URL` stands alone; the first one is the default.
    static let localModels = [
        "qwen2.5-coder:14b-instruct", "qwen2.5-coder:7b-instruct", "qwen2.5-coder:32b-instruct", "qwen2.5:14b",
        "qwen2.5:7b", "llama3.2:latest", "llama3.1:8b", "codellama:13b", "deepseek-coder:6.7b", "deepseek-coder-v2:16b",
    ]

    /// Each of these makes backends without a file.
    static let variables = ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "LOCAL_LLM_BASE_URL"]

    private let variables: EnvironmentReader

    init(_ variables: EnvironmentReader) { self.variables = variables }

    /// The line-up without a file: the one that most people of an Anthropic key know; OpenAI's where only its key is
    /// there; none where there is no key but a local server.
    func lineUp() throws(ConfigError) -> [BackendDraft] {
        let key = try variables.secret("ANTHROPIC_API_KEY")
        if key == nil, let key = try variables.secret("OPENAI_API_KEY") {
            return [
                draft("luna", .openai, "gpt-6-luna", .fast, key),
                draft("sol", .openai, "gpt-6.2-sol", .balanced, key),
                draft("astra", .openai, "gpt-6.2-astra", .premium, key),
            ]
        }
        if key == nil, variables.value("LOCAL_LLM_BASE_URL") != nil { return [] }
        return [
            draft("haiku", .anthropic, "claude-haiku-4-5-20251001", .fast, key),
            draft("sonnet", .anthropic, "claude-sonnet-4-6", .balanced, key),
            draft("opus", .anthropic, "claude-opus-4-7", .premium, key),
        ]
    }

    private func draft(
        _ name: String,
        _ provider: Settings.ProviderKind,
        _ model: String,
        _ tier: Tier,
        _ key: Secret?
    ) -> BackendDraft {
        BackendDraft(
            backend: Settings.Backend(
                name: name,
                provider: provider,
                model: model,
                baseURL: Self.address(of: provider) ?? "",
                apiKey: key,
                tier: tier
            )
        )
    }

    /// Lays the variables `LOCAL_*` over the backends: a backend `local` of its own, and the tokens of Cloudflare Access
    /// for every local one that has none.
    ///
    /// - Throws: ``ConfigError`` for a value that cannot be, and for a token that would travel unencrypted.
    func addLocal(to drafts: inout [BackendDraft]) throws(ConfigError) {
        if let text = variables.value("LOCAL_LLM_BASE_URL") {
            let url: BaseURL
            do throws(BaseURL.Malformed) {
                url = try BaseURL(text)
            } catch {
                throw variables.error("LOCAL_LLM_BASE_URL", error.problem)
            }
            let model = variables.value("LOCAL_LLM_DEFAULT_MODEL") ?? Self.localModels[0]
            guard BackendReader.isIdentifier(model) else {
                throw variables.error("LOCAL_LLM_DEFAULT_MODEL", BackendReader.identifierRule)
            }
            var backend = Settings.Backend(
                name: "local",
                provider: .ollama,
                model: model,
                baseURL: url.text,
                tier: .local
            )
            backend.price = .free
            backend.allowedModels = Self.localModels
            backend.timeoutSeconds = try variables.integer("LOCAL_LLM_TIMEOUT_SECONDS", in: 1...86_400) ?? 120
            drafts.removeAll { $0.backend.name == "local" }
            drafts.append(BackendDraft(backend: backend))
        }
        try addAccessTokens(to: &drafts)
    }

    private func addAccessTokens(to drafts: inout [BackendDraft]) throws(ConfigError) {
        let tokens = [
            ("CF-Access-Client-Id", "LOCAL_CF_ACCESS_CLIENT_ID"),
            ("CF-Access-Client-Secret", "LOCAL_CF_ACCESS_CLIENT_SECRET"),
        ]
        for (header, variable) in tokens {
            guard let token = try variables.secret(variable) else { continue }
            for at in drafts.indices where drafts[at].backend.tier == .local {
                guard !drafts[at].backend.headers.contains(where: { $0.name.lowercased() == header.lowercased() })
                else { continue }
                let url = try? BaseURL(drafts[at].backend.baseURL)
                guard url?.isEncrypted == true || url?.isLoopback == true else {
                    throw variables.error(
                        variable,
                        "would be sent unencrypted to \(drafts[at].backend.baseURL); use https://"
                    )
                }
                drafts[at].backend.headers.append(HeaderField(header, token.exposed))
            }
        }
    }
}
