import GatewayCore
import Shared
import Testing

@testable import GatewayIO

@Suite struct `The catalogue file` {
    private static let day: Int64 = 86_400

    @Test func `is built in, with every model that the defaults name`() throws {
        let catalogue = try CatalogueFile.builtIn()
        for draft in try BuiltInBackends(EnvironmentReader([:])).lineUp() {
            let model = try #require(catalogue.model(draft.backend.model))
            #expect(model.tier == draft.backend.tier)
        }
        #expect(catalogue.models.count == 21)
    }

    @Test func `has a sane entry for every model`() throws {
        for model in try CatalogueFile.builtIn().models {
            #expect(model.maxOutput < model.contextWindow, "\(model.id)")
            #expect(CalendarDay(parsing: model.releasedOn) != nil, "\(model.id)")
            #expect(model.tier != nil, "\(model.id)")
            for row in model.prices {
                let price = row.price
                #expect(price.cacheRead > 0 && price.cacheRead < price.input, "\(model.id)")
                #expect(price.input < price.cacheWrite5m && price.cacheWrite5m <= price.cacheWrite1h, "\(model.id)")
                #expect(price.cacheWrite1h < price.output, "\(model.id)")
                #expect(!row.source.isEmpty, "\(model.id)")
            }
        }
    }

    /// Worked out by hand from the price list.
    @Test(arguments: [(100_000, 0.0105), (100_001, 0.052_500_5)] as [(Int, Double)])
    func `prices Haiku 5.5 by the length of the prompt`(promptTokens: Int, dollars: Double) throws {
        let catalogue = try CatalogueFile.builtIn()
        let priced = catalogue.price(of: "claude-haiku-5-5", promptTokens: promptTokens, unixSeconds: 1_795_000_000)
        let cost = priced.price.cost(of: TokenUsage(input: promptTokens, output: 1_000))
        // 100,000 × $0.10 + 1,000 × $0.50; 100,001 × $0.50 + 1,000 × $2.50, each per million
        #expect(cost == USD(nanodollars: Int64((dollars * 1e9).rounded())))
        #expect(priced.isUncertain == (promptTokens > 100_000))
    }

    @Test func `prices Sonnet 5.5's reads by the day`() throws {
        let catalogue = try CatalogueFile.builtIn()
        let change = try #require(CalendarDay(parsing: "2026-10-07")).unixSeconds
        let usage = TokenUsage(input: 1_000, cacheRead: 50_000, cacheWrite5m: 2_000, cacheWrite1h: 400, output: 300)
        func cost(_ seconds: Int64) -> USD {
            catalogue.price(of: "claude-sonnet-5-5", promptTokens: 53_400, unixSeconds: seconds).price.cost(of: usage)
        }
        // 0.002 + 0.010 + 0.005 + 0.0016 + 0.003, and 0.005 for the reads from that day on
        #expect(cost(change - 1) == USD(nanodollars: 21_600_000))
        #expect(cost(change) == USD(nanodollars: 16_600_000))
    }

    @Test(
        arguments: [
            ("claude-haiku-4-5", 1_000_000, 5_000_000), ("claude-sonnet-4-6", 3_000_000, 15_000_000),
            ("claude-opus-4-7-20260416", 5_000_000, 25_000_000), ("claude-opus-4-5", 5_000_000, 25_000_000),
            ("gpt-6-luna", 100_000, 500_000),
        ] as [(String, Int64, Int64)]
    )
    func `knows models by their usual names`(id: String, input: Int64, output: Int64) throws {
        let priced = try CatalogueFile.builtIn().price(of: id, promptTokens: 10, unixSeconds: 1_795_000_000)
        #expect(priced.isKnown)
        #expect(priced.price.input == input && priced.price.output == output)
    }

    @Test func `doubles OpenAI's input and adds half to its output above 272,000 tokens`() throws {
        for model in try CatalogueFile.builtIn().models where model.id.hasPrefix("gpt-") {
            let short = try #require(model.prices.first { $0.promptTokensAbove == nil }).price
            let long = try #require(model.prices.first { $0.promptTokensAbove == 272_000 }).price
            let expected = Price(
                input: short.input * 2,
                output: short.output * 3 / 2,
                cacheRead: short.cacheRead * 2,
                cacheWrite5m: short.cacheWrite5m * 2,
                cacheWrite1h: short.cacheWrite1h * 2
            )
            #expect(long == expected, "\(model.id)")
        }
    }

    @Test func `prices an unknown model like the dearest`() throws {
        let catalogue = try CatalogueFile.builtIn()
        let priced = catalogue.price(of: "claude-opus-9", promptTokens: 10, unixSeconds: 0)
        #expect(priced == PricedModel(price: catalogue.dearest, isKnown: false, isUncertain: true))
        #expect(priced.price.output == 50_000_000)
    }

    private static let price = "{input: 1, output: 2, cache_read: 0.1, cache_write_5m: 1.25, cache_write_1h: 2}"

    @Test func `fills in what a short entry leaves out`() throws {
        let text = "models:\n  - {id: mine, context_window: 32000, max_output: 4000, prices: [\(Self.price)]}\n"
        let model = try #require(try CatalogueFile.parse(text, file: "m.yaml").models.first)
        #expect(model.displayName == "mine")
        #expect(model.lifecycle == .active)
        #expect(model.prices.first?.price.cacheWrite5m == 1_250_000)
        #expect(model.prices.first?.confidence == .high)
        #expect(model.capabilities == nil)
    }

    private static func entry(_ capabilities: String) -> String {
        "models:\n  - {id: a, context_window: 7, max_output: 3, prices: [\(price)],\n     capabilities: \(capabilities)}"
    }

    @Test func `reads what a model accepts, and takes the rest for refused`() throws {
        let text = Self.entry(
            "{sampling: one, thinking: [disabled, between_tools], efforts: [Low, max], thinking_off_up_to: high, "
                + "takes: [tools, system_messages], unsure: [forced_tool]}"
        )
        var expected = ModelCapabilities()
        expected.sampling = .one
        expected.thinking = [.disabled, .betweenTools]
        expected.efforts = [.low, .max]
        expected.disabledThinkingUpTo = .high
        (expected.images, expected.pdf, expected.structuredOutput) = (false, false, false)
        (expected.forcedTool, expected.prefill) = (false, false)
        expected.unsure = [.forcedTool]
        #expect(try CatalogueFile.parse(text, file: "m.yaml").models.first?.capabilities == expected)
        let bare = try CatalogueFile.parse(Self.entry("{takes: []}"), file: "m.yaml").models.first?.capabilities
        #expect(bare?.sampling == ModelCapabilities.Sampling.none)
        #expect(bare?.thinking == [] && bare?.efforts == [] && bare?.tools == false)
    }

    @Test(arguments: [
        ("{sampling: some}", ".sampling: expected one of any, one, defaults, none, got \"some\""),
        ("{thinking: enabled}", ".thinking: expected a list, got a plain value"),
        (
            "{efforts: [low, hihg]}",
            ".efforts[1]: expected one of low, medium, high, xhigh, max, got \"hihg\" (did you mean high?)"
        ),
        ("{efforts: [low, low]}", ".efforts[1]: low stands there twice"),
        ("{takes: [pdf, '']}", ".takes[1]: an empty item"),
        ("{takes: [pdf], unsure: [pdf]}", ".unsure: pdf stands under takes as well"),
        (
            "{thinking: [adaptive], thinking_off_up_to: high}",
            ".thinking_off_up_to: thinking cannot be off here: thinking has neither disabled nor between_tools"
        ),
        ("{take: [pdf]}", ".take: unknown key (did you mean takes?)"),
        ("[pdf]", ": expected a mapping of keys to values, got a list"),
    ])
    func `says where the capabilities are wrong`(capabilities: String, message: String) throws {
        let error = try #require(throws: ConfigError.self) {
            try CatalogueFile.parse(Self.entry(capabilities), file: "m.yaml")
        }
        #expect(error.description == "m.yaml:3: models[0].capabilities\(message)")
    }

    @Test(
        arguments: [
            ("model: []", "m.yaml:1: model: unknown key (did you mean models?)"),
            ("models: 5", "m.yaml:1: models: expected a list, got a plain value"),
            ("models:\n  - id: a\n    prise: []", "m.yaml:3: models[0].prise: unknown key (did you mean prices?)"),
            ("models:\n  - context_window: 5", "m.yaml:2: models[0]: every model needs id"),
            (
                "models:\n  - id: a\n    prices:\n      - input: 0.0000001",
                "m.yaml:4: models[0].prices[0].input: "
                    + "expected a number from 0 to 1000000 with at most 6 decimals, got \"0.0000001\""
            ),
            (
                "models:\n  - id: a\n    prices:\n      - input: 1\n        output: -2",
                "m.yaml:5: models[0].prices[0].output: "
                    + "expected a number from 0 to 1000000 with at most 6 decimals, got \"-2\""
            ),
            (
                "models:\n  - id: a\n    prices: [\(price)]\n    max_output: many\n    context_window: 7",
                "m.yaml:4: models[0].max_output: expected a whole number from 1 to 2147483647, got \"many\""
            ),
            (
                "models:\n  - {id: a, context_window: 7, max_output: 3, prices: [\(price)]}\n"
                    + "  - {id: a, context_window: 7, max_output: 3, prices: [\(price)]}",
                "m.yaml:3: models[1]: a second model with the id a"
            ),
            (
                "models:\n  - id: a\n   id: b",
                "m.yaml:3: not YAML: while parsing a block collection, did not find expected '-' indicator"
            ),
        ]
    )
    func `says where an entry is wrong`(text: String, message: String) throws {
        let error = try #require(throws: ConfigError.self) { try CatalogueFile.parse(text, file: "m.yaml") }
        #expect(error.description == message)
    }

    @Test(arguments: [("0.10", 6, 100_000), ("12.50", 6, 12_500_000), ("2", 6, 2_000_000), ("0.000000001", 9, 1)])
    func `reads decimals exactly`(text: String, places: Int, scaled: Int64) {
        #expect(DecimalText.scaled(text, places: places) == scaled)
        #expect(DecimalText.scaled(DecimalText.text(scaled, places: places), places: places) == scaled)
    }

    @Test(arguments: ["", ".", "1.", ".5", "-1", "+1", "1e3", "0x1", "1.2.3", "1,5", "99999999999999999999"])
    func `reads nothing else as a decimal`(text: String) {
        #expect(DecimalText.scaled(text, places: 6) == nil)
    }
}
