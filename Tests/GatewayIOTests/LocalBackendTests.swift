import GatewayCore
import Shared
import Testing

@testable import GatewayIO

@Suite struct `Backends other than Anthropic's` {
    @Test func `are taken from a file with what is theirs`() throws {
        let text = """
            models:
              - name: coder
                provider: ollama
                model: qwen2.5-coder:14b-instruct
                tier: local
                num_ctx: 32768
                allowed_models: [a, "b:7b", a]
                timeout_sec: 90
              - {name: v, provider: openai_compatible, model: m, base_url: "http://127.0.0.1:8000/v1", tier: fast, stream_usage: false}
              - {name: o, provider: openai, model: gpt-6-luna, api_key: k, tier: fast}
            """
        let backends = try loadConfig(text, environment: [:]).settings.backends
        #expect(backends.map(\.provider) == [.ollama, .openaiCompatible, .openai])
        #expect(
            backends.map(\.baseURL) == ["http://127.0.0.1:11434", "http://127.0.0.1:8000", "https://api.openai.com"]
        )
        #expect(backends[0].contextTokens == 32_768)
        #expect(backends[0].allowedModels == ["a", "b:7b"])
        #expect(backends[0].timeoutSeconds == 90)
        #expect(backends.map(\.reportsStreamUsage) == [true, false, true])
    }

    @Test func `follow the key that is there`() throws {
        let openai = try loadConfig("", path: nil, environment: ["OPENAI_API_KEY": "k"]).settings
        #expect(openai.backends.map(\.name) == ["luna", "sol", "astra"])
        #expect(!openai.isDemo)
        let both = try loadConfig("", path: nil, environment: ["OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "a"])
        #expect(both.settings.backends.map(\.name) == ["haiku", "sonnet", "opus"])
    }

    @Test func `come from the environment alone`() throws {
        let environment = [
            "LOCAL_LLM_BASE_URL": "https://ollama.example.com/", "LOCAL_LLM_DEFAULT_MODEL": "llama3.2:latest",
            "LOCAL_LLM_TIMEOUT_SECONDS": "30", "LOCAL_CF_ACCESS_CLIENT_ID": "id",
            "LOCAL_CF_ACCESS_CLIENT_SECRET": "secret",
        ]
        let loaded = try loadConfig("", path: nil, environment: environment)
        let backend = try #require(loaded.settings.backends.first)
        #expect(loaded.settings.backends.count == 1)
        #expect(!loaded.settings.isDemo)
        #expect(loaded.warnings == [])
        #expect(backend.name == "local")
        #expect(backend.tier == .local)
        #expect(backend.baseURL == "https://ollama.example.com")
        #expect(backend.model == "llama3.2:latest")
        #expect(backend.timeoutSeconds == 30)
        #expect(backend.allowedModels.contains("deepseek-coder-v2:16b"))
        #expect(
            backend.headers == [
                HeaderField("CF-Access-Client-Id", "id"), HeaderField("CF-Access-Client-Secret", "secret"),
            ]
        )
    }

    @Test func `stand beside the others`() throws {
        let environment = ["ANTHROPIC_API_KEY": "a", "LOCAL_LLM_BASE_URL": "http://127.0.0.1:11434"]
        let backends = try loadConfig("", path: nil, environment: environment).settings.backends
        #expect(backends.map(\.name) == ["haiku", "sonnet", "opus", "local"])
        #expect(backends.last?.model == "qwen2.5-coder:14b-instruct")
        #expect(backends.last?.timeoutSeconds == 120)
    }

    @Test(
        arguments: [
            (["LOCAL_LLM_BASE_URL": "ollama"], "LOCAL_LLM_BASE_URL"),
            (["LOCAL_LLM_BASE_URL": "http://x", "LOCAL_LLM_TIMEOUT_SECONDS": "soon"], "LOCAL_LLM_TIMEOUT_SECONDS"),
            (["LOCAL_LLM_BASE_URL": "http://x", "LOCAL_LLM_DEFAULT_MODEL": "a b"], "LOCAL_LLM_DEFAULT_MODEL"),
            (
                ["LOCAL_LLM_BASE_URL": "http://elsewhere", "LOCAL_CF_ACCESS_CLIENT_SECRET": "s"],
                "LOCAL_CF_ACCESS_CLIENT_SECRET"
            ),
        ]
    )
    func `name the variable that cannot be`(environment: [String: String], name: String) throws {
        let error = try #require(throws: ConfigError.self) { try loadConfig("", path: nil, environment: environment) }
        #expect(error.source == "environment")
        #expect(error.key == name)
    }
}
