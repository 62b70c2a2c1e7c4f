package import Shared

/// Which backend answers a request, and why. Kept with the exchange; the words are made when somebody asks.
package struct Decision: Sendable {
    /// Why the backend was chosen.
    package enum Ground: Sendable, Equatable {
        /// The client switched routing off, or the config does.
        case notRouted(String)
        /// The request uses what other models may refuse.
        case stays(String)
        /// It is no user's turn: a program's own query, which passes as it is.
        case passes(String)
        /// The model that the client named, or the request would stay with, is above the configured tier.
        case capped(named: String, at: Tier)
        /// The same, but below the configured tier.
        case raised(named: String, to: Tier)
        /// A step of a tool loop: it keeps what its user turn was given.
        case keeps(Tier)
        /// A step of a tool loop that stands still, for that reason: it goes to a higher tier from here on.
        case lifted(to: Tier, because: String)
        /// Somebody forced the tier.
        case forcedTier(Tier, by: TierAsker)
        /// A skill prefers its tiers: the first of them that can take the request.
        case preferred(Tier, SkillTiers)
        /// The classifier picked the tier; the bounds made it the floor.
        case classified(wanted: Tier, floor: Tier)
    }

    /// A backend and why it could not be taken, or what has to be changed for it.
    package struct Candidate: Sendable {
        package var backend: Backend
        package var veto: String?
        package var adaptations: [Adaptation] = []
        package var estimatedCost: USD

        /// By cost, then by tier.
        var order: (USD, Tier) { (estimatedCost, backend.tier) }
    }

    /// A backend, with what is sent to it.
    package struct Choice: Sendable {
        package let backend: Backend
        package let adaptations: [Adaptation]
        package let estimatedInputTokens: Int
    }

    package var backend: Backend
    /// What has to be changed in the request before it is sent to the backend; each is a warning to the client.
    package var adaptations: [Adaptation] = []
    /// What was chosen, where it was sent to another backend afterwards.
    private var choiceBefore: Choice?
    package var ground: Ground
    package var classification: Classification?
    package var candidates: [Candidate]
    package var requestedModel: String
    package var estimatedInputTokens: Int
    package var estimatedOutputTokens: Int
    package var classifyNanoseconds: Int64 = 0
    /// The request is a short reply and keeps the tier of the turn before.
    package var goesOn = false
    /// What the estimated tokens would cost on the strongest tier.
    package var baseline: USD = .zero
    /// How long the whole answer may take, by the backend's latest ones; nil before the first.
    package var expectedMilliseconds: Double?
    /// The strongest backend and its time for the same answer, where it is another one and the time is known.
    package var baselineMilliseconds: (backend: String, milliseconds: Double)?
    /// What the choice costs in the course of the conversation; nil where there is nothing to plan.
    package var plan: SwitchPlan?
    /// The preference that narrowed the choice.
    package var preference: Settings.Preference?
    /// The conversation's tier was lifted before, which makes it the floor.
    package var liftedTier: Tier?
    /// A skill's tiers that could not be had.
    package var unheeded: SkillTiers?
    /// Who had answered before and was found weak, in order; empty where nobody was.
    package var escalations: [Escalation] = []
    /// The answer was made for another request; nil where it was made for this one.
    package var reuse: Reuse?

    package init(
        backend: Backend,
        adaptations: [Adaptation],
        ground: Ground,
        classification: Classification?,
        candidates: [Candidate],
        requestedModel: String,
        estimatedInputTokens: Int,
        estimatedOutputTokens: Int
    ) {
        self.backend = backend
        self.adaptations = adaptations
        self.ground = ground
        self.classification = classification
        self.candidates = candidates
        self.requestedModel = requestedModel
        self.estimatedInputTokens = estimatedInputTokens
        self.estimatedOutputTokens = estimatedOutputTokens
    }

    /// What was chosen, whoever was asked afterwards.
    package var choice: Choice {
        choiceBefore
            ?? Choice(backend: backend, adaptations: adaptations, estimatedInputTokens: estimatedInputTokens)
    }

    /// The same decision, sent to another backend: what was chosen is remembered.
    func sent(to candidate: Candidate, characters: Int) -> Decision {
        var decision = self
        decision.choiceBefore = choice
        decision.backend = candidate.backend
        decision.adaptations = candidate.adaptations
        decision.estimatedInputTokens = candidate.backend.estimatedTokens(characters: characters)
        return decision
    }

    /// The layer that decided, as in the `X-Gateway-Classifier` header.
    package var classifier: String {
        if case .classified = ground, let classification { return classification.header }
        return "n/a"
    }

    /// 0 to 100.
    package var score: Int? { classification.map { Int($0.score.rounded()) } }

    /// The tier that the work asked for, whatever was chosen; nil where it was not classified.
    package var wanted: Tier? {
        if case .classified(_, let floor) = ground { return floor }
        return nil
    }

    /// The gateway itself chose among the tiers, by the prompt or by a skill.
    var wasRouted: Bool {
        switch ground {
        case .classified, .preferred: true
        default: false
        }
    }

    /// The tiers that a skill's preference spans; nil where no skill decided.
    var preferredTiers: [Tier]? {
        if case .preferred(_, let list) = ground { return list.tiers }
        return nil
    }

    /// The same decision for a request that is sent again: what its classification cost was paid once.
    var withoutOverhead: Decision {
        var decision = self
        decision.classification?.overheads = []
        return decision
    }

    /// The adaptations in words, for the warning header.
    package var adaptationNotes: [String] {
        adaptations.isEmpty ? [] : adaptations.map { $0.sentence(model: backend.model) }
    }
}

/// Who asks for a tier.
package enum TierAsker: Sendable, Equatable {
    /// The client, by the header `X-Gateway-Tier`.
    case header
    /// The client, by a member of the body of `POST /route`.
    case field
    /// An op of a workflow, by its `tier`.
    case op(String)
    /// Somebody at the dashboard.
    case promptTester

    /// As the subject of a sentence.
    var phrase: String {
        switch self {
        case .header: "X-Gateway-Tier"
        case .field: "The member tier of the request"
        case .op(let name): "The workflow's op \(name)"
        case .promptTester: "The prompt tester"
        }
    }
}

/// The tiers that a skill prefers.
package struct SkillTiers: Sendable, Equatable {
    /// The skill's id.
    package var skill: String
    /// Those with a backend, the most wanted first; at least one.
    package var tiers: [Tier]

    /// Nil for a skill that has no tier with a backend: the routing then decides alone.
    package init?(_ skill: Skill, among there: Set<Tier>) {
        let tiers = skill.tiers.filter(there.contains)
        guard !tiers.isEmpty else { return nil }
        self.skill = skill.id
        self.tiers = tiers
    }

    /// For a sentence.
    var names: String { tiers.map(\.name).joined(separator: " or ") }
}

/// What a request's headers tell the gateway. They are consumed, never forwarded.
package struct Directives: Sendable, Equatable {
    /// `X-Gateway-Smart-Routing`: nil where the header is absent.
    package var smartRouting: Bool?
    /// `X-Gateway-Tier`, or what stands in its place.
    package var tier: Tier?
    /// Who asked for ``tier``.
    package var tierAsker = TierAsker.header
    /// The tiers of the skill that is used for the request; nil where it has none.
    package var skillTiers: SkillTiers?
    /// `Cache-Control: no-cache` or `no-store`: do not read the cache.
    package var mayReadCache = true
    /// `Cache-Control: no-store`: do not fill the cache.
    package var mayWriteCache = true
    /// `X-Gateway-Classifier-Mode`: nil where the header is absent.
    package var classifierMode: Settings.ClassifierMode?
    /// `X-Gateway-Max-Escalations`: nil where the header is absent.
    package var maxEscalations: Int?
    /// No header's: the backend that an earlier step of the same run went to, within the tier.
    package var backend: String?
    /// `X-Gateway-Skill`: a skill's id, as it was given; nil where the header is absent.
    package var skill: String?
    /// No header's: the answer is looked at for the record, and nobody else is asked.
    package private(set) var isComparison = false

    package init() {}

    /// The answer is compared with others to the same prompt: whoever is asked for gives it, and gives it anew.
    package mutating func compare() {
        isComparison = true
        smartRouting = false
        maxEscalations = 0
        (mayReadCache, mayWriteCache) = (false, false)
    }

    /// Reads a mode's name. Throws an `invalidRequest` that names the field.
    static func classifierMode(_ text: String, name: String) throws(GatewayError) -> Settings.ClassifierMode {
        guard let mode = Settings.ClassifierMode(rawValue: text.lowercased()) else {
            let words = Settings.ClassifierMode.allCases.map(\.rawValue).joined(separator: ", ")
            throw GatewayError(.invalidRequest("\(name): expected one of \(words), found \"\(text.prefix(60))\""))
        }
        return mode
    }

    /// Reads the headers. Throws an `invalidRequest` that names the header.
    package init(_ request: ClientRequest) throws(GatewayError) {
        backend = request.step?.backend
        if let asker = request.tierAsker {
            tierAsker = asker
        } else if let step = request.step?.step {
            tierAsker = .op(step.op)
        } else if request.isTrusted {
            tierAsker = .promptTester
        }
        if let value = request.header("x-gateway-smart-routing") {
            switch value.lowercased() {
            case "1", "true", "on": smartRouting = true
            case "0", "false", "off": smartRouting = false
            default: throw GatewayError(.invalidRequest("X-Gateway-Smart-Routing: expected 1 or 0, found \"\(value)\""))
            }
        }
        if let value = request.header("x-gateway-tier") {
            guard let parsed = Tier(parsing: value) else {
                let names = "local, fast, balanced, premium or 0 to 3"
                throw GatewayError(.invalidRequest("X-Gateway-Tier: expected \(names), found \"\(value)\""))
            }
            tier = parsed
        }
        if let value = request.header("x-gateway-max-escalations") {
            guard let most = Int(value), Settings.Escalation.numbers.contains(most) else {
                let range = "a whole number from 0 to \(Settings.Escalation.numbers.upperBound)"
                throw GatewayError(
                    .invalidRequest("X-Gateway-Max-Escalations: expected \(range), found \"\(value.prefix(60))\"")
                )
            }
            maxEscalations = most
        }
        if let value = request.header("x-gateway-classifier-mode") {
            classifierMode = try Self.classifierMode(value, name: "X-Gateway-Classifier-Mode")
        }
        if let value = request.header("x-gateway-skill"), !value.isEmpty { skill = value }
        if let value = request.header("cache-control")?.lowercased() {
            if value.contains("no-store") { (mayReadCache, mayWriteCache) = (false, false) }
            if value.contains("no-cache") { mayReadCache = false }
        }
        if request.isComparison { compare() }
    }
}
