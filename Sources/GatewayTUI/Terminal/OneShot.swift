import Dashboard
import Glibc
import Shared

/// What is asked of the gateway once and printed: no terminal, no waiting for more.
enum OneShot {
    /// For a person or a script that waits for the answer.
    static let patience: Int64 = 2_000
    /// For a prompt that is drawn only after it; with the program's start that stays below 300 ms.
    static let promptPatience: Int64 = 220

    /// What the gateway told, and the dashboard that it was told to.
    struct Told {
        var dashboard: Dashboard
        var daemon = ""
        var snapshot: MetricsSnapshot?
        var exchanges: [ExchangeSummary]?
        /// What came before, for the sparklines, was asked for.
        var isHistoryDue = false
        /// What some views ask for themselves.
        var isViewAnswered = false
    }

    /// Connects, and ends as soon as what came is enough. Where only some calls are of use, no answers to others are waited for.
    static func ask(
        _ dashboard: Dashboard,
        patience: Int64 = patience,
        only calls: Set<Call>? = nil,
        until isEnough: (Told) -> Bool
    ) -> Result<Told, Screen.Failure> {
        var told = Told(dashboard: dashboard)
        let path = dashboard.socketPath
        var connection = ControlConnection(path: path)
        let start = Moment.now.monotonicMilliseconds
        _ = told.dashboard.update(.tick(.now))
        if let reason = connection.open(now: start) {
            return .failure(.init(message: "no gateway answers at \(path): \(reason)"))
        }
        defer { connection.close() }
        func send(_ effects: [Effect], _ connection: inout ControlConnection) {
            for case .call(let call) in effects where calls?.contains(call) ?? true {
                connection.send(call)
                if case .history = call { told.isHistoryDue = true }
            }
        }
        send(told.dashboard.update(.connected), &connection)
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
            _ = told.dashboard.update(.tick(.now))
            for message in messages {
                switch message {
                case .welcome(let welcome): told.daemon = welcome.daemon
                case .exchanges(let list): told.exchanges = list
                case .snapshot(let snapshot): told.snapshot = snapshot
                case .usage, .workflows, .logTail: told.isViewAnswered = true
                case .history: told.isHistoryDue = false
                default: break
                }
                send(told.dashboard.update(.message(message)), &connection)
            }
            if case .refused(let why) = told.dashboard.link { return .failure(.init(message: why, isRefusal: true)) }
            if isEnough(told) { return .success(told) }
            if let ended { return .failure(.init(message: "no gateway answers at \(path): \(ended)")) }
        }
        return .failure(.init(message: "no gateway answers at \(path): nothing came within \(patience) ms"))
    }

    /// The figures, the rows, and what the view shows beside them.
    static func isWhole(_ told: Told) -> Bool {
        guard told.exchanges != nil, told.snapshot != nil else { return false }
        return switch told.dashboard.currentView {
        case .savings, .workflows, .log: told.isViewAnswered
        case .dashboard, .cache: !told.isHistoryDue
        case .requests, .tester, .backends: true
        }
    }
}
