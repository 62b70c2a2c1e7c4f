import Synchronization

/// One call to a provider that identical requests wait for together.
///
/// Seat 0 is the leader's: its exchange is the one that the call is booked on, whether or not its client stays. The call is
/// broken off when the last one has left.
package final class Flight: Sendable {
    static let leader = 0

    /// What the call came to, or is coming to. An object: everybody who waits gets the same.
    final class Landing: Sendable {
        enum Body: Sendable {
            case bytes([UInt8])
            case stream(SharedStream)
        }

        struct Answer: Sendable {
            let status: Int
            let headers: [HeaderField]
            let body: Body
        }

        /// The leader's, as the stages have left it.
        let exchange: Exchange
        let answer: Result<Answer, GatewayError>
        let leaderHasLeft: Bool

        init(_ exchange: Exchange, _ answer: Result<Answer, GatewayError>, leaderHasLeft: Bool) {
            self.exchange = exchange
            self.answer = answer
            self.leaderHasLeft = leaderHasLeft
        }
    }

    private struct State {
        var landing: Landing?
        /// Who has not left before the landing.
        var present: Set<Int> = [Flight.leader]
        var nextSeat = Flight.leader + 1
        var waiters: [Int: CheckedContinuation<Landing?, Never>] = [:]
        var task: Task<Void, Never>?
        var seconds: [Flight] = []
        /// Everybody left before the landing.
        var isAbandoned = false
        /// The leader's stages have made of the answer what they make of it.
        var stagesAreDone = false
        /// The answer is whole.
        var isOver = false
    }

    let key: FlightKey
    /// The leader's query id.
    let origin: String
    /// It was begun because another had failed: its own failure is everybody's.
    let isSecond: Bool
    private let flights: Flights
    private let state = Mutex(State())

    init(_ key: FlightKey, origin: String, isSecond: Bool, in flights: Flights) {
        self.key = key
        self.origin = origin
        self.isSecond = isSecond
        self.flights = flights
    }

    // MARK: Participants

    /// The calls that were made because this one had failed, by those who had waited for it: one for each form.
    var seconds: [Flight] { state.withLock { $0.seconds } }

    func hasSecond(_ flight: Flight) { state.withLock { $0.seconds.append(flight) } }

    /// A seat for one more; nil where it is too late. A call that has failed takes nobody on, but those who take its failure
    /// for theirs.
    func join(takesFailure: Bool = false) -> Int? {
        state.withLock { state in
            guard !state.isAbandoned else { return nil }
            switch state.landing?.answer {
            case nil:
                defer { state.nextSeat += 1 }
                state.present.insert(state.nextSeat)
                return state.nextSeat
            case .failure: return takesFailure ? state.nextSeat : nil
            case .success(let answer):
                guard case .stream(let stream) = answer.body else {
                    return takesFailure || answer.status == 200 ? state.nextSeat : nil
                }
                return stream.join()
            }
        }
    }

    /// Waits for the landing. nil where the one who waits has been cancelled, but for the leader: somebody has to keep the
    /// books.
    func landing(seat: Int) async -> Landing? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: CheckedContinuation<Landing?, Never>) in
                let (landing, mustWait) = state.withLock { state -> (Landing?, Bool) in
                    let mustWait = state.landing == nil && (seat == Self.leader || state.present.contains(seat))
                    if mustWait { state.waiters[seat] = waiter }
                    return (state.landing, mustWait)
                }
                if !mustWait { waiter.resume(returning: landing) }
            }
        } onCancel: {
            leave(seat)
        }
    }

    private func leave(_ seat: Int) {
        typealias Left = (waiter: CheckedContinuation<Landing?, Never>?, isLast: Bool, task: Task<Void, Never>?)
        let left = state.withLock { state -> Left in
            // Whoever leaves later leaves the stream.
            guard state.landing == nil, state.present.remove(seat) != nil else { return (nil, false, nil) }
            let waiter = seat == Self.leader ? nil : state.waiters.removeValue(forKey: seat)
            state.isAbandoned = state.present.isEmpty
            return (waiter, state.isAbandoned, state.task)
        }
        left.waiter?.resume(returning: nil)
        guard left.isLast else { return }
        flights.remove(self)
        left.task?.cancel()
    }

    // MARK: The call

    /// The task that makes the call, to be cancelled when everybody has left.
    func holds(_ task: Task<Void, Never>) {
        let isAbandoned = state.withLock { state in
            state.task = task
            return state.isAbandoned
        }
        if isAbandoned { task.cancel() }
    }

    /// The call has been answered, or its answer has begun, or it has failed.
    ///
    /// `keptBytes` is how much of a stream is kept for those who join late.
    func land(_ exchange: Exchange, _ result: Result<Reply, GatewayError>, keptBytes: Int) {
        let answer = result.flatMap { self.answer(of: $0, keptBytes: keptBytes) }
        typealias Landed = (landing: Landing, waiters: [CheckedContinuation<Landing?, Never>], isAbandoned: Bool)
        let landed = state.withLock { state -> Landed in
            let leaderHasLeft = !state.present.contains(Self.leader)
            let landing = Landing(exchange, answer, leaderHasLeft: leaderHasLeft)
            state.landing = landing
            if case .success(let answer) = answer, case .stream(let stream) = answer.body {
                stream.seat(state.present, next: state.nextSeat)
            } else {
                state.isOver = true
            }
            defer {
                state.waiters = [:]
                state.task = nil
            }
            return (landing, Array(state.waiters.values), state.isAbandoned)
        }
        switch answer {
        case .success(let answer):
            // Nobody is to get an error that the next call may not bring.
            if answer.status != 200 { flights.remove(self) }
            if landed.isAbandoned, case .stream(let stream) = answer.body { stream.abandon() }
        case .failure: flights.remove(self)
        }
        for waiter in landed.waiters { waiter.resume(returning: landed.landing) }
    }

    private func answer(of reply: Reply, keptBytes: Int) -> Result<Landing.Answer, GatewayError> {
        let body: Landing.Body
        switch reply.body {
        case .bytes(let bytes): body = .bytes(bytes)
        case .stream(let stream):
            guard let relay = stream as? any StreamSource else {
                return .failure(GatewayError(.internalFault("a stream that is read already came to be shared")))
            }
            relay.capture(limitBytes: keptBytes)
            body = .stream(SharedStream(relay) { [weak self] in self?.streamIsOver() })
        }
        return .success(Landing.Answer(status: reply.status, headers: reply.headers, body: body))
    }

    // MARK: The end

    /// The leader's stages are done: what may be kept of a whole answer is in the cache.
    func stagesAreDone() {
        let isOver = state.withLock { state in
            state.stagesAreDone = true
            return state.isOver
        }
        if isOver { flights.remove(self) }
    }

    /// The stream has ended, and the leader's stages know, as far as they are done. Whoever comes later finds the answer in
    /// the cache; until then it must be found here.
    private func streamIsOver() {
        let stagesAreDone = state.withLock { state in
            state.isOver = true
            return state.stagesAreDone
        }
        if stagesAreDone { flights.remove(self) }
    }
}
