import Shared
import Testing

@testable import GatewayCore

/// Sessions in the manner of three clients: what their requests are made of, in words of the tests' own.
struct ClientSession {
    let dialect: Dialect
    /// One request's body for each turn.
    private(set) var bodies: [[UInt8]] = []

    private static func code(_ random: inout SeededGenerator, lines: Int) -> String {
        (0..<lines).map { "    let value\($0) = compute(\(random.next() % 1_000), with: table[\($0)])" }.joined(
            separator: "\n"
        )
    }

    /// A chat that attaches the open files to each question, in tags.
    static func cursor(seed: UInt64, turns: Int = 30) -> ClientSession {
        var random = SeededGenerator(seed: seed)
        let section = { (name: String, lines: Int) in
            "<\(name)>\n" + (0..<lines).map { "\($0). A rule of conduct that says little." }.joined(separator: "\n")
                + "\n</\(name)>\n"
        }
        let system =
            "You are an assistant in Cursor.\n" + section("communication", 20) + section("tool_calling", 15)
            + section("search_and_reading", 12) + section("making_code_changes", 15) + section("debugging", 10)
        var files = (0..<3).map { _ in code(&random, lines: 120) }
        return chat(.openai, system, turns) { turn in
            if turn % 6 == 5 { files[turn % 3] = code(&random, lines: 120) }
            let attached = files.enumerated().map {
                "<file_contents path=\"src/part\($0).swift\">\n\($1)\n</file_contents>"
            }
            return attached.joined(separator: "\n") + "\n<user_query>Question number \(turn)?</user_query>"
        }
    }

    /// The same with fenced code.
    static func `continue`(seed: UInt64, turns: Int = 30) -> ClientSession {
        var random = SeededGenerator(seed: seed)
        let system =
            "<important_rules>\n  You are in chat mode.\n\n  If the user asks to make changes to files offer that they can use the Apply "
            + "Button, or something else, automatically.\n  If needed concisely explain it and provide no other details.\n</important_rules>"
        var file = code(&random, lines: 150)
        return chat(.openai, system, turns) { turn in
            if turn % 8 == 7 { file = code(&random, lines: 150) }
            return "```swift src/main.swift (1-150)\n\(file)\n```\nQuestion number \(turn)?"
        }
    }

    private static func chat(
        _ dialect: Dialect,
        _ system: String,
        _ turns: Int,
        _ question: (Int) -> String
    ) -> ClientSession {
        var session = ClientSession(dialect: dialect)
        var messages = ["{\"role\":\"system\",\"content\":\(JSONText.quoted(system))}"]
        for turn in 0..<turns {
            messages.append("{\"role\":\"user\",\"content\":\(JSONText.quoted(question(turn)))}")
            session.bodies.append(Array("{\"model\":\"m\",\"messages\":[\(messages.joined(separator: ","))]}".utf8))
            messages.append("{\"role\":\"assistant\",\"content\":\"Answer number \(turn).\"}")
        }
        return session
    }

    /// A tool loop that reads files, some of them again, and runs commands with long output.
    static func claudeCode(seed: UInt64, turns: Int = 30) -> ClientSession {
        var random = SeededGenerator(seed: seed)
        var session = ClientSession(dialect: .anthropic)
        let files = (0..<5).map { _ in code(&random, lines: 200) }
        var messages = ["{\"role\":\"user\",\"content\":\"Mend the failing test.\"}"]
        let system =
            "[{\"type\":\"text\",\"text\":\"You are Claude Code, a tool.\"},{\"type\":\"text\",\"text\":\"<debugging>Cursor</debugging> rules\"}]"
        for turn in 0..<turns {
            let head = "{\"model\":\"m\",\"max_tokens\":9,\"system\":\(system),\"messages\":["
            session.bodies.append(Array((head + messages.joined(separator: ",") + "]}").utf8))
            let result = turn % 3 == 2 ? code(&random, lines: 600) : files[Int(random.next() % 5)]
            messages.append(
                "{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t\(turn)\",\"name\":\"Read\",\"input\":{}}]}"
            )
            messages.append(
                "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t\(turn)\",\"content\":\(JSONText.quoted(result))}]}"
            )
        }
        return session
    }

    /// The share of all the session's bytes that a plan leaves out.
    func saved(_ change: (inout Settings.Reduction) -> Void, _ rules: [BoilerplateRule] = []) throws -> Double {
        var settings = Settings.Reduction()
        change(&settings)
        let plan = ReductionPlan(settings)
        var (before, after) = (0, 0)
        var cut = 0
        for body in bodies {
            if plan.maxContextTokens > 0 {
                let prompt = try Prompt(parsing: body, dialect: dialect)
                cut = prompt.body.withUnsafeBufferPointer { bytes in
                    prompt.index.withRoot(bytes) {
                        ContextPruning.cut(
                            TextBlock.all(in: $0, dialect: dialect),
                            characters: prompt.traits.promptCharacters,
                            messageCount: prompt.traits.messageCount,
                            budgetTokens: plan.maxContextTokens,
                            current: cut
                        )
                    }
                }
            }
            before += body.count
            after += try Reduced(body, dialect, plan, rules, cut: cut).body.count
        }
        return 1 - Double(after) / Double(before)
    }
}

/// The built-in rules for the sections that the sessions above have.
let editorRules = [
    BoilerplateRule(name: "c", place: .system, within: "Cursor", from: "<communication>", to: "</communication>"),
    BoilerplateRule(
        name: "s",
        place: .system,
        within: "Cursor",
        from: "<search_and_reading>",
        to: "</search_and_reading>"
    ),
    BoilerplateRule(name: "d", place: .system, within: "Cursor", from: "<debugging>", to: "</debugging>"),
    BoilerplateRule(
        name: "a",
        place: .system,
        within: "<important_rules>",
        from: "If the user asks to make changes to files offer that they can use the Apply",
        to: "automatically."
    ),
]

@Suite struct `Tokens saved on sessions like those of editors` {
    private static func limits(_ settings: inout Settings.Reduction) {
        (settings.systemMaxCharacters, settings.userMaxCharacters, settings.toolResultMaxCharacters) =
            (40_000, 120_000, 20_000)
    }

    @Test func `by files that are sent again`() throws {
        let shares = [
            try ClientSession.cursor(seed: 1).saved { $0.deduplicatesFiles = true },
            try ClientSession.continue(seed: 2).saved { $0.deduplicatesFiles = true },
            try ClientSession.claudeCode(seed: 3).saved { $0.deduplicatesFiles = true },
        ]
        print("deduplicate_files: Cursor, Continue, Claude Code", shares)
        // 30 turns of 3 files of which one changes every 6th turn: over nine tenths are repeats.
        #expect(shares[0] > 0.6 && shares[1] > 0.6)
        #expect(shares[2] > 0.15)
    }

    @Test func `by limits`() throws {
        let shares = [
            try ClientSession.cursor(seed: 1).saved(Self.limits),
            try ClientSession.claudeCode(seed: 3).saved(Self.limits),
        ]
        print("limits: Cursor, Claude Code", shares)
        // No text of the chat is long; a third of the tool results are, by more than a third.
        #expect(shares[0] == 0)
        #expect(shares[1] > 0.15)
    }

    @Test func `by what editors say, and never of Claude Code`() throws {
        let first = ClientSession.cursor(seed: 1, turns: 1)
        let shares = [
            try first.saved({ $0.stripsBoilerplate = true }, editorRules),
            try ClientSession.cursor(seed: 1).saved({ $0.stripsBoilerplate = true }, editorRules),
            try ClientSession.continue(seed: 2).saved({ $0.stripsBoilerplate = true }, editorRules),
            try ClientSession.claudeCode(seed: 3).saved({ $0.stripsBoilerplate = true }, editorRules),
        ]
        print("strip_ide_boilerplate: Cursor's first turn, Cursor, Continue, Claude Code", shares)
        #expect(shares[0] > 0.05 && shares[1] > 0 && shares[2] > 0)
        #expect(shares[3] == 0)
    }

    @Test func `by a budget`() throws {
        let share = try ClientSession.claudeCode(seed: 3).saved { $0.maxContextTokens = 40_000 }
        print("max_context_tokens 40000: Claude Code", share)
        #expect(share > 0.2)
    }
}
