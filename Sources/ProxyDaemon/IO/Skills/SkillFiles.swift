package import GatewayCore
import Glibc
import Shared

/// Reads the skills: those that are built into the program, and the operator's own.
///
/// A skill is a text file in Markdown, named after its id, with its facts in YAML before the method itself:
///
///     ---
///     id: quick-fix
///     purpose: The smallest correct change for a small problem
///     use_when: Typos, one-line bugs, renames
///     tier: [local, fast]
///     ---
///     Make exactly the change that was asked for.
package enum SkillFiles {
    /// A larger file is refused.
    package static let maximumBytes = 32_768
    /// A directory with more skills is refused.
    package static let maximumSkills = 200
    /// A purpose and a situation are lines for people.
    private static let maximumLineCharacters = 200
    private static let keys = ["id", "purpose", "use_when", "tier"]
    private static let ending = ".md"

    /// What was found.
    package struct Loaded: Sendable, Equatable {
        package var library = SkillLibrary()
        /// The directory that the operator's own were read from; nil where there is none.
        package var directory: String?
        /// What is wrong with files or the directory. The library holds all others.
        package var problems: [ConfigError] = []
    }

    /// The built-in skills with the operator's own laid over them.
    package static func load(
        _ settings: Settings.Skills,
        configPath: String?,
        environment: [String: String]
    ) -> Loaded {
        var loaded = Loaded()
        var skills: [Skill] = []
        do throws(ConfigError) {
            skills = try builtIn()
        } catch {
            loaded.problems.append(error)
        }
        let names: [String]
        do throws(ConfigError) {
            guard let found = try directory(settings, configPath: configPath, environment: environment) else {
                loaded.library = SkillLibrary(skills)
                return loaded
            }
            (loaded.directory, names) = (found.path, found.names)
        } catch {
            loaded.problems.append(error)
            names = []
        }
        for name in names {
            do throws(ConfigError) {
                let skill = try read("\(loaded.directory ?? ".")/\(name)", id: String(name.dropLast(ending.count)))
                // A copy of a built-in one is still that.
                guard !skills.contains(where: { $0.isSame(as: skill) }) else { continue }
                skills.append(skill)
            } catch {
                loaded.problems.append(error)
            }
        }
        loaded.library = SkillLibrary(skills)
        return loaded
    }

    /// The skills in force; nil where they are switched off.
    ///
    /// - Throws: ``ConfigError`` that names the file, the line and what was expected, for the first bad file.
    package static func library(
        _ settings: Settings.Skills,
        configPath: String?,
        environment: [String: String]
    ) throws(ConfigError) -> SkillLibrary? {
        guard settings.isEnabled else { return nil }
        let loaded = load(settings, configPath: configPath, environment: environment)
        if let problem = loaded.problems.first { throw problem }
        return loaded.library
    }

    /// The skills that are part of the program.
    ///
    /// - Throws: ``ConfigError``, when the program was built with a broken file, which a test rules out.
    package static func builtIn() throws(ConfigError) -> [Skill] {
        let files: [(id: String, bytes: [UInt8])] = [
            ("architecture-review", PackageResources.architecture_review_md),
            ("brainstorming", PackageResources.brainstorming_md),
            ("code-review", PackageResources.code_review_md),
            ("concise-planning", PackageResources.concise_planning_md),
            ("git-pushing", PackageResources.git_pushing_md),
            ("quick-fix", PackageResources.quick_fix_md),
            ("security-audit", PackageResources.security_audit_md),
            ("systematic-debugging", PackageResources.systematic_debugging_md),
        ]
        var skills: [Skill] = []
        for (id, bytes) in files {
            let name = "built-in \(id)\(ending)"
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw ConfigError(source: name, problem: "not UTF-8 text")
            }
            skills.append(try parse(text, file: name, id: id, source: .builtIn))
        }
        return skills
    }

    /// The skill in a text. `id` is what the file's name says, `file` is for messages.
    static func parse(
        _ text: String,
        file: String,
        id: String,
        source: Skill.Source
    ) throws(ConfigError) -> Skill {
        guard Skill.isID(id) else {
            throw ConfigError(
                source: file,
                problem: "expected a file named after its id: 1 to 64 of a-z, 0-9 and -, then \(ending)"
            )
        }
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        func isMark(_ line: Substring) -> Bool { line.trimmingWhitespace() == "---" }
        guard let first = lines.first, isMark(first) else {
            throw ConfigError(
                source: file,
                line: 1,
                problem: "expected a first line of --- before id, purpose and tier"
            )
        }
        guard let end = lines.dropFirst().firstIndex(where: isMark) else {
            throw ConfigError(
                source: file,
                line: lines.count,
                problem: "expected a line of --- after id, purpose and tier"
            )
        }
        // Read from the first line on, so that the lines in messages are the file's.
        let front = lines[..<end].joined(separator: "\n")
        let root = LocatedValue(root: try YAMLTree.parse(front, file: file), file: file)
        let fields = try root.members(known: keys)
        let named = try fields["id"]?.text()
        guard named == id else {
            let problem =
                "expected id: \(id), as the file's name says, got \(named.map { "\"\($0.prefix(64))\"" } ?? "none")"
            throw fields["id"]?.error(problem) ?? ConfigError(source: file, line: 1, problem: problem)
        }
        guard let purpose = try fields["purpose"]?.line(maximumLineCharacters) else {
            throw fields["purpose"]?.error("expected a line that says what the skill is for")
                ?? ConfigError(
                    source: file,
                    line: 1,
                    problem: "expected purpose: a line that says what the skill is for"
                )
        }
        let method = lines[(end + 1)...].joined(separator: "\n").trimmingWhitespace()
        guard !method.isEmpty else {
            throw ConfigError(source: file, line: end + 1, problem: "expected the method as text below this line")
        }
        return Skill(
            id: id,
            purpose: purpose,
            useWhen: try fields["use_when"]?.line(maximumLineCharacters) ?? "",
            tiers: try fields["tier"]?.tiers() ?? [],
            text: String(method),
            source: source
        )
    }

    private static func read(_ path: String, id: String) throws(ConfigError) -> Skill {
        let text: String
        do throws(TextFile.Failure) {
            text = try TextFile.read(path, maximumBytes: maximumBytes, isPlain: true)
        } catch {
            throw ConfigError(source: path, problem: error.problem)
        }
        return try parse(text, file: path, id: id, source: .user)
    }

    // MARK: The operator's directory

    /// The directory that is in force with the names of its skills; nil where none was asked for and none is there.
    private static func directory(
        _ settings: Settings.Skills,
        configPath: String?,
        environment: [String: String]
    ) throws(ConfigError) -> (path: String, names: [String])? {
        for path in settings.path.map({ [$0] }) ?? usualDirectories(configPath, environment) {
            if let names = try names(in: path, mustBeThere: settings.path != nil) { return (path, names) }
        }
        return nil
    }

    private static func usualDirectories(_ configPath: String?, _ environment: [String: String]) -> [String] {
        var paths: [String] = []
        if let configPath {
            paths.append(configPath.lastIndex(of: "/").map { configPath[...$0] + "skills" } ?? "skills")
        }
        if let directory = environment["XDG_CONFIG_HOME"], directory.hasPrefix("/") {
            paths.append("\(directory)/llm-gateway/skills")
        } else if let home = environment["HOME"], home.hasPrefix("/") {
            paths.append("\(home)/.config/llm-gateway/skills")
        }
        return paths
    }

    /// The files that are skills, sorted; nil where there is no such directory.
    private static func names(in directory: String, mustBeThere: Bool) throws(ConfigError) -> [String]? {
        guard let stream = opendir(directory) else {
            let code = errno
            if !mustBeThere, code == ENOENT || code == ENOTDIR { return nil }
            let reason = String(cString: strerror(code)).lowercased()
            throw ConfigError(source: directory, key: "skills.path", problem: "expected a directory: \(reason)")
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.hasSuffix(ending), !name.hasPrefix(".") else { continue }
            names.append(name)
            guard names.count <= maximumSkills else {
                throw ConfigError(source: directory, key: "skills.path", problem: "more than \(maximumSkills) skills")
            }
        }
        return names.sorted()
    }
}

extension Skill {
    /// Whether only their sources differ.
    fileprivate func isSame(as other: Skill) -> Bool {
        var copy = other
        copy.source = source
        return copy == self
    }
}

extension LocatedValue {
    /// A text of one line.
    fileprivate func line(_ maximumCharacters: Int) throws(ConfigError) -> String? {
        guard let text = try text() else { return nil }
        guard text.count <= maximumCharacters, !text.contains(where: \.isNewline) else {
            throw error("expected one line of at most \(maximumCharacters) characters")
        }
        return PlainText.sanitized(text)
    }

    /// One tier or a list of them.
    fileprivate func tiers() throws(ConfigError) -> [Tier] {
        guard case .sequence = tree.content else { return try tier().map { [$0] } ?? [] }
        var tiers: [Tier] = []
        for item in try items() ?? [] {
            guard let tier = try item.tier() else { continue }
            guard !tiers.contains(tier) else { throw item.error("\(tier.name) is there twice") }
            tiers.append(tier)
        }
        return tiers
    }
}
