import Shared

/// A list over the tester, from which something is taken for the next prompts.
package struct Picker: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case skill
        case model
        /// Several are marked.
        case targets
        case prompts
    }

    package enum Choice: Sendable, Hashable {
        /// The id of one; nil for none.
        case skill(String?)
        /// A name that a prompt may ask for; nil for `auto`.
        case model(String?)
        case target(CompareTarget)
        case prompt(SavedPrompt)
    }

    /// A line of the list. All texts are safe to show.
    package struct Row: Sendable, Hashable {
        package var choice: Choice
        package var name: String
        /// Letters of tiers.
        package var tag = ""
        package var about: String
        /// What is told below the list while it is the marked one.
        package var foot: String
    }

    package enum Content: Sendable, Hashable {
        case loading
        case rows([Row])
        /// There is nothing to take, and why.
        case empty(String)
        case failed(String)
    }

    package let kind: Kind
    package var content: Content
    /// The line the cursor is on.
    package var index = 0
    /// Those that are compared, in the order in which they were marked.
    package private(set) var checked: [CompareTarget] = []
    /// What was chosen when the list opened, so that the cursor is on it once the list is there.
    private let chosen: Choice?

    package init(_ kind: Kind, _ content: Content = .loading, chosen: Choice? = nil, checked: [CompareTarget] = []) {
        self.kind = kind
        self.content = content
        self.chosen = chosen
        let known = Self.targets(content)
        self.checked = checked.filter(known.contains)
        index = place(of: chosen)
    }

    package var rows: [Row] {
        guard case .rows(let rows) = content else { return [] }
        return rows
    }

    package var current: Row? { rows.indices.contains(index) ? rows[index] : nil }

    package var title: String {
        switch kind {
        case .skill: "skill"
        case .model: "model"
        case .targets: "compare \(Comparison.least) to \(Comparison.most)"
        case .prompts: "saved prompts"
        }
    }

    package mutating func move(_ step: Int) { index = max(0, min(rows.count - 1, index + step)) }

    /// The list has come.
    package mutating func fill(_ content: Content) {
        let isFirst = self.content == .loading
        self.content = content
        index = isFirst ? place(of: chosen) : max(0, min(rows.count - 1, index))
    }

    /// Marks the line under the cursor, or takes its mark away; false where there are as many as may be.
    package mutating func toggle() -> Bool {
        guard case .target(let target)? = current?.choice else { return true }
        if let place = checked.firstIndex(of: target) {
            checked.remove(at: place)
            return true
        }
        guard checked.count < Comparison.most else { return false }
        checked.append(target)
        return true
    }

    /// Marks each tier and nothing else.
    package mutating func checkTiers() {
        let tiers = Self.targets(content).filter { if case .tier = $0 { true } else { false } }
        checked = Array(tiers.prefix(Comparison.most))
    }

    private func place(of choice: Choice?) -> Int { rows.firstIndex { $0.choice == choice } ?? 0 }

    private static func targets(_ content: Content) -> [CompareTarget] {
        guard case .rows(let rows) = content else { return [] }
        return rows.compactMap { row in
            if case .target(let target) = row.choice { target } else { nil }
        }
    }
}

extension Picker {
    /// The list of skills has come.
    mutating func fill(_ list: ControlProtocol.SkillList) {
        guard kind == .skill else { return }
        guard list.isEnabled else { return fill(.empty("Skills are switched off (skills.enabled).")) }
        let none = Row(
            choice: .skill(nil),
            name: "no skill",
            about: "the prompt as it is",
            foot: "A skill adds its method of work to the prompt."
        )
        let rows = list.skills.map { skill in
            let tiers = skill.tiers.isEmpty ? "as routed" : skill.tiers.map(\.name).joined(separator: ", else ")
            let when = skill.useWhen.isEmpty ? "" : "use when: \(skill.useWhen) · "
            return Row(
                choice: .skill(skill.id),
                name: skill.id,
                tag: String(skill.tiers.map(\.letter)),
                about: skill.purpose,
                foot: "\(when)tier: \(tiers)\(skill.source == "user" ? " · your own" : "")"
            )
        }
        fill(.rows([none] + rows))
    }

    /// The saved prompts have come.
    mutating func fill(_ prompts: [SavedPrompt]) {
        guard kind == .prompts else { return }
        guard !prompts.isEmpty else { return fill(.empty("No prompt is saved yet.")) }
        let rows = prompts.map { prompt in
            let safe = prompt.safe
            let wishes = [
                safe.model.map { "model \($0)" }, safe.tier.map { "tier \($0.name)" }, safe.skill.map { "skill \($0)" },
                safe.classifierMode.map { "classifier \($0)" },
            ].compactMap(\.self)
            return Row(
                choice: .prompt(prompt),
                name: safe.name,
                tag: safe.tier.map { String($0.letter) } ?? "",
                about: PlainText.sanitized(safe.prompt.prefix(200)),
                foot: wishes.isEmpty ? "all is left to the gateway" : wishes.joined(separator: " · ")
            )
        }
        fill(.rows(rows))
    }

    /// The names that a prompt may ask for: `auto`, the configured names, then the ids of their models.
    static func models(_ backends: [MetricsSnapshot.Backend], chosen: String?) -> Picker {
        let auto = Row(
            choice: .model(nil),
            name: "auto",
            about: "the gateway chooses",
            foot: "Whatever model a prompt asks for, the gateway routes as it does for clients."
        )
        var names = Set<String>()
        var rows = sorted(backends).filter { names.insert($0.name).inserted }.map { backend in
            row(.model(backend.name), backend.name, about: backend.model, backend)
        }
        rows += sorted(backends).filter { names.insert($0.model).inserted }.map { backend in
            row(.model(backend.model), backend.model, about: "the model of \(backend.name)", backend)
        }
        return Picker(.model, .rows([auto] + rows), chosen: .model(chosen))
    }

    /// Who may be compared: the tiers that there are, then the configured models.
    static func targets(_ backends: [MetricsSnapshot.Backend], checked: [CompareTarget]) -> Picker {
        guard !backends.isEmpty else { return Picker(.targets, .empty("The gateway has not told its models yet.")) }
        let tiers = Tier.allCases.filter { tier in backends.contains { $0.tier == tier } }
        var names = Set<String>()
        let rows =
            tiers.map { tier in
                let members = backends.filter { $0.tier == tier }.map(\.name).sorted().joined(separator: ", ")
                return Row(
                    choice: .target(.tier(tier)),
                    name: "tier \(tier.name)",
                    tag: String(tier.letter),
                    about: members,
                    foot: "the cheapest of the tier that can take the prompt"
                )
            }
            + sorted(backends).filter { names.insert($0.name).inserted }.map { backend in
                row(.target(.model(backend.name)), backend.name, about: backend.model, backend)
            }
        return Picker(.targets, .rows(rows), checked: checked)
    }

    private static func sorted(_ backends: [MetricsSnapshot.Backend]) -> [MetricsSnapshot.Backend] {
        backends.sorted { ($0.tier, $0.name) < ($1.tier, $1.name) }
    }

    private static func row(
        _ choice: Choice,
        _ name: String,
        about: String,
        _ backend: MetricsSnapshot.Backend
    ) -> Row {
        let isSaid = !backend.isSimulated || backend.provider == "simulated"
        return Row(
            choice: choice,
            name: name,
            tag: String(backend.tier.letter),
            about: about,
            foot: "tier \(backend.tier.name) · \(backend.provider)\(isSaid ? "" : " · simulated")"
        )
    }
}
