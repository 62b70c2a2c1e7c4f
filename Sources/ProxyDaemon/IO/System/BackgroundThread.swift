import Dispatch
import Glibc
import Synchronization

/// What a thread is to the others.
enum ThreadRank {
    /// How far it stands back (nice(2)).
    private static let niceness: Int32 = 10

    /// Has the calling thread give way to those that serve clients, for good.
    static func standBack() {
        // Who starts the daemon with a real-time rank gives it to every thread; such a one would hold up all the others for
        // as long as it has work.
        if sched_getscheduler(0) != SCHED_OTHER {
            var none = sched_param()
            _ = sched_setscheduler(0, SCHED_OTHER, &none)
        }
        // Of a thread on Linux, not of the process.
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness)
    }
}

/// Runs one job after another, in the order in which they are due, on a thread of its own.
///
/// The thread may stand back behind those that serve clients. Where they leave it too little, so that more comes than it gets
/// done, the work can be made pressing: another thread, of their rank, then does it in its place until it no longer is. (No
/// thread may take back its own niceness.)
///
/// It ends after the last reference to this is gone; what is due later then is dropped.
final class BackgroundThread: Sendable {
    private let line: JobLine

    init(standsBack: Bool) {
        line = JobLine(first: standsBack ? .back : .front)
        Self.start(line, standsBack ? .back : .front)
    }

    deinit { line.end() }

    /// Runs a job after those that were given before and are due.
    func async(afterNanoseconds delay: Int64 = 0, _ job: @escaping @Sendable () -> Void) {
        line.add(job, due: MonotonicTime.nanoseconds() + max(0, delay))
    }

    /// Whether the jobs are pressing from now on.
    func press(_ isPressing: Bool) {
        if line.press(isPressing) { Self.start(line, .front) }
    }

    private static func start(_ line: JobLine, _ place: JobLine.Place) {
        let start = Unmanaged.passRetained(Start(line: line, place: place))
        var thread = pthread_t()
        let result = pthread_create(
            &thread,
            nil,
            { context in
                guard let context else { return nil }
                let start = Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
                if start.place == .back { ThreadRank.standBack() }
                start.line.run(start.place)
                return nil
            },
            start.toOpaque()
        )
        if result == 0 {
            pthread_detach(thread)
        } else {
            // No more threads are allowed: one of those that are there.
            start.release()
            DispatchQueue.global(qos: .utility).async { line.run(place) }
        }
    }

    private final class Start: Sendable {
        let line: JobLine
        let place: JobLine.Place

        init(line: JobLine, place: JobLine.Place) {
            self.line = line
            self.place = place
        }
    }
}
