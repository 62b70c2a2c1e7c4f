package import GatewayCore
package import Logging
import NIOCore
import NIOExtras
import NIOHTTP1
package import NIOPosix
import NIOSSL
import ServiceLifecycle
import Synchronization

/// What answers the requests that the server has read.
package protocol HTTPResponder: Sendable {
    /// Looks at a request whose body is still to come, and may be large. Throws where it will not be answered otherwise than by
    /// this error.
    func admit(_ request: ClientRequest) throws(GatewayError)
    func respond(to request: ClientRequest) async -> Reply
}

/// The HTTP/1.1 server: SwiftNIO's codec with plain handlers behind it.
package final class HTTPServer: Service {
    private let group: MultiThreadedEventLoopGroup
    private let logger: Logger
    private let loops: [ServerLoop]
    private let channel = Mutex<(any Channel)?>(nil)
    private let quiescing: ServerQuiescingHelper
    private let shared: ServerShared
    private let readiness: Readiness
    /// How long the last errors may take to reach clients when the time to finish is over.
    private let farewellSeconds: Int64 = 2

    package init(
        _ terms: ServerTerms,
        readiness: Readiness = Readiness(),
        accessLog: AccessLog? = nil,
        counters: ServerCounters = ServerCounters(),
        group: MultiThreadedEventLoopGroup,
        logger: Logger
    ) {
        self.group = group
        self.logger = logger
        quiescing = ServerQuiescingHelper(group: group)
        self.readiness = readiness
        let shared = ServerShared(terms, accessLog: accessLog, counters: counters)
        self.shared = shared
        loops = group.makeIterator().map { ServerLoop($0, shared) }
    }

    private var settings: Settings.Server { shared.current.settings }

    /// Has new connections and new requests served by these terms. Where it listens, by how many threads and for how many
    /// connections stays.
    package func adopt(_ terms: ServerTerms) { shared.adopt(terms) }

    /// Listens. Returns the port; throws a ``ListenError`` that says what to do. With an `inherited` socket it
    /// listens on that.
    package func bind(_ inherited: InheritedSocket? = nil) async throws -> Int {
        let loops = loops
        let quiescing = quiescing
        let logger = logger
        let settings = settings
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4_096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pause = AcceptPause { error in
                        logger.warning(
                            "connections wait, as none can be accepted: \(error); raise ulimit -n or LimitNOFILE"
                        )
                    }
                    let handler = quiescing.makeServerChannelHandler(channel: channel)
                    try channel.pipeline.syncOperations.addHandlers([pause, handler])
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            // Requests of 1 KB and of 1 MB in one program: buffers grow with what is read.
            .childChannelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 2_048, initial: 4_096, maximum: 262_144)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let loop = loops.first(where: { $0.loop === channel.eventLoop }) else {
                        throw ChannelError.eof
                    }
                    let terms = loop.shared.current
                    let settings = terms.settings
                    let buffer = ChannelOptions.Types.WriteBufferWaterMark(
                        low: settings.writeBufferBytes / 4,
                        high: settings.writeBufferBytes
                    )
                    try channel.syncOptions?.setOption(.writeBufferWaterMark, value: buffer)
                    let policy = HeadPolicy(maximumBytes: settings.maxHeaderBytes, maximumFields: settings.maxHeaders)
                    let pipeline = channel.pipeline.syncOperations
                    if let tls = terms.tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls.context)) }
                    let gate = RequestGate(policy)
                    try pipeline.addHandler(gate)
                    try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)))
                    try pipeline.addHandler(HTTPConnection(loop, settings, gate))
                }
            }
        do {
            let bound =
                if let inherited {
                    try await bootstrap.withBoundSocket(inherited.descriptor).get()
                } else {
                    try await bootstrap.bind(host: settings.host, port: settings.port).get()
                }
            channel.withLock { $0 = bound }
            fitConnections()
            return bound.localAddress?.port ?? settings.port
        } catch {
            throw ListenError(host: settings.host, port: settings.port, cause: error)
        }
    }

    /// Takes no more clients than there are descriptors for: at the system's limit nothing could be opened any more.
    private func fitConnections() {
        let limit = Descriptors.raiseLimit()
        let most = Descriptors.clients(limit: limit, open: Descriptors.open())
        guard most < settings.maxConnections else { return }
        shared.connectionLimit.store(most, ordering: .relaxed)
        logger.warning(
            "\(limit) file descriptors are too few for server.max_connections: \(most) clients are served; raise ulimit -n or LimitNOFILE"
        )
    }

    /// Serves until it is told to shut down, then lets requests under way finish for a while.
    package func run() async throws {
        guard channel.withLock({ $0 }) != nil else { return }
        try await gracefulShutdown()
        readiness.beginDraining()
        let promise = group.next().makePromise(of: Void.self)
        quiescing.initiateShutdown(promise: promise)
        let seconds = Int64(settings.drainTimeoutSeconds)
        logger.info("draining: no new connections, requests under way may finish within \(seconds) s")
        let cutOff = group.next().scheduleTask(in: .seconds(seconds)) { [loops, logger] in
            logger.warning("draining took longer than \(seconds) s: what is still being answered ends with an error")
            for loop in loops { loop.cutOffAll() }
        }
        let end = group.next().scheduleTask(in: .seconds(seconds + farewellSeconds)) { [loops] in
            for loop in loops { loop.closeAll() }
        }
        try? await promise.futureResult.get()
        cutOff.cancel()
        end.cancel()
    }
}

/// The address cannot be listened on.
package struct ListenError: Error, CustomStringConvertible {
    let host: String
    let port: Int
    let cause: any Error

    package var description: String {
        guard let cause = cause as? IOError else { return "cannot listen on \(host):\(port): \(cause)" }
        return switch cause.errnoCode {
        case EADDRINUSE:
            "port \(port) on \(host) is in use: stop the program that has it, or choose another with --port"
        case EACCES: "port \(port) needs privileges: choose one above 1023 with --port"
        case EADDRNOTAVAIL: "\(host) is no address of this machine: set server.host to one that is, or 127.0.0.1"
        default: "cannot listen on \(host):\(port): \(SystemError(doing: "bind", cause.errnoCode))"
        }
    }
}
