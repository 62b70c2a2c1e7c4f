package import Shared

/// A method of work that a client asks for by name: a text that goes to the model beside the client's own.
package struct Skill: Sendable, Equatable {
    package enum Source: String, Sendable {
        /// It is part of the program.
        case builtIn = "built_in"
        /// It is one of the operator's files.
        case user
    }

    /// Lower-case letters, digits and hyphens, 1 to 64 of them: what `X-Gateway-Skill` says.
    package var id: String
    /// What it is for, in a line for people.
    package var purpose: String
    /// The situation that it is for, in a line for people; may be empty.
    package var useWhen: String
    /// The tiers that it goes to, the most wanted first: the first one with a backend counts. Empty leaves the choice to
    /// the routing.
    package var tiers: [Tier]
    /// The method, for the model.
    package var text: String
    package var source: Source

    package init(
        id: String,
        purpose: String,
        useWhen: String = "",
        tiers: [Tier] = [],
        text: String,
        source: Source = .builtIn
    ) {
        self.id = id
        self.purpose = purpose
        self.useWhen = useWhen
        self.tiers = tiers
        self.text = text
        self.source = source
    }

    /// Lower-case letters, digits and hyphens, 1 to 64 of them.
    package static func isID(_ text: some StringProtocol) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
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

    /// The skill that a client names.
    ///
    /// - Throws: An `invalidRequest` that lists the ids there are.
    package func named(_ id: String) throws(GatewayError) -> Skill {
        if let skill = self[id] { return skill }
        let known = skills.isEmpty ? "there are none" : "there are \(skills.map(\.id).joined(separator: ", "))"
        throw GatewayError(.invalidRequest("X-Gateway-Skill: no skill is named \"\(id.prefix(64))\"; \(known)"))
    }
}

extension SkillLibrary? {
    /// The skill with that id; no library stands for skills that are switched off. Throws an `invalidRequest` that says which
    /// of the two it is.
    func named(_ id: String) throws(GatewayError) -> Skill {
        guard let self else {
            throw GatewayError(.invalidRequest("X-Gateway-Skill: skills are switched off; see skills.enabled"))
        }
        return try self.named(id)
    }
}
