import GatewayCore

/// The kinds of keys that only token reduction has.
extension ConfigKey {
    private static let textLimits = ReductionPlan.leastCharacters...100_000_000

    /// What a limit of a text may be.
    static let textLimitRule = "0 for no limit, or \(LocatedValue.describe(textLimits))"

    /// Reads a limit of a text in characters; nil where it is none.
    static func textLimit(_ text: String) -> Int? {
        LocatedValue.integer(text).flatMap { $0 == 0 || textLimits.contains($0) ? $0 : nil }
    }

    /// The most characters of a text; 0 is no limit.
    static func textLimit(_ path: String, _ member: any WritableKeyPath<Settings, Int> & Sendable) -> ConfigKey {
        ConfigKey(path) { value, settings throws(ConfigError) in
            if let limit = try value.textLimit() { settings[keyPath: member] = limit }
        } show: {
            String($0[keyPath: member])
        }
    }
}

extension LocatedValue {
    /// The most characters of a text; 0 is no limit.
    func textLimit() throws(ConfigError) -> Int? {
        guard let text = try text() else { return nil }
        guard let limit = ConfigKey.textLimit(text) else {
            throw error("expected \(ConfigKey.textLimitRule), got \(shown(text))")
        }
        return limit
    }
}
