import Synchronization

/// Lets so many at once do something; some more may queue for a while, in order.
final class ConcurrencyLimit: Sendable {
    enum Admission: Sendable, Equatable {
        case admitted
        /// The queue is full.
        case full
        /// Its turn did not come in time.
        case late
        /// The task that waited was cancelled.
        case cancelled
    }

    struct Bounds: Sendable, Equatable {
        /// Who may be inside at once.
        var most: Int
        var maxQueued: Int
        var timeoutMilliseconds: Int

        init(most: Int, maxQueued: Int, timeoutMilliseconds: Int) {
            self.most = most
            self.maxQueued = maxQueued
            self.timeoutMilliseconds = timeoutMilliseconds
        }

        init(_ load: Settings.Load, most: Int) {
            self.init(most: most, maxQueued: load.maxQueued, timeoutMilliseconds: load.queueTimeoutMilliseconds)
        }
    }

    private struct State {
        var bounds: Bounds
        var inside = 0
        var nextTicket: UInt64 = 0
        /// In the order of their tickets.
        var waiting: [Waiter] = []
    }

    private struct Waiter {
        let ticket: UInt64
        let turn: CheckedContinuation<Admission, Never>
        let timer: Task<Void, Never>
    }

    private let clock: Clock
    private let state: Mutex<State>

    init(_ bounds: Bounds, clock: Clock) {
        self.clock = clock
        state = Mutex(State(bounds: bounds))
    }

    /// Changes the bounds. With fewer places nobody is sent away; with more of them those who queue go in.
    func adopt(_ bounds: Bounds) {
        let admitted = state.withLock { state -> [Waiter] in
            state.bounds = bounds
            let places = min(state.waiting.count, max(0, bounds.most - state.inside))
            let admitted = Array(state.waiting.prefix(places))
            state.waiting.removeFirst(places)
            state.inside += places
            return admitted
        }
        for waiter in admitted {
            waiter.timer.cancel()
            waiter.turn.resume(returning: .admitted)
        }
    }

    var most: Int { state.withLock { $0.bounds.most } }
    var inside: Int { state.withLock { $0.inside } }
    var waiting: Int { state.withLock { $0.waiting.count } }

    /// Whether somebody would have to wait.
    var isFull: Bool { state.withLock { $0.inside >= $0.bounds.most } }

    /// Enters, or waits until it may. Whoever is admitted must ``leave()``.
    func enter() async -> Admission {
        let ticket = state.withLock { state -> UInt64? in
            if state.inside < state.bounds.most, state.waiting.isEmpty {
                state.inside += 1
                return nil
            }
            state.nextTicket += 1
            return state.nextTicket
        }
        guard let ticket else { return .admitted }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> Admission? in
                    if Task.isCancelled { return .cancelled }
                    // A place may have become free since.
                    if state.inside < state.bounds.most, state.waiting.isEmpty {
                        state.inside += 1
                        return .admitted
                    }
                    guard state.waiting.count < state.bounds.maxQueued else { return .full }
                    let timer = Task { [clock, timeoutMilliseconds = state.bounds.timeoutMilliseconds] in
                        await clock.sleep(timeoutMilliseconds)
                        if !Task.isCancelled { self.end(ticket, .late) }
                    }
                    state.waiting.append(Waiter(ticket: ticket, turn: continuation, timer: timer))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            end(ticket, .cancelled)
        }
    }

    /// One who was admitted is done: the next one's turn.
    func leave() {
        let next = state.withLock { state -> Waiter? in
            // With fewer places than before, those that are too many close.
            guard state.waiting.isEmpty || state.inside > state.bounds.most else { return state.waiting.removeFirst() }
            state.inside -= 1
            return nil
        }
        next?.timer.cancel()
        next?.turn.resume(returning: .admitted)
    }

    private func end(_ ticket: UInt64, _ admission: Admission) {
        let waiter = state.withLock { state -> Waiter? in
            guard let at = state.waiting.firstIndex(where: { $0.ticket == ticket }) else { return nil }
            return state.waiting.remove(at: at)
        }
        waiter?.timer.cancel()
        waiter?.turn.resume(returning: admission)
    }
}
