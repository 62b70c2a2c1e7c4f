import Shared

/// Which maker's models suit which work, as a list of preferences over the configured backends.
enum TaskPreset {
    static func preferences(_ preset: Settings.RoutingPreset, _ backends: [Backend]) -> [Settings.Preference] {
        guard preset == .byTask else { return [] }
        let claude = backends.filter { $0.model.hasPrefix("claude-") }
        let openAI = backends.filter { $0.provider == .openai }
        var rules: [Settings.Preference] = []
        func add(_ tasks: [TaskType], _ tier: Tier, _ family: [Backend]) {
            let able = family.filter { $0.tier >= tier }
            guard !able.isEmpty else { return }
            rules.append(.init(tasks: tasks, tiers: [tier], models: able.map(\.name)))
        }
        add([.analysis, .creative, .translation, .reasoning], .balanced, claude)
        add([.reasoning, .math, .code, .simpleQA], .premium, openAI)
        add([.analysis, .creative, .general, .translation], .premium, claude)
        return rules
    }
}

extension Settings.Preference {
    func applies(to task: TaskType, _ tier: Tier) -> Bool {
        (tasks.isEmpty || tasks.contains(task)) && (tiers.isEmpty || tiers.contains(tier))
    }
}
