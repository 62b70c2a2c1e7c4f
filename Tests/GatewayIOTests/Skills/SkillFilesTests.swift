import FoundationEssentials
import GatewayCore
import Glibc
import Shared
import Testing

@testable import GatewayIO

@Suite struct `The built-in skills` {
    @Test func `are the files at the top, each a method of fitting length`() throws {
        let skills = try SkillFiles.builtIn()
        let top = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("skills").path
        let files = try FileManager.default.contentsOfDirectory(atPath: top).sorted()
        #expect(files == skills.map { "\($0.id).md" })
        #expect(
            skills.map(\.id) == [
                "architecture-review", "brainstorming", "code-review", "concise-planning", "git-pushing", "quick-fix",
                "security-audit", "systematic-debugging",
            ]
        )
        for skill in skills {
            let words = skill.text.split { $0.isWhitespace }.count
            #expect((100...350).contains(words), "\(skill.id) has \(words) words")
            #expect(!skill.purpose.isEmpty && !skill.useWhen.isEmpty && skill.source == .builtIn)
            let file = try TextFile.read("\(top)/\(skill.id).md")
            #expect(file.hasSuffix("---\n\(skill.text)\n"), "\(skill.id) is another text than its file")
        }
    }

    @Test func `force a tier where the work demands it`() throws {
        let tiers = try Dictionary(uniqueKeysWithValues: SkillFiles.builtIn().map { ($0.id, $0.tiers) })
        #expect(tiers["quick-fix"] == [.local, .fast])
        #expect(tiers["architecture-review"] == [.premium])
        #expect(tiers["security-audit"] == [.premium])
        #expect(tiers.values.count { $0.isEmpty } == 5)
    }
}

@Suite struct `A skill's file` {
    private func parse(_ text: String, id: String = "mine") throws(ConfigError) -> Skill {
        try SkillFiles.parse(text, file: "mine.md", id: id, source: .user)
    }

    @Test func `has its facts before the method`() throws {
        let skill = try parse(
            "---\nid: mine\npurpose: To test\nuse_when: Always\ntier: [fast, 3]\n---\n\n Do it.\n\nWell.\n\n"
        )
        #expect(
            skill
                == Skill(
                    id: "mine",
                    purpose: "To test",
                    useWhen: "Always",
                    tiers: [.fast, .premium],
                    text: "Do it.\n\nWell.",
                    source: .user
                )
        )
    }

    @Test func `may name one tier without a list, leave tier and use_when out, and end its lines like Windows`() throws
    {
        let skill = try parse("---\r\nid: mine\r\npurpose: p\r\ntier: Local\r\n---\r\nA\r\n---\r\nB")
        #expect(skill.tiers == [.local] && skill.useWhen == "" && skill.text == "A\n---\nB")
        #expect(try parse("---\nid: mine\npurpose: p\n---\nA").tiers == [])
    }

    @Test(arguments: [
        ("", "mine.md:1: expected a first line of ---"),
        ("id: mine\n", "mine.md:1: expected a first line of ---"),
        ("---\nid: mine\npurpose: p\n", "mine.md:4: expected a line of ---"),
        (
            "---\nid: other\npurpose: p\n---\nA",
            "mine.md:2: id: expected id: mine, as the file's name says, got \"other\""
        ),
        ("---\npurpose: p\n---\nA", "mine.md:1: expected id: mine, as the file's name says, got none"),
        ("---\nid: mine\n---\nA", "mine.md:1: expected purpose"),
        ("---\nid: mine\npurpose:\n---\nA", "mine.md:3: purpose: expected a line"),
        ("---\nid: mine\npurpose: |\n  a\n  b\n---\nA", "mine.md:3: purpose: expected one line of at most 200"),
        ("---\nid: mine\npurpose: p\ntier: fats\n---\nA", "mine.md:4: tier: expected local, fast, balanced, premium"),
        ("---\nid: mine\npurpose: p\ntier:\n  - fast\n  - {}\n---\nA", "mine.md:6: tier[1]: expected a plain value"),
        ("---\nid: mine\npurpose: p\ntier: [fast, 1]\n---\nA", "mine.md:4: tier[1]: fast is there twice"),
        ("---\nid: mine\npurpose: p\ntiers: fast\n---\nA", "mine.md:4: tiers: unknown key (did you mean tier?)"),
        ("---\nid: mine\nid: mine\npurpose: p\n---\nA", "mine.md:3: id: given more than once; first in line 2"),
        ("---\nid: [mine\npurpose: p\n---\nA", "mine.md:"),
        ("---\nid: mine\npurpose: p\n---\n \n\n", "mine.md:4: expected the method"),
    ])
    func `that is wrong is complained of by line, with what was expected`(text: String, complaint: String) throws {
        let error = #expect(throws: ConfigError.self) { try parse(text) }
        let said = error?.description ?? ""
        #expect(said.hasPrefix(complaint), "\(said)")
    }

    @Test(arguments: ["Mine", "a b", "ä", "", String(repeating: "a", count: 65)])
    func `is named after its id`(id: String) {
        let error = #expect(throws: ConfigError.self) { try parse("---\nid: x\npurpose: p\n---\nA", id: id) }
        #expect(error?.problem.hasPrefix("expected a file named after its id: 1 to 64 of a-z, 0-9 and -") == true)
    }
}

@Suite struct `The operator's skills` {
    private let scratch: DiskScratch
    private var directory: String { "\(scratch.path)/skills" }

    init() throws {
        scratch = try DiskScratch()
        mkdir("\(scratch.path)/skills", 0o700)
    }

    private func file(_ id: String, _ text: String = "Mine.", more: String = "") -> [UInt8] {
        Array("---\nid: \(id)\npurpose: p\n\(more)---\n\(text)\n".utf8)
    }

    private func load(path: String? = nil, config: String? = nil, _ environment: [String: String] = [:])
        -> SkillFiles.Loaded
    {
        var settings = Settings.Skills()
        settings.path = path
        return SkillFiles.load(settings, configPath: config, environment: environment)
    }

    @Test func `are added, and take the place of built-in ones`() throws {
        scratch.write(file("release-notes", more: "tier: premium\n"), to: "skills/release-notes.md")
        scratch.write(file("quick-fix", "Quicker."), to: "skills/quick-fix.md")
        scratch.write(Array("not a skill".utf8), to: "skills/notes.txt")
        scratch.write(Array("hidden".utf8), to: "skills/.swap.md")
        let loaded = load(path: directory)
        #expect(loaded.problems.isEmpty && loaded.directory == directory)
        #expect(loaded.library.skills.count == 9)
        #expect(loaded.library.skills.map(\.id) == loaded.library.skills.map(\.id).sorted())
        #expect(loaded.library["release-notes"]?.tiers == [.premium])
        #expect(loaded.library["quick-fix"]?.text == "Quicker.")
        #expect(loaded.library["quick-fix"]?.tiers == [])
        #expect(loaded.library.skills.filter { $0.source == .user }.map(\.id) == ["quick-fix", "release-notes"])
    }

    @Test func `lie beside the configuration file, else in the user's directory`() {
        scratch.write(file("near"), to: "skills/near.md")
        mkdir("\(scratch.path)/llm-gateway", 0o700)
        mkdir("\(scratch.path)/llm-gateway/skills", 0o700)
        scratch.write(file("far"), to: "llm-gateway/skills/far.md")
        let environment = ["XDG_CONFIG_HOME": scratch.path]
        #expect(load(config: "\(scratch.path)/config.yaml", environment).library["near"] != nil)
        let far = load(config: "/nowhere/config.yaml", environment)
        #expect(far.library["far"] != nil && far.directory == "\(scratch.path)/llm-gateway/skills")
        #expect(load(config: nil, ["HOME": "/nowhere"]).directory == nil)
        #expect(load().library.skills.count == 8)
    }

    @Test func `that are copies of built-in ones stay built in`() throws {
        let top = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("skills").path
        let loaded = load(path: top)
        #expect(loaded.problems.isEmpty)
        #expect(loaded.library == SkillLibrary(try SkillFiles.builtIn()))
    }

    @Test func `that are bad are all named, and the good ones are there`() throws {
        scratch.write(file("good"), to: "skills/good.md")
        scratch.write(file("wrong"), to: "skills/named.md")
        scratch.write([0xFF, 0xFE], to: "skills/bytes.md")
        scratch.write([UInt8](repeating: 65, count: 32_769), to: "skills/large.md")
        symlink("\(scratch.path)/elsewhere.md", "\(directory)/link.md")
        mkdir("\(directory)/directory.md", 0o700)
        mkfifo("\(directory)/pipe.md", 0o600)
        let loaded = load(path: directory)
        #expect(loaded.library["good"] != nil && loaded.library.skills.count == 9)
        let said = loaded.problems.map(\.description)
        #expect(
            said == [
                "\(directory)/bytes.md: not UTF-8 text", "\(directory)/directory.md: expected a plain file",
                "\(directory)/large.md: larger than 32768 bytes", "\(directory)/link.md: a link; expected a plain file",
                "\(directory)/named.md:2: id: expected id: named, as the file's name says, got \"wrong\"",
                "\(directory)/pipe.md: expected a plain file",
            ]
        )
        var settings = Settings.Skills()
        settings.path = directory
        #expect(throws: ConfigError.self) { try SkillFiles.library(settings, configPath: nil, environment: [:]) }
        settings.isEnabled = false
        #expect(try SkillFiles.library(settings, configPath: nil, environment: [:]) == nil)
    }

    @Test func `may be 200, of 32 KiB each`() {
        let method = String(repeating: "x", count: 32_768 - "---\nid: s-000\npurpose: p\n---\n\n".utf8.count)
        for number in 0..<200 {
            let id = "s-\(String(number + 1_000).dropFirst())"
            scratch.write(file(id, number == 0 ? method : "x"), to: "skills/\(id).md")
        }
        #expect(scratch.bytes("skills/s-000.md") == 32_768)
        #expect(load(path: directory).problems.isEmpty)
        #expect(load(path: directory).library.skills.count == 208)
        scratch.write(file("one-more"), to: "skills/one-more.md")
        #expect(
            load(path: directory).problems.map(\.description) == ["\(directory): skills.path: more than 200 skills"]
        )
    }

    @Test func `must be where skills.path says`() {
        let loaded = load(path: "\(scratch.path)/absent")
        #expect(loaded.problems.count == 1)
        #expect(
            loaded.problems.first?.description.contains("absent: skills.path: expected a directory: no such file")
                == true
        )
        #expect(loaded.library.skills.count == 8)
    }

    @Test func `are configured in the file and by the environment`() throws {
        let loaded = try loadConfig("skills: {enabled: no, path: own}", path: "/etc/gw/config.yaml").settings.skills
        #expect(!loaded.isEnabled && loaded.path == "/etc/gw/own")
        let environment = ["ANTHROPIC_API_KEY": "k", "ENABLE_SKILLS": "1"]
        #expect(try loadConfig("skills: {enabled: no}", environment: environment).settings.skills.isEnabled)
        let off = ["ANTHROPIC_API_KEY": "k", "ENABLE_SKILLS": "0"]
        #expect(try !loadConfig("", environment: off).settings.skills.isEnabled)
        let wrong = ["ANTHROPIC_API_KEY": "k", "ENABLE_SKILLS": "maybe"]
        let error = #expect(throws: ConfigError.self) { try loadConfig("", environment: wrong) }
        #expect(error?.description == "environment: ENABLE_SKILLS: expected true or false, got \"maybe\"")
    }
}
