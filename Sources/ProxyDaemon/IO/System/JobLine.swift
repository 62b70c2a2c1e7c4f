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
        /// The threads that there are. The only one has all turns.
        var places: Set<Place>
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

    /// Jobs are for the thread that stands back, where there is one.
    init(standsBack: Bool) {
        state = Mutex(State(place: standsBack ? .back : .front, places: standsBack ? [.back, .front] : [.front]))
    }

    /// That thread could not be started; the other one is there.
    func goWithout(_ place: Place) {
        state.withLock { state in
            state.places.remove(place)
            if state.place == place { state.place = place == .back ? .front : .back }
        }
        wake()
    }

    func add(_ run: @escaping @Sendable () -> Void, due: Int64) {
        state.withLock { state in
            let place = state.jobs.lastIndex { $0.due > due }.map { $0 + 1 } ?? 0
            state.jobs.insert(Job(run: run, due: due), at: place)
        }
        let delay = due - MonotonicTime.nanoseconds()
        guard delay > 0 else { return wake() }
        let ring: @Sendable () -> Void = { [weak self] in self?.wake() }
        ThreadRank.handOver {
            Self.alarms.asyncAfter(deadline: .now() + .nanoseconds(Int(delay)), execute: ring)
        }
    }

    /// Gives the turn to the thread of the others' rank, or back.
    func press(_ isPressing: Bool) {
        let isMoved = state.withLock { state in
            let place: Place = isPressing ? .front : .back
            guard state.place != place, state.places.contains(place) else { return false }
            state.place = place
            return true
        }
        if isMoved { wake() }
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
