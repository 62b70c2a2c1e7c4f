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

    private struct State {
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

    let most: Int
    private let maxQueued: Int
    private let timeoutMilliseconds: Int
    private let clock: Clock
    private let state = Mutex(State())

    init(most: Int, maxQueued: Int, timeoutMilliseconds: Int, clock: Clock) {
        self.most = most
        self.maxQueued = maxQueued
        self.timeoutMilliseconds = timeoutMilliseconds
        self.clock = clock
    }

    var inside: Int { state.withLock { $0.inside } }
    var waiting: Int { state.withLock { $0.waiting.count } }

    /// Whether somebody would have to wait.
    var isFull: Bool { state.withLock { $0.inside >= most } }

    /// Enters, or waits until it may. Whoever is admitted must ``leave()``.
    func enter() async -> Admission {
        let ticket = state.withLock { state -> UInt64? in
            if state.inside < most, state.waiting.isEmpty {
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
                    if state.inside < most, state.waiting.isEmpty {
                        state.inside += 1
                        return .admitted
                    }
                    guard state.waiting.count < maxQueued else { return .full }
                    let timer = Task { [clock, timeoutMilliseconds] in
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
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
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
