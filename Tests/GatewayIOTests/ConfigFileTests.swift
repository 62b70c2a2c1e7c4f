import GatewayCore
import Shared
import Testing

@testable import GatewayIO

/// A file's text with a key for the default backends, so that no test falls into demo mode by accident.
func loadConfig(
    _ text: String,
    path: String? = "config.yaml",
    environment: [String: String] = ["ANTHROPIC_API_KEY": "sk-test"],
    overrides: ConfigOverrides = ConfigOverrides()
) throws(ConfigError) -> LoadedConfig {
    try ConfigLoader.load(text: text, path: path, environment: environment, overrides: overrides)
}

@Suite struct `The configuration` {
    @Test(arguments: ["", "\n\n", "# nothing\n", "---\n", "server:\nmodels:\ncache: {}\n", "null"])
    func `is the built-in one where a file says nothing`(text: String) throws {
        let loaded = try loadConfig(text)
        #expect(loaded.settings == (try loadConfig("", path: nil).settings))
        #expect(loaded.warnings == [])
        #expect(loaded.settings.backends.map(\.name) == ["haiku", "sonnet", "opus"])
        #expect(loaded.settings.backends.map(\.tier) == [.fast, .balanced, .premium])
        #expect(loaded.settings.backends.allSatisfy { $0.apiKey == Secret("sk-test") })
    }

    @Test func `takes the ways of routing and the classifier's provider from the environment`() throws {
        func settings(_ variables: [String: String]) throws -> Settings {
            try loadConfig("", path: nil, environment: ["ANTHROPIC_API_KEY": "k"].merging(variables) { $1 }).settings
        }
        #expect(try settings(["SMART_ROUTING_MODE": "local_first"]).routing.isLocalFirst)
        #expect(try settings(["SMART_ROUTING_MODE": "Keyword"]).classifier.mode == .ruleBased)
        #expect(try settings(["CLASSIFIER_LLM_PROVIDER": "OpenAI"]).classifier.modelProvider == .openai)
        let plain = try settings([:])
        #expect(!plain.routing.isLocalFirst && plain.classifier.mode == .hybrid)
        #expect(plain.classifier.modelProvider == nil)
        #expect(throws: ConfigError.self) { try settings(["CLASSIFIER_LLM_PROVIDER": "nobody"]) }
    }

    @Test func `is shown in words that mean the same again`() throws {
        let written = try loadConfig(
            """
            models:
              - {name: a, provider: ollama, model: qwen3, tier: fast, base_url: "http://127.0.0.1:1", max_concurrent: 3,
                 cost_per_1k_in: 0.001, cost_per_1k_out: 0.002}
            routing: {prefer: [{tasks: [code], tiers: [fast], models: [a]}]}
            limits: {rpm: 5}
            projects:
              - name: web
                min_tier: fast
                max_tier: balanced
                max_cost_usd: 0.25
                prefer: [{tasks: [code], models: [a]}]
                limits: {rpm: 600, tpm: 200000, concurrent_streams: 20}
                budget: {usd_per_day: 25, usd_per_month: 400.5}
                allowed_models: [a]
                routing_mode: auto
                cache_scope: key
                reduction: {diff_first: true, tool_result_max_chars: 20000}
              - {name: bare}
            """
        ).settings
        let shown = ConfigLoader.describe(written).split(separator: "\n")
        #expect(shown.first == "demo: false")
        #expect(try loadConfig(shown.dropFirst().joined(separator: "\n")).settings == written)
    }

    @Test func `takes every section of a file`() throws {
        let loaded = try loadConfig(
            """
            server: {host: 0.0.0.0, port: 0, max_body_bytes: 1_000_000, threads: 2}
            auth: {keys: [one, "two", one, $NOTHING], admin_key: root}
            control: {socket: /run/gateway.sock}
            routing: {mode: off, preset: by_task, local_first: yes, max_tier: balanced, max_cost_usd: 0.25}
            classifier: {mode: rule_based, tier1_max: 10, tier2_max: 90, quality_target: 0.98, model: haiku}
            use_haiku_classifier: false
            learned: {sidecar_url: "http://localhost:6060/classify", shadow_rate: 0.02, use_feedback: no}
            embedding: {threads: 2, queue: 8}
            projects: [{name: web, keys: [$NOTHING, three], min_tier: 1, prefer: [{tasks: [code], models: [opus]}]}]
            cache: {enabled: no, exact_ttl: 60, max_bytes: 5, max_entry_bytes: 4, scope: KEY}
            upstream: {connect_timeout_sec: 1, ca_file: /etc/ca.pem, buffer_bytes: 2048}
            log: {level: debug, format: json, prompts: none}
            catalogue_file: models.yaml
            """,
            path: "/etc/llm-gateway/config.yaml"
        )
        let settings = loaded.settings
        #expect(settings.server.host == "0.0.0.0")
        #expect(settings.server.port == 0)
        #expect(settings.server.maxBodyBytes == 1_000_000)
        #expect(settings.server.threads == 2)
        #expect(settings.auth.keys == [Secret("one"), Secret("two")])
        #expect(settings.auth.adminKey == Secret("root"))
        #expect(settings.control.socket == "/run/gateway.sock")
        #expect(settings.routing.mode == .off)
        #expect(settings.classifier.tier1Max == 10)
        #expect(settings.classifier.tier2Max == 90)
        #expect(settings.classifier.mode == .ruleBased && settings.classifier.qualityTarget == 0.98)
        #expect(settings.classifier.model == "haiku" && !settings.classifier.asksModel)
        #expect(settings.routing.preset == .byTask && settings.routing.isLocalFirst)
        #expect(settings.routing.bounds.maxTier == .balanced)
        #expect(settings.routing.bounds.maxCost == USD(nanodollars: 250_000_000))
        #expect(settings.learned.sidecarURL == "http://localhost:6060/classify")
        #expect(settings.learned.shadowRate == 0.02 && !settings.learned.usesFeedback)
        #expect(settings.embedding.threads == 2 && settings.embedding.queue == 8)
        #expect(settings.projects.map(\.name) == ["web"] && settings.projects[0].keys == [Secret("three")])
        #expect(settings.projects[0].bounds.minTier == .fast)
        #expect(settings.projects[0].bounds.prefer == [.init(tasks: [.code], models: ["opus"])])
        #expect(!settings.cache.isEnabled)
        #expect(settings.cache.exactTTLSeconds == 60)
        #expect(settings.cache.scope == .key)
        #expect(settings.upstream.caFile == "/etc/ca.pem")
        #expect(settings.upstream.bufferBytes == 2_048)
        #expect(settings.log.level == "debug")
        #expect(settings.log.format == .json)
        #expect(settings.log.prompts == PromptLevel.none)
        // Relative to the file, wherever the daemon was started.
        #expect(settings.catalogueFile == "/etc/llm-gateway/models.yaml")
        #expect(loaded.path == "/etc/llm-gateway/config.yaml")
    }

    private typealias PromptLevel = Settings.PromptLogging

    @Test func `takes backends with their prices and headers`() throws {
        let settings = try loadConfig(
            """
            models:
              - name: a
                provider: Anthropic
                model: claude-x
                base_url: https://proxy.example:8443/anthropic/v1/
                api_key: ${MY_KEY}
                tier: 2
                headers: {anthropic-beta: "one,two", x-team: $TEAM}
                cost_per_1k_in: 0.001
                cost_per_1k_out: 0.0055
                max_tokens: 1000
              - {name: b, provider: anthropic, model: m, base_url: "http://127.0.0.1:8081", tier: local,
                 cost_per_1k_in: 0, cost_per_1k_out: 0}
              - {name: c, provider: simulated, model: m, tier: premium}
              - {name: d, provider: anthropic, model: m, api_key: k, tier: fast, cost_per_1k_in: 0.002,
                 cost_per_1k_out: 0.01, cost_per_1k_cache_read: 0.00002, cost_per_1k_cache_write_5m: 0.003,
                 cost_per_1k_cache_write_1h: 0.005}
            """,
            environment: ["MY_KEY": "secret", "TEAM": "blue"]
        ).settings
        let first = try #require(settings.backends.first)
        #expect(first.provider == .anthropic)
        #expect(first.baseURL == "https://proxy.example:8443/anthropic")
        #expect(first.apiKey == Secret("secret"))
        #expect(first.tier == .balanced)
        #expect(first.headers == [HeaderField("anthropic-beta", "one,two"), HeaderField("x-team", "blue")])
        #expect(first.maxTokens == 1_000)
        let derived = Price(
            input: 1_000_000,
            output: 5_500_000,
            cacheRead: 100_000,
            cacheWrite5m: 1_250_000,
            cacheWrite1h: 2_000_000
        )
        #expect(first.price == derived)
        #expect(settings.backends[1].price == .free)
        #expect(settings.backends[1].apiKey == nil)
        #expect(settings.backends[2].provider == .simulated)
        #expect(settings.backends[2].baseURL == "")
        #expect(settings.backends[2].price == nil)
        #expect(settings.backends[3].baseURL == "https://api.anthropic.com")
        let given = Price(
            input: 2_000_000,
            output: 10_000_000,
            cacheRead: 20_000,
            cacheWrite5m: 3_000_000,
            cacheWrite1h: 5_000_000
        )
        #expect(settings.backends[3].price == given)
        #expect(!settings.isDemo)
    }

    @Test func `lets the environment win over the file, and the command line over both`() throws {
        let text = "server: {port: 1}\nauth: {keys: [one], admin_key: file}\nlog: {level: error}"
        let environment = [
            "ANTHROPIC_API_KEY": "k", "PORT": "2", "GATEWAY_API_KEY": "two", "ADMIN_KEY": "env",
            "CACHE_TTL_SECONDS": "7", "SMART_ROUTING_MODE": "AUTO",
        ]
        let file = try loadConfig(text).settings
        #expect(file.server.port == 1)
        let both = try loadConfig(text, environment: environment).settings
        #expect(both.server.port == 2)
        #expect(both.auth.keys == [Secret("one"), Secret("two")])
        #expect(both.auth.adminKey == Secret("env"))
        #expect(both.cache.exactTTLSeconds == 7)
        #expect(both.routing.mode == .auto)
        let overrides = ConfigOverrides(host: "::1", port: 3, socket: "/tmp/s", logLevel: "TRACE")
        let all = try loadConfig(text, environment: environment, overrides: overrides).settings
        #expect(all.server.host == "::1")
        #expect(all.server.port == 3)
        #expect(all.control.socket == "/tmp/s")
        #expect(all.log.level == "trace")
    }

    @Test(
        arguments: [
            ("false", nil, .off), ("0", "auto", .off), ("true", "auto", .auto), ("true", nil, .always),
            ("", nil, .always),
        ] as [(String, String?, Settings.RoutingMode)]
    )
    func `switches routing off by one variable`(enable: String, mode: String?, result: Settings.RoutingMode) throws {
        var environment = ["ANTHROPIC_API_KEY": "k", "ENABLE_SMART_ROUTING": enable]
        environment["SMART_ROUTING_MODE"] = mode
        #expect(try loadConfig("", environment: environment).settings.routing.mode == result)
    }

    @Test(arguments: [
        ("$A", "x"), ("${A}", "x"), ("${A:-y}", "x"), ("${B:-y}", "y"), ("a$A-b${A}c", "ax-bxc"), ("$B", ""),
        ("${EMPTY:-z}", "z"), ("$$A", "$A"), ("$$$A", "$x"), ("5$", "5$"), ("$1", "$1"), ("${B:-}", ""), ("$Ax", ""),
        ("plain", "plain"), ("${B:-a:-b}", "a:-b"),
    ])
    func `puts variables in their places`(text: String, result: String) throws {
        #expect(try Expansion(environment: ["A": "x", "EMPTY": ""]).expand(text) == result)
    }

    @Test(arguments: ["${A", "${}", "${1}", "${A-b}", "${A b}"])
    func `refuses a malformed reference`(text: String) {
        #expect(throws: Expansion.Malformed.self) { try Expansion(environment: [:]).expand(text) }
    }

    @Test func `cannot be changed in its structure by a variable`() throws {
        let environment = ["ANTHROPIC_API_KEY": "k", "KEY": "a, b]\nserver: {port: 1}"]
        #expect(throws: ConfigError.self) { try loadConfig("auth: {keys: [$KEY]}", environment: environment) }
    }

    @Test func `takes the address of a PostgreSQL server, and shows it to nobody`() throws {
        let url = "postgresql://gateway:pass-word@db.example:5432/books"
        let text = "storage: {database_url: '\(url)'}"
        #expect(try loadConfig(text).settings.storage.databaseURL == Secret(url))
        #expect(!ConfigLoader.describe(try loadConfig(text).settings).contains("pass-word"))
        let environment = ["ANTHROPIC_API_KEY": "k", "DATABASE_URL": url]
        #expect(try loadConfig("", environment: environment).settings.storage.databaseURL == Secret(url))
        let wrong = "mysql://root:pass-word@db.example/books"
        let error = #expect(throws: ConfigError.self) { try loadConfig("storage: {database_url: '\(wrong)'}") }
        #expect(error.map { "\($0)".contains("pass-word") } == false)
        #expect(throws: ConfigError.self) {
            try loadConfig("", environment: ["ANTHROPIC_API_KEY": "k", "DATABASE_URL": wrong])
        }
    }

    @Test(arguments: [
        "cache: {redis_url: null, use_semantic_cache: false}", "max_escalations: 0", "storage: {database_url: null}",
    ])
    func `says nothing where such a key is off or at its default`(text: String) throws {
        #expect(try loadConfig(text).warnings == [])
    }

    @Test func `takes switches from the environment`() throws {
        func settings(_ word: String) throws -> Settings {
            let names = ["ENABLE_SEMANTIC_ROUTING_SIGNAL", "PROMETHEUS_ENABLED"]
            let environment = Dictionary(uniqueKeysWithValues: names.map { ($0, word) })
            return try loadConfig("", environment: environment.merging(["ANTHROPIC_API_KEY": "k"]) { $1 }).settings
        }
        let off = try settings("0")
        #expect(!off.classifier.usesEmbedding && !off.metrics.servesPrometheus)
        let on = try settings("1")
        #expect(on.classifier.usesEmbedding && on.metrics.servesPrometheus)
        #expect(throws: ConfigError.self) { try settings("maybe") }
    }

    @Test func `refuses a public address without keys`() throws {
        #expect(throws: ConfigError.self) { try loadConfig("server: {host: 0.0.0.0}") }
        #expect(try loadConfig("server: {host: 0.0.0.0}\nauth: {keys: [k]}").warnings == [])
        #expect(try loadConfig("server: {host: '::1'}").warnings == [])
    }

    @Test func `describes itself without its secrets`() throws {
        let text = """
            auth: {keys: [client-key-0123456789], admin_key: admin-key-0123456789}
            models:
              - {name: a, provider: anthropic, model: m, api_key: sk-upstream-0123456789, tier: fast,
                 headers: {x-api-key: header-secret}, cost_per_1k_in: 0.001, cost_per_1k_out: 0.005}
            """
        let description = ConfigLoader.describe(try loadConfig(text).settings)
        for secret in ["client-key", "admin-key", "sk-upstream", "header-secret"] {
            #expect(!description.contains(secret))
        }
        for line in ["  port: 8080", "  mode: always", "    cost_per_1k_cache_read: 0.0001", "catalogue_file: null"] {
            #expect(description.split(separator: "\n").contains { $0 == line }, "\(line)")
        }
    }

    @Test(arguments: [
        ("exact_tll", "exact_ttl", 1), ("", "abc", 3), ("ab", "ba", 1), ("kitten", "sitting", 3), ("same", "same", 0),
    ])
    func `measures how far words are apart`(left: String, right: String, distance: Int) {
        #expect(EditDistance.between(left, right) == distance)
        #expect(EditDistance.between(right, left) == distance)
    }
}
