/// What the gateway calls a model for on its own account.
public enum OverheadPurpose: String, Sendable, Hashable, Codable, CaseIterable {
    /// How hard is this request?
    case classifier
    /// A request that was answered already, for comparing the answers.
    case shadow
    /// How good is this answer?
    case judge
}

/// What such calls cost, by their purpose. JSON: an object with an amount for each purpose; one that is not there is
/// nothing, and unknown ones are passed over.
public struct OverheadCosts: Sendable, Hashable {
    public var classifier: USD
    public var shadow: USD
    public var judge: USD

    public init(classifier: USD = .zero, shadow: USD = .zero, judge: USD = .zero) {
        self.classifier = classifier
        self.shadow = shadow
        self.judge = judge
    }

    public var total: USD { classifier + shadow + judge }

    public subscript(purpose: OverheadPurpose) -> USD {
        get {
            switch purpose {
            case .classifier: classifier
            case .shadow: shadow
            case .judge: judge
            }
        }
        set {
            switch purpose {
            case .classifier: classifier = newValue
            case .shadow: shadow = newValue
            case .judge: judge = newValue
            }
        }
    }
}

extension OverheadCosts: Codable {
    private enum CodingKeys: String, CodingKey {
        case classifier
        case shadow
        case judge
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        classifier = try container.decodeIfPresent(USD.self, forKey: .classifier) ?? .zero
        shadow = try container.decodeIfPresent(USD.self, forKey: .shadow) ?? .zero
        judge = try container.decodeIfPresent(USD.self, forKey: .judge) ?? .zero
    }
}
