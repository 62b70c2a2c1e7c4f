import GatewayCore
import Shared
import Testing

@testable import GatewayIO

@Suite struct `A mistake in the configuration` {
    @Test(
        arguments: [
            ("\ncache:\n  exact_tll: 5", "config.yaml:3: cache.exact_tll: unknown key (did you mean exact_ttl?)"),
            ("sever: {}", "config.yaml:1: sever: unknown key (did you mean server?)"),
            ("exact_ttl: 5", "config.yaml:1: exact_ttl: unknown key (did you mean cache.exact_ttl?)"),
            (
                "control: {colour: red}",
                "config.yaml:1: control.colour: unknown key (expected one of socket)"
            ),
            (
                "server:\n  port: eighty",
                "config.yaml:2: server.port: expected a whole number from 0 to 65535, got \"eighty\""
            ),
            (
                "server:\n  port: 65536",
                "config.yaml:2: server.port: expected a whole number from 0 to 65535, got \"65536\""
            ),
            (
                "server:\n  port: 80.5",
                "config.yaml:2: server.port: expected a whole number from 0 to 65535, got \"80.5\""
            ),
            (
                "cache:\n  max_bytes: -1",
                "config.yaml:2: cache.max_bytes: expected a whole number of 0 or more, got \"-1\""
            ),
            ("server: [1]", "config.yaml:1: server: expected a mapping of keys to values, got a list"),
            ("server: 5", "config.yaml:1: server: expected a mapping of keys to values, got a plain value"),
            ("server: {port: [1]}", "config.yaml:1: server.port: expected a plain value, got a list"),
            (
                "server: {host: 'http://x'}",
                "config.yaml:1: server.host: expected a host name or an address, without a port"
            ),
            ("- a", "config.yaml:1: expected a mapping of keys to values, got a list"),
            ("hello", "config.yaml:1: expected a mapping of keys to values, got a plain value"),
            ("cache: {enabled: maybe}", "config.yaml:1: cache.enabled: expected true or false, got \"maybe\""),
            (
                "cache: {scope: projects}",
                "config.yaml:1: cache.scope: expected one of key, project, global, got \"projects\" (did you mean project?)"
            ),
            ("auth: {keys: one}", "config.yaml:1: auth.keys: expected a list, got a plain value"),
            (
                "classifier:\n  tier1_max: 70\n  tier2_max: 70",
                "config.yaml:2: classifier.tier1_max: expected less than tier2_max, which is 70, got \"70\""
            ),
            (
                "routing:\n  prefer: [{tasks: [code], models: [hiku]}]",
                "config.yaml:2: routing.prefer: no backend is named hiku (did you mean haiku? there are haiku, sonnet, opus)"
            ),
            (
                "routing:\n  min_tier: premium\n  max_tier: fast",
                "config.yaml:2: routing.min_tier: min_tier premium is above max_tier fast"
            ),
            (
                "routing:\n  prefer: [{tasks: [coding], models: [haiku]}]",
                """
                config.yaml:2: routing.prefer[0].tasks[0]: expected one of simple_qa, code, math, analysis, creative, \
                translation, reasoning, general, got "coding"
                """
            ),
            (
                "projects:\n  - {name: a, keys: [k1]}\n  - {name: a}",
                "config.yaml:3: projects[1]: a second project with the name a"
            ),
            (
                "learned:\n  shadow_rate: 1.5",
                "config.yaml:2: learned.shadow_rate: expected a number from 0 to 1 with at most 4 decimals, got \"1.5\""
            ),
            (
                "classifier:\n  model: opsu",
                "config.yaml:2: classifier.model: no backend is named opsu (did you mean opus? there are haiku, sonnet, opus)"
            ),
            (
                "classifier:\n  tier2_max: 101",
                "config.yaml:2: classifier.tier2_max: expected a whole number from 0 to 100, got \"101\""
            ),
            ("server:\n  port: 1\n  port: 2", "config.yaml:3: server.port: given more than once; first in line 2"),
            ("server: {port: 1, port: 2}", "config.yaml:1: port: given more than once"),
            (
                "server: {port: ${X}",
                "config.yaml:1: not YAML: while parsing a flow mapping, did not find expected ',' or '}'"
            ),
            (
                "auth: {admin_key: '${X'}",
                "config.yaml:1: auth.admin_key: \"${\" without its \"}\"; write $$ for a dollar sign"
            ),
            ("a: *b", "config.yaml:1: not YAML: found undefined alias"),
            ("models: []", "config.yaml:1: models: expected at least one backend"),
            (
                "models: [haiku]",
                "config.yaml:1: models[0]: expected a backend with name, provider, model and tier, got a plain value"
            ),
        ]
    )
    func `is told with line, key and what was expected`(text: String, message: String) throws {
        let error = try #require(throws: ConfigError.self) { try loadConfig(text) }
        #expect(error.description == message)
    }

    @Test(
        arguments: [
            ("tier: fast", "models[0].provider: missing: every backend needs it"),
            (
                "provider: openai_compatible, tier: local",
                "models[0]: provider openai_compatible needs a base_url"
            ),
            (
                "provider: antropic",
                "models[0].provider: unknown provider \"antropic\" "
                    + "(did you mean anthropic? available: anthropic, openai, openai_compatible, ollama, simulated)"
            ),
            ("provider: simulated", "models[0].tier: missing: every backend needs it"),
            ("provider: simulated, tier: null", "models[0].tier: empty: every backend needs it"),
            (
                "provider: simulated, tier: blanced",
                "models[0].tier: expected local, fast, balanced, premium or 0 to 3, got \"blanced\" "
                    + "(did you mean balanced?)"
            ),
            (
                "provider: anthropic, tier: fast, base_url: api.example",
                "models[0].base_url: expected an address that begins with https:// or http://"
            ),
            (
                "provider: anthropic, tier: fast, api_key: k, base_url: 'http://10.0.0.1:80'",
                "models[0].base_url: would send backend a's key unencrypted to another machine; use https://"
            ),
            (
                "provider: anthropic, tier: fast, headers: {x-api-key: k}, base_url: 'http://127.0.0.1.evil.example'",
                "models[0].base_url: would send backend a's key unencrypted to another machine; use https://"
            ),
            (
                "provider: simulated, tier: fast, cost_per_1k_in: 1",
                "models[0].cost_per_1k_in: cost_per_1k_in and cost_per_1k_out must both be given, or no cost at all"
            ),
            (
                "provider: simulated, tier: fast, cost_per_1k_in: 1e3",
                "models[0].cost_per_1k_in: expected a number from 0 to 1000 with at most 9 decimals, got \"1e3\""
            ),
            ("provider: simulated, tier: fast, headers: {a b: c}", "models[0].headers.a b: no name of an HTTP header"),
            (
                "provider: simulated, tier: fast, headers: {Host: c}",
                "models[0].headers.Host: set by the gateway itself"
            ),
            ("provider: simulated, tier: fast, apikey: c", "models[0].apikey: unknown key (did you mean api_key?)"),
        ]
    )
    func `in a backend is told as well`(members: String, message: String) throws {
        let error = try #require(throws: ConfigError.self) {
            try loadConfig("models:\n  - {name: a, model: m, \(members)}")
        }
        #expect(error.description == "config.yaml:2: " + message)
    }

    @Test func `is a second backend of the same name`() throws {
        let text = """
            models:
              - {name: a, provider: simulated, model: m, tier: fast}
              - {name: A, provider: simulated, model: m, tier: fast}
            """
        let error = try #require(throws: ConfigError.self) { try loadConfig(text) }
        let message = "config.yaml:3: models[1]: a second backend with the name A (the first is in line 2)"
        #expect(error.description == message)
    }

    @Test(
        arguments: [
            ("PORT", "high", "environment: PORT: expected a whole number from 0 to 65535, got \"high\""),
            (
                "CACHE_TTL_SECONDS", "-1",
                "environment: CACHE_TTL_SECONDS: expected a whole number from 0 to 315360000, got \"-1\""
            ),
            (
                "SMART_ROUTING_MODE", "on",
                "environment: SMART_ROUTING_MODE: expected always, auto, off, local_first or keyword, got \"on\""
            ),
            ("ENABLE_SMART_ROUTING", "2", "environment: ENABLE_SMART_ROUTING: expected true or false, got \"2\""),
            (
                "ADMIN_KEY", "two words",
                "environment: ADMIN_KEY: holds a space or another character that no HTTP header may carry"
            ),
        ]
    )
    func `in the environment names the variable`(name: String, value: String, message: String) throws {
        let error = try #require(throws: ConfigError.self) {
            try loadConfig("", environment: ["ANTHROPIC_API_KEY": "k", name: value])
        }
        #expect(error.description == message)
    }

    @Test(
        arguments: [
            (ConfigOverrides(port: 70_000), "--port"), (ConfigOverrides(port: -1), "--port"),
            (ConfigOverrides(host: "a b"), "--host"), (ConfigOverrides(logLevel: "loud"), "--log-level"),
            (ConfigOverrides(socket: String(repeating: "x", count: 108)), "--socket"),
        ]
    )
    func `on the command line names the option`(overrides: ConfigOverrides, option: String) throws {
        let error = try #require(throws: ConfigError.self) { try loadConfig("", overrides: overrides) }
        #expect(error.description.hasPrefix("command line: \(option): expected "))
    }

    @Test func `never shows what came from the environment`() throws {
        let environment = ["ANTHROPIC_API_KEY": "sk-very-secret"]
        for text in [
            "server: {port: $ANTHROPIC_API_KEY}", "cache: {scope: $ANTHROPIC_API_KEY}",
            "cache: {enabled: $ANTHROPIC_API_KEY}",
            "models: [{name: a, model: m, provider: simulated, tier: $ANTHROPIC_API_KEY}]",
            "models: [{name: a, model: m, provider: $ANTHROPIC_API_KEY, tier: fast}]",
        ] {
            let error = try #require(throws: ConfigError.self) { try loadConfig(text, environment: environment) }
            #expect(!error.description.contains("very-secret"), "\(error)")
        }
    }

    @Test func `is a file that cannot be read`() throws {
        let path = "/nowhere/at/all.yaml"
        let error = try #require(throws: ConfigError.self) {
            try ConfigLoader.load(path: path, environment: [:], overrides: ConfigOverrides())
        }
        #expect(error.description == "\(path): cannot be read: no such file or directory")
        let directory = try #require(throws: ConfigError.self) {
            try ConfigLoader.load(path: "/", environment: [:], overrides: ConfigOverrides())
        }
        #expect(directory.description == "/: cannot be read: is a directory")
    }

    @Test(arguments: ["", "\n? *a9\n: x"])
    func `is a text that stands for far more than it holds`(ending: String) throws {
        let levels = (1...9).map {
            "a\($0): &a\($0) [\(Array(repeating: "*a\($0 - 1)", count: 10).joined(separator: ","))]"
        }
        let error = try #require(throws: ConfigError.self) {
            try loadConfig("a0: &a0 x\n" + levels.joined(separator: "\n") + ending)
        }
        // As a key it would keep the YAML library busy for longer than anybody waits.
        #expect(error.problem.contains("aliases, at most 24 may be"))
    }

    @Test func `is none where a value is used a few times`() throws {
        let uses = (1...24).map { "  x\($0): *v" }.joined(separator: "\n")
        let tree = try YAMLTree.parse("a: &v b\nc:\n\(uses)", file: "x")
        guard case .mapping(let entries) = tree.content, case .mapping(let used)? = entries.last?.value.content else {
            Issue.record("no mapping")
            return
        }
        #expect(used.count == 24 && used.allSatisfy { $0.value.content == .scalar("b") })
    }

    @Test func `is a file of too many values`() throws {
        let error = try #require(throws: ConfigError.self) {
            try loadConfig("a: [" + String(repeating: "0,", count: 50_001) + "]")
        }
        #expect(error.problem.contains("50000"))
    }
}
