import Foundation
import GatewayCore
import GatewayIO
import Shared
import Testing

/// The law that routing may not break a request, tried with requests that are thrown together at random.
@Suite struct `No request is broken by routing` {
    private static func classification(_ tier: Tier) -> Classification {
        Classification(
            score: 50,
            tier: tier,
            taskType: .general,
            confidence: 1,
            layer: .features,
            thresholds: ScoreThresholds(fastMaximum: 30, balancedMaximum: 70)
        )
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `what the named model takes, the chosen one takes`(seed: UInt64) throws {
        let catalogue = try CatalogueFile.builtIn()
        let referees = Dictionary(uniqueKeysWithValues: Referee.all.map { ($0.model, $0) })
        var dice = Dice(seed: seed)
        var tally = (valid: 0, moved: 0, adapted: 0)
        for _ in 0..<4_000 {
            let named = try #require(referees[Referee.all[dice.below(Referee.all.count)].model])
            let request = RandomRequest(&dice)
            guard named.problem(with: request.members, isRouted: false) == nil else { continue }
            tally.valid += 1
            var settings = Settings()
            let wanted = [Tier.fast, .balanced, .premium][dice.below(3)]
            var models = Set((0..<(1 + dice.below(5))).map { _ in Referee.all[dice.below(Referee.all.count)].model })
            models.insert(named.model)
            if dice.one(in: 3) { models.insert("house-model") }
            settings.backends = models.sorted().map { model in
                let tier = catalogue.model(model)?.tier ?? .fast
                return .init(name: "b-\(model)", provider: .anthropic, model: model, baseURL: "", tier: tier)
            }
            let body = request.body(model: named.model, &dice)
            let prompt = try Prompt(parsing: body)
            let router = Router(settings: settings, catalogue: catalogue)
            let question = RoutingRequest(
                traits: prompt.traits,
                requestedModel: prompt.model,
                maxTokens: prompt.maxTokens,
                unixSeconds: 1_795_000_000
            )
            let decision: Decision
            switch try router.question(question) {
            case .settled(let settled): decision = settled
            case .open(let draft): decision = try router.choose(draft, Self.classification(wanted))
            }
            let edits = decision.adaptations.flatMap { $0.edits(body, prompt.index) }
            let sent = BodyEdit.apply(edits, to: body)
            if decision.backend.model == named.model {
                #expect(sent == body, "\(String(decoding: body, as: UTF8.self))")
                continue
            }
            tally.moved += 1
            tally.adapted += decision.adaptations.isEmpty ? 0 : 1
            let members = try #require(JSONSerialization.jsonObject(with: Data(sent)) as? [String: Any])
            let referee = referees[decision.backend.model] ?? .stranger
            let problem = referee.problem(with: members, isRouted: true)
            #expect(
                problem == nil,
                "\(named.model) to \(decision.backend.model): \(String(decoding: sent, as: UTF8.self))"
            )
        }
        // Else the test would say nothing.
        #expect(tally.valid > 700 && tally.moved > 300 && tally.adapted > 100, "\(tally)")
    }
}

/// Random numbers that are the same in every run (SplitMix64).
private struct Dice {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
    mutating func one(in chances: Int) -> Bool { below(chances) == 0 }
    mutating func pick(_ texts: String...) -> String { texts[below(texts.count)] }
}

/// The members of a request, all but the model's, as JSON texts.
private struct RandomRequest {
    private var texts: [(name: String, value: String)] = []

    init(_ dice: inout Dice) {
        texts.append(("max_tokens", dice.pick("50", "1500", "9000", "30000", "64000", "64001", "100000", "128000")))
        if dice.one(in: 4) { texts.append(("temperature", dice.pick("1", "1.0", "1.00", "0", "0.5", "0.999"))) }
        if dice.one(in: 5) { texts.append(("top_p", dice.pick("1", "1.0", "0.9", "0.95"))) }
        if dice.one(in: 10) { texts.append(("top_k", "40")) }
        if dice.one(in: 2) {
            let display = dice.pick("", "", #", "display":"omitted""#, #","display" : "summarized""#)
            let value = dice.pick(
                #"{"type":"adaptive"\#(display)}"#,
                #"{"type":"enabled","budget_tokens":1024\#(display)}"#,
                #"{"budget_tokens": 8000, "type":"enabled"}"#,
                #"{"type":"enabled","budget_tokens":70000}"#,
                #"{"type":"disabled"}"#,
                #"{"type":"between_tools"}"#
            )
            texts.append(("thinking", value))
        }
        if dice.one(in: 2) {
            let effort = #""effort":"\#(dice.pick("low", "medium", "high", "xhigh", "max"))""#
            let format = #""format":{"type":"json_schema","schema":{"effort":"low"}}"#
            texts.append(
                ("output_config", "{\(dice.pick(effort, "\(effort), \(format)", "\(format),\(effort)", format))}")
            )
        }
        let hasTools = dice.one(in: 3)
        if hasTools { texts.append(("tools", #"[{"name":"t","description":"","input_schema":{"type":"object"}}]"#)) }
        if hasTools, dice.one(in: 2) {
            texts.append(
                ("tool_choice", dice.pick(#"{"type":"auto"}"#, #"{"type":"any"}"#, #"{"type":"tool","name":"t"}"#))
            )
        }
        var turns = [#"{"role":"user","content":"\#(dice.pick("Hi", "What is 2 + 2?", "Prove it step by step"))"}"#]
        if hasTools, dice.one(in: 2) {
            turns.append(#"{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"t","input":{}}]}"#)
            turns.append(#"{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"4"}]}"#)
        }
        if dice.one(in: 8) { turns.append(#"{"role":"system","content":"Be brief."}"#) }
        if dice.one(in: 10) { turns.append(#"{"role":"assistant","content":"So"}"#) }
        texts.append(("messages", "[\(turns.joined(separator: ","))]"))
        if dice.one(in: 3) { texts.append(("metadata", #"{"user_id":"u\u00e9"}"#)) }
    }

    var members: [String: Any] {
        let text = "{\(texts.map { "\"\($0.name)\":\($0.value)" }.joined(separator: ","))}"
        return (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] ?? [:]
    }

    /// The body with its members in any order and any white space between them.
    func body(model: String, _ dice: inout Dice) -> [UInt8] {
        var left = texts + [("model", "\"\(model)\"")]
        var members: [String] = []
        while !left.isEmpty {
            let (name, value) = left.remove(at: dice.below(left.count))
            members.append(
                "\(dice.pick("", " ", "\n\t"))\"\(name)\"\(dice.pick("", " ")):\(value)\(dice.pick("", " "))"
            )
        }
        return Array("{\(members.joined(separator: ","))}".utf8)
    }
}

/// What a model refuses, written down a second time by hand and by other means than the program's own.
private struct Referee: Sendable {
    enum Sampling { case one, defaults, never }

    var model: String
    var sampling = Sampling.never
    var thinking: Set<String>
    var efforts: Set<String> = ["low", "medium", "high", "xhigh", "max"]
    var offOnlyUpToHigh = false
    var prefill = false
    /// `?` is a fact that nobody is sure of.
    var forcedTool: Character = "n"
    var system: Character = "n"
    var mostOutput = 128_000
    /// Of a model in no catalogue it is known only that it answers texts and calls tools.
    var isStranger = false

    static let stranger = Referee(model: "", thinking: [], efforts: [], mostOutput: .max, isStranger: true)
    private static let old: Set<String> = ["disabled", "enabled"]
    private static let middle: Set<String> = ["disabled", "enabled", "adaptive"]
    private static let four: Set<String> = ["low", "medium", "high", "max"]
    private static let three: Set<String> = ["low", "medium", "high"]

    static let all: [Referee] = [
        Referee(
            model: "claude-haiku-4-5-20251001",
            sampling: .one,
            thinking: old,
            efforts: [],
            prefill: true,
            forcedTool: "y",
            mostOutput: 64_000
        ),
        Referee(
            model: "claude-sonnet-4-5-20250929",
            sampling: .one,
            thinking: old,
            efforts: [],
            prefill: true,
            forcedTool: "y",
            mostOutput: 64_000
        ),
        Referee(
            model: "claude-opus-4-5-20251101",
            sampling: .one,
            thinking: old,
            efforts: three,
            prefill: true,
            forcedTool: "y",
            mostOutput: 64_000
        ),
        Referee(model: "claude-sonnet-4-6", sampling: .one, thinking: middle, efforts: four, forcedTool: "y"),
        Referee(model: "claude-opus-4-6", sampling: .one, thinking: middle, efforts: four, forcedTool: "y"),
        Referee(model: "claude-opus-4-7", thinking: ["disabled", "adaptive"], forcedTool: "?"),
        Referee(model: "claude-opus-4-8", thinking: ["disabled", "adaptive"], forcedTool: "?", system: "y"),
        Referee(model: "claude-sonnet-5", sampling: .defaults, thinking: ["disabled", "adaptive"], forcedTool: "y"),
        Referee(
            model: "claude-opus-5",
            thinking: ["disabled", "adaptive"],
            offOnlyUpToHigh: true,
            forcedTool: "?",
            system: "y"
        ),
        Referee(
            model: "claude-haiku-5-5",
            sampling: .defaults,
            thinking: ["disabled", "adaptive"],
            offOnlyUpToHigh: true,
            forcedTool: "?",
            system: "?"
        ),
        Referee(
            model: "claude-sonnet-5-5",
            thinking: ["adaptive", "between_tools"],
            offOnlyUpToHigh: true,
            system: "y"
        ),
        Referee(model: "claude-opus-5-5", thinking: ["adaptive"], system: "?"),
        Referee(model: "claude-fable-5", thinking: ["adaptive"]),
        Referee(model: "claude-fable-5-2", thinking: ["adaptive"], system: "y"),
    ]

    /// Why the model answers 400 to such a request; nil when it takes it. What is unsure counts as refused when routed.
    func problem(with request: [String: Any], isRouted: Bool) -> String? {
        func isRefused(_ fact: Character) -> Bool { fact == "n" || (fact == "?" && isRouted) }
        let maxTokens = request["max_tokens"] as? Int ?? 0
        if maxTokens > mostOutput { return "max_tokens" }
        let messages = request["messages"] as? [[String: Any]] ?? []
        let temperature = request["temperature"] as? Double
        let topP = request["top_p"] as? Double
        let hasSampling = temperature != nil || topP != nil || request["top_k"] != nil
        let config = request["output_config"] as? [String: Any]
        let choice = (request["tool_choice"] as? [String: Any])?["type"] as? String
        let isForced = choice == "any" || choice == "tool"
        let isPrefilled = messages.last?["role"] as? String == "assistant"
        let hasSystem = messages.contains { $0["role"] as? String == "system" }
        let thinking = request["thinking"] as? [String: Any]
        if isStranger {
            let isPlain = thinking == nil && config == nil && !isForced && !isPrefilled && !hasSystem
            return isPlain ? nil : "not plain"
        }
        switch sampling {
        case .one where temperature != nil && topP != nil: return "both temperature and top_p"
        case .one: break
        case .defaults where request["top_k"] != nil || (temperature ?? 1) != 1 || (topP ?? 1) != 1: return "sampling"
        case .defaults: break
        case .never where hasSampling: return "sampling"
        case .never: break
        }
        if isForced, isRefused(forcedTool) { return "tool_choice" }
        if isPrefilled, !prefill { return "prefill" }
        if hasSystem, isRefused(system) { return "system" }
        if let config, config.isEmpty { return "empty output_config" }
        let effort = config?["effort"] as? String
        if let effort, !efforts.contains(effort) { return "effort" }
        guard let thinking, let type = thinking["type"] as? String else { return nil }
        guard self.thinking.contains(type) else { return "thinking \(type)" }
        if type == "disabled" || type == "between_tools" {
            return offOnlyUpToHigh && ["xhigh", "max"].contains(effort) ? "thinking off at \(effort ?? "")" : nil
        }
        if isForced || isPrefilled { return "thinking with a begun answer" }
        if sampling == .one, (temperature ?? 1) != 1 || request["top_k"] != nil || (topP ?? 1) < 0.95 {
            return "sampling with thinking"
        }
        guard type == "enabled" else {
            return thinking["budget_tokens"] == nil ? nil : "a budget for adaptive thinking"
        }
        guard let budget = thinking["budget_tokens"] as? Int, budget >= 1_024, budget < maxTokens else {
            return "budget"
        }
        let calls = messages.contains { message in
            (message["content"] as? [[String: Any]])?.contains { $0["type"] as? String == "tool_use" } ?? false
        }
        return calls ? "a tool call without its thinking" : nil
    }
}
