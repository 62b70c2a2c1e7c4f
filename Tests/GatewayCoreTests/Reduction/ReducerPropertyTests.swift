import Shared
import Testing

@testable import GatewayCore

@Suite struct `Reducers over conversations of fifty turns` {
    private static let system =
        "You are the Editor's helper.\n<manners>\n" + String(repeating: "Be kind. ", count: 40)
        + "</manners>\nUse the tools."

    private func session(_ dialect: Dialect, _ seed: UInt64) -> AgentSession {
        AgentSession(dialect, seed: seed, system: Self.system)
    }

    @Test(arguments: [Dialect.anthropic, .openai], [UInt64(1), 2, 3])
    func `send at each turn what they sent before, and then more`(dialect: Dialect, seed: UInt64) throws {
        let session = session(dialect, seed)
        var sent: [[UInt8]] = []
        for turn in session.turns.indices {
            let reduced = try Reduced(session.body(turn: turn), dialect, .all, mannerRules)
            let now = try messages(of: reduced.body, dialect)
            #expect(Array(now.prefix(sent.count)) == sent, "turn \(turn)")
            sent = now
        }
    }

    @Test(arguments: [Dialect.anthropic, .openai], [UInt64(4), 5])
    func `change nothing more when they are asked again`(dialect: Dialect, seed: UInt64) throws {
        let session = session(dialect, seed)
        for turn in stride(from: 0, to: 50, by: 7) {
            let once = try Reduced(session.body(turn: turn), dialect, .all, mannerRules)
            let twice = try Reduced(once.body, dialect, .all, mannerRules)
            #expect(twice.body == once.body)
            #expect(twice.report.isEmpty)
        }
    }

    @Test(arguments: [Dialect.anthropic, .openai])
    func `leave every byte where nothing is switched on`(dialect: Dialect) throws {
        let body = session(dialect, 6).body(turn: 49)
        let reduced = try Reduced(body, dialect, ReductionPlan(), mannerRules)
        #expect(reduced.body == body)
        #expect(reduced.report.isEmpty)
    }

    @Test(arguments: [Dialect.anthropic, .openai])
    func `cut a text the same wherever it stands`(dialect: Dialect) throws {
        let long = String(repeating: "日本 \"x\" 👩‍💻\n", count: 900)
        func body(_ before: Int) -> [UInt8] {
            let other = "{\"role\":\"user\",\"content\":\"hello\"},{\"role\":\"assistant\",\"content\":\"hi\"},"
            let text = "{\"role\":\"user\",\"content\":\(JSONText.quoted(long))}"
            return Array("{\"model\":\"m\",\"messages\":[\(String(repeating: other, count: before))\(text)]}".utf8)
        }
        let first = try messages(of: Reduced(body(0), dialect, .all).body, dialect)
        let later = try messages(of: Reduced(body(4), dialect, .all).body, dialect)
        #expect(first.last == later.last)
        #expect((first.last?.count ?? 0) < long.utf8.count * 3 / 4)
    }

    @Test(arguments: [Dialect.anthropic, .openai])
    func `save a good part of a session that shows its files again and again`(dialect: Dialect) throws {
        let session = session(dialect, 7)
        let body = session.body(turn: 49)
        let reduced = try Reduced(body, dialect, .all, mannerRules)
        #expect(reduced.body.count < body.count * 3 / 4)
        for reducer in [Reducer.responseLimits, .ideBoilerplate, .fileDeduplication] {
            #expect(reduced.report[reducer].texts > 0, "\(reducer)")
        }
        #expect(reduced.report.tokensSaved.total > 10_000)
    }

    @Test func `never touch answers, thoughts, tool calls and pictures`() throws {
        let long = String(repeating: "x", count: 9_000)
        let kept = [
            "{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"\(long)\",\"signature\":\"s\"},"
                + "{\"type\":\"text\",\"text\":\"\(long)\"},{\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"n\",\"input\":{\"t\":\"\(long)\"}}]}",
            "{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"\(long)\"}},"
                + "{\"type\":\"document\",\"source\":{\"type\":\"text\",\"media_type\":\"text/plain\",\"data\":\"\(long)\"}}]}",
        ]
        let body = Array("{\"model\":\"m\",\"max_tokens\":5,\"messages\":[\(kept.joined(separator: ","))]}".utf8)
        #expect(try Reduced(body, .anthropic, .all, cut: 9).body == body)
    }

    @Test func `prune in large steps that never go back`() throws {
        var settings = Settings.Reduction()
        settings.maxContextTokens = 20_000
        let plan = ReductionPlan(settings)
        let session = session(.anthropic, 8)
        var cut = 0
        var moves = 0
        for turn in session.turns.indices {
            let prompt = try Prompt(parsing: session.body(turn: turn))
            let before = cut
            cut = prompt.body.withUnsafeBufferPointer { bytes in
                prompt.index.withRoot(bytes) { root in
                    ContextPruning.cut(
                        TextBlock.all(in: root, dialect: .anthropic),
                        characters: prompt.traits.promptCharacters,
                        messageCount: prompt.traits.messageCount,
                        budgetTokens: plan.maxContextTokens,
                        current: cut
                    )
                }
            }
            #expect(cut >= before)
            if cut > before { moves += 1 }
        }
        #expect(moves >= 2)
        #expect(moves <= 12)
        let reduced = try Reduced(session.body(turn: 49), .anthropic, plan, cut: cut)
        #expect(reduced.report[.contextPruning].texts > 10)
    }
}
