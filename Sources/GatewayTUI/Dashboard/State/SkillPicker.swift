package import Shared

/// The list of skills over the tester, from which one is taken for the next prompts.
package struct SkillPicker: Sendable, Hashable {
    package enum Content: Sendable, Hashable {
        case loading
        case loaded(ControlProtocol.SkillList)
        case failed(String)
    }

    package var content = Content.loading
    /// The marked line: 0 is "no skill", then the skills in their order.
    package var index = 0
    /// What was chosen when the list opened, so that it is marked once the list is there.
    package let chosen: String?

    package init(chosen: String?) { self.chosen = chosen }

    /// The skills, as far as they are known.
    package var skills: [ControlProtocol.SkillSummary] {
        guard case .loaded(let list) = content else { return [] }
        return list.skills
    }

    /// The marked skill; nil for none.
    package var marked: ControlProtocol.SkillSummary? {
        skills.indices.contains(index - 1) ? skills[index - 1] : nil
    }

    package mutating func move(_ step: Int) { index = max(0, min(skills.count, index + step)) }

    package mutating func fill(_ list: ControlProtocol.SkillList) {
        content = .loaded(list)
        index = skills.firstIndex { $0.id == chosen }.map { $0 + 1 } ?? 0
    }
}

extension Dashboard {
    /// Carries out what concerns the list of skills.
    mutating func performInSkills(_ action: Action) -> [Effect] {
        switch action {
        case .openSkills:
            guard isLive else {
                note("not connected to the gateway")
                return []
            }
            skillPicker = SkillPicker(chosen: tester.skill)
            return [.call(.skills)]
        case .moveSkill(let step): skillPicker?.move(step)
        case .takeSkill:
            guard let picker = skillPicker, case .loaded = picker.content else { return [] }
            skillPicker = nil
            tester.skill = picker.marked?.id
            promptChanged()
        case .leaveSkills: skillPicker = nil
        default: break
        }
        return []
    }

    /// Takes in the list that was asked for.
    mutating func show(_ result: Result<ControlProtocol.SkillList, JSONRPC.Failure>) {
        switch result {
        case .success(let list): skillPicker?.fill(list.safeToShow)
        case .failure(let failure):
            let isOlder = failure.code == JSONRPC.Failure.methodNotFound("").code
            skillPicker?.content = .failed(isOlder ? "this gateway is too old to have skills" : failure.message)
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
