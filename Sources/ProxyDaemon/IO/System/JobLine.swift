import Dispatch
import Synchronization

/// The jobs of a ``BackgroundThread`` that wait, and the sleep between them. Of its threads one at a time takes jobs. They hold
/// it, so that it may outlive who gives the jobs.
final class JobLine: Sendable {
    /// Which of the threads.
    enum Place: Sendable {
        /// The one that stands back.
        case back
        /// The one of the others' rank.
        case front
    }

    private struct Job {
        let run: @Sendable () -> Void
        let due: Int64
    }

    private struct State {
        /// The one that is due last first.
        var jobs: [Job] = []
        /// Whose turn it is.
        var place: Place
        /// A thread that stands back was started; without one the other has all turns.
        let hasBack: Bool
        var hasFront: Bool
        var isRunning = false
        var hasEnded = false
    }

    private enum Step {
        case run(@Sendable () -> Void)
        case sleep
        case end
    }

    /// Wakes threads when something is due. A wait with a time limit of their own would go by the clock of the day, which may
    /// be set.
    private static let alarms = DispatchQueue(label: "gateway.background-alarms", qos: .userInitiated)

    /// An alarm that rings too early by a hair must not be the last.
    private static let slackNanoseconds: Int64 = 100_000
    private let state: Mutex<State>
    private let back = DispatchSemaphore(value: 0)
    private let front = DispatchSemaphore(value: 0)

    init(first place: Place) {
        state = Mutex(State(place: place, hasBack: place == .back, hasFront: place == .front))
    }

    func add(_ run: @escaping @Sendable () -> Void, due: Int64) {
        state.withLock { state in
            let place = state.jobs.lastIndex { $0.due > due }.map { $0 + 1 } ?? 0
            state.jobs.insert(Job(run: run, due: due), at: place)
        }
        let delay = due - MonotonicTime.nanoseconds()
        guard delay > 0 else { return wake() }
        Self.alarms.asyncAfter(deadline: .now() + .nanoseconds(Int(delay))) { [weak self] in self?.wake() }
    }

    /// Gives the turn to the thread of the others' rank, or back. True where that thread is to be started first.
    func press(_ isPressing: Bool) -> Bool {
        let (isMoved, isNew) = state.withLock { state -> (Bool, Bool) in
            let place: Place = isPressing ? .front : .back
            // One that does not stand back is in front for ever.
            guard state.place != place, isPressing || state.hasBack else { return (false, false) }
            state.place = place
            defer { state.hasFront = true }
            return (true, !state.hasFront)
        }
        if isMoved { wake() }
        return isNew
    }

    func end() {
        state.withLock { $0.hasEnded = true }
        back.signal()
        front.signal()
    }

    /// Takes jobs, as the thread of that place, until the end.
    func run(_ place: Place) {
        let wakeUps = place == .back ? back : front
        while true {
            switch next(place) {
            case .run(let job):
                job()
                state.withLock { $0.isRunning = false }
                // The turn may have gone to the other thread meanwhile.
                wake()
            case .sleep: wakeUps.wait()
            case .end: return
            }
        }
    }

    private func next(_ place: Place) -> Step {
        let now = MonotonicTime.nanoseconds()
        return state.withLock { state in
            guard state.place == place, !state.isRunning else {
                return state.hasEnded && state.place != place ? .end : .sleep
            }
            guard let first = state.jobs.last, first.due <= now + Self.slackNanoseconds else {
                return state.hasEnded ? .end : .sleep
            }
            state.jobs.removeLast()
            state.isRunning = true
            return .run(first.run)
        }
    }

    /// Wakes the thread whose turn it is.
    private func wake() { (state.withLock { $0.place } == .back ? back : front).signal() }
}
