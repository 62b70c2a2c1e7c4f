import Dashboard
import Glibc

/// `--once`: the dashboard and the caches as plain text, without a terminal.
enum OneShot {
    private static let patience: Int64 = 2_000

    /// The picture, or why there is none.
    static func run(socketPath: String, columns: Int, rows: Int, glyphs: Glyphs) -> Result<String, Screen.Failure> {
        var dashboard = Dashboard(socketPath: socketPath, columns: columns, rows: rows, glyphs: glyphs)
        var connection = ControlConnection(path: socketPath)
        let start = Moment.now.monotonicMilliseconds
        _ = dashboard.update(.tick(.now))
        if let reason = connection.open(now: start) {
            return .failure(.init(message: "no gateway answers at \(socketPath): \(reason)"))
        }
        defer { connection.close() }
        var hasList = false
        func send(_ effects: [Effect], _ connection: inout ControlConnection) {
            for case .call(let call) in effects { connection.send(call) }
        }
        send(dashboard.update(.connected), &connection)
        while Moment.now.monotonicMilliseconds - start < patience {
            let left = Int32(max(1, patience - (Moment.now.monotonicMilliseconds - start)))
            var source = pollfd(
                fd: connection.descriptor,
                events: connection.hasOutgoing ? Int16(POLLIN | POLLOUT) : Int16(POLLIN),
                revents: 0
            )
            _ = poll(&source, 1, left)
            _ = connection.flush()
            let (messages, ended) = connection.receive()
            _ = dashboard.update(.tick(.now))
            for message in messages {
                if case .exchanges = message { hasList = true }
                send(dashboard.update(.message(message)), &connection)
            }
            if case .refused(let why) = dashboard.link { return .failure(.init(message: why)) }
            if hasList, dashboard.latest.snapshot != nil { return .success(dashboard.printout) }
            if let ended { return .failure(.init(message: "no gateway answers at \(socketPath): \(ended)")) }
        }
        return .failure(.init(message: "no gateway answers at \(socketPath): nothing came within 2 s"))
    }
}
