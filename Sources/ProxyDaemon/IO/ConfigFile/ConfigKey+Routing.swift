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
        } show: { settings in
            let rules = settings[keyPath: member].map { rule in
                let tasks = rule.tasks.map(\.rawValue).joined(separator: ", ")
                let tiers = rule.tiers.map(\.name).joined(separator: ", ")
                return "{tasks: [\(tasks)], tiers: [\(tiers)], models: [\(rule.models.joined(separator: ", "))]}"
            }
            return "[\(rules.joined(separator: ", "))]"
        }
    }

    /// A list of `{name, keys, min_tier, max_tier, max_cost_usd, prefer, limits, budget, allowed_models, routing_mode,
    /// cache_scope, reduction}`.
    static func projects(
        _ path: String,
        _ member: any WritableKeyPath<Settings, [Settings.Project]> & Sendable
    ) -> ConfigKey {
        ConfigKey(path) { value, settings throws(ConfigError) in
            var projects: [Settings.Project] = []
            for item in try value.items() ?? [] {
                let project = try item.project()
                guard !projects.contains(where: { $0.name == project.name }) else {
                    throw item.error("a second project with the name \(project.name)")
                }
                if let key = project.keys.first(where: { key in projects.contains { $0.keys.contains(key) } }) {
                    throw item.error("the key \(key) belongs to another project already")
                }
                projects.append(project)
            }
            settings[keyPath: member] = projects
        } show: {
            "[\($0[keyPath: member].map(\.name).joined(separator: ", "))]"
        }
    }
}

extension LocatedValue {
    /// The most that one request may be said to cost: more is a slip of the pen.
    static let mostMoney = USD(nanodollars: 1_000_000_000_000_000)

    func cost() throws(ConfigError) -> USD? {
        try decimal(places: 9, most: Self.mostMoney.nanodollars).map { USD(nanodollars: $0) }
    }

    fileprivate func preferences() throws(ConfigError) -> [Settings.Preference] {
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

    fileprivate func project() throws(ConfigError) -> Settings.Project {
        let fields = try members(known: [
            "name", "keys", "min_tier", "max_tier", "max_cost_usd", "prefer", "limits", "budget",
            "allowed_models", "routing_mode", "cache_scope", "reduction",
        ])
        guard let name = try fields["name"]?.text(), BackendReader.isIdentifier(name) else {
            throw (fields["name"] ?? self).error("expected a project with a name without spaces and quotes")
        }
        guard name != ClientKeys.defaultProject else {
            throw (fields["name"] ?? self).error("\(name) is the project of clients that belong to none")
        }
        var project = Settings.Project(name: name)
        let keys = try fields["keys"]?.clientKeys(of: name)
        project.keys = keys?.plain ?? []
        project.hashedKeys = keys?.hashed ?? []
        for value in try fields["allowed_models"]?.items() ?? [] {
            if let model = try value.text() { project.bounds.allowedModels.append(model) }
        }
        project.bounds.minTier = try fields["min_tier"]?.tier()
        project.bounds.maxTier = try fields["max_tier"]?.tier()
        project.bounds.maxCost = try fields["max_cost_usd"]?.cost()
        project.bounds.prefer = try fields["prefer"]?.preferences() ?? []
        project.bounds.mode = try fields["routing_mode"]?.choice(Settings.RoutingMode.self)
        project.cacheScope = try fields["cache_scope"]?.choice(Settings.CacheScope.self)
        if let reduction = try fields["reduction"]?.reductionChanges() { project.reduction = reduction }
        if let limits = try fields["limits"]?.limits() { project.limits = limits }
        if let budget = try fields["budget"]?.budget() { project.budget = budget }
        return project
    }

    private func reductionChanges() throws(ConfigError) -> Settings.ReductionChanges {
        let fields = try members(known: [
            "cache_control", "system_max_chars", "user_msg_max_chars", "tool_result_max_chars", "strip_ide_boilerplate",
            "deduplicate_files", "diff_first", "max_context_tokens",
        ])
        var changes = Settings.ReductionChanges()
        changes.marksCache = try fields["cache_control"]?.flag()
        changes.systemMaxCharacters = try fields["system_max_chars"]?.textLimit()
        changes.userMaxCharacters = try fields["user_msg_max_chars"]?.textLimit()
        changes.toolResultMaxCharacters = try fields["tool_result_max_chars"]?.textLimit()
        changes.stripsBoilerplate = try fields["strip_ide_boilerplate"]?.flag()
        changes.deduplicatesFiles = try fields["deduplicate_files"]?.flag()
        changes.asksForDiffs = try fields["diff_first"]?.flag()
        changes.maxContextTokens = try fields["max_context_tokens"]?.integer(in: 0...10_000_000)
        return changes
    }
}
