package import Shared

/// A day of the calendar, UTC.
package struct CalendarDay: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let year: Int
    package let month: Int
    package let day: Int

    /// Nil for a day that no calendar has, or outside the years 1 to 9999.
    package init?(year: Int, month: Int, day: Int) {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard (1...9_999).contains(year), (1...12).contains(month), (1...lengths[month - 1]).contains(day) else {
            return nil
        }
        self.year = year
        self.month = month
        self.day = day
    }

    /// Reads `2026-10-07`; nil for any other spelling.
    package init?(parsing text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2], parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2])
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    package var description: String {
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }

    /// The day's first second, in seconds since 1970.
    package var unixSeconds: Int64 {
        // Years begin in March here, so that the day which comes and goes is a year's last.
        let shifted = month > 2 ? year : year - 1
        let monthFromMarch = (month + 9) % 12
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
        return Int64(days) * 86_400
    }

    package static func < (left: CalendarDay, right: CalendarDay) -> Bool {
        (left.year, left.month, left.day) < (right.year, right.month, right.day)
    }
}

/// How sure a published price is.
package enum PriceConfidence: String, Sendable, CaseIterable {
    /// Inferred, in conflict with another page, or known from one third party only.
    case low
    case high
}

/// One row of a model's price list.
package struct PriceRow: Sendable, Equatable {
    /// The first day on which the row holds, UTC; nil means that it always did.
    package var from: CalendarDay?
    /// The row holds for prompts of more tokens than this, cached ones counted, and then for the whole request.
    package var promptTokensAbove: Int?
    package var price: Price
    package var confidence: PriceConfidence
    /// Where the numbers come from, in a few words.
    package var source: String

    package init(
        from: CalendarDay? = nil,
        promptTokensAbove: Int? = nil,
        price: Price,
        confidence: PriceConfidence = .high,
        source: String = ""
    ) {
        self.from = from
        self.promptTokensAbove = promptTokensAbove
        self.price = price
        self.confidence = confidence
        self.source = source
    }
}

/// What is known of one model.
package struct CatalogueModel: Sendable, Equatable {
    /// Where a model stands in its maker's life cycle.
    package enum Lifecycle: String, Sendable, CaseIterable {
        case active
        case legacy
        case deprecated
    }

    package var id: String
    package var displayName: String
    /// The tier it suits; nil where nobody has judged that.
    package var tier: Tier?
    /// Tokens of prompt and answer together.
    package var contextWindow: Int
    /// The most tokens one answer may have.
    package var maxOutput: Int
    /// The shortest prompt prefix, in tokens, that the provider caches; nil where it is not known.
    package var minCacheable: Int?
    /// How the provider caches prompts; nil where the entry does not say.
    package var caching: CatalogueCaching?
    /// An ISO date; `1970-01-01` where it is not known.
    package var releasedOn: String
    package var lifecycle: Lifecycle
    /// For estimates only: what 1,000 characters of ordinary text come to with this family's tokenizer.
    package var tokensPerThousandCharacters: Int
    /// What it accepts; nil where the entry does not say.
    package var capabilities: ModelCapabilities?
    package var prices: [PriceRow]

    package init(
        id: String,
        displayName: String? = nil,
        tier: Tier? = nil,
        contextWindow: Int,
        maxOutput: Int,
        minCacheable: Int? = nil,
        caching: CatalogueCaching? = nil,
        releasedOn: String = "1970-01-01",
        lifecycle: Lifecycle = .active,
        tokensPerThousandCharacters: Int = 325,
        capabilities: ModelCapabilities? = nil,
        prices: [PriceRow]
    ) {
        self.id = id
        self.displayName = displayName ?? id
        self.tier = tier
        self.contextWindow = contextWindow
        self.maxOutput = maxOutput
        self.minCacheable = minCacheable
        self.caching = caching
        self.releasedOn = releasedOn
        self.lifecycle = lifecycle
        self.tokensPerThousandCharacters = tokensPerThousandCharacters
        self.capabilities = capabilities
        self.prices = prices
    }

    /// An estimate of the tokens of a text of so many characters, rounded up.
    package func estimatedTokens(characters: Int) -> Int {
        Self.estimatedTokens(characters: characters, perThousand: tokensPerThousandCharacters)
    }

    /// The same for a model that has no entry here.
    static func estimatedTokens(characters: Int, perThousand tokensPerThousandCharacters: Int) -> Int {
        let (product, overflow) = max(0, characters).multipliedReportingOverflow(by: tokensPerThousandCharacters)
        return overflow ? .max : product / 1_000 + (product % 1_000 == 0 ? 0 : 1)
    }
}
