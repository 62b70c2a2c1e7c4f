import GatewayCore
import Shared

extension Catalogue {
    /// The three default models with their tokenizers and shortest cached prefixes, as the built-in catalogue has them.
    static let plannedTiers: Catalogue = {
        var models = capableTiers.models
        for position in models.indices {
            switch models[position].id {
            case "claude-haiku-4-5-20251001": models[position].minCacheable = 4_096
            case "claude-opus-4-7":
                models[position].minCacheable = 4_096
                models[position].tokensPerThousandCharacters = 325
            default: models[position].minCacheable = 2_048
            }
        }
        return Catalogue(models: models)
    }()
}

/// An agent's conversation of 20 user turns, played against a provider with a prompt cache for each model.
struct PlannedConversation {
    /// One user turn of the script.
    struct Turn {
        var wanted: Tier
        /// Requests of the tool loop after the first.
        var steps: Int
        /// Seconds from the last answer to the user's message.
        var pause: Int64 = 45
        /// Characters that each tool's result brings.
        var resultCharacters = 6_000
        /// Tokens of each answer.
        var outputTokens = 300
    }

    static let script: [Turn] = [
        Turn(wanted: .premium, steps: 3), Turn(wanted: .premium, steps: 4), Turn(wanted: .fast, steps: 0),
        Turn(wanted: .balanced, steps: 2), Turn(wanted: .premium, steps: 5, resultCharacters: 9_000),
        Turn(wanted: .fast, steps: 1), Turn(wanted: .fast, steps: 0, outputTokens: 2_500),
        Turn(wanted: .balanced, steps: 3, pause: 150), Turn(wanted: .fast, steps: 1, pause: 1_500),
        Turn(wanted: .fast, steps: 2), Turn(wanted: .fast, steps: 4, outputTokens: 600),
        Turn(wanted: .balanced, steps: 2),
        Turn(wanted: .premium, steps: 3), Turn(wanted: .fast, steps: 0), Turn(wanted: .balanced, steps: 1, pause: 400),
        Turn(wanted: .fast, steps: 2), Turn(wanted: .fast, steps: 1), Turn(wanted: .premium, steps: 2),
        Turn(wanted: .fast, steps: 0), Turn(wanted: .fast, steps: 1),
    ]

    /// What happened in a turn.
    struct Row {
        var turn: Turn
        /// Characters of the first request's prompt.
        var characters: Int
        /// The backends that answered, one a request.
        var backends: [Backend]
        /// Prompt tokens of the first request there, and those found warm.
        var promptTokens: Int
        var warmTokens: Int
        var cost: USD
        /// The same turn, had every turn been routed to its tier, and had all gone to the strongest.
        var plainCost: USD
        var premiumCost: USD
        /// The planner's words.
        var sentences: [String]
    }

    private static let unixSeconds: Int64 = 1_790_000_000
    private static let systemCharacters = 40_000
    private let backends = Router(settings: .threeTiers, catalogue: .plannedTiers).backends
    private let conversations = Conversations()
    private var providers: [Strategy: Provider] = [:]
    private var messages: [String] = []
    private var now: Int64 = 0

    private enum Strategy: Hashable {
        case planned
        case plain
        case premium
    }

    /// One account's caches: for each model the tokens of the prefix, and when it goes.
    private struct Provider {
        private var caches: [String: (tokens: Int, expires: Int64)] = [:]

        /// Bills a prompt whose last block is marked for five minutes.
        mutating func answer(_ backend: Backend, tokens: Int, output: Int, now: Int64) -> (TokenUsage, USD) {
            let found = caches[backend.name].flatMap { $0.expires > now ? $0.tokens : nil } ?? 0
            let isLong = tokens >= backend.minCacheableTokens
            let read = isLong ? min(found, tokens) : 0
            let usage = TokenUsage(
                input: isLong ? 0 : tokens,
                cacheRead: read,
                cacheWrite5m: isLong ? tokens - read : 0,
                output: output
            )
            if isLong { caches[backend.name] = (tokens, now + 300_000_000_000) }
            let price = backend.price(promptTokens: tokens, unixSeconds: unixSeconds).price
            return (usage, price.cost(of: usage))
        }
    }

    /// Plays the script.
    static func play() throws -> [Row] {
        var conversation = PlannedConversation()
        return try script.enumerated().map { try conversation.play($0.offset, $0.element) }
    }

    private mutating func play(_ number: Int, _ turn: Turn) throws -> Row {
        now += turn.pause * 1_000_000_000
        messages.append(Self.user(#"{"type":"text","text":"Turn \#(number): what next?"}"#))
        var row = Row(
            turn: turn,
            characters: 0,
            backends: [],
            promptTokens: 0,
            warmTokens: 0,
            cost: .zero,
            plainCost: .zero,
            premiumCost: .zero,
            sentences: []
        )
        for step in 0...turn.steps {
            let prompt = try Prompt(parsing: Array(body.utf8))
            let (backend, usage) = try answer(prompt, turn, &row, isFirst: step == 0)
            if step == 0 {
                row.characters = prompt.traits.promptCharacters
                row.promptTokens = usage.totalInput
                row.warmTokens = usage.cacheRead
            }
            row.backends.append(backend)
            for strategy in [Strategy.plain, .premium] {
                let tier = strategy == .plain ? turn.wanted : .premium
                guard let other = backends.first(where: { $0.tier == tier }) else { continue }
                let cost = bill(strategy, other, prompt, turn.outputTokens).1
                if strategy == .plain { row.plainCost += cost } else { row.premiumCost += cost }
            }
            now += 12_000_000_000
            let call = #"{"type":"tool_use","id":"t\#(number)-\#(step)","name":"read","input":{}}"#
            let text = #"{"type":"text","text":"\#(String(repeating: "word ", count: turn.outputTokens / 2))"}"#
            let isLast = step == turn.steps
            messages.append(#"{"role":"assistant","content":[\#(isLast ? text : text + "," + call)]}"#)
            guard !isLast else { break }
            let result = String(repeating: "line ", count: turn.resultCharacters / 5)
            messages.append(
                Self.user(#"{"type":"tool_result","tool_use_id":"t\#(number)-\#(step)","content":"\#(result)"}"#)
            )
        }
        return row
    }

    /// What the gateway does with a request: look up, plan, decide, settle.
    private mutating func answer(
        _ prompt: Prompt,
        _ turn: Turn,
        _ row: inout Row,
        isFirst: Bool
    ) throws -> (Backend, TokenUsage) {
        let chain = MessageChain(prompt, partition: "project:default", session: "11111111")
        let view = conversations.lookUp(chain, now: now)
        let characters = prompt.traits.promptCharacters
        var backend = backends[0]
        switch TurnKind(prompt) {
        case .userTurn:
            let candidates = backends.map {
                PlanCandidate(
                    $0,
                    characters: characters,
                    effort: nil,
                    marks: chain.marks,
                    view: view,
                    unixSeconds: Self.unixSeconds
                )
            }
            let expected = ExpectedTurns(
                view,
                wanted: turn.wanted,
                offersTools: prompt.traits.toolCount > 0,
                outputTokens: turn.outputTokens,
                promptTokens: view?.measured.map {
                    $0.tokens(ofPrompt: characters, perThousand: $0.tokensPerThousandCharacters)
                } ?? candidates.last?.promptTokens ?? 0
            )
            guard let plan = SwitchCostPlanner.plan(candidates, wanted: turn.wanted, expected: expected) else {
                throw Surprise.noPlan
            }
            backend = backends[plan.chosen]
            row.sentences = plan.sentences
        case .toolStep:
            guard let kept = view?.choice,
                let same = backends.first(where: { $0.warmKey(effort: nil).backend == kept.backend })
            else { throw Surprise.lostConversation }
            backend = same
        case .sideQuery, .other: throw Surprise.notATurn
        }
        conversations.decided(
            chain,
            ConversationChoice(
                wanted: turn.wanted,
                tier: backend.tier,
                backend: backend.warmKey(effort: nil).backend,
                isUserTurn: isFirst
            ),
            now: now
        )
        let (usage, cost) = bill(.planned, backend, prompt, turn.outputTokens)
        row.cost += cost
        conversations.settled(
            chain,
            backend.warmKey(effort: nil),
            usage,
            caching: backend.promptCaching,
            minimum: backend.minCacheableTokens,
            measured: backend.measured(characters: characters, usage: usage),
            now: now + 12_000_000_000
        )
        return (backend, usage)
    }

    enum Surprise: Error {
        case noPlan
        case lostConversation
        case notATurn
    }

    private mutating func bill(
        _ strategy: Strategy,
        _ backend: Backend,
        _ prompt: Prompt,
        _ output: Int
    ) -> (TokenUsage, USD) {
        // The provider counts a few more than the estimate by length says.
        let tokens = backend.promptTokens(characters: prompt.traits.promptCharacters, measured: nil) * 104 / 100
        return providers[strategy, default: Provider()].answer(backend, tokens: tokens, output: output, now: now)
    }

    private static func user(_ block: String) -> String { #"{"role":"user","content":[\#(block)]}"# }

    /// The request, with markers as coding agents set them: on the system prompt and on the last block, which is a plain
    /// one again in the request after.
    private var body: String {
        let marker = #","cache_control":{"type":"ephemeral"}}]}"#
        var messages = messages
        if let last = messages.popLast() { messages.append(String(last.dropLast(3)) + marker) }
        let system = String(repeating: "rule ", count: Self.systemCharacters / 5)
        return #"""
            {"model":"claude-opus-4-7","max_tokens":8000,"stream":true,\#
            "tools":[{"name":"read","description":"Reads a file.","input_schema":{"type":"object","properties":{}}}],\#
            "system":[{"type":"text","text":"\#(system)","cache_control":{"type":"ephemeral"}}],\#
            "messages":[\#(messages.joined(separator: ","))]}
            """#
    }
}
