/// The rank of a model by capability and price. Higher is stronger and dearer.
public enum Tier: Int, Sendable, Hashable, Comparable, CaseIterable {
    /// A model on the user's own hardware.
    case local = 0
    case fast = 1
    case balanced = 2
    case premium = 3

    /// The word used in config, headers, JSON and on the screen.
    public var name: String {
        switch self {
        case .local: "local"
        case .fast: "fast"
        case .balanced: "balanced"
        case .premium: "premium"
        }
    }

    /// One letter for narrow tables; never the only mark of a tier where there is room for the name.
    public var letter: Character {
        switch self {
        case .local: "L"
        case .fast: "F"
        case .balanced: "B"
        case .premium: "P"
        }
    }

    /// Reads a tier as users write it: its name in any case, or its number 0 to 3.
    public init?(parsing text: some StringProtocol) {
        let word = text.lowercased()
        guard let tier = Tier.allCases.first(where: { $0.name == word || String($0.rawValue) == word }) else {
            return nil
        }
        self = tier
    }

    public static func < (left: Tier, right: Tier) -> Bool { left.rawValue < right.rawValue }
}

extension Tier: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let tier = Tier(parsing: text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "\"\(text)\" is no tier; expected local, fast, balanced or premium"
            )
        }
        self = tier
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }
}
