import Glibc

/// What a thread is to the others.
enum ThreadRank {
    /// How far it stands back behind the rank with which the process was started (nice(2)).
    private static let niceness: Int32 = 10

    /// Wakes others in the place of threads that stand back.
    private static let wakes = BackgroundThread(standsBack: false)

    /// Set on threads that stand back.
    private static let mark: pthread_key_t? = {
        var key = pthread_key_t()
        return pthread_key_create(&key, nil) == 0 ? key : nil
    }()

    /// To be called before the first thread stands back, by one that does not: threads inherit their rank.
    static func prepare() { _ = wakes }

    /// Has the calling thread give way to those that serve clients, for good.
    static func standBack() {
        // Who starts the daemon with a real-time rank gives it to every thread; such a one would hold up all the others for
        // as long as it has work.
        let policy = sched_getscheduler(0) & ~resetOnFork
        if policy == SCHED_FIFO || policy == SCHED_RR {
            var none = sched_param()
            _ = sched_setscheduler(0, SCHED_OTHER, &none)
        }
        // Of a thread on Linux, not of the process.
        let own = __priority_which_t(PRIO_PROCESS.rawValue)
        _ = setpriority(own, 0, min(19, getpriority(own, 0) + niceness))
        if let mark { pthread_setspecific(mark, UnsafeRawPointer(bitPattern: 1)) }
    }

    /// Runs what may wake other threads, at once or, where the calling thread stands back, on one that does not: the pools of
    /// Swift and of Dispatch start threads from whoever gives them work, and those would stand back as well, for as long as they
    /// live.
    static func handOver(_ wake: @escaping @Sendable () -> Void) {
        guard let mark, pthread_getspecific(mark) != nil else { return wake() }
        wakes.async(wake)
    }

    /// SCHED_RESET_ON_FORK of sched.h.
    private static let resetOnFork: Int32 = 0x4000_0000
}
