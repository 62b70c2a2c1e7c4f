import FoundationEssentials
import GatewayCore
import Shared
import Testing

@testable import GatewayIO

@Suite struct `Demo mode` {
    private static let remote = "{name: r, provider: anthropic, model: m, api_key: $MY_KEY, tier: fast}"
    private static let keyed = "{name: k, provider: anthropic, model: m, api_key: given, tier: fast}"
    private static let local =
        "{name: l, provider: anthropic, model: m, base_url: 'http://localhost:8081', tier: local}"
    private static let simulated = "{name: s, provider: simulated, model: m, tier: fast}"

    @Test func `begins without a key and without a file`() throws {
        let loaded = try loadConfig("", path: nil, environment: [:])
        #expect(loaded.settings.isDemo)
        #expect(loaded.settings.backends.map(\.provider) == [.simulated, .simulated, .simulated])
        #expect(loaded.settings.backends.map(\.name) == ["haiku", "sonnet", "opus"])
        #expect(loaded.settings.backends.map(\.model).first == "claude-haiku-4-5-20251001")
        #expect(loaded.settings.backends.map(\.baseURL) == ["", "", ""])
        #expect(
            loaded.warnings == [
                "none of ANTHROPIC_API_KEY, OPENAI_API_KEY, LOCAL_LLM_BASE_URL is set, and there is no config file: demo mode, "
                    + "answers are simulated"
            ]
        )
    }

    @Test func `begins when asked for, and takes every key away`() throws {
        let text = "models: [\(Self.keyed), \(Self.local), \(Self.simulated)]"
        let loaded = try loadConfig(text, overrides: ConfigOverrides(demo: true))
        #expect(loaded.settings.isDemo)
        #expect(loaded.settings.backends.allSatisfy { $0.provider == .simulated && $0.apiKey == nil })
        #expect(loaded.warnings == [])
    }

    @Test func `keys that stand for nothing are named, but for those of the shipped file`() throws {
        let text = """
            models: [\(Self.keyed)]
            auth:
              keys: [$GATEWAY_API_KEY, $GATEWAY_API_KYE, "${OTHER:-default}", "pa$$word", "pa$word"]
              admin_key: $ADMIN_KEY
            projects:
              - {name: web, keys: [$WEB_KEY, given]}
            """
        let named = try loadConfig(text, environment: ["WEB_KEY": ""]).warnings
        let end = "so that what it stands for is not there"
        // No part of what may be meant as a key is told.
        let part = "config.yaml:3: auth: a variable in this value is not set ($$ is a dollar sign), \(end)"
        #expect(
            named == [
                "config.yaml:3: auth: GATEWAY_API_KYE is not set, \(end)", part,
                "config.yaml:6: projects: WEB_KEY is not set, \(end)",
            ]
        )
        #expect(try loadConfig(text, environment: ["WEB_KEY": "a", "GATEWAY_API_KYE": "b"]).warnings == [part])
        let other = try loadConfig("models: [\(Self.keyed)]\nstorage:\n  database_url: $DATABASE\n").warnings
        #expect(other == ["config.yaml:3: storage: DATABASE is not set, \(end)"])
    }

    @Test func `a proxy of the environment that is not used is named, where a provider is on another machine`() throws {
        let text = "models: [\(Self.keyed)]\nupstream: {use_proxy_environment: false}"
        func warnings(_ text: String, _ name: String) throws -> [String] {
            try loadConfig(text, environment: ["ANTHROPIC_API_KEY": "sk", name: "http://proxy:3128"]).warnings
        }
        for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
            #expect(try warnings(text, name).map { $0.hasPrefix("\(name) is set and not used") } == [true])
            #expect(try warnings(text.replacing("false", with: "true"), name) == [])
        }
        #expect(try warnings(text, "NO_PROXY") == [])
        let near = "models: [{name: a, provider: ollama, model: m, tier: fast, base_url: \"http://127.0.0.1:1\"}]"
        #expect(try warnings(near, "HTTPS_PROXY") == [])
    }

    @Test(arguments: ["", "server: {port: 1}", "models: [\(remote)]"])
    func `begins when no backend of a file has a key`(text: String) throws {
        let loaded = try loadConfig(text, environment: [:])
        #expect(loaded.settings.isDemo)
        #expect(loaded.warnings.count == 1)
        #expect(loaded.warnings.first?.contains("demo mode, answers are simulated") == true)
    }

    @Test func `names what no backend of the file has, and a key that is there for nothing`() throws {
        let whole = "models: [\(Self.remote)]"
        let cause = "config.yaml: MY_KEY is not set, so that no backend has a key: demo mode, answers are simulated"
        #expect(try loadConfig(whole, environment: [:]).warnings == [cause])
        let waiting = try loadConfig(whole, environment: ["OPENAI_API_KEY": "sk-x"])
        #expect(waiting.settings.isDemo)
        let hint =
            "\(cause). OPENAI_API_KEY is set, and no backend of config.yaml takes it: add one with "
            + "`api_key: $OPENAI_API_KEY` under `models`, or start with --config /dev/null, which serves that "
            + "provider's models"
        #expect(waiting.warnings == [hint])
        let bare = try loadConfig("models: [{name: r, provider: anthropic, model: m, tier: fast}]", environment: [:])
        #expect(bare.warnings == ["config.yaml: no backend has an api_key: demo mode, answers are simulated"])
    }

    @Test(arguments: ["models: [\(local)]", "models: [\(simulated)]", "models: [\(keyed), \(local)]"])
    func `is not entered where every backend can answer`(text: String) throws {
        let loaded = try loadConfig(text, environment: [:])
        #expect(!loaded.settings.isDemo)
        #expect(loaded.warnings == [])
    }

    @Test(arguments: [
        "models: [\(keyed), \(remote)]", "models: [\(local), \(remote)]", "models: [\(simulated), \(remote)]",
    ])
    func `is not entered where only some lack a key`(text: String) throws {
        let error = try #require(throws: ConfigError.self) { try loadConfig(text, environment: [:]) }
        #expect(error.key == "models[1].api_key")
        #expect(error.problem.contains("backend r has no key: set MY_KEY in the environment"))
        #expect(error.problem.contains("--demo"))
    }

    @Test func `is not entered where a key is there and the file does not use it`() throws {
        let text = "models: [{name: r, provider: anthropic, model: m, tier: fast}]"
        let error = try #require(throws: ConfigError.self) { try loadConfig(text) }
        #expect(error.problem.contains("add the line `api_key: $ANTHROPIC_API_KEY`"))
    }

    @Test func `is not entered where it was ruled out`() throws {
        let error = try #require(throws: ConfigError.self) {
            try loadConfig("", path: nil, environment: [:], overrides: ConfigOverrides(demo: false))
        }
        #expect(error.description == "environment: ANTHROPIC_API_KEY: not set")
    }

    @Test func `is not entered for a backend that gets its key in a header`() throws {
        let text = "models: [{name: r, provider: anthropic, model: m, tier: fast, headers: {Authorization: Bearer x}}]"
        #expect(!(try loadConfig(text, environment: [:]).settings.isDemo))
    }
}

@Suite struct `The configuration's place` {
    @Test func `is looked for in the user's directories`() {
        #expect(
            ConfigLoader.standardPaths(environment: ["HOME": "/home/u", "XDG_CONFIG_HOME": "relative"])
                == ["config.yaml", "/home/u/.config/llm-gateway/config.yaml", "/etc/llm-gateway/config.yaml"]
        )
        #expect(
            ConfigLoader.standardPaths(environment: ["HOME": "/home/u", "XDG_CONFIG_HOME": "/x"])
                == ["config.yaml", "/x/llm-gateway/config.yaml", "/etc/llm-gateway/config.yaml"]
        )
    }

    @Test func `is the first that is there`() throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("config-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = directory.appendingPathComponent("config.yaml")
        try Data("server: {port: 77}\ncontrol: {socket: s.sock}".utf8).write(to: file)
        let loaded = try ConfigLoader.load(
            path: nil,
            environment: ["ANTHROPIC_API_KEY": "k"],
            overrides: ConfigOverrides(),
            standardPaths: ["/nowhere/config.yaml", file.path, "/"]
        )
        #expect(loaded.settings.server.port == 77)
        #expect(loaded.path == file.path)
        #expect(loaded.settings.control.socket == directory.appendingPathComponent("s.sock").path)
        try Data([0x61, 0xFF, 0xFE]).write(to: file)
        let error = try #require(throws: ConfigError.self) {
            try ConfigLoader.load(path: file.path, environment: [:], overrides: ConfigOverrides())
        }
        #expect(error.description == "\(file.path): not UTF-8 text")
    }

    @Test(
        arguments: [
            ("https://api.anthropic.com", "https://api.anthropic.com", false),
            ("https://api.anthropic.com/v1/", "https://api.anthropic.com", false),
            ("HTTPS://host:1/a/v1", "https://host:1/a", false), ("http://[::1]:8081/v1", "http://[::1]:8081", true),
            ("http://127.0.0.9", "http://127.0.0.9", true), ("http://LocalHost//", "http://LocalHost", true),
            ("http://127.1.evil.com", "http://127.1.evil.com", false), ("https://x/v1beta", "https://x/v1beta", false),
        ]
    )
    func `of an upstream loses its slash and version`(given: String, text: String, isLoopback: Bool) throws {
        let url = try BaseURL(given)
        #expect(url.text == text)
        #expect(url.isLoopback == isLoopback)
    }

    @Test(
        arguments: [
            "", "ftp://x", "api.anthropic.com", "http://", "https:///v1", "https://u:p@x", "https://x?y", "https://x#y",
            "https://x:0", "https://x:70000", "https://x:y", "https://a b", "https://x/\n", "https://ü",
            "http://[::1]x",
        ]
    )
    func `of an upstream must be possible`(given: String) {
        #expect(throws: BaseURL.Malformed.self) { try BaseURL(given) }
    }
}
