/// The price of a request's tokens, and how far it can be trusted.
package struct PricedModel: Sendable, Equatable {
    package var price: Price
    /// False: the catalogue has no such model and the price is the dearest it knows. Every surface must say so.
    package var isKnown: Bool
    /// True: the price is inferred or in conflict with another page.
    package var isUncertain: Bool

    package init(price: Price, isKnown: Bool, isUncertain: Bool) {
        self.price = price
        self.isKnown = isKnown
        self.isUncertain = isUncertain
    }
}

/// The dated, tiered prices of one model, or of a model nobody knows.
package struct ModelPricing: Sendable {
    /// A price row as the hot way reads it: no optional, no calendar.
    fileprivate struct Row: Sendable {
        var fromSeconds: Int64
        var above: Int
        var price: Price
        var isUncertain: Bool
    }

    /// What an unknown model costs where the catalogue is empty, so that it is still not free.
    private static let fallback = Price(
        input: 15_000_000,
        output: 75_000_000,
        cacheRead: 1_500_000,
        cacheWrite5m: 18_750_000,
        cacheWrite1h: 30_000_000
    )

    /// The most particular first; empty for an unknown model.
    fileprivate let rows: [Row]
    fileprivate let dearestAbove: [(above: Int, price: Price)]

    /// What tokens cost in a request with so many tokens of prompt, at that time: see ``Catalogue/price(of:promptTokens:unixSeconds:)``.
    package func price(promptTokens: Int, unixSeconds: Int64) -> PricedModel {
        guard let earliest = rows.last else {
            let dearest = Self.dearest(dearestAbove, promptTokens: promptTokens)
            return PricedModel(price: dearest, isKnown: false, isUncertain: true)
        }
        let row =
            rows.first { $0.fromSeconds <= unixSeconds && $0.above < promptTokens }
            ?? rows.first { $0.fromSeconds == earliest.fromSeconds && $0.above < promptTokens }
            ?? earliest
        return PricedModel(price: row.price, isKnown: true, isUncertain: row.isUncertain)
    }

    fileprivate static func dearest(_ steps: [(above: Int, price: Price)], promptTokens: Int) -> Price {
        steps.first { $0.above < promptTokens }?.price ?? steps.last?.price ?? fallback
    }
}

/// The models and their dated prices. A value that is built once and read by every request.
package struct Catalogue: Sendable {
    /// In the order given.
    package let models: [CatalogueModel]
    /// Positions in `models` by id, and by id without its date where no model has that name itself.
    private let positions: [String: Int]
    /// For each model its rows, the most particular first: later dates before earlier, longer prompts before shorter.
    private let rows: [[ModelPricing.Row]]
    /// The dearest price by the prompt length from which it is that, longest first. The last one holds for any prompt.
    private let dearestAbove: [(above: Int, price: Price)]

    /// A catalogue of these models. Of two with one id the later one counts; where it does not say what the model
    /// accepts or how it is cached, the earlier one's word holds, so that a price can be corrected without repeating
    /// the rest.
    package init(models given: [CatalogueModel]) {
        var models: [CatalogueModel] = []
        var positions: [String: Int] = [:]
        for var model in given {
            if let position = positions[model.id] {
                model.capabilities = model.capabilities ?? models[position].capabilities
                model.minCacheable = model.minCacheable ?? models[position].minCacheable
                model.caching = model.caching ?? models[position].caching
                models[position] = model
            } else {
                positions[model.id] = models.count
                models.append(model)
            }
        }
        let exact = positions
        for (position, model) in models.enumerated() {
            guard let plain = Self.withoutDate(model.id), exact[plain] == nil else { continue }
            // Of several dated releases under one plain name, the newest. Their dates sort as text.
            if let other = positions[plain], models[other].id > model.id { continue }
            positions[plain] = position
        }
        self.models = models
        self.positions = positions
        self.rows = models.map { model in
            model.prices
                .map { row in
                    ModelPricing.Row(
                        fromSeconds: row.from?.unixSeconds ?? .min,
                        above: row.promptTokensAbove ?? -1,
                        price: row.price,
                        isUncertain: row.confidence == .low
                    )
                }
                .sorted { ($0.fromSeconds, $0.above) > ($1.fromSeconds, $1.above) }
        }
        self.dearestAbove = Self.dearest(of: rows)
    }

    /// The model with this id; else the one that has it but for a date or `-latest` at the end of either.
    package func model(_ id: String) -> CatalogueModel? {
        position(of: id).map { models[$0] }
    }

    /// What this model's tokens cost in a request with so many tokens of prompt, cached ones counted, at that time.
    ///
    /// Never fails: an unknown model has the dearest price known for a prompt of that length. Before a model's first
    /// dated row, its earliest row counts.
    package func price(of id: String, promptTokens: Int, unixSeconds: Int64) -> PricedModel {
        pricing(of: id).price(promptTokens: promptTokens, unixSeconds: unixSeconds)
    }

    /// The prices of one model, looked up once for many requests.
    package func pricing(of id: String) -> ModelPricing {
        ModelPricing(rows: position(of: id).map { rows[$0] } ?? [], dearestAbove: dearestAbove)
    }

    /// The dearest price known that holds for prompts of any length: that with the highest price of output.
    package var dearest: Price { dearest(promptTokens: 0) }

    /// These models and the overlay's, whose entries replace those with the same id.
    package func merging(_ overlay: Catalogue) -> Catalogue { Catalogue(models: models + overlay.models) }

    private func dearest(promptTokens: Int) -> Price {
        ModelPricing.dearest(dearestAbove, promptTokens: promptTokens)
    }

    private func position(of id: String) -> Int? {
        if let position = positions[id] { return position }
        return Self.withoutDate(id).flatMap { positions[$0] }
    }

    /// What ids of models end in, a 0 for any digit.
    private static let dates: [StaticString] = ["-00000000", "-0000-00-00", "-latest"]

    /// The id without `-20251001`, `-2025-10-01` or `-latest` at its end; nil where it has none of them.
    package static func withoutDate(_ id: String) -> String? {
        let bytes = id.utf8
        let date = dates.first { date in
            let date = UnsafeBufferPointer(start: date.utf8Start, count: date.utf8CodeUnitCount)
            return bytes.count > date.count
                && zip(bytes.suffix(date.count), date).allSatisfy { byte, expected in
                    expected == UInt8(ascii: "0") ? (48...57).contains(byte) : byte == expected
                }
        }
        return date.flatMap { String(bytes.dropLast($0.utf8CodeUnitCount)) }
    }

    private static func dearest(of rows: [[ModelPricing.Row]]) -> [(above: Int, price: Price)] {
        func rank(_ price: Price) -> (Int64, Int64, Int64, Int64, Int64) {
            (price.output, price.input, price.cacheWrite1h, price.cacheWrite5m, price.cacheRead)
        }
        var steps: [(above: Int, price: Price)] = []
        for row in rows.joined().sorted(by: { $0.above < $1.above }) {
            if let last = steps.last {
                guard rank(row.price) > rank(last.price) else { continue }
                if last.above == row.above { steps.removeLast() }
            }
            steps.append((row.above, row.price))
        }
        return steps.reversed()
    }
}
