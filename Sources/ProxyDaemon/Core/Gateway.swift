package import Shared

/// A request's whole way through the gateway, on one page.
///
/// | # | stage        | reads                          | adds to the exchange              | may answer | calls `next` |
/// |---|--------------|--------------------------------|-----------------------------------|------------|--------------|
/// | 1 | settle       | everything, on the way back    | –                                 | errors     | once         |
/// | 2 | authenticate | headers                        | `client`                          | no         | once         |
/// | 3 | recognise    | headers, body, `client`        | `directives`, `prompt`, `known`   | no         | once         |
/// | 4 | limit        | `client`, `prompt`             | `pass`, `maxTier`                 | no         | once         |
/// | 5 | prepare      | `prompt`, `directives`         | `prompt`, `turn`, `reduction`     | no         | once         |
/// | 6 | decide       | `prompt`, `directives`         | `decision`, `turn`                | no         | once         |
/// | 7 | look up      | `prompt`, `decision`, `client` | `cacheKey`, `sharing`, `usage`    | cache hits | at most once |
/// | 8 | coalesce     | `cacheKey`, `prompt`, `turn`   | `flight`, `sharing`, `usage`      | followers  | at most once |
/// | 9 | reserve      | `prompt`, `decision`, `client` | `reservation`                     | no         | once         |
/// | 10| admit        | –                              | –                                 | no         | once         |
/// | 11| compare      | `prompt`, `decision`, `turn`   | –                                 | no         | once         |
/// | 12| judge        | `prompt`, `decision`, `turn`   | `decision`, `discarded`, `quality`| no         | once or more |
/// | 13| attempt      | `prompt`, `decision`           | `attempts`, `usage`, `stopReason` | yes        | never        |
///
/// A stage that fails throws a ``GatewayError``; `settle` makes it an answer. Change the order here and in no other
/// place; a test compares this table with ``stageNames``.
package struct Gateway: Sendable {
    package let settings: Settings
    package var ledger: Ledger { memory.ledger }
    package let router: Router
    package let caching: GatewayCaching
    private let transport: Transport
    /// How the backends are doing.
    package let pool: BackendPool
    private let admit: Admit
    private let exchanges: (any ExchangeLog)?
    let outcomes: (any OutcomeLog)?
    /// How much clients may ask.
    package let limits: LimitGate
    /// How much clients may spend.
    package let budgets: Budgets
    private let sharedLimits: (any SharedLimits)?
    let clock: Clock
    private let keys: ClientKeys
    /// The hashed keys, which may change while requests are under way.
    package let keyRing: KeyRing
    private let memory: GatewayMemory
    private let prepare: Prepare
    let decide: Decide
    package let classifier: any Classifying
    let learning: Learning?
    package var escalations: EscalationCounters { memory.escalations }
    /// Methods of work that clients may name; nil where they are switched off.
    package let skills: SkillLibrary?
    /// What holds for the prompts of running conversations.
    package var prepared: PreparedConversations { memory.prepared }
    /// Who is asked about answers; nil where nobody is.
    let judge: AnswerJudge?
    private let pipeline: Pipeline

    /// The stages' names in order.
    package static let stageNames = [
        Settle.name, Authenticate.name, Recognise.name, Limit.name, Prepare.name, Decide.name, LookUp.name,
        Coalesce.name,
        Reserve.name, Admit.name, Compare.name, Judge.name, Attempt.name,
    ]

    /// A gateway with newer settings than the `former` one goes on where that stands.
    package init(
        settings: Settings,
        catalogue: Catalogue,
        classifier: any Classifying,
        learning: Learning? = nil,
        caching parts: CachingParts = CachingParts(),
        skills: SkillLibrary? = nil,
        outcomes: (any OutcomeLog)? = nil,
        exchanges: (any ExchangeLog)? = nil,
        boilerplate rules: [BoilerplateRule] = [],
        ring: KeyRing = KeyRing(),
        sharedLimits: (any SharedLimits)? = nil,
        transport: Transport,
        clock: Clock,
        after former: Gateway? = nil
    ) {
        self.learning = learning
        self.exchanges = exchanges
        self.outcomes = outcomes
        self.skills = skills
        self.settings = settings
        self.classifier = classifier
        self.transport = transport
        self.clock = clock
        self.sharedLimits = settings.limits.isShared || settings.budgets.isShared ? sharedLimits : nil
        keyRing = ring
        keys = ClientKeys(settings.auth.keys, projects: settings.projects, ring: ring)
        router = Router(settings: settings, catalogue: catalogue)
        pool = BackendPool(
            settings: settings,
            backends: router.backends,
            transport: transport,
            clock: clock,
            after: former?.pool
        )
        admit = Admit(settings.load, books: exchanges, clock: clock, after: former?.admit)
        let terms = TenantTerms(settings)
        limits = LimitGate(
            terms,
            shared: settings.limits.isShared ? sharedLimits : nil,
            clock: clock,
            after: former?.limits
        )
        let budgets = Budgets(
            settings,
            terms,
            shared: settings.budgets.isShared ? sharedLimits : nil,
            clock: clock,
            after: former?.budgets
        )
        self.budgets = budgets
        caching = GatewayCaching(settings, parts, backends: router.backends, clock: clock, after: former?.caching)
        let boilerplate = Boilerplate(rules)
        let plan = ByProject(settings, ReductionPlan(settings.reduction)) { project, _ in
            ReductionPlan(project.reduction.over(settings.reduction))
        }
        let reducers = Prepare.fingerprint(plan, boilerplate)
        let memory = former?.memory ?? GatewayMemory(settings, reducers: reducers, log: exchanges, clock: clock)
        memory.adopt(settings, models: catalogue.models.map(\.id), reducers: reducers)
        self.memory = memory
        prepare = Prepare(
            plan,
            boilerplate: boilerplate,
            skills: skills,
            conversations: memory.prepared,
            backends: router.backends
        )
        decide = Decide(
            router: router,
            classifier: classifier,
            bounds: ByProject(settings, settings.routing.bounds) { $0.bounds.over($1) },
            paces: memory.paces,
            conversations: memory.conversations,
            marking: CacheMarking(router.backends),
            marks: ByProject(settings, settings.reduction.marksCache) { $0.reduction.marksCache ?? $1 },
            clock: clock,
            stallAfter: settings.escalation.stallAfter,
            lifted: { [memory] in memory.escalations.lifted() }
        )
        let ledger = memory.ledger
        // What is known of them holds for these settings alone.
        let repeated = RepeatedRequests()
        let shadows = Self.shadows(settings, router, ledger, learning, ModelCall(transport: transport, clock: clock))
        judge = Self.judge(settings, router, ModelCall(transport: transport, clock: clock))
        let worst = WorstCase(settings, judge: judge)
        pipeline = Pipeline([
            Settle(
                router: router,
                ledger: ledger,
                paces: memory.paces,
                conversations: memory.conversations,
                clock: clock,
                prompts: settings.log.prompts,
                outcomes: outcomes,
                budgets: budgets
            ),
            Authenticate(keys: keys),
            Recognise(repeated: repeated),
            Limit(limits, budgets),
            prepare,
            decide,
            LookUp(
                answers: caching.answers,
                semantic: caching.semantic,
                repeated: repeated,
                settings: settings.cache,
                scope: ByProject(settings, settings.cache.scope) { $0.cacheScope ?? $1 },
                namesAlways: settings.coalesce.isEnabled,
                clock: clock
            ),
            Coalesce(settings: settings, flights: memory.flights, clock: clock),
            Reserve(budgets, worst, refusals: limits.refusals),
            admit,
            Compare(
                router: router,
                runner: shadows,
                rate: settings.learned.shadowRate,
                isUseful: { learning?.classifier.ranks ?? false }
            ),
            Judge(
                settings: settings,
                judge: judge,
                storm: memory.storm,
                counters: memory.escalations,
                clock: clock
            ),
            Attempt(pool: pool, transport: transport, ledger: ledger, clock: clock, settings: settings, worst: worst),
        ])
        ledger.warnOfConfiguration(configurationWarnings)
    }

    /// What a person should know of the settings in force.
    package var configurationWarnings: [String] {
        var warnings = router.unpricedModels.map {
            "no price is known for \($0); it is counted at the dearest known price"
        }
        if settings.cascade.isEnabled, !router.backends.contains(where: { $0.tier == .local }) {
            warnings.append(
                "cascade.enabled (ENABLE_CASCADE_ROUTING) has no effect: no backend of tier local is configured"
            )
        }
        return warnings
    }

    /// What compares a share of the answers with another tier's; nil where none are to be.
    private static func shadows(
        _ settings: Settings,
        _ router: Router,
        _ ledger: Ledger,
        _ learning: Learning?,
        _ call: ModelCall
    ) -> ShadowRunner? {
        guard settings.learned.shadowRate > 0, let learning, let strongest = router.strongest.first else { return nil }
        var options = ShadowRunner.Options()
        options.rate = settings.learned.shadowRate
        let judge = ShadowJudge(backend: strongest, call: call) { ledger.spent($0) }
        return ShadowRunner(
            options: options,
            call: call,
            judge: { await judge.quality(of: $1, to: $0) },
            spent: { ledger.spent($0) },
            deliver: { await learning.learn(from: $0) }
        )
    }

    /// Who is asked about answers; nil where only the rules judge them, or there is no fast backend.
    private static func judge(_ settings: Settings, _ router: Router, _ call: ModelCall) -> AnswerJudge? {
        guard settings.escalation.check == .llm else { return nil }
        let fast = router.backends.first { $0.tier == .fast } ?? router.backends.filter { $0.tier > .fast }.first
        return fast.map {
            AnswerJudge(backend: $0, call: call, timeoutMilliseconds: settings.escalation.judgeTimeoutMilliseconds)
        }
    }

    /// `POST /v1/messages`, or `POST /v1/chat/completions` in OpenAI's dialect.
    package func answer(_ request: ClientRequest, in dialect: Dialect = .anthropic) async -> Reply {
        var exchange = Exchange(request, dialect: dialect)
        // Its answer is in the cache now, if it may be kept.
        defer { exchange.flight?.stagesAreDone() }
        do throws(GatewayError) {
            return try await pipeline.answer(&exchange).confirmed(by: exchanges)
        } catch {
            return Self.refuse(error, id: request.id, in: dialect)
        }
    }

    /// `POST /v1/messages/count_tokens`: neither routed nor billed, but limited.
    package func countTokens(_ request: ClientRequest) async -> Reply {
        await guarded(request) { client throws(GatewayError) in
            try await limits.enterCount(client)
            let counted = prepare.counted(request, of: client)
            return try await Beside(router: router, transport: transport)
                .countTokens(counted, within: decide.bounds[client.project])
        }
    }

    /// A model that only Anthropic's own list has, in its provider's words.
    package func providerModel(_ id: String, _ request: ClientRequest) async -> Reply {
        await guarded(request) { _ throws(GatewayError) in
            try await Beside(router: router, transport: transport).model(id, request)
        }
    }

    /// The names of the backends that may answer this client; empty for all.
    package func allowedModels(for client: ClientIdentity) -> [String] { decide.bounds[client.project].allowedModels }

    private func guarded(
        _ request: ClientRequest,
        _ answer: (ClientIdentity) async throws(GatewayError) -> Reply
    ) async -> Reply {
        do throws(GatewayError) {
            return try await answer(try keys.identify(request))
        } catch {
            return Self.refuse(error, id: request.id)
        }
    }

    /// Whether clients must present a key.
    package var asksForKeys: Bool { keys.areRequired }

    /// Who asks. Throws `unauthenticated`.
    package func identify(_ request: ClientRequest) throws(GatewayError) -> ClientIdentity {
        try keys.identify(request)
    }

    /// One remembered exchange, if it is the client's to see: a project's clients see only their own.
    package func entry(id: String, for client: ClientIdentity) -> LedgerEntry? {
        guard let entry = ledger.entry(id: id), client.maySee(entry.summary) else { return nil }
        return entry
    }

    /// The last exchanges that are the client's to see, newest first.
    package func recent(_ count: Int, for client: ClientIdentity) -> [LedgerEntry] {
        guard client.project != ClientKeys.defaultProject else { return ledger.recentEntries(count) }
        return Array(ledger.recentEntries(Ledger.remembered).lazy.filter { client.maySee($0.summary) }.prefix(count))
    }

    /// A prompt of a client as the router sees it.
    func routing(
        _ prompt: Prompt,
        for client: ClientIdentity,
        of request: ClientRequest? = nil
    ) -> RoutingRequest {
        decide.routing(prompt, for: client, of: request, unixSeconds: clock.unixMilliseconds() / 1_000)
    }

    /// Decides with a classification that is there already.
    func decide(
        _ request: RoutingRequest,
        known classification: Classification
    ) async throws(GatewayError) -> Decision {
        let question = ClassifierRequest(traits: request.traits)
        return try await decide.decide(request, asking: question, known: classification).decision.get()
    }

    /// The gateway's figures of this moment.
    package func snapshot() -> MetricsSnapshot {
        var snapshot = ledger.snapshot(cache: caching.report)
        snapshot.escalation = escalations.report
        snapshot.reducersDisabled = prepared.disabledCount
        for row in snapshot.backends.indices {
            snapshot.backends[row].health = pool.report(of: snapshot.backends[row].name)
        }
        snapshot.waiting = admit.waiting
        snapshot.limits = LimitsReport(
            refusals: limits.refusals.byName,
            shed: admit.sheds.byName,
            budgets: budgets.report
        )
        if let storage = exchanges?.report {
            snapshot.storage = storage
            if storage.lost > 0 {
                let text =
                    "\(storage.lost) rows of the books found no room while they waited to be written, and are lost"
                snapshot.warnings.append(text)
            }
            for problem in [storage.problem, storage.archive?.problem] {
                if let problem { snapshot.warnings.append(problem) }
            }
        }
        snapshot.warnings += GatewayCaching.warnings(of: snapshot.cache)
        snapshot.warnings += sharedLimits?.problems ?? []
        if case .off(let why)? = classifier.embedding {
            snapshot.warnings.append("prompts are classified without embeddings: \(why)")
        }
        return snapshot
    }

    /// An error as an answer, for what fails before or outside the pipeline.
    package static func refuse(_ error: GatewayError, id: String, in dialect: Dialect = .anthropic) -> Reply {
        Reply(
            status: error.status,
            headers: GatewayHeaders.errorFields(error, id: id) + GatewayHeaders.identity(id: id),
            body: .bytes(dialect.errorBody(error, requestID: "req_gw_\(id)"))
        )
    }
}
