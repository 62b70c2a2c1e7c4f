package import Shared

extension Gateway {
    /// The skills on offer, without their texts.
    package var skillList: ControlProtocol.SkillList {
        ControlProtocol.SkillList(
            isEnabled: skills != nil,
            skills: skills?.skills.map { skill in
                ControlProtocol.SkillSummary(
                    id: skill.id,
                    purpose: skill.purpose,
                    useWhen: skill.useWhen,
                    tiers: skill.tiers,
                    source: skill.source.rawValue
                )
            } ?? []
        )
    }

    /// The prompt of a dry run as it is once its skill is in it, and the tiers that the skill prefers. Throws an
    /// `invalidRequest` for a skill that is not there.
    func withSkill(
        _ prompt: ControlProtocol.PromptRequest
    ) throws(GatewayError) -> (prompt: ControlProtocol.PromptRequest, tiers: SkillTiers?) {
        guard let id = prompt.skill else { return (prompt, nil) }
        let skill = try skills.named(id)
        var prompt = prompt
        prompt.system = [prompt.system, skill.text].compactMap(\.self).joined(separator: "\n\n")
        return (prompt, SkillTiers(skill, among: Set(router.backends.map(\.tier))))
    }
}
