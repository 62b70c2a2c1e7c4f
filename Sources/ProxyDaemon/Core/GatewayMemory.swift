import Shared

/// What a gateway remembers from request to request, by no settings of its own. A gateway that is made by newer settings goes
/// on with the memory of the one before it, while that one finishes what is under way.
///
/// What depends on settings as well, such as limits, budgets, caches and the health of backends, is made anew over the same
/// counts: see their `after` parameters.
struct GatewayMemory: Sendable {
    let ledger: Ledger
    let paces: Paces
    let conversations: Conversations
    let prepared: PreparedConversations
    let flights = Flights()
    let escalations = EscalationCounters()
    let storm: StormGuard

    init(_ settings: Settings, reducers fingerprint: String, log: (any ExchangeLog)?, clock: Clock) {
        ledger = Ledger(backends: settings.backends, isDemo: settings.isDemo, clock: clock, log: log)
        paces = Paces()
        // Some 800 bytes each.
        conversations = Conversations(maxEntries: 8_000, maxBytes: 6_291_456)
        prepared = PreparedConversations(fingerprint: fingerprint, clock: clock)
        storm = StormGuard(share: settings.escalation.maxShare)
    }

    /// Takes over what newer settings say.
    func adopt(_ settings: Settings, models: [String], reducers fingerprint: String) {
        ledger.adopt(settings.backends, models: models)
        prepared.adopt(fingerprint: fingerprint)
        storm.adopt(share: settings.escalation.maxShare)
    }
}
