import CCurl
import GatewayCore
import Glibc

/// The state of a driver's thread: the multi handle, its sockets and its timer.
final class CurlLoop {
    /// What epoll knows of a socket.
    private struct Watch {
        /// libcurl opened it through us, so that we hear when it closes.
        var isOwned = false
        /// libcurl has let go of it for now, as it does after each transfer; epoll keeps it.
        var isIdle = false
        var isRegistered = false
        var events: UInt32 = 0
    }

    private let driver: CurlDriver
    private var settings: Settings.Upstream
    private var multi: UnsafeMutableRawPointer
    private let epoll: Int32
    private var watches: [Watch] = []
    private var spare: [Transfer] = []
    private var live: [UnsafeMutableRawPointer: Transfer] = [:]
    private var byCall: [ObjectIdentifier: Transfer] = [:]
    private let touched = TouchedTransfers()
    /// When libcurl wants to be called though nothing happened; nil for never.
    private var timerNanoseconds: Int64?
    private var nextSweepNanoseconds: Int64 = 0
    private var isStopping = false
    /// Sockets of libcurl, those of connections at rest among them.
    private var socketCount = 0
    /// Since when nothing is under way; nil where that has been seen to.
    private var quietNanoseconds: Int64?

    /// So many connections may rest for as long as they like.
    private static let restingConnections = 32
    /// More than those are closed when nothing was under way for this long.
    private static let restNanoseconds: Int64 = 1_500_000_000
    /// While there are more than those and calls go on, those that rested for longer than this are closed.
    private static let crowdedRestSeconds = 2
    private static let wakeTag = UInt64.max
    private static let spareTransfers = 256

    init?(_ driver: CurlDriver, _ settings: Settings.Upstream) {
        guard let multi = curl_multi_init() else { return nil }
        self.driver = driver
        self.settings = settings
        self.multi = multi
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        _ = gw_epoll_control(epoll, EPOLL_CTL_ADD, driver.descriptor, GW_EPOLLIN, Self.wakeTag)
        prepareMulti()
    }

    private func prepareMulti() {
        let me = Unmanaged.passUnretained(self).toOpaque()
        _ = gw_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 1_024)
        _ = gw_multi_set_pointer(multi, CURLMOPT_SOCKETDATA, me)
        _ = gw_multi_set_pointer(multi, CURLMOPT_TIMERDATA, me)
        _ = gw_multi_set_socket(multi) { _, socket, what, context, _ in
            guard let context else { return -1 }
            Unmanaged<CurlLoop>.fromOpaque(context).takeUnretainedValue().watch(socket, Int(what))
            return 0
        }
        _ = gw_multi_set_timer(multi) { _, milliseconds, context in
            guard let context else { return -1 }
            let loop = Unmanaged<CurlLoop>.fromOpaque(context).takeUnretainedValue()
            loop.timerNanoseconds =
                milliseconds < 0 ? nil : MonotonicTime.nanoseconds() + Int64(milliseconds) * 1_000_000
            return 0
        }
    }

    deinit {
        spare.removeAll()
        curl_multi_cleanup(multi)
        close(epoll)
    }

    func run() {
        let capacity = 256
        let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: capacity)
        defer { events.deallocate() }
        while !isStopping {
            takeCommands()
            callTimer()
            reap()
            flush()
            sweep()
            closeRestingConnections()
            // What was woken by `flush` may have posted at once; what libcurl wants at once must not wait either.
            let count = epoll_wait(epoll, events, Int32(capacity), waitMilliseconds())
            for index in 0..<max(0, Int(count)) {
                let tag = gw_epoll_tag(events + index)
                if tag == Self.wakeTag {
                    var value: UInt64 = 0
                    _ = read(driver.descriptor, &value, 8)
                } else {
                    act(on: Int32(truncatingIfNeeded: tag), gw_epoll_events(events + index))
                }
            }
        }
    }

    private func takeCommands() {
        for command in driver.takeCommands() {
            switch command {
            case .start(let call): start(call)
            case .cancel(let call): if let transfer = transfer(of: call) { drop(transfer) }
            case .resume(let call): if let transfer = transfer(of: call) { resume(transfer) }
            case .adopt(let newer):
                settings = newer
                spare.removeAll()
            case .stop:
                isStopping = true
                for transfer in Array(live.values) {
                    transfer.call?.finished(.failure(.broken("the gateway is shutting down")))
                    transfer.call?.flush(withHead: true)
                    drop(transfer)
                }
            }
        }
    }

    private func start(_ call: UpstreamCall) {
        guard let transfer = spare.popLast() ?? makeTransfer() else {
            call.finished(.failure(.cannotConnect("libcurl has no memory for another call")))
            call.flush(withHead: true)
            return
        }
        transfer.prepare(call)
        transfer.limitRest(seconds: socketCount > Self.restingConnections ? Self.crowdedRestSeconds : nil)
        quietNanoseconds = nil
        live[transfer.easy] = transfer
        byCall[ObjectIdentifier(call)] = transfer
        curl_multi_add_handle(multi, transfer.easy)
    }

    private func makeTransfer() -> Transfer? {
        guard let transfer = Transfer(settings, touched: touched) else { return nil }
        let me = Unmanaged.passUnretained(self).toOpaque()
        _ = gw_easy_set_pointer(transfer.easy, CURLOPT_OPENSOCKETDATA, me)
        _ = gw_easy_set_pointer(transfer.easy, CURLOPT_CLOSESOCKETDATA, me)
        _ = gw_easy_set_open(transfer.easy) { context, _, address in
            guard let context, let address else { return -1 }
            let socket = gw_open_socket(address)
            if socket >= 0 { Unmanaged<CurlLoop>.fromOpaque(context).takeUnretainedValue().opened(socket) }
            return socket
        }
        _ = gw_easy_set_close(transfer.easy) { context, socket in
            if let context { Unmanaged<CurlLoop>.fromOpaque(context).takeUnretainedValue().closing(socket) }
            return close(socket)
        }
        return transfer
    }

    private func transfer(of call: UpstreamCall) -> Transfer? { byCall[ObjectIdentifier(call)] }

    private func drop(_ transfer: Transfer) {
        curl_multi_remove_handle(multi, transfer.easy)
        live[transfer.easy] = nil
        recycle(transfer)
    }

    private func recycle(_ transfer: Transfer) {
        if let call = transfer.call { byCall[ObjectIdentifier(call)] = nil }
        transfer.release()
        if live.isEmpty, socketCount > Self.restingConnections { quietNanoseconds = MonotonicTime.nanoseconds() }
        if spare.count < Self.spareTransfers, transfer.settings == settings { spare.append(transfer) }
    }

    private func resume(_ transfer: Transfer) {
        transfer.activeNanoseconds = MonotonicTime.nanoseconds()
        curl_easy_pause(transfer.easy, CURLPAUSE_CONT)
    }

    // MARK: Sockets

    private func opened(_ socket: Int32) {
        grow(to: socket)
        watches[Int(socket)] = Watch(isOwned: true)
        socketCount += 1
    }

    /// The kernel takes a closed socket out of the epoll set by itself.
    private func closing(_ socket: Int32) {
        if Int(socket) < watches.count { watches[Int(socket)] = Watch() }
        socketCount -= 1
    }

    /// After a storm of calls, lets go of the connections that it needed. libcurl closes connections at rest only as a
    /// further call starts, and else with the multi handle.
    private func closeRestingConnections() {
        guard let since = quietNanoseconds, MonotonicTime.nanoseconds() - since > Self.restNanoseconds else { return }
        quietNanoseconds = nil
        guard let fresh = curl_multi_init() else { return }
        curl_multi_cleanup(multi)
        multi = fresh
        timerNanoseconds = nil
        prepareMulti()
    }

    private func grow(to socket: Int32) {
        while watches.count <= Int(socket) { watches.append(Watch()) }
    }

    /// libcurl lets go of a connection's socket after each transfer and takes it up again with the next. Our own sockets
    /// stay in the epoll set meanwhile: that saves two system calls a request.
    private func watch(_ socket: Int32, _ what: Int) {
        grow(to: socket)
        let index = Int(socket)
        if what == Int(CURL_POLL_REMOVE) {
            if watches[index].isOwned {
                watches[index].isIdle = true
            } else {
                _ = gw_epoll_control(epoll, EPOLL_CTL_DEL, socket, 0, 0)
                watches[index] = Watch()
            }
            return
        }
        let wanted =
            (what & Int(CURL_POLL_IN) != 0 ? GW_EPOLLIN : 0) | (what & Int(CURL_POLL_OUT) != 0 ? GW_EPOLLOUT : 0)
        watches[index].isIdle = false
        if watches[index].isRegistered, watches[index].events == wanted, watches[index].isOwned { return }
        let operation = watches[index].isRegistered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD
        if gw_epoll_control(epoll, operation, socket, wanted, UInt64(socket)) != 0 {
            // A socket that closed behind our back has left the set, or its number has come back into it.
            let other = operation == EPOLL_CTL_ADD ? EPOLL_CTL_MOD : EPOLL_CTL_ADD
            _ = gw_epoll_control(epoll, other, socket, wanted, UInt64(socket))
        }
        watches[index].isRegistered = true
        watches[index].events = wanted
    }

    private func act(on socket: Int32, _ events: UInt32) {
        let index = Int(socket)
        guard index < watches.count else { return }
        if watches[index].isIdle {
            // The provider has closed a connection at rest, or sends unasked: libcurl will see when it next needs it.
            _ = gw_epoll_control(epoll, EPOLL_CTL_DEL, socket, 0, 0)
            watches[index].isRegistered = false
            watches[index].isIdle = false
            return
        }
        var mask: Int32 = 0
        if events & (GW_EPOLLIN | GW_EPOLLHUP | GW_EPOLLERR) != 0 { mask |= CURL_CSELECT_IN }
        if events & GW_EPOLLOUT != 0 { mask |= CURL_CSELECT_OUT }
        var running: Int32 = 0
        curl_multi_socket_action(multi, socket, mask, &running)
    }

    // MARK: Turns of the loop

    private func callTimer() {
        guard let timer = timerNanoseconds, MonotonicTime.nanoseconds() >= timer else { return }
        timerNanoseconds = nil
        var running: Int32 = 0
        curl_multi_socket_action(multi, curlSocketTimeout, 0, &running)
    }

    private func reap() {
        var result = CURLE_OK
        while let easy = gw_multi_next_done(multi, &result) {
            guard let transfer = live.removeValue(forKey: easy) else { continue }
            curl_multi_remove_handle(multi, easy)
            if result == CURLE_OK { transfer.finishHead() }
            transfer.handOver()
            transfer.call?.finished(result == CURLE_OK ? .success(()) : .failure(transfer.problem(result)))
            transfer.call?.flush(withHead: true)
            transfer.isTouched = false
            recycle(transfer)
        }
    }

    private func flush() {
        guard !touched.transfers.isEmpty else { return }
        let transfers = touched.transfers
        touched.transfers.removeAll(keepingCapacity: true)
        for transfer in transfers where transfer.isTouched {
            transfer.isTouched = false
            transfer.handOver()
            transfer.call?.flush(withHead: !transfer.isSmall || transfer.isFull)
        }
    }

    /// Once a second: whose patience, and which transfer's time, has run out.
    private func sweep() {
        guard !live.isEmpty else { return }
        let now = MonotonicTime.nanoseconds()
        guard now >= nextSweepNanoseconds else { return }
        nextSweepNanoseconds = now + 1_000_000_000
        for transfer in Array(live.values) {
            transfer.call?.checkPatience(now: now)
            if transfer.call?.isOverdue(now: now) == true {
                drop(transfer)
                continue
            }
            guard let what = expired(transfer, now) else { continue }
            transfer.call?.finished(.failure(.timeout(what)))
            transfer.call?.flush(withHead: true)
            drop(transfer)
        }
    }

    private func expired(_ transfer: Transfer, _ now: Int64) -> String? {
        func isOver(_ since: Int64, _ seconds: Int) -> Bool { now - since > Int64(seconds) * 1_000_000_000 }
        let settings = transfer.settings
        if isOver(transfer.startedNanoseconds, settings.totalTimeoutSeconds) {
            return "the call took longer than \(settings.totalTimeoutSeconds) s"
        }
        let own = transfer.call?.request.timeoutSeconds
        let firstByte = own ?? settings.firstByteTimeoutSeconds
        if !transfer.hasAnswer, isOver(transfer.startedNanoseconds, firstByte) {
            return "no answer within \(firstByte) s"
        }
        let idle = own ?? settings.idleTimeoutSeconds
        if transfer.hasAnswer, let since = transfer.call?.silentSince(transfer.activeNanoseconds), isOver(since, idle) {
            return "no byte for \(idle) s"
        }
        return nil
    }

    private func waitMilliseconds() -> Int32 {
        if live.isEmpty, timerNanoseconds == nil, quietNanoseconds == nil { return -1 }
        let now = MonotonicTime.nanoseconds()
        var until = live.isEmpty ? Int64.max : max(nextSweepNanoseconds, now)
        if let quietNanoseconds { until = min(until, max(now, quietNanoseconds + Self.restNanoseconds + 1_000_000)) }
        if let timer = timerNanoseconds { until = min(until, timer) }
        if until <= now { return 0 }
        return Int32(clamping: (until - now + 999_999) / 1_000_000)
    }
}

/// `CURL_SOCKET_TIMEOUT`, whose cast Swift does not import.
private let curlSocketTimeout: curl_socket_t = -1
