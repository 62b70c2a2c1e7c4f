import GatewayCore
import Synchronization

/// A text that waits for its embedding.
final class EmbeddingRequest: Sendable {
    let text: [UInt8]
    let maximumTokens: Int
    /// Its caller has gone. Set before the queue is asked to let go of it, so that one that comes later is not taken in.
    let isCancelled = Atomic(false)

    init(text: [UInt8], maximumTokens: Int) {
        self.text = text
        self.maximumTokens = maximumTokens
    }
}

/// What is known of the embedding engine's work: a value, so that it can be tested without threads. Its holder acts on what
/// the functions give back.
struct EmbeddingQueue<Waiter> {
    enum Phase {
        /// Nothing has been asked for yet.
        case idle
        /// The first request has started a thread that reads the model.
        case loading
        case ready
        case off(String)
    }

    /// What the holder does after a request was offered.
    enum Admission: Equatable {
        /// There is no embedding for it.
        case refused
        case waits
        /// It waits, and a sleeping worker is to be woken.
        case wakes
        /// It waits, and the first worker is to be started.
        case starts
    }

    private(set) var phase: Phase
    private let maximumWaiting: Int
    private var waiting: [(request: EmbeddingRequest, waiter: Waiter)] = []
    private(set) var sleepers = 0

    init(_ phase: Phase, maximumWaiting: Int) {
        self.phase = phase
        self.maximumWaiting = maximumWaiting
    }

    var waitingCount: Int { waiting.count }

    mutating func offer(_ request: EmbeddingRequest, _ waiter: Waiter) -> Admission {
        if case .off = phase { return .refused }
        // Looked at here, behind the lock, a cancellation is seen either now or by `withdraw`.
        guard waiting.count < maximumWaiting, !request.isCancelled.load(ordering: .acquiring) else { return .refused }
        waiting.append((request, waiter))
        if case .idle = phase {
            phase = .loading
            return .starts
        }
        guard sleepers > 0 else { return .waits }
        sleepers -= 1
        return .wakes
    }

    /// Takes a request out again; nil where it is not waiting any more.
    mutating func withdraw(_ request: EmbeddingRequest) -> Waiter? {
        guard let at = waiting.firstIndex(where: { $0.request === request }) else { return nil }
        return waiting.remove(at: at).waiter
    }

    /// What the next piece of work for a worker is.
    enum Work {
        case request(EmbeddingRequest, Waiter)
        case nothing
        /// The worker's thread is to end.
        case stop
    }

    /// The request that has waited longest. A worker that finds none counts as asleep where it says that it would sleep.
    mutating func next(orSleep sleeps: Bool) -> Work {
        if case .off = phase { return .stop }
        guard !waiting.isEmpty else {
            if sleeps { sleepers += 1 }
            return .nothing
        }
        let (request, waiter) = waiting.removeFirst()
        return .request(request, waiter)
    }

    mutating func becomeReady() { if case .loading = phase { phase = .ready } }

    /// Nothing more is taken in. Gives those that wait in vain, and how many sleepers are to be woken.
    mutating func turnOff(_ reason: String) -> (waiters: [Waiter], sleepers: Int) {
        defer {
            waiting = []
            sleepers = 0
        }
        phase = .off(reason)
        return (waiting.map(\.waiter), sleepers)
    }
}
