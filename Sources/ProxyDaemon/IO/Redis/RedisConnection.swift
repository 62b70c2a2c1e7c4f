import CHiredis
import Glibc

/// One connection through hiredis, and the calls that are on it. Belongs to one thread.
///
/// Redis answers in the order of the commands, and hiredis pairs replies with them in that order; a connection that has
/// missed a deadline is closed, so that no later reply can come at all.
final class RedisConnection {
    private let link: UnsafeMutablePointer<gw_redis_link>
    private let epoll: Int32
    private let tag: UInt64
    private var watched: UInt32 = 0
    /// Those that wait for a reply, oldest first.
    private var unanswered: [RedisCall] = []
    private var answeredPrefix = 0
    /// Gets each call with its reply, before who waits for it does; nil where the connection ended without one.
    var onReply: ((RedisCall, RedisReply?) -> Void)?

    /// Begins to connect; nil with a reason where that fails at once.
    init(to target: Target, epoll: Int32, tag: UInt64, problem: inout String) {
        link = .allocate(capacity: 1)
        link.initialize(to: gw_redis_link())
        self.epoll = epoll
        self.tag = tag
        let isUnderWay =
            switch target {
            case .unix(let path): gw_redis_connect(link, path, nil, 0) != 0
            case .tcp(let address, let port): gw_redis_connect(link, nil, address, Int32(port)) != 0
            }
        if isUnderWay {
            link.pointee.context.pointee.data = Unmanaged.passUnretained(self).toOpaque()
            updateWatch()
        } else {
            problem = self.problem ?? "it cannot be reached"
        }
    }

    enum Target {
        case unix(path: String)
        /// A numeric address: hiredis would wait for the name's resolution.
        case tcp(address: String, port: Int)
    }

    deinit {
        close()
        // hiredis reads its table of makers out of the link until it is done.
        link.deinitialize(count: 1)
        link.deallocate()
    }

    var isOpen: Bool { link.pointee.context != nil }
    var waitingCalls: ArraySlice<RedisCall> { unanswered[answeredPrefix...] }

    /// Why hiredis ended it; nil where it did not.
    var problem: String? {
        let text = withUnsafeBytes(of: link.pointee.problem) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return text.isEmpty ? nil : text
    }

    /// Writes a command into the buffer. False where the connection takes none.
    func send(_ call: RedisCall) -> Bool {
        // hiredis keeps the call until it gives it back with the reply, or without one.
        let data = Unmanaged.passRetained(call)
        let isTaken = call.bytes.withUnsafeBytes { bytes in
            gw_redis_send(
                link,
                { context, reply, data in
                    guard let data else { return }
                    let call = Unmanaged<RedisCall>.fromOpaque(data).takeRetainedValue()
                    guard let owner = context?.pointee.data else { return }
                    Unmanaged<RedisConnection>.fromOpaque(owner).takeUnretainedValue()
                        .received(call, UnsafePointer(reply?.assumingMemoryBound(to: redisReply.self)))
                },
                data.toOpaque(),
                bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
                call.sizes,
                Int32(clamping: call.sizes.count)
            ) != 0
        }
        guard isTaken else {
            data.release()
            return false
        }
        unanswered.append(call)
        return true
    }

    private func received(_ call: RedisCall, _ reply: UnsafePointer<redisReply>?) {
        answeredPrefix += 1
        if answeredPrefix == unanswered.count {
            unanswered.removeAll(keepingCapacity: true)
            answeredPrefix = 0
        } else if answeredPrefix >= 1_024, answeredPrefix * 2 > unanswered.count {
            unanswered.removeFirst(answeredPrefix)
            answeredPrefix = 0
        }
        onReply?(call, reply.map { RedisReply($0) })
    }

    /// Writes what waits, without asking epoll first: a socket has almost always room.
    func flush() {
        if isOpen, link.pointee.wants_write != 0, gw_redis_is_connected(link) != 0 { gw_redis_write(link) }
        updateWatch()
    }

    /// Acts on what epoll told of the socket.
    func act(on events: UInt32) {
        if events & GW_REDIS_OUT != 0 { gw_redis_write(link) }
        if events & ~GW_REDIS_OUT != 0 {
            var reads = 0
            repeat {
                gw_redis_read(link)
                reads += 1
            } while reads < Self.readsPerTurn && !waitingCalls.isEmpty && gw_redis_unread(link) > 0
        }
        updateWatch()
    }

    /// Of 16 KiB each: what has arrived is read before any deadline is held against it.
    private static let readsPerTurn = 64

    /// Ends it; calls without a reply get none.
    func close() { gw_redis_close(link) }

    private func updateWatch() {
        guard isOpen else { return }
        let wantsOut = link.pointee.wants_write != 0 || gw_redis_is_connected(link) == 0
        let wanted = GW_REDIS_IN | (wantsOut ? GW_REDIS_OUT : 0)
        guard wanted != watched else { return }
        _ = gw_redis_watch(epoll, watched == 0 ? GW_REDIS_ADD : GW_REDIS_MOD, gw_redis_descriptor(link), wanted, tag)
        watched = wanted
    }
}
