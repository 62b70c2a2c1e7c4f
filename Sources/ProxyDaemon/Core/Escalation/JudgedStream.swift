import Shared
import Synchronization

/// A stream whose beginning is held back until it is known whether it is worth giving.
///
/// While the window is open the client gets pings and nothing else. Then either what was held goes out and the rest as it
/// comes, or a stronger model is asked and its stream takes this one's place, with a window of its own. The first byte of
/// an answer is the commit point: what is found out later is only written down.
///
/// The weak stream is broken off no sooner than the stronger one has begun: an escalation that fails costs the client
/// nothing but time.
final class JudgedStream: StreamSource {
    /// Asks a stronger model; nil where nobody can be asked, or the one that was gave no stream.
    typealias Again = @Sendable (AnswerJudgement, QualityVerdict) async -> Replacement

    /// What came of asking.
    struct Replacement: Sendable {
        /// The stronger model's stream with its head; nil where there is none.
        var stream: (relay: EventRelay, headers: [HeaderField])?
        /// The exchange as it is now: with the discarded answer's place taken, or with the failed attempt.
        var judgement: AnswerJudgement
    }

    struct Window: Sendable {
        /// Tokens by the estimate, of text.
        var tokens: Int
        var milliseconds: Int
        /// Four characters are about a token.
        var characters: Int { tokens * 4 }
        /// More than this is not held, whatever it is.
        static let mostBytes = 65_536
    }

    private let dialect: Dialect
    private let requestID: String
    private let pingMilliseconds: Int
    private let window: Window
    private let makeQuality: @Sendable () -> AnswerQuality
    private let again: Again
    private let clock: Clock
    private let exchange: Exchange
    private let state: Mutex<State>

    init(
        _ relay: EventRelay,
        headers: [HeaderField],
        of exchange: Exchange,
        escalations: Int,
        window: Window,
        pingMilliseconds: Int,
        clock: Clock,
        quality: @escaping @Sendable () -> AnswerQuality,
        again: @escaping Again
    ) {
        dialect = exchange.dialect
        requestID = "req_gw_\(exchange.request.id)"
        self.window = window
        self.pingMilliseconds = pingMilliseconds
        self.clock = clock
        self.exchange = exchange
        makeQuality = quality
        self.again = again
        state = Mutex(
            State(
                relay: relay,
                headers: headers,
                quality: quality(),
                judgement: AnswerJudgement(exchange),
                escalationsLeft: escalations
            )
        )
        attach(relay)
    }

    deinit { state.withLock { $0.timer }?.cancel() }

    private func attach(_ relay: EventRelay) {
        relay.capture(limitBytes: state.withLock { $0.captureLimit })
        relay.whenEnded { [weak self, weak relay] outcome in
            guard let self, let relay else { return }
            self.ended(relay, outcome)
        }
    }

    /// The relay has ended, on its own or because it was broken off.
    private func ended(_ relay: EventRelay, _ outcome: StreamOutcome) {
        // Who reads tells the others, after the last bytes have been judged.
        state.withLock { if $0.relay === relay { $0.ended = outcome } }
    }

    // MARK: What was decided

    /// The head of the answer in force.
    var headers: [HeaderField] { state.withLock { $0.headers } }

    /// The exchange as far as it is known.
    var judgement: AnswerJudgement { state.withLock { $0.judgement } }

    var isDecided: Bool { state.withLock { $0.isDecided } }

    /// Reads on until it is decided whose answer is given, or the client would like to hear something first.
    func decide() async {
        while !isDecided {
            guard case .hold = await advance(endsWithTask: true) else { return state.withLock { $0.owesPing = true } }
        }
    }

    // MARK: A stream like any other

    var backend: String { state.withLock { $0.relay }.backend }

    var captured: [UInt8]? { state.withLock { $0.relay }.captured }

    func capture(limitBytes: Int) {
        state.withLock { state in
            state.captureLimit = max(state.captureLimit, limitBytes)
            return state.relay
        }.capture(limitBytes: limitBytes)
    }

    func whenEnded(_ action: @escaping @Sendable (StreamOutcome) -> Void) {
        state.withLock { $0.endings.append(action) }
    }

    func whenFirstEvent(_ action: @escaping @Sendable () -> Void) { state.withLock { $0.onFirstEvent = action } }

    var hasMore: Bool {
        let (isDecided, isThere, relay) = state.withLock {
            ($0.isDecided, !$0.held.isEmpty || $0.last != nil, $0.relay)
        }
        return isDecided && (isThere || relay.hasMore)
    }

    var isFinished: Bool {
        let (isOpen, relay) = state.withLock { (!$0.isDecided || !$0.held.isEmpty || $0.last != nil, $0.relay) }
        return !isOpen && relay.isFinished
    }

    func next() async -> [UInt8]? { await next(dialect, requestID: requestID) }

    func step(endsWithTask: Bool) async -> StreamStep {
        while true {
            switch await advance(endsWithTask: endsWithTask) {
            case .hold: continue
            case .step(let step): return step
            }
        }
    }

    func abandon() {
        let (relay, asking) = state.withLock { state in
            state.isCancelled = true
            state.isDecided = true
            return (state.relay, state.asking)
        }
        asking?.cancel()
        relay.abandon()
        settle()
    }

    func cancel() {
        let (relay, asking) = state.withLock { state in
            state.isCancelled = true
            return (state.relay, state.asking)
        }
        asking?.cancel()
        relay.cancel()
    }

    // MARK: The way of the bytes

    private enum Advance {
        /// Something came and is held, or was thrown away.
        case hold
        case step(StreamStep)
    }

    enum Turn {
        case give(StreamStep, isFirst: Bool)
        case wait(PendingValue<Replacement>)
        case read(EventRelay, isDecided: Bool)
    }

    private func advance(endsWithTask: Bool) async -> Advance {
        switch state.withLock({ $0.turn() }) {
        case .give(let step, let isFirst):
            if isFirst { firstEvent() }
            settle()
            return .step(step)
        case .wait(let asking): return await wait(for: asking, endsWithTask: endsWithTask)
        case .read(let relay, let isDecided):
            let step = await relay.step(endsWithTask: endsWithTask)
            guard isDecided else { return take(step) }
            pass(step)
            return .step(step)
        }
    }

    /// The way of most bytes: they go to the client, and are judged for the record.
    private func pass(_ step: StreamStep) {
        if case .bytes(let bytes) = step {
            firstEvent()
            state.withLock { if !$0.isSettled { $0.quality.read(events: bytes) } }
        }
        settle()
    }

    private func firstEvent() {
        let action = state.withLock { state in
            defer { state.onFirstEvent = nil }
            return state.onFirstEvent
        }
        action?()
    }

    enum Ruling {
        case hold
        case ping
        case release
        case weak(QualityVerdict)
    }

    /// A step of a stream that is not decided about.
    private func take(_ step: StreamStep) -> Advance {
        var mustStartTimer = false
        let ruling = state.withLock { state -> Ruling in
            switch step {
            case .bytes(let bytes):
                mustStartTimer = !state.hasBegun
                state.hasBegun = true
                state.held.append(contentsOf: bytes)
                state.quality.read(events: bytes)
                return state.rule(window)
            case .silence: return state.isTimeUp ? state.rule(window) : .ping
            case .end: return .release
            // What broke off is no answer to judge: to ask another model is not the cure.
            case .broken(let error, let rest):
                state.held.append(contentsOf: rest)
                state.last = .broken(error)
                return .release
            }
        }
        switch ruling {
        case .hold:
            if mustStartTimer { startTimer() }
            return .hold
        case .ping: return .step(.silence)
        case .release:
            release()
            return .hold
        case .weak(let verdict):
            ask(verdict)
            return .hold
        }
    }

    private func startTimer() {
        let relay = state.withLock { $0.relay }
        let timer = Task { [weak self, clock, window] in
            await clock.sleep(window.milliseconds)
            guard !Task.isCancelled, let self else { return }
            let isCurrent = self.state.withLock { state in
                guard state.relay === relay, !state.isDecided, state.asking == nil else { return false }
                state.isTimeUp = true
                return true
            }
            if isCurrent { relay.nudge() }
        }
        state.withLock { $0.timer = timer }
    }

    /// The answer in force is given.
    private func release() {
        let timer = state.withLock { state in
            state.isDecided = true
            defer { state.timer = nil }
            return state.timer
        }
        timer?.cancel()
    }

    // MARK: Asking again

    private func ask(_ verdict: QualityVerdict) {
        let pending = PendingValue<Replacement>()
        let (judgement, timer) = state.withLock { state in
            state.asking = pending
            defer { state.timer = nil }
            return (state.judgement, state.timer)
        }
        timer?.cancel()
        pending.run { [again] in await again(judgement, verdict) }
        if state.withLock({ $0.isCancelled }) { pending.cancel() }
    }

    private func wait(for asking: PendingValue<Replacement>, endsWithTask: Bool) async -> Advance {
        let replacement = await asking.value(
            withinMilliseconds: pingMilliseconds,
            endsWithTask: endsWithTask,
            clock: clock
        )
        guard let replacement else { return .step(.silence) }
        guard let (relay, headers) = replacement.stream else {
            state.withLock { state in
                state.asking = nil
                state.judgement = replacement.judgement
            }
            release()
            return .hold
        }
        let (weak, ended, isCancelled) = state.withLock { state in
            let former = (state.relay, state.ended, state.isCancelled)
            state.asking = nil
            state.relay = relay
            state.headers = headers
            state.judgement = replacement.judgement
            state.quality = makeQuality()
            state.held = []
            (state.ended, state.hasBegun, state.isTimeUp) = (nil, false, false)
            state.escalationsLeft -= 1
            return former
        }
        attach(relay)
        let spent = ended ?? Self.broken(off: weak)
        state.withLock { state in
            var exchange = exchange
            exchange.take(state.judgement)
            exchange.discardFormer(spent?.usage ?? TokenUsage(), isEstimated: spent?.usageIsEstimated ?? true)
            state.judgement = AnswerJudgement(exchange)
        }
        if isCancelled { relay.cancel() }
        return .hold
    }

    /// Breaks a stream off; what it came to.
    private static func broken(off relay: EventRelay) -> StreamOutcome? {
        let spent = OutcomeBox()
        relay.whenEnded { outcome in spent.outcome.withLock { $0 = outcome } }
        relay.abandon()
        return spent.outcome.withLock { $0 }
    }

    private final class OutcomeBox: Sendable {
        let outcome = Mutex<StreamOutcome?>(nil)
    }

    // MARK: The end

    /// Tells everybody, once, when the answer that is given has come to its end. Not before something of it is handed out, as
    /// nobody may have asked to be told by then.
    private func settle() {
        let told = state.withLock { state -> (StreamOutcome, [@Sendable (StreamOutcome) -> Void])? in
            guard state.isDecided, !state.isSettled, var outcome = state.ended else { return nil }
            state.isSettled = true
            if outcome.end == .complete {
                let verdict = state.quality.finished(usageIsEstimated: outcome.usageIsEstimated)
                state.judgement.wasFoundLate = verdict.isWeak && state.judgement.quality?.isWeak != true
                state.judgement.quality = verdict
            }
            outcome.judgement = state.judgement
            defer { state.endings = [] }
            return (outcome, state.endings)
        }
        guard let (outcome, endings) = told else { return }
        for ending in endings { ending(outcome) }
    }
}
