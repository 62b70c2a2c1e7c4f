import Dispatch
import Glibc

/// Runs one job after another, in the order in which they are due, on a thread of its own.
///
/// The thread may stand back behind those that serve clients. Where they leave it too little, so that more comes than it gets
/// done, the work can be made pressing: another thread, of their rank, then does it in its place until it no longer is. (No
/// thread may take back its own niceness.) Both are started at once, by whoever makes this: a thread that stands back would
/// hand its rank on.
///
/// They end after the last reference to this is gone; what is due later then is dropped.
final class BackgroundThread: Sendable {
    private let line: JobLine

    /// To be made on a thread that does not stand back.
    init(standsBack: Bool) {
        if standsBack { ThreadRank.prepare() }
        line = JobLine(standsBack: standsBack)
        let places: [JobLine.Place] = standsBack ? [.back, .front] : [.front]
        let missing = places.filter { !Self.start(line, $0) }
        guard !missing.isEmpty else { return }
        // No more threads are allowed: the other one, or one of those that are there.
        if missing.count < places.count {
            for place in missing { line.goWithout(place) }
        } else {
            line.goWithout(.back)
            DispatchQueue.global(qos: .utility).async { [line] in line.run(.front) }
        }
    }

    deinit { line.end() }

    /// Runs a job after those that were given before and are due.
    func async(afterNanoseconds delay: Int64 = 0, _ job: @escaping @Sendable () -> Void) {
        line.add(job, due: MonotonicTime.nanoseconds() + max(0, delay))
    }

    /// Whether the jobs are pressing from now on.
    func press(_ isPressing: Bool) { line.press(isPressing) }

    /// False where the system allows no more threads.
    private static func start(_ line: JobLine, _ place: JobLine.Place) -> Bool {
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
        guard result == 0 else {
            start.release()
            return false
        }
        pthread_detach(thread)
        return true
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
