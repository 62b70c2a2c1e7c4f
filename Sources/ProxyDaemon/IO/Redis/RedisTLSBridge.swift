import Dispatch
import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Carries a connection's bytes over TLS, as hiredis 0.14 cannot: hiredis speaks to a Unix socket in a directory that only
/// this user may enter, and every connection there becomes a TLS connection to Redis.
///
/// The server's certificate and its host's name are always checked.
final class RedisTLSBridge: Sendable {
    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    /// The Unix socket.
    let path: String
    private let directory: String
    private let group: MultiThreadedEventLoopGroup
    private let lastProblem = Mutex<String?>(nil)

    /// Why the last connection could not be made or ended; nil where nothing is known.
    var problem: String? { lastProblem.withLock { $0 } }

    /// Listens for hiredis; throws where that, or the authorities' file, fails. `certificateFile` is in PEM, nil for the
    /// system's authorities.
    init(host: String, port: Int, certificateFile: String?) throws(Problem) {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let certificateFile { configuration.trustRoots = .file(certificateFile) }
        let context: NIOSSLContext
        do {
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw Problem(
                description: "TLS: cannot use the authorities in \(certificateFile ?? "the system"): \(error)"
            )
        }
        directory = try Self.makeDirectory()
        path = "\(directory)/redis.sock"
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let route = Route(host: host, port: port, context: context)
        do {
            _ = try ServerBootstrap(group: group)
                .childChannelOption(.autoRead, value: false)
                .childChannelInitializer { [weak self] near in
                    guard let self else { return near.close() }
                    lastProblem.withLock { $0 = nil }
                    return near.eventLoop.makeCompletedFuture { try self.join(near, route) }
                }
                .bind(unixDomainSocketPath: path)
                .wait()
        } catch {
            let problem = Problem(description: "TLS: cannot listen on \(path): \(error)")
            stop()
            throw problem
        }
    }

    private struct Route: Sendable {
        let host: String
        let port: Int
        let context: NIOSSLContext
    }

    private static func makeDirectory() throws(Problem) -> String {
        let parent = getenv("XDG_RUNTIME_DIR").map { String(cString: $0) } ?? "/tmp"
        // mkdtemp makes it 0700.
        for parent in [parent, "/tmp"] where parent.hasPrefix("/") && parent.utf8.count < 64 {
            var template = Array("\(parent)/llm-gateway-redis-XXXXXX".utf8CString)
            if let made = mkdtemp(&template) { return String(cString: made) }
        }
        throw Problem(description: "TLS: \(SystemError(doing: "cannot make a directory in \(parent)", errno))")
    }

    /// Connects to Redis and lets the bytes through once that stands.
    private func join(_ near: any Channel, _ route: Route) throws {
        let nearEnd = RelayHandler()
        try near.pipeline.syncOperations.addHandler(nearEnd)
        // A name is sent to the server and held against its certificate; an address is only held against it.
        let name = HostLookup.isNumeric(route.host) ? nil : route.host
        let nearBound = NIOLoopBound(nearEnd, eventLoop: near.eventLoop)
        ClientBootstrap(group: near.eventLoop)
            .connectTimeout(.seconds(5))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelInitializer { [weak self] far in
                far.eventLoop.makeCompletedFuture {
                    let pipeline = far.pipeline.syncOperations
                    try pipeline.addHandler(NIOSSLClientHandler(context: route.context, serverHostname: name))
                    let farEnd = RelayHandler { self?.note($0, route.host) }
                    try pipeline.addHandler(farEnd)
                    RelayHandler.join(nearBound.value, farEnd)
                }
            }
            .connect(host: route.host, port: route.port)
            .whenComplete { [weak self] result in
                switch result {
                case .success: near.setOption(.autoRead, value: true).whenFailure { _ in near.close(promise: nil) }
                case .failure(let error):
                    self?.note(error, route.host)
                    near.close(promise: nil)
                }
            }
    }

    private func note(_ error: any Error, _ host: String) {
        // How a server goes that is killed: no fault of TLS.
        if case .uncleanShutdown? = error as? NIOSSLError { return }
        let text = String(describing: error)
        let problem =
            if text.contains("CERTIFICATE_VERIFY_FAILED") {
                "TLS: its certificate is not trusted: name the authority's file with ?ca_file= in cache.redis_url, or have "
                    + "the system trust it"
            } else if (error as? NIOSSLExtraError) == .failedToValidateHostname {
                "TLS: its certificate is for another host than \(host)"
            } else if error is NIOSSLError || error is BoringSSLError {
                "TLS: \(text)"
            } else {
                "it cannot be reached: \(text)"
            }
        lastProblem.withLock { $0 = $0 ?? problem }
    }

    /// Ends all connections and removes the socket.
    func stop() {
        group.shutdownGracefully(queue: .global()) { [path, directory] _ in
            unlink(path)
            rmdir(directory)
        }
    }
}

/// One end of two joined channels on one event loop: what comes in here goes out there, and no faster than that.
private final class RelayHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var partner: RelayHandler?
    private var context: ChannelHandlerContext?
    private var wantsRead = false
    private let onError: (any Error) -> Void

    init(_ onError: @escaping (any Error) -> Void = { _ in }) {
        self.onError = onError
    }

    static func join(_ near: RelayHandler, _ far: RelayHandler) {
        near.partner = far
        far.partner = near
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        partner = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        partner?.context?.write(wrapOutboundOut(unwrapInboundIn(data)), promise: nil)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        partner?.context?.flush()
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        if let other = partner?.context, other.channel.isWritable {
            context.read()
        } else {
            wantsRead = true
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { partner?.resumeReading() }
        context.fireChannelWritabilityChanged()
    }

    private func resumeReading() {
        guard wantsRead else { return }
        wantsRead = false
        context?.read()
    }

    func channelInactive(context: ChannelHandlerContext) {
        partner?.context?.close(promise: nil)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        onError(error)
        context.close(promise: nil)
    }
}
