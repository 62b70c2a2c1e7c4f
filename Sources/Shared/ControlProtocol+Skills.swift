extension ControlProtocol {
    /// A method of work that a prompt may name, as `skills.list` and `GET /v1/skills` tell of it.
    public struct SkillSummary: Sendable, Hashable, Codable {
        /// What `skill` and `X-Gateway-Skill` say: lower-case letters, digits and hyphens.
        public var id: String
        /// What it is for, in a line.
        public var purpose: String
        /// The situation that it is for, in a line; may be empty.
        public var useWhen: String
        /// The tiers that it goes to, the most wanted first; empty where the routing decides.
        public var tiers: [Tier]
        /// `built_in` or `user`.
        public var source: String

        public init(id: String, purpose: String, useWhen: String, tiers: [Tier], source: String) {
            self.id = id
            self.purpose = purpose
            self.useWhen = useWhen
            self.tiers = tiers
            self.source = source
        }

        private enum CodingKeys: String, CodingKey {
            case id
            case purpose
            case useWhen = "use_when"
            case tiers
            case source
        }
    }

    /// Answer to `skills.list`.
    public struct SkillList: Sendable, Hashable, Codable {
        /// False where `skills.enabled` is: then there are none.
        public var isEnabled: Bool
        /// In the order of their ids.
        public var skills: [SkillSummary]

        public init(isEnabled: Bool, skills: [SkillSummary]) {
            self.isEnabled = isEnabled
            self.skills = skills
        }

        private enum CodingKeys: String, CodingKey {
            case isEnabled = "is_enabled"
            case skills
        }
    }
}
