import GatewayCore
import Shared
import Testing

@testable import GatewayIO

/// What the catalogue says of prompt caches, and what a backend makes of it.
@Suite struct `Prompt caching by the catalogue` {
    @Test func `is automatic at OpenAI and marked at Anthropic, each fact with its source`() throws {
        for model in try CatalogueFile.builtIn().models {
            if model.id.hasPrefix("gpt-") {
                #expect(model.caching?.automaticSeconds == 1_800 && model.minCacheable == 1_024, "\(model.id)")
                #expect(model.caching?.confidence == .low, "\(model.id)")
            } else {
                #expect(model.caching?.automaticSeconds == nil, "\(model.id)")
            }
            #expect((model.minCacheable != nil) == (model.caching?.source.isEmpty == false), "\(model.id)")
        }
    }

    /// From the published tables; where they disagree, the larger number.
    @Test(arguments: [
        ("claude-haiku-4-5-20251001", 4_096), ("claude-sonnet-4-6", 2_048), ("claude-opus-4-7", 4_096),
        ("claude-haiku-5-5", 512), ("claude-sonnet-5-5", 512), ("claude-opus-5", 512), ("claude-sonnet-5", 1_024),
        // Nobody says: the longest that any model has.
        ("claude-opus-5-5", 4_096), ("claude-fable-5-2", 4_096), ("claude-something-new", 4_096),
    ])
    func `begins at a model's shortest prefix`(model: String, tokens: Int) throws {
        let backend = Backend(settings(.anthropic, model), catalogue: try CatalogueFile.builtIn())
        #expect(backend.minCacheableTokens == tokens && backend.promptCaching == .marked)
    }

    @Test(arguments: [
        (Settings.ProviderKind.openai, "gpt-6-luna", PromptCaching.automatic(seconds: 1_800)),
        (.openai, "gpt-nobody-knows", .automatic(seconds: 1_800)),
        (.openaiCompatible, "gpt-6-luna", .automatic(seconds: 1_800)), (.openaiCompatible, "qwen", .reported),
        (.ollama, "qwen", .reported), (.simulated, "claude-opus-4-7", .marked),
    ])
    func `goes by the model, else by the kind of its provider`(
        provider: Settings.ProviderKind,
        model: String,
        caching: PromptCaching
    ) throws {
        let backend = Backend(settings(provider, model), catalogue: try CatalogueFile.builtIn())
        #expect(backend.promptCaching == caching)
        #expect(backend.minCacheableTokens == (caching == .marked ? 4_096 : 1_024))
    }

    private func settings(_ provider: Settings.ProviderKind, _ model: String) -> Settings.Backend {
        Settings.Backend(name: "b", provider: provider, model: model, baseURL: "http://127.0.0.1:1", tier: .fast)
    }

    private static func entry(_ caching: String) -> String {
        """
        models:
          - id: gpt-6-luna
            context_window: 7
            max_output: 3
            prices: [{input: 1, output: 2, cache_read: 0.1, cache_write_5m: 1.25, cache_write_1h: 2}]
        \(caching)
        """
    }

    @Test func `is read from an entry, and kept where an entry does not speak of it`() throws {
        let given = try CatalogueFile.parse(
            Self.entry("    caching: {automatic_for_sec: 600, confidence: low, source: a post}"),
            file: "m.yaml"
        )
        let expected = CatalogueCaching(automaticSeconds: 600, confidence: .low, source: "a post")
        #expect(given.models.first?.caching == expected)
        let silent = try CatalogueFile.parse(Self.entry(""), file: "m.yaml")
        #expect(silent.models.first?.caching == nil)
        let merged = try #require(try CatalogueFile.builtIn().merging(silent).model("gpt-6-luna"))
        #expect(merged.contextWindow == 7 && merged.caching?.automaticSeconds == 1_800 && merged.minCacheable == 1_024)
        #expect(try CatalogueFile.builtIn().merging(given).model("gpt-6-luna")?.caching == expected)
    }

    @Test(arguments: [
        ("{automatic_for_sec: 0}", "automatic_for_sec"), ("{automatic: 5}", "automatic"),
        ("{confidence: some}", "confidence"),
        ("5", "caching"),
    ])
    func `says where an entry is wrong`(caching: String, word: String) throws {
        let error = try #require(throws: ConfigError.self) {
            try CatalogueFile.parse(Self.entry("    caching: \(caching)"), file: "m.yaml")
        }
        #expect(error.description.contains("m.yaml:6") && error.description.contains(word), "\(error.description)")
    }
}
