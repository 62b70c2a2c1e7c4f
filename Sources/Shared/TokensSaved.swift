/// What makes a prompt shorter before it is sent.
public enum Reducer: String, Sendable, Hashable, Codable, CaseIterable {
    /// Texts over a limit lose their middle.
    case responseLimits = "response_limits"
    /// What an editor says in every prompt is left out.
    case ideBoilerplate = "ide_boilerplate"
    /// A file that was sent before becomes a reference to its earlier copy.
    case fileDeduplication = "file_deduplication"
    /// The oldest tool results of a long conversation become stubs.
    case contextPruning = "context_pruning"
}

/// Tokens that were not sent, by what left them out; estimates. JSON: an object with a number for each reducer; one that is
/// not there is 0, and unknown ones are passed over.
public struct TokensSaved: Sendable, Hashable {
    private var counts: [Reducer: Int] = [:]

    public init() {}

    public subscript(reducer: Reducer) -> Int {
        get { counts[reducer] ?? 0 }
        set { counts[reducer] = newValue == 0 ? nil : newValue }
    }

    public var total: Int { counts.values.reduce(0, +) }

    public static func += (left: inout TokensSaved, right: TokensSaved) {
        for (reducer, count) in right.counts { left[reducer] += count }
    }
}

extension TokensSaved: Codable {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        for reducer in Reducer.allCases {
            self[reducer] = try container.decodeIfPresent(Int.self, forKey: Key(stringValue: reducer.rawValue)) ?? 0
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        for reducer in Reducer.allCases where self[reducer] != 0 {
            try container.encode(self[reducer], forKey: Key(stringValue: reducer.rawValue))
        }
    }
}
