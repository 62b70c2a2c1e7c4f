package import Shared

extension Dashboard {
    /// Carries out what concerns the lists over the tester.
    mutating func performInPicker(_ action: Action) -> [Effect] {
        switch action {
        case .openSkills:
            guard isLive else {
                note("not connected to the gateway")
                return []
            }
            picker = Picker(.skill, chosen: .skill(tester.skill))
            return [.call(.skills)]
        case .openModels: picker = .models(latest.snapshot?.backends ?? [], chosen: tester.model)
        case .compare:
            guard mayCompare() else { return [] }
            picker = .targets(latest.snapshot?.backends ?? [], checked: tester.lastTargets)
        case .openPrompts:
            picker = Picker(.prompts, chosen: nil)
            return [.prompts(.list)]
        case .movePick(let step): picker?.move(step)
        case .takePick: return take()
        case .leavePick: picker = nil
        case .togglePick:
            if picker?.toggle() == false { note("at most \(Comparison.most) are compared") }
        case .checkTiers: picker?.checkTiers()
        case .deletePrompt:
            guard case .prompt(let saved)? = picker?.current?.choice else { return [] }
            question = Question(
                text: "Delete the saved prompt \"\(saved.safe.name)\"?",
                consequence: "It cannot be brought back.",
                yes: .prompts(.delete(name: saved.name))
            )
        default: break
        }
        return []
    }

    /// Takes what the cursor is on, or compares those that are marked.
    private mutating func take() -> [Effect] {
        guard let open = picker else { return [] }
        switch open.content {
        case .loading, .failed: return []
        case .empty:
            picker = nil
            return []
        case .rows: break
        }
        if open.kind == .targets { return compare(open.checked) }
        picker = nil
        switch open.current?.choice {
        case .skill(let id): tester.skill = id
        case .model(let name): tester.model = name
        case .prompt(let saved): reload(saved)
        case .target, nil: break
        }
        promptChanged()
        return []
    }

    /// A click while a list is open: on a line it moves the cursor there or takes it, beside the list it closes it.
    mutating func clickInPicker(row: Int, column: Int) -> [Effect] {
        guard let open = picker else { return [] }
        let frame = PickerOverlay.Frame(open, columns: columns, rows: rows)
        guard frame.rect.contains(row: row, column: column) else {
            picker = nil
            return []
        }
        let place = frame.first + row - frame.list.row
        guard frame.list.contains(row: row, column: column), open.rows.indices.contains(place) else { return [] }
        picker?.index = place
        if open.kind == .targets { return performInPicker(.togglePick) }
        return open.index == place ? performInPicker(.takePick) : []
    }

    /// Takes in the list of skills that was asked for.
    mutating func show(_ result: Result<ControlProtocol.SkillList, JSONRPC.Failure>) {
        guard picker?.kind == .skill else { return }
        switch result {
        case .success(let list): picker?.fill(list.safeToShow)
        case .failure(let failure):
            let isOlder = failure.code == JSONRPC.Failure.methodNotFound("").code
            picker?.content = .failed(isOlder ? "this gateway is too old to have skills" : failure.message)
        }
    }
}

extension ControlProtocol.SkillList {
    package var safeToShow: ControlProtocol.SkillList {
        ControlProtocol.SkillList(
            isEnabled: isEnabled,
            skills: skills.prefix(1_000).map { skill in
                ControlProtocol.SkillSummary(
                    id: skill.id.safeToShow(limit: 64),
                    purpose: skill.purpose.safeToShow(limit: 200),
                    useWhen: skill.useWhen.safeToShow(limit: 200),
                    tiers: Array(skill.tiers.prefix(Tier.allCases.count)),
                    source: skill.source.safeToShow(limit: 20)
                )
            }
        )
    }
}
