import CHiredis
import Glibc
import Shared

/// The state of a client's thread: the connection, the way to the next one, and the calls that wait for it.
final class RedisLoop {
    private enum Phase {
        /// There is no connection; the next attempt begins then.
        case away(untilNanoseconds: Int64)
        /// The host's name is being looked up.
        case resolving(deadlineNanoseconds: Int64)
        /// Connecting, signing in, and proving to be quick enough.
        case greeting(deadlineNanoseconds: Int64)
        case ready
    }

    private let shared: RedisShared
    private let address: RedisAddress
    private let options: RedisClient.Options
    private let onChange: @Sendable (RedisState) -> Void
    private let epoll: Int32
    private var phase = Phase.away(untilNanoseconds: 0)
    private var health = RedisHealth()
    /// What `onChange` was told last; nil before the first time.
    private var toldUp: Bool?
    /// Why Redis is away.
    private var detail = ""
    private var toldDetail = ""
    private var connection: RedisConnection?
    private var connectionNumber: UInt64 = 0
    private let greeting: RedisGreeting
    private var greetingProblem: String?
    private var isProbing = false
    /// The connection ended before somebody's call had its reply.
    private var hasLostCalls = false
    /// Calls that came while one connection is quietly replaced by the next.
    private var waiting: [RedisCall] = []
    /// Not after the first deadline of all calls.
    private var nextDeadlineNanoseconds = Int64.max
    private var lastHeardNanoseconds: Int64 = 0
    private var lastDistrustNanoseconds = Int64.min / 2
    private var addresses: [String] = []
    private var addressTurn = 0
    private var isLookingUp = false
    private var bridge: RedisTLSBridge?
    private var turn = RedisShared.Turn()
    private var isStopped = false

    private static let wakeTag = UInt64.max
    private static let heartbeatNanoseconds: Int64 = 5_000_000_000
    private static let distrustNanoseconds: Int64 = 1_000_000_000

    init(_ start: RedisThread) {
        shared = start.shared
        address = start.address
        options = start.options
        greeting = RedisGreeting(address: start.address, name: start.options.name)
        onChange = start.onChange
        epoll = start.epoll
        // Each write to the descriptor is one event: it never has to be read.
        _ = gw_redis_watch(epoll, GW_REDIS_ADD, shared.wakeDescriptor, GW_REDIS_IN | GW_REDIS_EDGE, Self.wakeTag)
    }

    deinit { close(epoll) }

    /// The thread's work, until the client is stopped.
    func run() {
        // hiredis writes to its sockets with write(2).
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        let capacity = 4
        let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: capacity)
        defer { events.deallocate() }
        while true {
            takeCommands()
            if isStopped { break }
            let now = MonotonicTime.nanoseconds()
            expire(now)
            advance(now)
            connection?.flush()
            noticeEnd()
            finishTurn()
            let count = epoll_wait(epoll, events, Int32(capacity), waitMilliseconds())
            for index in 0..<max(0, Int(count)) where gw_redis_event_tag(events + index) == connectionNumber {
                connection?.act(on: gw_redis_event_bits(events + index))
                noticeEnd()
            }
        }
        closeConnection()
        failWaiting(.connectionLost)
        takeCommands()
        finishTurn()
        bridge?.stop()
    }

    // MARK: Calls

    private func takeCommands() {
        let commands = shared.takeCommands()
        guard !commands.isEmpty else { return }
        let now = MonotonicTime.nanoseconds()
        for command in commands {
            switch command {
            case .call(let call): take(call, now)
            case .resolved(let addresses): resolved(addresses)
            case .distrust: distrust()
            case .stop: isStopped = true
            }
        }
    }

    private func take(_ call: RedisCall, _ now: Int64) {
        guard !isStopped else { return end(call, .failure(.connectionLost)) }
        if now >= call.deadlineNanoseconds {
            // This machine was too busy to send it: no fault of Redis.
            turn.timeouts += 1
            end(call, .failure(.timedOut))
        } else if case .ready = phase {
            send(call)
        } else if health.isUp {
            waiting.append(call)
            nextDeadlineNanoseconds = min(nextDeadlineNanoseconds, call.deadlineNanoseconds)
        } else {
            end(call, .failure(.down(toldDetail)))
        }
    }

    private func send(_ call: RedisCall) {
        guard connection?.send(call) == true else { return end(call, .failure(.connectionLost)) }
        nextDeadlineNanoseconds = min(nextDeadlineNanoseconds, call.deadlineNanoseconds)
    }

    private func end(_ call: RedisCall, _ outcome: RedisCall.Outcome) {
        if call.purpose == .caller {
            turn.finished += 1
            turn.finishedBytes += call.bytes.count
        }
        call.finish(outcome)
    }

    private func endByDeadline(_ call: RedisCall) {
        health.timedOut()
        if !health.isUp, toldUp == true {
            detail = "it did not answer \(RedisHealth.timeoutsUntilDown) calls in a row in time"
            tell()
        }
        turn.timeouts += 1
        end(call, .failure(.timedOut))
    }

    private func failWaiting(_ error: RedisError) {
        let calls = waiting
        waiting.removeAll()
        for call in calls { end(call, .failure(error)) }
    }

    /// A call comes back from the connection.
    private func received(_ call: RedisCall, _ reply: RedisReply?) {
        let now = MonotonicTime.nanoseconds()
        guard let reply else {
            guard call.purpose == .caller || call.purpose == .heartbeat else { return }
            if call.purpose == .caller { hasLostCalls = true }
            return now >= call.deadlineNanoseconds ? endByDeadline(call) : end(call, .failure(.connectionLost))
        }
        lastHeardNanoseconds = now
        switch call.purpose {
        case .caller:
            health.answered()
            turn.latenciesMilliseconds.append(Float(now - call.startNanoseconds) / 1_000_000)
            end(call, .success(reply))
        case .heartbeat: health.answered()
        case .signIn, .selectDatabase, .name, .probe: greeted(call.purpose, reply, now)
        }
    }

    /// Ends the calls whose time is over. Replies that had arrived were read just before.
    private func expire(_ now: Int64) {
        guard now >= nextDeadlineNanoseconds else { return }
        let expired = waiting.filter { $0.deadlineNanoseconds <= now }
        if !expired.isEmpty {
            waiting.removeAll { $0.deadlineNanoseconds <= now }
            for call in expired { endByDeadline(call) }
        }
        if connection?.waitingCalls.contains(where: { $0.deadlineNanoseconds <= now }) == true {
            // Whatever comes on this connection now comes too late.
            lose("it did not answer in time", isQuiet: true)
        }
        if !health.isUp { failWaiting(.down(sentence(detail))) }
        let calls = waiting + (connection.map { Array($0.waitingCalls) } ?? [])
        nextDeadlineNanoseconds = calls.reduce(Int64.max) { min($0, $1.deadlineNanoseconds) }
    }

    private func distrust() {
        let now = MonotonicTime.nanoseconds()
        guard case .ready = phase, now - lastDistrustNanoseconds >= Self.distrustNanoseconds else { return }
        lastDistrustNanoseconds = now
        lose("it sent a value that was not the right one", isQuiet: true)
    }

    // MARK: The connection

    private func advance(_ now: Int64) {
        switch phase {
        case .away(let until): if now >= until { beginAttempt(now) }
        case .resolving(let deadline):
            if now >= deadline { lose("the name of its host could not be looked up in time", isQuiet: false) }
        case .greeting(let deadline):
            guard now >= deadline else { return }
            let limit = isProbing ? options.timeoutMilliseconds : options.connectTimeoutMilliseconds
            lose("it does not answer within \(limit) ms", isQuiet: false)
        case .ready:
            guard now - lastHeardNanoseconds >= Self.heartbeatNanoseconds, connection?.waitingCalls.isEmpty == true
            else { return }
            lastHeardNanoseconds = now
            send(own(.heartbeat, ["PING"], options.timeoutMilliseconds))
        }
    }

    private func beginAttempt(_ now: Int64) {
        switch address.place {
        case .unix(let path): connect(.unix(path: path), now)
        case .tcp(let host, let port) where address.isEncrypted:
            do throws(RedisTLSBridge.Problem) {
                connect(.unix(path: try bridgePath(host, port)), now)
            } catch {
                lose(error.description, isQuiet: false)
            }
        case .tcp(let host, let port) where HostLookup.isNumeric(host):
            connect(.tcp(address: host, port: port), now)
        case .tcp(let host, _):
            phase = .resolving(deadlineNanoseconds: now + milliseconds(options.connectTimeoutMilliseconds))
            guard !isLookingUp else { return }
            isLookingUp = true
            HostLookup.start(host) { [shared] in shared.post(.resolved($0)) }
        }
    }

    private func bridgePath(_ host: String, _ port: Int) throws(RedisTLSBridge.Problem) -> String {
        if let bridge { return bridge.path }
        let made = try RedisTLSBridge(host: host, port: port, certificateFile: address.certificateFile)
        bridge = made
        return made.path
    }

    private func resolved(_ addresses: [String]) {
        isLookingUp = false
        guard case .resolving = phase, case .tcp(let host, let port) = address.place else { return }
        guard !addresses.isEmpty else {
            return lose("there is no host \(PlainText.sanitized(host))", isQuiet: false)
        }
        // With every attempt the next one.
        let numeric = addresses[addressTurn % addresses.count]
        connect(.tcp(address: numeric, port: port), MonotonicTime.nanoseconds())
    }

    private func connect(_ target: RedisConnection.Target, _ now: Int64) {
        connectionNumber += 1
        var problem = ""
        let connection = RedisConnection(to: target, epoll: epoll, tag: connectionNumber, problem: &problem)
        guard connection.isOpen else { return lose(problem, isQuiet: false) }
        connection.onReply = { [unowned self] in received($0, $1) }
        self.connection = connection
        (greetingProblem, isProbing, hasLostCalls) = (nil, false, false)
        phase = .greeting(deadlineNanoseconds: now + milliseconds(options.connectTimeoutMilliseconds))
        for (purpose, arguments) in greeting.commands {
            send(own(purpose, arguments, options.connectTimeoutMilliseconds))
        }
    }

    private func own(_ purpose: RedisCall.Purpose, _ arguments: [String], _ milliseconds: Int) -> RedisCall {
        RedisCall(
            arguments.map { Array($0.utf8) },
            startNanoseconds: MonotonicTime.nanoseconds(),
            timeoutMilliseconds: milliseconds,
            purpose: purpose
        )
    }

    private func greeted(_ purpose: RedisCall.Purpose, _ reply: RedisReply, _ now: Int64) {
        switch greeting.judge(reply, to: purpose) {
        case .goesOn: break
        case .fails(let problem): greetingProblem = greetingProblem ?? problem
        case .isSignedIn:
            guard greetingProblem == nil else { return }
            isProbing = true
            phase = .greeting(deadlineNanoseconds: now + milliseconds(options.timeoutMilliseconds))
            send(own(.probe, ["PING"], options.connectTimeoutMilliseconds))
        case .isReady: becomeReady(now)
        }
    }

    private func becomeReady(_ now: Int64) {
        phase = .ready
        health.greeted(now: now)
        let calls = waiting
        waiting.removeAll()
        for call in calls { send(call) }
    }

    /// Looks whether the connection has ended, or cannot be used.
    private func noticeEnd() {
        guard let connection else { return }
        if let problem = greetingProblem {
            lose(problem, isQuiet: false)
        } else if !connection.isOpen {
            var isQuiet = false
            if case .ready = phase { isQuiet = !hasLostCalls }
            lose(bridge?.problem ?? connection.problem ?? "the connection ended", isQuiet: isQuiet)
        }
    }

    /// Ends the connection, or the attempt at one, and plans the next.
    private func lose(_ reason: String, isQuiet: Bool) {
        addressTurn &+= 1
        let now = MonotonicTime.nanoseconds()
        let pause = health.lost(isQuiet: isQuiet, now: now, random: Double.random(in: 0..<1))
        phase = .away(untilNanoseconds: now + milliseconds(pause))
        detail = reason
        tell()
        closeConnection()
        if !health.isUp { failWaiting(.down(sentence(detail))) }
    }

    private func closeConnection() {
        connection?.close()
        connection = nil
        greetingProblem = nil
        hasLostCalls = false
    }

    // MARK: Turns

    private func sentence(_ reason: String) -> String {
        "Redis at \(PlainText.sanitized(address.description)): \(PlainText.sanitized(reason))"
    }

    private func finishTurn() {
        if turn.finished > 0 || turn.timeouts > 0 {
            shared.settle(turn)
            turn = RedisShared.Turn()
        }
        tell()
    }

    /// Makes the state known, where it has changed; before the calls that hear of it, where that can be.
    private func tell() {
        // Before the first attempt is over there is nothing to tell.
        guard health.isUp || !detail.isEmpty else { return }
        let sentence = health.isUp ? "" : sentence(detail)
        guard toldUp != health.isUp || toldDetail != sentence else { return }
        let isNews = toldUp != health.isUp
        (toldUp, toldDetail) = (health.isUp, sentence)
        let state: RedisState = health.isUp ? .ok : .down(sentence)
        if shared.become(state), isNews { onChange(state) }
    }

    private func milliseconds(_ count: Int) -> Int64 { Int64(count) * 1_000_000 }

    private func waitMilliseconds() -> Int32 {
        var until = nextDeadlineNanoseconds
        switch phase {
        case .away(let time), .resolving(let time), .greeting(let time): until = min(until, time)
        case .ready:
            if connection?.waitingCalls.isEmpty == true {
                until = min(until, lastHeardNanoseconds + Self.heartbeatNanoseconds)
            }
        }
        guard until < Int64.max else { return -1 }
        let now = MonotonicTime.nanoseconds()
        return until <= now ? 0 : Int32(clamping: (until - now + 999_999) / 1_000_000)
    }
}
