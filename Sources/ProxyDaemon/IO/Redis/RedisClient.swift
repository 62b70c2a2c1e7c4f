import CHiredis
import Glibc
import Synchronization

/// A Redis server through hiredis: one connection on a thread of its own, on which all commands are pipelined.
///
/// Every call ends by its deadline whatever Redis does. Where Redis is away calls end at once, without touching the thread,
/// until a fresh connection has answered a probe. See ``RedisHealth`` for when that is.
package final class RedisClient: Sendable {
    package struct Options: Sendable {
        /// How long a call may take that names no time of its own.
        package var timeoutMilliseconds = 50
        /// How long a ``RedisClient/send(_:timeoutMilliseconds:then:)`` may take: nobody waits for it.
        package var sendTimeoutMilliseconds = 1_000
        /// How long connecting, TLS and signing in may take together.
        package var connectTimeoutMilliseconds = 1_000
        /// Commands without a reply, and their bytes; beyond either calls fail at once.
        package var maximumWaiting = 4_096
        package var maximumWaitingBytes = 67_108_864
        /// What `CLIENT LIST` shows.
        package var name = "llm-gateway"

        package init() {}
    }

    package let address: RedisAddress
    private let options: Options
    private let shared: RedisShared

    /// Starts the thread, which connects at once and for as long as the client lives.
    ///
    /// - Parameters:
    ///   - address: where Redis is.
    ///   - options: bounds.
    ///   - onChange: called on the client's thread with every new state, never twice with `ok` in a row. The first is `ok`,
    ///     or why there is no connection.
    /// - Throws: where the system has no descriptor or thread left.
    package init(
        _ address: RedisAddress,
        options: Options = Options(),
        onChange: @escaping @Sendable (RedisState) -> Void = { _ in }
    ) throws(SystemError) {
        self.address = address
        self.options = options
        shared = try RedisShared(options: options)
        try RedisThread.start(shared, address, options, onChange)
    }

    deinit { shared.stop() }

    /// Carries out a command.
    ///
    /// - Parameters:
    ///   - arguments: the command's name and what follows it, as they are: nothing is interpreted.
    ///   - timeoutMilliseconds: nil for the client's own. Commands that block go over a client of their own: Redis answers
    ///     in order.
    /// - Returns: the reply, ``RedisReply/error(_:)`` too: Redis is there, and refuses.
    /// - Throws: where there is no reply.
    package func call(
        _ arguments: [[UInt8]],
        timeoutMilliseconds: Int? = nil
    ) async throws(RedisError) -> RedisReply {
        let call = RedisCall(
            arguments,
            startNanoseconds: MonotonicTime.nanoseconds(),
            timeoutMilliseconds: timeoutMilliseconds ?? options.timeoutMilliseconds
        )
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { task in
                call.wait(task)
                if let refusal = shared.post(call) { call.finish(.failure(refusal)) }
            }
        } onCancel: {
            call.finish(.failure(.cancelled))
        }
        return try outcome.get()
    }

    /// Carries out a command that nobody waits for. Returns at once.
    ///
    /// - Parameters:
    ///   - arguments: as with ``call(_:timeoutMilliseconds:)``.
    ///   - timeoutMilliseconds: nil for the client's own for such commands.
    ///   - done: told what became of it, on the client's thread, or on the caller's where it was refused.
    package func send(
        _ arguments: [[UInt8]],
        timeoutMilliseconds: Int? = nil,
        then done: (@Sendable (Result<RedisReply, RedisError>) -> Void)? = nil
    ) {
        let shared = shared
        let call = RedisCall(
            arguments,
            startNanoseconds: MonotonicTime.nanoseconds(),
            timeoutMilliseconds: timeoutMilliseconds ?? options.sendTimeoutMilliseconds,
            .function { outcome in
                switch outcome {
                case .success(.error), .failure: shared.countDropped()
                case .success: break
                }
                done?(outcome)
            }
        )
        if let refusal = shared.post(call) { call.finish(.failure(refusal)) }
    }

    /// Replaces the connection where its last reply cannot have been the right one; at most once a second.
    package func distrustConnection() { shared.post(.distrust) }

    /// Ends the connection and the thread for good.
    package func stop() { shared.stop() }

    package var state: RedisState { shared.state }

    /// The first attempt to connect is over, one way or the other.
    package var isDecided: Bool { shared.isDecided }

    /// How often Redis came to be there, the first time among them: what comes back may be another server, or have forgotten all.
    package var arrivals: Int { shared.arrivals }

    /// What was counted since the start.
    package struct Counts: Sendable, Equatable {
        /// Calls that ended without a reply at their deadline.
        package var timeouts = 0
        /// Sent commands that Redis did not carry out, or not for certain.
        package var dropped = 0
    }

    package var counts: Counts { shared.counts }

    /// The median of the last replies' times, from the call to the reply; nil before the first.
    package var latencyP50Milliseconds: Double? { shared.latencyP50Milliseconds }
}

/// What a client and its thread share.
final class RedisShared: Sendable {
    enum Command {
        case call(RedisCall)
        /// The addresses of the host; none where it has none.
        case resolved([String])
        case distrust
        case stop
    }

    private struct Inbox {
        var commands: [Command] = []
        var state = RedisState.down("Redis: not connected yet")
        var isDecided = false
        var arrivals = 0
        var isStopped = false
        var waiting = 0
        var waitingBytes = 0
        var counts = RedisClient.Counts()
        var latencies: [Float] = []
        var nextLatency = 0
    }

    private static let keptLatencies = 512

    /// Readable when there is something in the inbox.
    let wakeDescriptor: Int32
    private let inbox = Mutex(Inbox())
    private let maximumWaiting: Int
    private let maximumWaitingBytes: Int

    init(options: RedisClient.Options) throws(SystemError) {
        maximumWaiting = options.maximumWaiting
        maximumWaitingBytes = options.maximumWaitingBytes
        wakeDescriptor = gw_redis_eventfd()
        guard wakeDescriptor >= 0 else { throw SystemError(doing: "eventfd", errno) }
    }

    deinit { close(wakeDescriptor) }

    var state: RedisState { inbox.withLock { $0.state } }
    var isDecided: Bool { inbox.withLock { $0.isDecided } }
    var arrivals: Int { inbox.withLock { $0.arrivals } }
    var counts: RedisClient.Counts { inbox.withLock { $0.counts } }

    var latencyP50Milliseconds: Double? {
        let sorted = inbox.withLock { $0.latencies }.sorted()
        return sorted.isEmpty ? nil : Double(sorted[sorted.count / 2])
    }

    func countDropped() { inbox.withLock { $0.counts.dropped += 1 } }

    /// Why the call is not taken; nil where it is.
    func post(_ call: RedisCall) -> RedisError? {
        let (refusal, wakes): (RedisError?, Bool) = inbox.withLock { inbox in
            if case .down(let detail) = inbox.state { return (.down(detail), false) }
            guard inbox.waiting < maximumWaiting, inbox.waitingBytes + call.bytes.count <= maximumWaitingBytes else {
                return (.busy, false)
            }
            inbox.waiting += 1
            inbox.waitingBytes += call.bytes.count
            inbox.commands.append(.call(call))
            return (nil, inbox.commands.count == 1)
        }
        if wakes { wake() }
        return refusal
    }

    func post(_ command: Command) {
        let wakes = inbox.withLock { inbox in
            // Nobody takes anything out any more.
            guard !inbox.isStopped else { return false }
            inbox.commands.append(command)
            return inbox.commands.count == 1
        }
        if wakes { wake() }
    }

    func stop() {
        let wakes = inbox.withLock { inbox in
            guard !inbox.isStopped else { return false }
            inbox.isStopped = true
            inbox.state = .down("Redis: the client was stopped")
            inbox.commands.append(.stop)
            return inbox.commands.count == 1
        }
        if wakes { wake() }
    }

    private func wake() {
        var one: UInt64 = 1
        _ = write(wakeDescriptor, &one, 8)
    }

    // MARK: For the thread

    func takeCommands() -> [Command] {
        inbox.withLock { inbox in
            guard !inbox.commands.isEmpty else { return [] }
            let commands = inbox.commands
            inbox.commands.removeAll(keepingCapacity: true)
            return commands
        }
    }

    /// What one turn of the thread brought.
    struct Turn {
        /// Calls that are over, one way or the other, and their bytes.
        var finished = 0
        var finishedBytes = 0
        var timeouts = 0
        var latenciesMilliseconds: [Float] = []
    }

    func settle(_ turn: Turn) {
        inbox.withLock { inbox in
            inbox.waiting -= turn.finished
            inbox.waitingBytes -= turn.finishedBytes
            inbox.counts.timeouts += turn.timeouts
            for latency in turn.latenciesMilliseconds {
                if inbox.latencies.count < Self.keptLatencies {
                    inbox.latencies.append(latency)
                } else {
                    inbox.latencies[inbox.nextLatency] = latency
                    inbox.nextLatency = (inbox.nextLatency + 1) % Self.keptLatencies
                }
            }
        }
    }

    /// False where the client has been stopped.
    func become(_ state: RedisState) -> Bool {
        inbox.withLock { inbox in
            if inbox.isStopped { return false }
            if state == .ok, inbox.state != .ok { inbox.arrivals += 1 }
            inbox.state = state
            inbox.isDecided = true
            return true
        }
    }
}
