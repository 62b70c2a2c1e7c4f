import GatewayCore
import Shared

/// The kinds of keys that only the choice of a model has.
extension ConfigKey {
    /// A tier, or null.
    static func tier(_ path: String, _ member: any WritableKeyPath<Settings, Tier?> & Sendable) -> ConfigKey {
        ConfigKey(path) { value, settings throws(ConfigError) in
            settings[keyPath: member] = try value.tier()
        } show: {
            $0[keyPath: member]?.name ?? "null"
        }
    }

    /// Dollars, exactly, or null.
    static func cost(_ path: String, _ member: any WritableKeyPath<Settings, USD?> & Sendable) -> ConfigKey {
        ConfigKey(path) { value, settings throws(ConfigError) in
            settings[keyPath: member] = try value.cost()
        } show: {
            $0[keyPath: member].map(\.description) ?? "null"
        }
    }

    /// The address of a service, or null.
    static func baseURL(_ path: String, _ member: any WritableKeyPath<Settings, String?> & Sendable) -> ConfigKey {
        ConfigKey(path) { value, settings throws(ConfigError) in
            guard let text = try value.text() else { return }
            do throws(BaseURL.Malformed) {
                settings[keyPath: member] = try BaseURL(text).text
            } catch {
                throw value.error(error.problem)
            }
        } show: {
            $0[keyPath: member] ?? "null"
        }
    }

    /// A list of `{tasks, tiers, models}`.
    static func preferences(
        _ path: String,
        _ member: any WritableKeyPath<Settings, [Settings.Preference]> & Sendable
    ) -> ConfigKey {
        ConfigKey(path) { value, settings throws(ConfigError) in
            settings[keyPath: member] = try value.preferences()
        } show: {
            show($0[keyPath: member])
        }
    }

    static func show(_ rules: [Settings.Preference]) -> String {
        let shown = rules.map { rule in
            let tasks = rule.tasks.map(\.rawValue).joined(separator: ", ")
            let tiers = rule.tiers.map(\.name).joined(separator: ", ")
            return "{tasks: [\(tasks)], tiers: [\(tiers)], models: [\(rule.models.joined(separator: ", "))]}"
        }
        return "[\(shown.joined(separator: ", "))]"
    }
}

extension LocatedValue {
    /// The most that one request may be said to cost: more is a slip of the pen.
    static let mostMoney = USD(nanodollars: 1_000_000_000_000_000)

    func cost() throws(ConfigError) -> USD? {
        try decimal(places: 9, most: Self.mostMoney.nanodollars).map { USD(nanodollars: $0) }
    }

    func preferences() throws(ConfigError) -> [Settings.Preference] {
        var rules: [Settings.Preference] = []
        for item in try items() ?? [] {
            let fields = try item.members(known: ["tasks", "tiers", "models"])
            var rule = Settings.Preference(models: [])
            for value in try fields["tasks"]?.items() ?? [] {
                if let task = try value.choice(TaskType.self) { rule.tasks.append(task) }
            }
            for value in try fields["tiers"]?.items() ?? [] {
                if let tier = try value.tier() { rule.tiers.append(tier) }
            }
            for value in try fields["models"]?.items() ?? [] {
                if let name = try value.text() { rule.models.append(name) }
            }
            guard !rule.models.isEmpty else { throw item.error("expected models: a list of backends' names") }
            rules.append(rule)
        }
        return rules
    }
}
