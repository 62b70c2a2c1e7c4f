package import GatewayCore
package import Logging
import NIOCore
import NIOExtras
import NIOHTTP1
package import NIOPosix
import ServiceLifecycle
import Synchronization

/// What answers the requests that the server has read.
package protocol HTTPResponder: Sendable {
    func respond(to request: ClientRequest) async -> Reply
}

/// The HTTP/1.1 server: SwiftNIO's codec with plain handlers behind it.
package final class HTTPServer: Service {
    private let settings: Settings.Server
    private let responder: any HTTPResponder
    private let group: MultiThreadedEventLoopGroup
    private let logger: Logger
    private let loops: [ServerLoop]
    private let channel = Mutex<(any Channel)?>(nil)
    private let quiescing: ServerQuiescingHelper
    /// How long requests under way may go on once the server is to stop.
    private let drainSeconds = 30

    package init(
        settings: Settings.Server,
        responder: any HTTPResponder,
        group: MultiThreadedEventLoopGroup,
        logger: Logger
    ) {
        self.settings = settings
        self.responder = responder
        self.group = group
        self.logger = logger
        quiescing = ServerQuiescingHelper(group: group)
        let shared = ServerShared(settings: settings, responder: responder)
        loops = group.makeIterator().map { ServerLoop($0, shared) }
    }

    /// Listens. Returns the port; throws an ``ListenError`` that says what to do.
    package func bind() async throws -> Int {
        let loops = loops
        let quiescing = quiescing
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4_096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = quiescing.makeServerChannelHandler(channel: channel)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            // Requests of 1 KB and of 1 MB in one program: buffers grow with what is read.
            .childChannelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 2_048, initial: 4_096, maximum: 262_144)
            )
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 65_536, high: 262_144))
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let loop = loops.first(where: { $0.loop === channel.eventLoop }) else {
                        throw ChannelError.eof
                    }
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)))
                    try pipeline.addHandler(HTTPConnection(loop))
                }
            }
        do {
            let bound = try await bootstrap.bind(host: settings.host, port: settings.port).get()
            channel.withLock { $0 = bound }
            return bound.localAddress?.port ?? settings.port
        } catch {
            throw ListenError(host: settings.host, port: settings.port, cause: error)
        }
    }

    /// Serves until it is told to shut down, then lets requests under way finish for a while.
    package func run() async throws {
        guard channel.withLock({ $0 }) != nil else { return }
        try await gracefulShutdown()
        let promise = group.next().makePromise(of: Void.self)
        quiescing.initiateShutdown(promise: promise)
        let deadline = group.next().scheduleTask(in: .seconds(Int64(drainSeconds))) { [loops] in
            for loop in loops { loop.closeAll() }
        }
        logger.info("draining: no new connections, requests under way may finish")
        try? await promise.futureResult.get()
        deadline.cancel()
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
