package import GatewayCore
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Synchronization

/// What connections are served by. May be exchanged while they are.
package struct ServerTerms: Sendable {
    package var settings: Settings.Server
    package var responder: any HTTPResponder
    package var tls: ServerTLS?

    package init(settings: Settings.Server, responder: any HTTPResponder, tls: ServerTLS? = nil) {
        self.settings = settings
        self.responder = responder
        self.tls = tls
    }
}

/// What all connections share.
final class ServerShared: Sendable {
    private let terms: Mutex<ServerTerms>
    let accessLog: AccessLog?
    let ids = QueryIDs()
    let counters: ServerCounters
    /// `settings.maxConnections`, or what the system allows where that is less.
    let connectionLimit: Synchronization.Atomic<Int>
    let bodies: BodyAllowance
    /// What bodies may take together where the settings do not say.
    private let usualBodyBytes = MemoryLimit.bodyBytes()

    init(_ terms: ServerTerms, accessLog: AccessLog?, counters: ServerCounters) {
        self.terms = Mutex(terms)
        self.accessLog = accessLog
        self.counters = counters
        bodies = counters.bodies
        connectionLimit = Synchronization.Atomic(terms.settings.maxConnections)
    }

    /// What holds for new connections.
    var current: ServerTerms { terms.withLock { $0 } }

    /// What answers new requests, those on older connections included.
    var responder: any HTTPResponder { terms.withLock { $0.responder } }

    func adopt(_ newer: ServerTerms) { terms.withLock { $0 = newer } }

    /// Who may not ask has no larger body read. Of a small one the answer is told behind it, once the request is looked at.
    func admit(_ head: HTTPRequestHead, isFromLoopback: Bool) throws(GatewayError) {
        let isChunked = head.headers.contains(name: "transfer-encoding")
        let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
        guard isChunked || length > BodyShare.freeBytes else { return }
        try responder.admit(ClientRequest(head, [], id: "", isFromLoopback: isFromLoopback, nil, CutOff()))
    }

    /// For the body of one request. A single one has room in any case.
    func bodyShare(_ settings: Settings.Server) -> BodyShare {
        BodyShare(of: bodies, most: max(settings.maxBodyBytes, settings.maxHeldBodyBytes ?? usualBodyBytes))
    }
}

/// One event loop's connections, and the clock that ends those that keep it waiting.
final class ServerLoop: Sendable {
    let loop: any EventLoop
    let executor: LoopTaskExecutor
    let shared: ServerShared
    private let members: NIOLoopBoundBox<Members>

    private struct Members {
        var connections: [ObjectIdentifier: HTTPConnection] = [:]
        var sweep: RepeatedTask?
        var unflushed: [HTTPConnection] = []
    }

    init(_ loop: any EventLoop, _ shared: ServerShared) {
        self.loop = loop
        self.shared = shared
        executor = LoopTaskExecutor(loop)
        members = NIOLoopBoundBox.makeBoxSendingValue(Members(), eventLoop: loop)
    }

    /// Adds a connection; on the loop.
    func add(_ connection: HTTPConnection) {
        members.value.connections[ObjectIdentifier(connection)] = connection
        guard members.value.sweep == nil else { return }
        members.value.sweep = loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { [self] _ in
            let now = NIODeadline.now()
            for connection in Array(members.value.connections.values) { connection.check(now) }
        }
    }

    /// Removes a connection; on the loop. A loop without connections does not tick.
    func remove(_ connection: HTTPConnection) {
        members.value.connections[ObjectIdentifier(connection)] = nil
        guard members.value.connections.isEmpty else { return }
        members.value.sweep?.cancel()
        members.value.sweep = nil
    }

    /// Has a connection flushed when the work that waits on the loop is done; on the loop.
    ///
    /// What one turn brings for many clients goes out together: written one by one, with work between, each would wake its
    /// reader anew.
    func flushSoon(_ connection: HTTPConnection) {
        members.value.unflushed.append(connection)
        guard members.value.unflushed.count == 1 else { return }
        loop.execute { [self] in
            let connections = members.value.unflushed
            members.value.unflushed.removeAll(keepingCapacity: true)
            for connection in connections { connection.flush() }
        }
    }

    /// Ends what is being answered with an error that says why, from any thread.
    func cutOffAll() {
        loop.execute { [self] in
            for connection in Array(members.value.connections.values) { connection.cutOff() }
        }
    }

    /// Closes every connection, from any thread.
    func closeAll() {
        loop.execute { [self] in
            for connection in Array(members.value.connections.values) { connection.close() }
        }
    }
}
