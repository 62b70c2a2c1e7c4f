import CHiredis
import Glibc

/// A client's thread, and what it begins with.
final class RedisThread: Sendable {
    let shared: RedisShared
    let address: RedisAddress
    let options: RedisClient.Options
    let onChange: @Sendable (RedisState) -> Void
    let epoll: Int32

    /// Starts the thread, which ends when the client is stopped. Throws where the system has none left.
    static func start(
        _ shared: RedisShared,
        _ address: RedisAddress,
        _ options: RedisClient.Options,
        _ onChange: @escaping @Sendable (RedisState) -> Void
    ) throws(SystemError) {
        let epoll = gw_redis_epoll()
        guard epoll >= 0 else { throw SystemError(doing: "epoll_create1", errno) }
        let start = Unmanaged.passRetained(RedisThread(shared, address, options, onChange, epoll))
        var thread = pthread_t()
        let result = pthread_create(
            &thread,
            nil,
            { context in
                guard let context else { return nil }
                RedisLoop(Unmanaged<RedisThread>.fromOpaque(context).takeRetainedValue()).run()
                return nil
            },
            start.toOpaque()
        )
        guard result == 0 else {
            start.release()
            close(epoll)
            throw SystemError(doing: "pthread_create", result)
        }
        pthread_detach(thread)
    }

    private init(
        _ shared: RedisShared,
        _ address: RedisAddress,
        _ options: RedisClient.Options,
        _ onChange: @escaping @Sendable (RedisState) -> Void,
        _ epoll: Int32
    ) {
        self.shared = shared
        self.address = address
        self.options = options
        self.onChange = onChange
        self.epoll = epoll
    }
}
