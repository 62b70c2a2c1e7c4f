import Synchronization

/// A command on its way, and who waits for its reply. Finished once, by whoever comes first.
final class RedisCall: Sendable {
    typealias Outcome = Result<RedisReply, RedisError>

    enum Waiter {
        case nobody
        case task(CheckedContinuation<Outcome, Never>)
        /// Called on the thread that finishes the call.
        case function(@Sendable (Outcome) -> Void)
        case finished(Outcome)
    }

    /// Whose command it is.
    enum Purpose {
        case caller
        case signIn
        case selectDatabase
        case name
        /// Whether a fresh connection is quick enough to be used.
        case probe
        /// Whether a connection is still there on which nothing has come for a while.
        case heartbeat
    }

    let purpose: Purpose
    /// The arguments, one after the other.
    let bytes: [UInt8]
    let sizes: [Int]
    let startNanoseconds: Int64
    let deadlineNanoseconds: Int64
    private let waiter: Mutex<Waiter>

    init(
        _ arguments: [[UInt8]],
        startNanoseconds: Int64,
        timeoutMilliseconds: Int,
        purpose: Purpose = .caller,
        _ waiter: Waiter = .nobody
    ) {
        self.purpose = purpose
        bytes = arguments.count == 1 ? arguments[0] : Array(arguments.joined())
        sizes = arguments.map(\.count)
        self.startNanoseconds = startNanoseconds
        // Within what a deadline can be added up to.
        let timeout = Int64(min(max(timeoutMilliseconds, 1), 86_400_000))
        deadlineNanoseconds = startNanoseconds + timeout * 1_000_000
        self.waiter = Mutex(waiter)
    }

    /// Resumes the task when the call is finished, or at once where it already is.
    func wait(_ task: CheckedContinuation<Outcome, Never>) {
        let outcome: Outcome? = waiter.withLock { waiter in
            if case .finished(let outcome) = waiter { return outcome }
            waiter = .task(task)
            return nil
        }
        if let outcome { task.resume(returning: outcome) }
    }

    func finish(_ outcome: Outcome) {
        let waiter = waiter.withLock { waiter in
            let before = waiter
            if case .finished = before { return before }
            waiter = .finished(outcome)
            return before
        }
        switch waiter {
        case .nobody, .finished: break
        case .task(let task): task.resume(returning: outcome)
        case .function(let function): function(outcome)
        }
    }
}
