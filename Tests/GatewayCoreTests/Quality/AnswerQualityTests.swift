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

    /// What a stronger model's answer would be cut by as well is found, and asks nobody again: from nine tenths of the client's
    /// limit on it was that one.
    @Test(arguments: Dialect.allCases)
    func `takes no answer for weak that the client's own limit has cut`(dialect: Dialect) throws {
        func verdict(limit: Int, written: Int, answer: String = "Rivers rise from springs and") throws -> QualityVerdict
        {
            var item = LabelledAnswer(
                label: .fine,
                kind: "",
                question: "Tell me about rivers.",
                answer: answer,
                stop: "max_tokens"
            )
            (item.max_tokens, item.output_tokens) = (limit, written)
            return try item.judged(dialect)
        }
        for (limit, written) in [(50, 50), (50, 7), (500, 500), (500, 450)] {
            let own = try verdict(limit: limit, written: written)
            #expect(own.findings.map(\.reason) == ["cut by the client's own limit of tokens"], "\(limit), \(written)")
            #expect(own.score == 0.8 && !own.isWeak)
        }
        let other = try verdict(limit: 500, written: 449)
        #expect(other.findings.map(\.reason) == ["cut by its limit of tokens"])
        #expect(other.isWeak)
        // What else is wrong with it counts; what may only be missing, as the rest is, does not.
        #expect(try verdict(limit: 50, written: 50, answer: "I can't help with that.").isWeak)
        #expect(try !verdict(limit: 50, written: 50, answer: "I'm not sure which you mean, but rivers").isWeak)
    }

    @Test func `blames the client's limit only where there is one`() throws {
        func verdict(_ fields: String, _ usage: String) throws -> QualityVerdict {
            let text =
                "{\"model\":\"m\",\(fields)\"messages\":[{\"role\":\"user\",\"content\":\"Tell me about rivers.\"}]}"
            let prompt = try Prompt(parsing: Array(text.utf8), dialect: .openai)
            var quality = AnswerQuality(QualityExpectation(prompt, score: nil), QualityRules(), dialect: .openai)
            let answer =
                "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Rivers rise\"},"
                + "\"finish_reason\":\"length\"}]\(usage)}"
            quality.read(whole: Array(answer.utf8))
            return quality.finished()
        }
        let counted = ",\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":300}"
        #expect(try verdict("", counted).isWeak)
        #expect(try !verdict("\"max_completion_tokens\":300,", counted).isWeak)
        #expect(try verdict("\"max_completion_tokens\":3000,", counted).isWeak)
        #expect(try !verdict("\"max_completion_tokens\":3000,", "").isWeak, "nobody counted")
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
