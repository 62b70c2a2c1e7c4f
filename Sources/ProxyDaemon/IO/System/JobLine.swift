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
        case sleep(nanoseconds: Int64?)
        case end
    }

    private let state: Mutex<State>
    private let back = DispatchSemaphore(value: 0)
    private let front = DispatchSemaphore(value: 0)

    init(first place: Place) {
        state = Mutex(State(place: place, hasBack: place == .back, hasFront: place == .front))
    }

    func add(_ run: @escaping @Sendable () -> Void, due: Int64) {
        let woken: Place? = state.withLock { state in
            let place = state.jobs.lastIndex { $0.due > due }.map { $0 + 1 } ?? 0
            state.jobs.insert(Job(run: run, due: due), at: place)
            return place == state.jobs.count - 1 ? state.place : nil
        }
        if let woken { wake(woken) }
    }

    /// Gives the turn to the thread of the others' rank, or back. True where that thread is to be started first.
    func press(_ isPressing: Bool) -> Bool {
        let (woken, isNew) = state.withLock { state -> (Place?, Bool) in
            let place: Place = isPressing ? .front : .back
            // One that does not stand back is in front for ever.
            guard state.place != place, isPressing || state.hasBack else { return (nil, false) }
            state.place = place
            defer { state.hasFront = true }
            return (place, !state.hasFront)
        }
        if let woken { wake(woken) }
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
                ended()
            case .sleep(nil): wakeUps.wait()
            case .sleep(let nanoseconds?): _ = wakeUps.wait(timeout: .now() + .nanoseconds(Int(nanoseconds)))
            case .end: return
            }
        }
    }

    private func next(_ place: Place) -> Step {
        let now = MonotonicTime.nanoseconds()
        return state.withLock { state in
            guard state.place == place, !state.isRunning else {
                return state.hasEnded && state.place != place ? .end : .sleep(nanoseconds: nil)
            }
            guard let first = state.jobs.last else { return state.hasEnded ? .end : .sleep(nanoseconds: nil) }
            if first.due <= now {
                state.jobs.removeLast()
                state.isRunning = true
                return .run(first.run)
            }
            return state.hasEnded ? .end : .sleep(nanoseconds: first.due - now)
        }
    }

    /// The turn may have gone to the other thread meanwhile, which sleeps.
    private func ended() {
        let place = state.withLock { state in
            state.isRunning = false
            return state.place
        }
        wake(place)
    }

    private func wake(_ place: Place) { (place == .back ? back : front).signal() }
}
