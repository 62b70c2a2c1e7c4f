import GatewayCore
import Shared
import Testing

@Suite struct `The catalogue` {
    private static func price(_ input: Int64, _ output: Int64) -> Price {
        Price(input: input, output: output, cacheRead: input / 10, cacheWrite5m: input, cacheWrite1h: input * 2)
    }

    private static func model(_ id: String, _ rows: PriceRow...) -> CatalogueModel {
        CatalogueModel(id: id, contextWindow: 200_000, maxOutput: 64_000, prices: rows)
    }

    private static let cheap = PriceRow(price: price(1, 5))
    private static let dear = PriceRow(price: price(10, 50))
    private static let now: Int64 = 1_795_000_000

    @Test(arguments: ["small-20251001", "small", "small-latest", "small-20260101", "small-2026-01-01"])
    func `finds a dated model by its plain name and by other dates`(id: String) {
        let catalogue = Catalogue(models: [Self.model("small-20251001", Self.cheap)])
        #expect(catalogue.model(id)?.id == "small-20251001")
    }

    @Test(arguments: ["big", "big-latest", "big-20260101"])
    func `finds an undated model by dated names`(id: String) {
        #expect(Catalogue(models: [Self.model("big", Self.dear)]).model(id)?.id == "big")
    }

    @Test(
        arguments: [
            "bi", "big-5", "big-2026", "big-2026010", "big20260101", "", "-latest", "-20260101", "big-latest-1",
        ]
    )
    func `does not take one model for another`(id: String) {
        #expect(Catalogue(models: [Self.model("big", Self.dear)]).model(id) == nil)
    }

    @Test func `prefers the exact id, then the newest release`() {
        let catalogue = Catalogue(models: [
            Self.model("m-20250101", Self.cheap), Self.model("m-20260101", Self.dear), Self.model("n", Self.dear),
            Self.model("n-20260101", Self.cheap),
        ])
        #expect(catalogue.model("m")?.id == "m-20260101")
        #expect(catalogue.model("m-20250101")?.id == "m-20250101")
        #expect(catalogue.model("n")?.id == "n")
        #expect(catalogue.model("n-20260101")?.id == "n-20260101")
        #expect(catalogue.model("n-20270101")?.id == "n")
    }

    @Test func `takes the row of the day`() throws {
        let change = try #require(CalendarDay(year: 2026, month: 10, day: 7))
        let catalogue = Catalogue(models: [
            Self.model("m", PriceRow(price: Self.price(2, 10)), PriceRow(from: change, price: Self.price(1, 10)))
        ])
        let before = catalogue.price(of: "m", promptTokens: 1, unixSeconds: change.unixSeconds - 1)
        let after = catalogue.price(of: "m", promptTokens: 1, unixSeconds: change.unixSeconds)
        #expect(before.price == Self.price(2, 10))
        #expect(after.price == Self.price(1, 10))
    }

    @Test func `takes the earliest row before the first day`() throws {
        let first = try #require(CalendarDay(parsing: "2026-10-07"))
        let second = try #require(CalendarDay(parsing: "2026-11-01"))
        let catalogue = Catalogue(models: [
            Self.model(
                "m",
                PriceRow(from: first, price: Self.price(2, 10)),
                PriceRow(from: first, promptTokensAbove: 100, price: Self.price(4, 20)),
                PriceRow(from: second, price: Self.price(1, 10))
            )
        ])
        #expect(catalogue.price(of: "m", promptTokens: 1, unixSeconds: 0).price == Self.price(2, 10))
        #expect(catalogue.price(of: "m", promptTokens: 101, unixSeconds: 0).price == Self.price(4, 20))
        #expect(catalogue.price(of: "m", promptTokens: 101, unixSeconds: .max).price == Self.price(1, 10))
    }

    @Test(arguments: [(100, 1), (101, 5), (1_000, 5), (1_001, 7)] as [(Int, Int64)])
    func `takes the row of the prompt's length`(promptTokens: Int, input: Int64) {
        let catalogue = Catalogue(models: [
            Self.model(
                "m",
                PriceRow(promptTokensAbove: 1_000, price: Self.price(7, 9)),
                PriceRow(price: Self.price(1, 9)),
                PriceRow(promptTokensAbove: 100, price: Self.price(5, 9), confidence: .low)
            )
        ])
        let priced = catalogue.price(of: "m", promptTokens: promptTokens, unixSeconds: Self.now)
        #expect(priced.price.input == input)
        #expect(priced.isKnown)
        #expect(priced.isUncertain == (input == 5))
    }

    @Test func `prices an unknown model at the dearest known and says so`() {
        let catalogue = Catalogue(models: [
            Self.model("a", Self.cheap), Self.model("b", Self.dear),
            Self.model("c", Self.cheap, PriceRow(promptTokensAbove: 1_000, price: Self.price(1, 80))),
        ])
        #expect(catalogue.dearest == Self.price(10, 50))
        let unknown = catalogue.price(of: "nobody", promptTokens: 1_000, unixSeconds: Self.now)
        #expect(unknown == PricedModel(price: catalogue.dearest, isKnown: false, isUncertain: true))
        // A price for long prompts only counts for those.
        let long = catalogue.price(of: "nobody", promptTokens: 1_001, unixSeconds: Self.now)
        #expect(long == PricedModel(price: Self.price(1, 80), isKnown: false, isUncertain: true))
    }

    @Test func `is never free, even when empty`() {
        let priced = Catalogue(models: []).price(of: "m", promptTokens: 1, unixSeconds: Self.now)
        #expect(priced.price.input > 0 && priced.price.output > 0)
        #expect(!priced.isKnown)
    }

    @Test func `lets an overlay replace models by id and add others`() {
        let base = Catalogue(models: [Self.model("a", Self.cheap), Self.model("b", Self.cheap)])
        let merged = base.merging(Catalogue(models: [Self.model("c", Self.dear), Self.model("a", Self.dear)]))
        #expect(merged.models.map(\.id) == ["a", "b", "c"])
        #expect(merged.model("a")?.prices == [Self.dear])
        #expect(merged.price(of: "a", promptTokens: 1, unixSeconds: Self.now).price == Self.dear.price)
    }

    @Test(arguments: [(0, 0), (1, 1), (1_000, 250), (1_001, 251), (-4, 0), (.max, .max)])
    func `estimates tokens from characters, rounded up`(characters: Int, tokens: Int) {
        var model = Self.model("m", Self.cheap)
        model.tokensPerThousandCharacters = 250
        #expect(model.estimatedTokens(characters: characters) == tokens)
    }

    @Test(
        arguments: [
            ("1970-01-01", 0), ("2000-02-29", 951_782_400), ("2026-10-07", 1_791_331_200),
            ("2100-03-01", 4_107_542_400), ("1969-12-31", -86_400),
        ] as [(String, Int64)]
    )
    func `knows the second at which a day begins`(text: String, seconds: Int64) throws {
        let day = try #require(CalendarDay(parsing: text))
        #expect(day.unixSeconds == seconds)
        #expect(day.description == text)
    }

    @Test(
        arguments: [
            "2026-02-29", "2026-13-01", "2026-1-1", "2026-10-07T00:00", "", "20261007", "+026-10-07", "2100-02-29",
        ]
    )
    func `knows no day that is not in the calendar`(text: String) {
        #expect(CalendarDay(parsing: text) == nil)
    }
}
