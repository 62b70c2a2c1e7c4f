import Synchronization

/// Counts what the HTTP server answers and what it has open, whatever becomes of the requests behind it.
package final class ServerCounters: Sendable {
    private let responses = Mutex<[Int: Int]>([:])
    private let connections = Atomic<Int>(0)
    let bodies = BodyAllowance()

    package init() {}

    /// A request was answered with this status, or its client left before the answer's end (499).
    func answered(_ status: Int) { responses.withLock { $0[status, default: 0] += 1 } }

    /// A connection has come. Gives how many are open with it.
    func opened() -> Int { connections.add(1, ordering: .relaxed).newValue }

    func closed() { connections.subtract(1, ordering: .relaxed) }

    package var figures: ServerFigures {
        ServerFigures(
            responses: responses.withLock { $0 },
            connections: connections.load(ordering: .relaxed),
            heldBodyBytes: bodies.heldBytes
        )
    }
}

/// How the HTTP server is doing.
package struct ServerFigures: Sendable, Equatable {
    /// Answers since the start by HTTP status; 499 where the client left before the end.
    package var responses: [Int: Int] = [:]
    /// Open connections.
    package var connections = 0
    /// Of the larger bodies of requests under way.
    package var heldBodyBytes = 0

    package init(responses: [Int: Int] = [:], connections: Int = 0, heldBodyBytes: Int = 0) {
        self.responses = responses
        self.connections = connections
        self.heldBodyBytes = heldBodyBytes
    }
}

/// What the daemon's metrics tell beside the gateway's own: of its server and its logs.
package struct DaemonFigures: Sendable, Equatable {
    package var server = ServerFigures()
    package var logs = LogFigures()

    package init(server: ServerFigures = ServerFigures(), logs: LogFigures = LogFigures()) {
        self.server = server
        self.logs = logs
    }
}
