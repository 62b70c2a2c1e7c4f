import GatewayCore
import Shared
import Testing

@testable import GatewayIO

@Suite struct `Configuring escalation` {
    private func settings(_ text: String, _ environment: [String: String] = [:]) throws -> Settings {
        try loadConfig(text, environment: environment).settings
    }

    @Test func `the variables of the cascade set what their names say`() throws {
        let plain = try settings("")
        #expect(!plain.cascade.isEnabled && plain.cascade.maxTier == .balanced)
        #expect(plain.escalation.check == .heuristic && plain.escalation.rules.minimumLength == 100)
        let set = try settings(
            "cascade: {max_tier: premium}",
            [
                "ENABLE_CASCADE_ROUTING": "1", "CASCADE_MIN_RESPONSE_LENGTH": "40", "CASCADE_QUALITY_CHECK_MODE": "LLM",
                "CASCADE_LOG_OUTCOMES": "false",
            ]
        )
        #expect(set.cascade.isEnabled && set.cascade.maxTier == .premium && !set.cascade.logsOutcomes)
        #expect(set.escalation.check == .llm && set.escalation.rules.minimumLength == 40)
    }

    @Test(arguments: [
        ("ENABLE_CASCADE_ROUTING", "perhaps"), ("CASCADE_MIN_RESPONSE_LENGTH", "-1"),
        ("CASCADE_MIN_RESPONSE_LENGTH", "many"), ("CASCADE_QUALITY_CHECK_MODE", "strict"),
    ])
    func `a variable with another value is an error that names it`(name: String, value: String) throws {
        let error = try #require(throws: ConfigError.self) { try settings("", [name: value]) }
        #expect(error.description.contains(name) && error.description.contains(value))
    }

    @Test func `a check that there is not is told with those there are`() throws {
        let error = try #require(throws: ConfigError.self) {
            try settings("", ["CASCADE_QUALITY_CHECK_MODE": "strict"])
        }
        #expect(error.description.contains("expected one of heuristic, llm, none, got \"strict\""))
    }

    @Test func `signals are named, or left out`() throws {
        let all = Set(QualitySignal.allCases)
        func signals(_ list: String) throws -> Set<QualitySignal> {
            try settings("escalation: {signals: \(list)}").escalation.rules.signals
        }
        #expect(try signals("[all]") == all)
        #expect(try signals("[hedging, refusal]") == [.hedging, .refusal])
        #expect(try signals("[-hedging, -too_short]") == all.subtracting([.hedging, .tooShort]))
        #expect(try signals("[all, -hedging]") == all.subtracting([.hedging]))
    }

    @Test(arguments: [
        ("[-hedgin]", "got \"-hedgin\" (did you mean -hedging?)"),
        ("[Refusl]", "got \"Refusl\" (did you mean refusal?)"),
        ("[whatever]", "got \"whatever\""), ("[-all]", "got \"-all\""),
        ("[hedging, -refusal]", "\"-refusal\" mixes the two"), ("[-refusal, hedging]", "\"hedging\" mixes the two"),
        ("[all, hedging]", "\"hedging\" mixes the two"), ("[hedging, all]", "\"all\" mixes the two"),
    ])
    func `signals that are none, or both, are an error`(list: String, message: String) throws {
        let error = try #require(throws: ConfigError.self) { try settings("escalation: {signals: \(list)}") }
        #expect(error.description.hasSuffix(message), "\(error.description)")
        #expect(error.description.hasPrefix("config.yaml:1: escalation.signals["))
    }

    @Test func `escalations are as many as there are tiers above the lowest`() throws {
        #expect(try settings("max_escalations: 3").escalation.maxEscalations == 3)
        let error = try #require(throws: ConfigError.self) { try settings("max_escalations: 4") }
        #expect(error.description.hasSuffix("max_escalations: expected a whole number from 0 to 3, got \"4\""))
    }
}
