import GatewayCore
import Shared
import Testing

@Suite struct `An ask` {
    private func ask(_ text: String) -> String { String(decoding: Ask(Array(text.utf8)).text, as: UTF8.self) }

    @Test(arguments: [
        ("  Fix it. \n", "Fix it."),
        ("<system-reminder>Be kind.</system-reminder>\nFix it.", "Fix it."),
        ("<SYSTEM-REMINDER a=\"b\">Be kind.</System-Reminder >Fix it.", "Fix it."),
        ("a <file>x</file> b <file>y</file> c", "a \n b \n c"),
        // The end of the outer block drops the inner one with it, and an unclosed tag inside.
        ("<context><file>x</file><document></context>Fix it.", "Fix it."),
        // Tags of others stay, and so do tags without an end or a beginning.
        ("<b>bold</b> Fix it.", "<b>bold</b> Fix it."),
        ("<file>Fix it.", "<file>Fix it."),
        ("Fix it.</file>", "Fix it.</file>"),
        ("a < b <files", "a < b <files"),
        ("<user_query>\nFix it.\n</user_query>", "Fix it."),
        // Where nothing else would be left, the block is the ask.
        ("<context>only this</context>", "<context>only this</context>"),
        ("", ""),
    ])
    func `is what the user wrote`(text: String, expected: String) {
        #expect(ask(text) == expected)
    }

    @Test func `of a long text is its first paragraph, and its last if that asks`() {
        let middle = String(repeating: "Words and more words. ", count: 40)
        #expect(ask("Look at this.\n\n\(middle)\n\nWhat is wrong?") == "Look at this.\nWhat is wrong?")
        #expect(ask("Look at this.\n\n\(middle)\n\nPlease mend it.") == "Look at this.\nPlease mend it.")
        #expect(ask("Look at this.\n\n\(middle)\n\nEnd of file.") == "Look at this.")
        #expect(ask("Look at this.\n```\n\(middle)\n\n```\nWhat is wrong?") == "Look at this. [code]\nWhat is wrong?")
        #expect(ask("```\n\(middle)\n```") == "[code]")
    }

    @Test func `of one long paragraph is its two ends, cut between characters`() throws {
        // 401 bytes: the 400th would split the second byte of a letter.
        let start = "x" + String(repeating: "é", count: 200)
        let text = ask(start + String(repeating: " filler", count: 100) + " What is it?")
        #expect(text.hasPrefix("x" + String(repeating: "é", count: 199) + "\n"))
        #expect(text.hasSuffix(" What is it?"))
        #expect(text.utf8.count <= 801)
        #expect(!text.contains("\u{FFFD}"))
    }

    @Test func `is short and quick to find in hostile text`() {
        var random = SeededGenerator(seed: 9)
        let pieces = [
            "<file>", "</file>", "<context", "<", ">", "```", "\n", "\n\n", "</context>", "é", " a", "\"", "<task>",
        ]
        for _ in 0..<300 {
            let count = Int.random(in: 0...400, using: &random)
            let text = (0..<count).compactMap { _ in pieces.randomElement(using: &random) }.joined()
            let parsed = Ask(Array(text.utf8))
            #expect(parsed.text.count <= 2 * Ask.pieceBytes + 8)
            #expect(parsed.content.count <= text.utf8.count)
            let isSound = AskFeatures(parsed).values.allSatisfy { $0.isFinite && $0 >= 0 }
            #expect(isSound)
        }
        for _ in 0..<200 {
            let bytes = (0..<Int.random(in: 0...2_000, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            let isSound = AskFeatures(Ask(bytes)).values.allSatisfy { $0.isFinite }
            #expect(isSound)
        }
        // Nesting without end: one entry a name, however deep.
        let deep = Ask(Array((String(repeating: "<file><context>", count: 3_000) + "Fix it.").utf8))
        #expect(deep.text.count <= 2 * Ask.pieceBytes + 8)
    }

    @Test func `has features that do not grow with what is pasted beyond the sample`() {
        let line = Array("The quick brown fox jumps over 13 lazy dogs, and then?\n".utf8)
        let some = AskFeatures(Ask(Array(repeating: line, count: 400).flatMap(\.self)))
        let more = AskFeatures(Ask(Array(repeating: line, count: 4_000).flatMap(\.self)))
        let context = AskFeatures.names.firstIndex(of: "log_context")
        for (at, name) in AskFeatures.names.enumerated() where at != context && name != "ask_share" {
            #expect(abs(some.values[at] - more.values[at]) < 0.05, "\(name)")
        }
    }

    @Test func `is counted as written by hand`() throws {
        let text = "Please list 3 Primes, and then \"sum\" them: 2 + 3 = ?"
        let values = Dictionary(
            uniqueKeysWithValues: zip(AskFeatures.names, AskFeatures(Ask(Array(text.utf8))).values)
        )
        /// What a count goes in as: log(2) is 0.6931…, log(3) 1.0986…, log(4) 1.3862….
        func counted(_ name: String, _ logOfOneMore: Double) -> Bool {
            abs((values[name] ?? -1) - logOfOneMore) < 1e-9
        }
        // Words: please list primes and then sum them.
        #expect(values["mean_word"] == 30.0 / 7)
        #expect(values["distinct_words"] == 1)
        #expect(values["capitals"] == 2.0 / 52)
        #expect(values["digits"] == 3.0 / 52)
        #expect(counted("log_numbers", 1.386294361119891))
        #expect(counted("log_operators", 1.098612288668110))
        #expect(values["questions"] == 1)
        #expect(values["ends_asking"] == 1)
        // "list": a command after "please".
        #expect(counted("log_asks", 0.693147180559945))
        #expect(counted("cue_joining", 1.098612288668110))
        #expect(counted("cue_maths", 0.693147180559945))
    }

    @Test(arguments: [
        ("hi there!", "greeting", Tier.fast), ("Thanks, that worked", "greeting", .fast),
        ("What is 2+2?", "arithmetic", .fast), ("17 * 23 =", "arithmetic", .fast),
        ("What is the capital of France?", "fact_question", .fast), ("Who wrote Dracula?", "fact_question", .fast),
        ("Translate 'good night' to Dutch", "short_translation", .fast),
        ("Prove that the square root of a prime is irrational, by contradiction.", "proof", .premium),
    ])
    func `may match a pattern that is plain`(text: String, name: String, tier: Tier) throws {
        let parsed = Ask(Array(text.utf8))
        let match = try #require(DirectPatterns.match(parsed, AskFeatures(parsed)))
        #expect(match.name == name)
        #expect(match.tier == tier)
        #expect(match.confidence >= 0.95)
    }

    @Test(arguments: [
        "", "hello, please prove the Riemann hypothesis and then explain it", "What is 2^61 - 1 and why is it prime?",
        "What is the difference between TCP and UDP?", "yes", "ok do it", "continue", "What is wrong with my code?",
        "Translate this poem and keep its rhymes", "Write a Python function to reverse a string", "How many?",
        "What is the best way to design a distributed lock?",
    ])
    func `matches none where more must be known`(text: String) {
        let parsed = Ask(Array(text.utf8))
        #expect(DirectPatterns.match(parsed, AskFeatures(parsed)) == nil)
    }
}
