package import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// An HTTP server that speaks Anthropic's Messages API and pretends to be its models.
///
/// It serves demonstrations, tests and benchmarks, and shares no code with the gateway. Every answer says that it is
/// simulated: by the header `x-simulated: true` and by a mark in its text.
package final class SimulatorServer: Sendable {
    /// The port that is served; the one the system chose when 0 was asked for.
    package let port: Int
    private let listener: any Channel
    private let connections: Connections

    private init(listener: any Channel, connections: Connections) {
        self.listener = listener
        self.connections = connections
        port = listener.localAddress?.port ?? 0
    }

    /// Begins to serve.
    /// - Parameters:
    ///   - host: The name or address to listen on.
    ///   - port: The port to listen on, or 0 for any free one.
    ///   - group: The event loops to serve on. They stay the caller's.
    ///   - options: Seed and speed of the answers.
    /// - Returns: The running server.
    /// - Throws: An `IOError` when the address cannot be listened on.
    package static func start(
        host: String,
        port: Int,
        group: any EventLoopGroup,
        options: SimulatorOptions
    ) async throws -> SimulatorServer {
        let responder = Responder(options: options)
        let connections = Connections()
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    connections.add(channel)
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(ConnectionHandler(responder: responder))
                }
            }
            .bind(host: host, port: port)
            .get()
        return SimulatorServer(listener: listener, connections: connections)
    }

    /// Stops listening and closes all connections. Further calls do nothing.
    package func stop() async throws {
        do {
            try await listener.close()
        } catch ChannelError.alreadyClosed {
            // Stopped before.
        }
        await connections.closeAll()
    }
}

/// The open connections, so that they can be closed.
private final class Connections: Sendable {
    private struct State {
        var open: [ObjectIdentifier: any Channel] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())

    func add(_ channel: any Channel) {
        let isClosed = state.withLock { state in
            if !state.isClosed { state.open[ObjectIdentifier(channel)] = channel }
            return state.isClosed
        }
        guard !isClosed else { return channel.close(promise: nil) }
        channel.closeFuture.whenComplete { _ in
            self.state.withLock { _ = $0.open.removeValue(forKey: ObjectIdentifier(channel)) }
        }
    }

    func closeAll() async {
        let channels = state.withLock { state in
            state.isClosed = true
            return Array(state.open.values)
        }
        for channel in channels { try? await channel.close() }
    }
}
