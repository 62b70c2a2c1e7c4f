import GatewayCore
import Shared

@testable import GatewayIO

extension FuzzTarget {
    /// Files of skills.
    static let skill = FuzzTarget(
        name: "skill",
        property:
            "a file gives a skill of its name whose lines are lines, or an error; written out and read again it is the same skill",
        maximumBytes: 2_048
    ) { bytes in
        guard let text = String(validating: bytes, as: UTF8.self) else { return }
        let skill: Skill
        do throws(ConfigError) {
            skill = try SkillFiles.parse(text, file: "fuzz.md", id: "fuzz", source: .user)
        } catch {
            return expect("\(error)".utf8.count < 8_192, "a message of \("\(error)".utf8.count) bytes")
        }
        expect(skill.id == "fuzz", "a skill of the name \(skill.id)")
        for line in [skill.purpose, skill.useWhen] {
            expect(!line.unicodeScalars.contains { $0.value < 0x20 || $0 == "\u{202E}" }, "\(line.debugDescription)")
        }
        expect(!skill.text.isEmpty, "a skill without a method")
        expect(Set(skill.tiers).count == skill.tiers.count, "a tier twice")
        // JSON's strings are YAML's, too.
        let written = """
            ---
            id: fuzz
            purpose: \(JSONText.quoted(skill.purpose))
            use_when: \(JSONText.quoted(skill.useWhen))
            tier: [\(skill.tiers.map(\.name).joined(separator: ", "))]
            ---
            \(skill.text)
            """
        let again = try? SkillFiles.parse(written, file: "fuzz.md", id: "fuzz", source: .user)
        expect(again == skill, "\(skill) became \(String(describing: again))")
    }
}
