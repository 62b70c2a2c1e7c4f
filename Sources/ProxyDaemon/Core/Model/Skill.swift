package import Shared

/// A method of work that a client asks for by name: a text that goes to the model before the client's own.
package struct Skill: Sendable, Equatable {
    /// Lower-case letters, digits and hyphens, 1 to 64 of them: what `X-Gateway-Skill` says.
    package var id: String
    /// What it is for, in a line for people.
    package var purpose: String
    /// The tiers that it goes to, the most wanted first: the first one with a backend counts. Empty leaves the choice to
    /// the routing.
    package var tiers: [Tier]
    /// The method, for the model.
    package var text: String

    package init(id: String, purpose: String, tiers: [Tier] = [], text: String) {
        self.id = id
        self.purpose = purpose
        self.tiers = tiers
        self.text = text
    }
}

/// The skills on offer.
package struct SkillLibrary: Sendable, Equatable {
    /// In the order of their ids.
    package let skills: [Skill]

    /// Of two skills with one id the later counts.
    package init(_ skills: [Skill] = []) {
        var byID: [String: Skill] = [:]
        for skill in skills { byID[skill.id] = skill }
        self.skills = byID.values.sorted { $0.id < $1.id }
    }

    package subscript(id: String) -> Skill? { skills.first { $0.id == id } }
}
