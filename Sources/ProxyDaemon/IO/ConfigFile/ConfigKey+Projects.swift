import GatewayCore
import Shared

/// Projects: how the file names them, and how they are shown.
extension ConfigKey {
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
        } show: { settings in
            let projects = settings[keyPath: member]
            return projects.isEmpty ? "[]" : projects.map { "\n  - \(show($0))" }.joined()
        }
    }

    /// In the words of the file, with what is set alone.
    private static func show(_ project: Settings.Project) -> String {
        let bounds = project.bounds
        let members: [(String, String?)] = [
            ("name", project.name),
            ("keys", showKeys(project.keys, project.hashedKeys)),
            ("min_tier", bounds.minTier?.name),
            ("max_tier", bounds.maxTier?.name),
            ("max_cost_usd", bounds.maxCost?.description),
            ("prefer", bounds.prefer.isEmpty ? nil : show(bounds.prefer)),
            ("limits", show(project.limits)),
            ("budget", show(project.budget)),
            (
                "allowed_models",
                bounds.allowedModels.isEmpty ? nil : "[\(bounds.allowedModels.joined(separator: ", "))]"
            ),
            ("routing_mode", bounds.mode?.rawValue),
            ("cache_scope", project.cacheScope?.rawValue),
            ("reduction", show(project.reduction)),
        ]
        return show(members) ?? "{}"
    }

    private static func show(_ changes: Settings.ReductionChanges) -> String? {
        show([
            ("cache_control", changes.marksCache.map(String.init)),
            ("system_max_chars", changes.systemMaxCharacters.map(String.init)),
            ("user_msg_max_chars", changes.userMaxCharacters.map(String.init)),
            ("tool_result_max_chars", changes.toolResultMaxCharacters.map(String.init)),
            ("strip_ide_boilerplate", changes.stripsBoilerplate.map(String.init)),
            ("deduplicate_files", changes.deduplicatesFiles.map(String.init)),
            ("diff_first", changes.asksForDiffs.map(String.init)),
            ("max_context_tokens", changes.maxContextTokens.map(String.init)),
        ])
    }
}

extension LocatedValue {
    fileprivate func project() throws(ConfigError) -> Settings.Project {
        let fields = try members(known: [
            "name", "keys", "min_tier", "max_tier", "max_cost_usd", "prefer", "limits", "budget",
            "allowed_models", "routing_mode", "cache_scope", "reduction",
        ])
        guard let name = try fields["name"]?.plainName() else {
            throw (fields["name"] ?? self).error("expected a project with a name")
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
