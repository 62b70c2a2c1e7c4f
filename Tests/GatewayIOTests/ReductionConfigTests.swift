import GatewayCore
import Testing

@testable import GatewayIO

@Suite struct `Configuring token reduction` {
    @Test func `cache markers are on and all else is off`() throws {
        let settings = try loadConfig("", environment: [:]).settings.reduction
        #expect(settings == Settings.Reduction())
        #expect(settings.marksCache)
        #expect(ReductionPlan(settings).isEmpty)
    }

    @Test func `the variables switch each on, or the markers off`() throws {
        let environment = [
            "SYSTEM_MAX_CHARS": "40000", "USER_MSG_MAX_CHARS": "120000", "TOOL_RESULT_MAX_CHARS": "20000",
            "STRIP_IDE_BOILERPLATE": "true", "ENABLE_FILE_HASH_CACHE": "1", "ENFORCE_DIFF_FIRST": "on",
            "ENABLE_ANTHROPIC_CACHE_CONTROL": "false",
        ]
        let loaded = try loadConfig("reduction: {max_context_tokens: 90000}", environment: environment)
        var expected = Settings.Reduction()
        expected.systemMaxCharacters = 40_000
        expected.userMaxCharacters = 120_000
        expected.toolResultMaxCharacters = 20_000
        expected.stripsBoilerplate = true
        expected.deduplicatesFiles = true
        expected.asksForDiffs = true
        expected.marksCache = false
        expected.maxContextTokens = 90_000
        #expect(loaded.settings.reduction == expected)
        #expect(!loaded.warnings.contains { $0.contains("not available") })
    }

    @Test func `a variable that says neither yes nor no is an error`() {
        #expect(throws: ConfigError.self) { try loadConfig("", environment: ["ENFORCE_DIFF_FIRST": "perhaps"]) }
        #expect(throws: ConfigError.self) { try loadConfig("", environment: ["SYSTEM_MAX_CHARS": "-1"]) }
    }

    @Test(arguments: ["200", "999", "-1", "100000001", "many"])
    func `a limit of texts is none, or no less than makes sense`(limit: String) throws {
        let rule = "expected 0 for no limit, or a whole number from 1000 to 100000000, got \"\(limit)\""
        for key in ["system_max_chars", "user_msg_max_chars", "tool_result_max_chars"] {
            let text = "reduction: {\(key): \(limit)}"
            let error = try #require(throws: ConfigError.self) { try loadConfig(text, environment: [:]) }
            #expect(error.description == "config.yaml:1: reduction.\(key): \(rule)")
            let fromVariable = try #require(throws: ConfigError.self) {
                try loadConfig("", environment: [key.uppercased(): limit])
            }
            #expect(fromVariable.description.contains(rule) && fromVariable.description.contains(key.uppercased()))
        }
        for good in [0, 1_000] {
            let loaded = try loadConfig("reduction: {system_max_chars: \(good)}", environment: [:])
            #expect(loaded.settings.reduction.systemMaxCharacters == good)
        }
    }

    @Test func `the built-in rules can be read, and speak of Cursor and Continue`() throws {
        let rules = try BoilerplateFile.builtIn()
        #expect(rules.count >= 8)
        #expect(rules.contains { $0.within == "Cursor" && $0.from == "<communication>" })
        #expect(rules.contains { $0.within == "<important_rules>" })
    }

    @Test(arguments: [
        "rules: [{in: system, from: abcd}]", "rules: [{from: abcd, to: efgh}]",
        "rules: [{in: tool, from: abcd, to: efgh}]",
        "rules: [{in: user, from: ab, to: efgh}]", "rulez: []",
    ])
    func `a rule that says too little is an error that names the file`(text: String) {
        #expect {
            try BoilerplateFile.parse(text, file: "mine.yaml")
        } throws: { error in
            "\(error)".contains("mine.yaml")
        }
    }
}
