import Shared
import Synchronization

@testable import GatewayCore

/// Synthetic conversations of coding agents and editors, the same in every run.
struct AgentSession {
    let dialect: Dialect
    private(set) var system: String
    /// The messages of each turn, each as JSON.
    private(set) var turns: [[String]] = []
    private var random: SeededGenerator
    private var files: [String: String] = [:]
    private static let paths = ["src/main.swift", "src/Router.swift", "docs/guide.md", "tests/test_all.py"]

    init(_ dialect: Dialect, seed: UInt64, system: String = "You help.", turns count: Int = 50) {
        self.dialect = dialect
        self.system = system
        random = SeededGenerator(seed: seed)
        for turn in 0..<count { turns.append(make(turn)) }
    }

    /// The body of the request after so many turns.
    func body(turn: Int) -> [UInt8] {
        var messages = turns[...turn].flatMap(\.self)
        let tools: String
        if dialect == .anthropic {
            tools = "[{\"name\":\"edit_file\",\"input_schema\":{\"type\":\"object\"}}]"
            let head =
                "{\"model\":\"sonnet\",\"max_tokens\":900,\"system\":\(JSONText.quoted(system)),\"tools\":\(tools),"
            return Array((head + "\"messages\":[\(messages.joined(separator: ","))]}").utf8)
        }
        messages.insert("{\"role\":\"system\",\"content\":\(JSONText.quoted(system))}", at: 0)
        tools = "[{\"type\":\"function\",\"function\":{\"name\":\"edit_file\",\"parameters\":{\"type\":\"object\"}}}]"
        return Array("{\"model\":\"sonnet\",\"tools\":\(tools),\"messages\":[\(messages.joined(separator: ","))]}".utf8)
    }

    /// What was read of files, sent again and changed now and then.
    private mutating func file() -> (path: String, text: String) {
        let path = Self.paths[Int(random.next() % UInt64(Self.paths.count))]
        if files[path] == nil || random.next() % 5 == 0 { files[path] = text(lines: 40 + Int(random.next() % 60)) }
        return (path, files[path] ?? "")
    }

    private static let words = ["let", "déjà", "value", "👩‍💻", "\"quoted\"", "a\\b", "path/to", "日本語", "<tag>", "\u{1}"]

    private mutating func text(lines: Int) -> String {
        (0..<lines).map { _ in
            (0..<6).map { _ in Self.words[Int(random.next() % UInt64(Self.words.count))] }.joined(separator: " ")
        }.joined(separator: "\n")
    }

    private mutating func make(_ turn: Int) -> [String] {
        let answer = "answer \(turn) \(random.next())"
        let (path, text) = file()
        let log = self.text(lines: 5 + Int(random.next() % 300))
        let kind = turn == 0 ? 0 : random.next() % 3
        switch (kind, dialect) {
        case (0, _):
            // The user shows a file.
            let words =
                "Look at this, turn \(turn):\n```swift \(path)\n\(text)\n```\nand <file path=\"\(path)\">\(text)</file>"
            let user = "{\"role\":\"user\",\"content\":\(JSONText.quoted(words))}"
            return turn == 0 ? [user] : [said(answer), user]
        case (1, .anthropic):
            return [
                "{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t\(turn)\",\"name\":\"read\",\"input\":{}}]}",
                "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t\(turn)\",\"content\":\(JSONText.quoted(text))}]}",
            ]
        case (_, .anthropic):
            return [
                "{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t\(turn)\",\"name\":\"run\",\"input\":{}}]}",
                "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t\(turn)\",\"content\":"
                    + "[{\"type\":\"text\",\"text\":\(JSONText.quoted(log))}]}]}",
            ]
        default:
            let call =
                "{\"id\":\"t\(turn)\",\"type\":\"function\",\"function\":{\"name\":\"read\",\"arguments\":\"{}\"}}"
            return [
                "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[\(call)]}",
                "{\"role\":\"tool\",\"tool_call_id\":\"t\(turn)\",\"content\":\(JSONText.quoted(kind == 1 ? text : log))}",
            ]
        }
    }

    private func said(_ text: String) -> String { "{\"role\":\"assistant\",\"content\":\(JSONText.quoted(text))}" }
}

/// A prompt's reduction by a plan, outside of the pipeline.
struct Reduced {
    let body: [UInt8]
    let report: ReductionReport

    init(_ body: [UInt8], _ dialect: Dialect, _ plan: ReductionPlan, _ rules: [BoilerplateRule] = [], cut: Int = 0)
        throws
    {
        let prompt = try Prompt(parsing: body, dialect: dialect)
        let reduction = prompt.body.withUnsafeBufferPointer { bytes in
            prompt.index.withRoot(bytes) { root in
                PromptReduction(
                    TextBlock.all(in: root, dialect: dialect),
                    root,
                    dialect: dialect,
                    plan: plan,
                    boilerplate: Boilerplate(rules),
                    prunedBefore: cut
                )
            }
        }
        self.body = BodyEdit.apply(reduction.edits, to: body)
        report = reduction.report
    }
}

extension ReductionPlan {
    /// Everything that works on texts.
    static var all: ReductionPlan {
        var settings = Settings.Reduction()
        settings.systemMaxCharacters = 4_000
        settings.userMaxCharacters = 6_000
        settings.toolResultMaxCharacters = 5_000
        settings.stripsBoilerplate = true
        settings.deduplicatesFiles = true
        return ReductionPlan(settings)
    }
}

/// The messages of a body, each as its bytes.
func messages(of body: [UInt8], _ dialect: Dialect) throws -> [[UInt8]] {
    let index = try JSONIndex(body)
    return body.withUnsafeBufferPointer { bytes in
        index.withRoot(bytes) { root in
            var messages: [[UInt8]] = []
            if let system = root["system"] { messages.append(Array(system.raw)) }
            root["messages"]?.forEachElement { messages.append(Array($0.raw)) }
            return messages
        }
    }
}

/// Cursor's manners, as a rule of a test's own.
let mannerRules = [BoilerplateRule(name: "m", place: .system, within: "Editor", from: "<manners>", to: "</manners>")]
