import Shared
import Synchronization

/// A stream that several clients read. Whoever needs the next bytes, and finds nobody waiting for them yet, waits for them
/// and gives them to all: there is no task of its own, and the quickest reader sets the pace.
///
/// What a reader has not read yet is kept for it up to a bound. One that falls behind further is let go, so that it neither
/// holds up the others nor takes up memory.
final class SharedStream: Sendable {
    /// How far behind the others a reader may be, in bytes. What it found when it joined does not count.
    static let mostUnreadBytes = 4_194_304

    /// How much may have gone by for one who comes late: each gets a copy of it.
    static let mostLateBytes = 131_072

    /// What a reader gets.
    enum Step: Sendable {
        case bytes([UInt8], isLast: Bool)
        case silence
        case end
        case broken(GatewayError)
        /// It has left.
        case left
    }

    fileprivate struct Seat {
        private var pieces: [[UInt8]] = []
        private var nextPiece = 0
        /// Without what there was when its reader joined.
        private var unreadBytes = 0
        private var hasPrefix = false
        var isTooSlow = false
        var hasPing = false
        var waiter: CheckedContinuation<Void, Never>?

        var isEmpty: Bool { pieces.isEmpty }

        init(_ prefix: [UInt8] = []) {
            guard !prefix.isEmpty else { return }
            pieces = [prefix]
            hasPrefix = true
        }

        mutating func take() -> [UInt8]? {
            guard nextPiece < pieces.count else { return nil }
            let piece = pieces[nextPiece]
            nextPiece += 1
            if hasPrefix { hasPrefix = false } else { unreadBytes -= piece.count }
            if nextPiece == pieces.count {
                pieces.removeAll(keepingCapacity: true)
                nextPiece = 0
            }
            return piece
        }

        mutating func give(_ piece: [UInt8]) {
            guard !isTooSlow else { return }
            if unreadBytes > SharedStream.mostUnreadBytes {
                isTooSlow = true
                pieces = []
                nextPiece = 0
            } else {
                pieces.append(piece)
                unreadBytes += piece.count
            }
        }
    }

    fileprivate enum Turn {
        case take(Step)
        case wait
        case pull
    }

    fileprivate struct State {
        var seats: [Int: Seat] = [:]
        var nextSeat = 0
        var isPulling = false
        /// How much of the stream the seats have been given.
        var publishedBytes = 0
        /// The last of it has been given.
        var isOver = false
        var failure: GatewayError?
        var outcome: StreamOutcome?
        var isClosed = false
        var leaderEndings: [@Sendable (StreamOutcome) -> Void] = []
        /// How it ended for the leader, where that was before the end.
        var leaderEnd: StreamOutcome.End?
    }

    private let relay: any StreamSource
    private let ended: @Sendable () -> Void
    private let state = Mutex(State())

    /// `ended` is called when the stream has ended and the leader's stages have been told.
    init(_ relay: any StreamSource, ended: @escaping @Sendable () -> Void) {
        self.relay = relay
        self.ended = ended
        relay.whenEnded { [weak self] in self?.settle($0) }
    }

    var backend: String { relay.backend }

    /// How it ended; nil while it goes on.
    var outcome: StreamOutcome? { state.withLock { $0.outcome } }

    // MARK: Seats

    /// Gives those who have waited for the stream their seats. To be called once.
    func seat(_ present: Set<Int>, next: Int) {
        state.withLock { state in
            for id in present { state.seats[id] = Seat() }
            state.nextSeat = next
            if !present.contains(Flight.leader) { state.leaderEnd = .abandoned }
        }
    }

    /// A seat for one who comes late, with all that went by; nil where that is too much, or the stream is being broken off.
    func join() -> Int? {
        state.withLock { state in
            guard !state.isClosed, state.publishedBytes <= Self.mostLateBytes,
                state.outcome == nil || state.outcome?.end == .complete,
                let kept = relay.captured, kept.count >= state.publishedBytes
            else { return nil }
            let id = state.nextSeat
            state.nextSeat += 1
            // The one who waits for the provider may just have got more, and will give it to all.
            state.seats[id] = Seat(kept.count == state.publishedBytes ? kept : Array(kept[..<state.publishedBytes]))
            return id
        }
    }

    /// A reader needs no more. The last one to leave breaks the call off.
    func leave(_ id: Int) {
        enum Rest {
            case none
            case cancel
            case abandon
        }
        let (waiter, rest) = state.withLock { state -> (CheckedContinuation<Void, Never>?, Rest) in
            guard let seat = state.seats.removeValue(forKey: id) else { return (nil, .none) }
            guard state.outcome == nil else { return (seat.waiter, .none) }
            if id == Flight.leader, state.leaderEnd == nil { state.leaderEnd = .abandoned }
            guard !state.isClosed, state.seats.values.allSatisfy(\.isTooSlow) else { return (seat.waiter, .none) }
            state.isClosed = true
            return (seat.waiter, state.isPulling ? .cancel : .abandon)
        }
        waiter?.resume()
        switch rest {
        case .none: break
        case .cancel: relay.cancel()
        case .abandon: relay.abandon()
        }
    }

    /// Nobody is there to read it.
    func abandon() {
        state.withLock { $0.isClosed = true }
        relay.abandon()
    }

    // MARK: Reading

    /// Whether ``step(_:)`` would answer at once.
    func hasMore(_ id: Int) -> Bool {
        let (isThere, isPulling) = state.withLock { state in
            (state.isOver || state.seats[id].map { !$0.isEmpty } ?? true, state.isPulling)
        }
        return isThere || (!isPulling && relay.hasMore)
    }

    /// Waits for what comes next for a seat. A cancelled task leaves.
    func step(_ id: Int) async -> Step {
        await withTaskCancellationHandler {
            while true {
                switch state.withLock({ $0.turn(of: id) }) {
                case .take(let step): return step
                case .wait: await wait(id)
                case .pull:
                    // Cancelling this task must not break off what others read: whoever leaves says so.
                    let step = await relay.step(endsWithTask: false)
                    let isLast = relay.isFinished
                    let (own, waiters) = state.withLock { $0.publish(step, isLast: isLast, from: id) }
                    for waiter in waiters { waiter.resume() }
                    if let own { return own }
                }
            }
        } onCancel: {
            leave(id)
        }
    }

    private func wait(_ id: Int) async {
        await withCheckedContinuation { (waiter: CheckedContinuation<Void, Never>) in
            let mayWait = state.withLock { state in
                guard state.mustWait(id) else { return false }
                state.seats[id]?.waiter = waiter
                return true
            }
            if !mayWait { waiter.resume() }
        }
    }

    // MARK: The leader's account

    /// Has the bytes kept for the leader's stages.
    func capture(limitBytes: Int) { relay.capture(limitBytes: limitBytes) }

    /// Adds something for the leader's exchange, to be done at the stream's end though its client may have left by then.
    func whenEnded(_ action: @escaping @Sendable (StreamOutcome) -> Void) {
        let outcome = state.withLock { state -> StreamOutcome? in
            if let outcome = state.outcomeForLeader { return outcome }
            state.leaderEndings.append(action)
            return nil
        }
        // A quick reader may have come to the end before the leader's stages had a look.
        if let outcome { action(outcome) }
    }

    private func settle(_ outcome: StreamOutcome) {
        let (endings, told) = state.withLock { state in
            state.outcome = outcome
            defer { state.leaderEndings = [] }
            return (state.leaderEndings, state.outcomeForLeader ?? outcome)
        }
        for ending in endings { ending(told) }
        ended()
    }
}

extension SharedStream.State {
    fileprivate var outcomeForLeader: StreamOutcome? {
        guard var told = outcome else { return nil }
        if let leaderEnd { told.end = leaderEnd }
        return told
    }

    /// Whether another waits for the provider, and nothing is there for this one.
    fileprivate func mustWait(_ id: Int) -> Bool {
        guard let seat = seats[id] else { return false }
        return seat.isEmpty && !seat.isTooSlow && !seat.hasPing && !isOver && isPulling
    }

    /// What a reader is to do now. One that is to pull has the right to.
    fileprivate mutating func turn(of id: Int) -> SharedStream.Turn {
        guard let isTooSlow = seats[id]?.isTooSlow else { return .take(.left) }
        if let bytes = seats[id]?.take() {
            let isLast = isOver && failure == nil && (seats[id]?.isEmpty ?? true)
            return .take(.bytes(bytes, isLast: isLast))
        }
        if isTooSlow { return .take(.broken(Self.tooSlow)) }
        if seats[id]?.hasPing ?? false {
            seats[id]?.hasPing = false
            return .take(.silence)
        }
        if isOver { return .take(failure.map { .broken($0) } ?? .end) }
        guard !isPulling else { return .wait }
        isPulling = true
        return .pull
    }

    /// Gives all readers what one has waited for. Gives back its own share where that needs no seat, and who is to be woken.
    fileprivate mutating func publish(
        _ step: StreamStep,
        isLast: Bool,
        from id: Int
    ) -> (own: SharedStream.Step?, waiters: [CheckedContinuation<Void, Never>]) {
        isPulling = false
        switch step {
        case .bytes(let bytes):
            publishedBytes += bytes.count
            isOver = isLast
            // The way of a request that is alone.
            if seats.count == 1, seats[id]?.isEmpty ?? false { return (.bytes(bytes, isLast: isLast), []) }
            give(bytes)
        case .silence:
            seats[id]?.hasPing = true
        case .end: isOver = true
        case .broken(let error, let rest):
            if !rest.isEmpty {
                publishedBytes += rest.count
                give(rest)
            }
            isOver = true
            failure = error
        }
        var isSilent = false
        if case .silence = step { isSilent = true }
        var waiters: [CheckedContinuation<Void, Never>] = []
        var at = seats.startIndex
        while at != seats.endIndex {
            if let waiter = seats.values[at].waiter {
                waiters.append(waiter)
                seats.values[at].waiter = nil
                seats.values[at].hasPing = isSilent
            }
            seats.formIndex(after: &at)
        }
        return (nil, waiters)
    }

    private mutating func give(_ bytes: [UInt8]) {
        // By index: `keys` would hold on to the table and have it copied.
        var at = seats.startIndex
        while at != seats.endIndex {
            seats.values[at].give(bytes)
            if seats.values[at].isTooSlow, seats.keys[at] == Flight.leader, leaderEnd == nil {
                leaderEnd = .broken(Self.tooSlow)
            }
            seats.formIndex(after: &at)
        }
    }

    private static let tooSlow = GatewayError(
        .overloaded(
            "this answer is shared with clients that read faster, and this one is more than "
                + "\(SharedStream.mostUnreadBytes) bytes behind them; send the request again"
        )
    )
}
