package import GatewayCore

/// Reads catalogues of models: the built-in one and the user's own.
package enum CatalogueFile {
    /// The catalogue that is built into the program.
    ///
    /// - Throws: ``ConfigError``, when the program was built with a broken file, which a test rules out.
    package static func builtIn() throws(ConfigError) -> Catalogue {
        let name = "built-in models.yaml"
        guard let text = String(validating: PackageResources.models_yaml, as: UTF8.self) else {
            throw ConfigError(source: name, problem: "not UTF-8 text")
        }
        return try parse(text, file: name)
    }

    /// The catalogue in force: the built-in one with the file's models laid over it.
    ///
    /// - Throws: ``ConfigError`` that names file, line and key.
    package static func effective(overlay path: String?) throws(ConfigError) -> Catalogue {
        let builtIn = try builtIn()
        guard let path else { return builtIn }
        return try builtIn.merging(load(path: path))
    }

    /// The catalogue in a file.
    ///
    /// - Throws: ``ConfigError`` that names file, line and key.
    package static func load(path: String) throws(ConfigError) -> Catalogue {
        let text: String
        do throws(TextFile.Failure) {
            text = try TextFile.read(path)
        } catch {
            throw ConfigError(source: path, problem: error.problem)
        }
        return try parse(text, file: path)
    }

    /// The catalogue in a text; the file's name is for messages.
    ///
    /// - Throws: ``ConfigError`` that names file, line and key.
    package static func parse(_ text: String, file: String) throws(ConfigError) -> Catalogue {
        let root = LocatedValue(root: try YAMLTree.parse(text, file: file), file: file)
        var models: [CatalogueModel] = []
        var seen: Set<String> = []
        for item in try root.members(known: ["models"])["models"]?.items() ?? [] {
            let model = try self.model(item)
            guard seen.insert(model.id).inserted else {
                throw item.error("a second model with the id \(model.id)")
            }
            models.append(model)
        }
        return Catalogue(models: models)
    }

    private static let modelKeys = [
        "id", "name", "tier", "context_window", "max_output", "min_cacheable", "caching", "released_on",
        "lifecycle", "tokens_per_1000_chars", "capabilities", "prices",
    ]
    private static let priceKeys = [
        "from", "prompt_tokens_above", "input", "output", "cache_read", "cache_write_5m", "cache_write_1h",
        "confidence", "source",
    ]

    private static func model(_ item: LocatedValue) throws(ConfigError) -> CatalogueModel {
        let fields = try item.members(known: modelKeys)
        func required<Value>(_ key: String, _ value: Value?) throws(ConfigError) -> Value {
            guard let value else { throw (fields[key] ?? item).error("every model needs \(key)") }
            return value
        }
        let id = try required("id", fields["id"]?.text())
        guard id.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw item.error("an id has no spaces and no letters outside ASCII")
        }
        let rows = try required("prices", fields["prices"]?.items())
        var prices: [PriceRow] = []
        for row in rows { prices.append(try price(row)) }
        guard !prices.isEmpty else { throw (fields["prices"] ?? item).error("every model needs at least one price") }
        let tokens = 1...Int(Int32.max)
        return CatalogueModel(
            id: id,
            displayName: try fields["name"]?.text(),
            tier: try fields["tier"]?.tier(),
            contextWindow: try required("context_window", fields["context_window"]?.integer(in: tokens)),
            maxOutput: try required("max_output", fields["max_output"]?.integer(in: tokens)),
            minCacheable: try fields["min_cacheable"]?.integer(in: tokens),
            caching: try fields["caching"].map(caching) ?? nil,
            releasedOn: try fields["released_on"]?.day()?.description ?? "1970-01-01",
            lifecycle: try fields["lifecycle"]?.choice(CatalogueModel.Lifecycle.self) ?? .active,
            tokensPerThousandCharacters: try fields["tokens_per_1000_chars"]?.integer(in: 1...4_000) ?? 325,
            capabilities: try fields["capabilities"].map(CapabilitiesReader.read) ?? nil,
            prices: prices
        )
    }

    private static func caching(_ item: LocatedValue) throws(ConfigError) -> CatalogueCaching {
        let fields = try item.members(known: ["automatic_for_sec", "confidence", "source"])
        return CatalogueCaching(
            automaticSeconds: try fields["automatic_for_sec"]?.integer(in: 1...604_800),
            confidence: try fields["confidence"]?.choice(PriceConfidence.self) ?? .high,
            source: try fields["source"]?.text() ?? ""
        )
    }

    private static func price(_ item: LocatedValue) throws(ConfigError) -> PriceRow {
        let fields = try item.members(known: priceKeys)
        // Dollars per million tokens with six decimals are whole picodollars a token.
        func amount(_ key: String) throws(ConfigError) -> Int64 {
            guard let amount = try fields[key]?.decimal(places: 6, most: 1_000_000_000_000) else {
                throw (fields[key] ?? item).error("every price needs \(key)")
            }
            return amount
        }
        return PriceRow(
            from: try fields["from"]?.day(),
            promptTokensAbove: try fields["prompt_tokens_above"]?.integer(in: 0...Int(Int32.max)),
            price: Price(
                input: try amount("input"),
                output: try amount("output"),
                cacheRead: try amount("cache_read"),
                cacheWrite5m: try amount("cache_write_5m"),
                cacheWrite1h: try amount("cache_write_1h")
            ),
            confidence: try fields["confidence"]?.choice(PriceConfidence.self) ?? .high,
            source: try fields["source"]?.text() ?? ""
        )
    }
}

extension LocatedValue {
    fileprivate func day() throws(ConfigError) -> CalendarDay? {
        guard let text = try text() else { return nil }
        guard let day = CalendarDay(parsing: text) else {
            throw error("expected a day such as 2026-10-07, got \"\(text)\"")
        }
        return day
    }
}
