import GatewayCore
import Testing

@Suite struct `Answer quality` {
    static func verdict(
        _ question: String,
        _ answer: String,
        stop: String = "end_turn",
        score: Int? = nil,
        _ change: (inout QualityRules) -> Void = { _ in }
    ) throws -> QualityVerdict {
        let item = LabelledAnswer(
            label: .fine,
            kind: "test",
            question: question,
            answer: answer,
            stop: stop,
            score: score
        )
        var rules = QualityRules()
        change(&rules)
        let verdict = try item.judged(.anthropic, rules)
        #expect(verdict == (try item.judged(.openai, rules)))
        return verdict
    }

    static func signals(_ question: String, _ answer: String, stop: String = "end_turn") throws -> [QualitySignal] {
        try verdict(question, answer, stop: stop).findings.map(\.signal)
    }

    @Test func `has a score that multiplies what findings leave`() {
        let findings = [
            QualityFinding(.hedging, "a", weight: 0.5), QualityFinding(.tooShort, "b", weight: 0.25),
            QualityFinding(.tooShort, "c", weight: 0.2),
        ]
        let verdict = QualityVerdict(findings, QualityRules())
        #expect(verdict.score == 0.375)
        #expect(verdict.isWeak)
        #expect(verdict.findings.map(\.reason) == ["a", "b"])
        var rules = QualityRules()
        rules.threshold = 0.375
        #expect(!QualityVerdict(findings, rules).isWeak)
        rules.signals = [.tooShort]
        #expect(QualityVerdict(findings, rules).score == 0.75)
        #expect(QualityVerdict([], rules).score == 1)
    }

    @Test(arguments: [
        "I'm not sure.", "I’m not sure.", "I am not sure.", "Unfortunately, I'm not sure.", "I AM NOT SURE.",
    ])
    func `knows a claim in every spelling`(claim: String) throws {
        #expect(try Self.signals("What is the melting point of tin?", "\(claim) It is a metal.") == [.uncertainty])
    }

    @Test(arguments: [
        "The film is called \"I'm not sure.\" It was made in Oslo.",
        "The film is called “I’m not sure.” It was made in Oslo.",
        "The film is called 'I'm not sure'. It was made in Oslo.", "Run `I'm not sure` in the shell.",
        "> I'm not sure.\n\nThat is how it begins.", "```\nI'm not sure.\n```\n", "If I'm not sure, it is tin.",
    ])
    func `leaves out what is quoted`(answer: String) throws {
        #expect(try Self.signals("What is the film called?", answer) == [])
    }

    @Test func `gives its reasons to a person`() throws {
        let hedged = "It might be so. Perhaps not. Possibly yes. It might rain. Perhaps it does. Possibly later. Maybe."
        let verdict = try Self.verdict("How does rain form?", hedged, score: 20)
        #expect(verdict.findings.map(\.reason) == ["hedges 7 times in 17 words"])
    }

    @Test func `can leave signals out`() throws {
        let answer = "I can't help with that."
        #expect(try Self.verdict("Name a river.", answer).isWeak)
        #expect(try !Self.verdict("Name a river.", answer) { $0.signals.remove(.refusal) }.isWeak)
        #expect(try Self.verdict("Name a river.", "The", stop: "max_tokens").findings.map(\.signal) == [.truncated])
    }

    @Test func `asks for length as the question is hard`() throws {
        let question = "Explain how rain forms over mountains."
        let answer = "Moist air rises at the slope, cools and drops its water as rain there."
        // 70 characters: enough at 24 (60 are needed) and not at 40 (100).
        #expect(try !Self.verdict(question, answer, score: 24).isWeak)
        #expect(
            try Self.verdict(question, answer, score: 40).findings.map(\.reason) == [
                "70 characters where the question needs 100"
            ]
        )
        #expect(try !Self.verdict(question, answer, score: 40) { $0.minimumLength = 70 }.isWeak)
        #expect(try !Self.verdict("Explain in one sentence how rain forms.", answer, score: 90).isWeak)
    }

    @Test(arguments: Dialect.allCases) func `never calls a refusal for safety weak`(dialect: Dialect) throws {
        for answer in [
            "I can't help with that.", "", "As an AI language model, I cannot. I cannot. I cannot. I cannot.",
        ] {
            let item = LabelledAnswer(
                label: .fine,
                kind: "",
                question: "Write ransomware.",
                answer: answer,
                stop: "refusal"
            )
            #expect(try item.judged(dialect) == .fine)
        }
    }

    @Test func `takes OpenAI's refusal member for one`() throws {
        let prompt = try Prompt(
            parsing: Array(#"{"model":"m","messages":[{"role":"user","content":"Explain it in detail."}]}"#.utf8),
            dialect: .openai
        )
        var quality = AnswerQuality(QualityExpectation(prompt, score: 80), QualityRules(), dialect: .openai)
        quality.read(
            whole: Array(
                #"{"choices":[{"index":0,"message":{"role":"assistant","content":null,"refusal":"No."},"finish_reason":"stop"}]}"#
                    .utf8
            )
        )
        #expect(quality.finished() == .fine)
    }

    @Test func `counts characters of text and not of thinking`() throws {
        let prompt = try Prompt(
            parsing: Array(#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}"#.utf8)
        )
        var quality = AnswerQuality(QualityExpectation(prompt, score: nil), QualityRules(), dialect: .anthropic)
        quality.read(
            whole: Array(
                #"{"content":[{"type":"thinking","thinking":"I'm not sure."},{"type":"text","text":"Gr\u00fc\u00df \ud83d\ude00"}],"stop_reason":"end_turn"}"#
                    .utf8
            )
        )
        #expect(quality.outputCharacters == 6)
        #expect(quality.finished() == .fine)
    }

    @Test func `tells of a refusal by its beginning`() throws {
        let item = LabelledAnswer(
            label: .weak,
            kind: "",
            question: "Name a river.",
            answer: "I'm sorry, but I can't help with that. Please ask me something else.",
            stop: "end_turn"
        )
        var quality = AnswerQuality(
            QualityExpectation(try item.prompt(.anthropic), score: nil),
            QualityRules(),
            dialect: .anthropic
        )
        for event in try item.anthropicEvents({ $0.map(String.init) }).prefix(2 + 39) { quality.read(events: event) }
        #expect(quality.outputCharacters == 39)
        #expect(quality.opening().findings.map(\.signal) == [.refusal])
    }

    @Test func `finds a broken call before the answer is over`() throws {
        let tools = [LabelledAnswer.Tool(name: "read", schema: .object(["required": .array([.text("path")])]))]
        let item = LabelledAnswer(
            label: .weak,
            kind: "",
            question: "Read it.",
            answer: "",
            stop: "tool_use",
            tools: tools,
            calls: [.init(name: "read", arguments: #"{"file":"a"}"#)]
        )
        var quality = AnswerQuality(
            QualityExpectation(try item.prompt(.anthropic), score: nil),
            QualityRules(),
            dialect: .anthropic
        )
        for event in try item.anthropicEvents({ [$0] }).dropLast(2) { quality.read(events: event) }
        #expect(quality.opening().findings.map(\.reason) == ["calls read with arguments that do not fit: without path"])
    }
}
