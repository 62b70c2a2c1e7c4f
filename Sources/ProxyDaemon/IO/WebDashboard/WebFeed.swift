import FoundationEssentials
package import GatewayCore
package import NIOCore
import Shared
import Synchronization

/// Tells every open page of the web dashboard how the gateway does: figures once a second, and each exchange as it ends.
///
/// Lives as long as the process, while a reload replaces the gateway that it tells of. It works on an event loop that serves no
/// clients, and only while somebody listens.
package final class WebFeed: Sendable {
    static let mostListeners = 32
    static let firstRows = 100
    /// More than a person can follow are left out; the history counts them all.
    private static let rowsPerTick = 50
    private static let ticksPerSnapshot = 10
    private static let snapshotsPerHeartbeat = 15
    private static let period = TimeAmount.milliseconds(Int64(1_000 / ticksPerSnapshot))

    private struct State {
        var gateway: Gateway?
        var readiness = Readiness()
        var listeners: [ObjectIdentifier: WebListener] = [:]
        var rows: [ExchangeSummary] = []
        var isTicking = false
        var ticks = 0
    }

    private let loop: any EventLoop
    private let state = Mutex(State())

    /// Works on that loop.
    package init(loop: any EventLoop) { self.loop = loop }

    /// Begins to watch the gateway. To be called once.
    package func start(_ gateway: Gateway, readiness: Readiness) {
        state.withLock { ($0.gateway, $0.readiness) = (gateway, readiness) }
        gateway.ledger.observe { [weak self] summary in
            self?.state.withLock { state in
                guard !state.listeners.isEmpty, state.rows.count < Self.rowsPerTick else { return }
                state.rows.append(summary)
            }
        }
    }

    /// Goes on with a gateway of newer settings.
    package func adopt(_ gateway: Gateway) { state.withLock { $0.gateway = gateway } }

    // MARK: Listeners

    /// One more listener, with what a page begins with: the last minutes, the last exchanges, the figures.
    ///
    /// Throws where there are too many, and when the daemon is about to stop.
    func join(_ access: WebAccess) throws(GatewayError) -> WebStream {
        let listener = WebListener(access)
        let outcome = state.withLock { state -> Result<Gateway, GatewayError> in
            guard let gateway = state.gateway, !state.readiness.isDraining else {
                return .failure(GatewayError(.shuttingDown))
            }
            guard state.listeners.count < Self.mostListeners else {
                let text = "\(Self.mostListeners) pages of the dashboard are open already; close one and try again"
                return .failure(GatewayError(.overloaded(text)))
            }
            state.listeners[ObjectIdentifier(listener)] = listener
            return .success(gateway)
        }
        let stream = WebStream(listener) { [weak self] in self?.leave($0) }
        let gateway = try outcome.get()
        var first = Array(": llm-gateway\n\n".utf8)
        first += Self.event("minutes", WebMinute.last(WebMinute.shown, of: gateway.ledger))
        // What ends in this moment may come twice, and not be missing: pages know exchanges by their ids.
        // Texts of clients may be long; the newest rows matter most.
        var rows: [[UInt8]] = []
        var room = WebListener.maximumWaitingBytes / 2
        for row in gateway.ledger.recent(Self.firstRows) {
            let event = Self.event("exchange", row)
            room -= event.count
            guard room >= 0 else { break }
            rows.append(event)
        }
        for row in rows.reversed() { first += row }
        first += Self.event("snapshot", gateway.snapshot())
        listener.begin(with: first)
        tickUnlessTicking()
        return stream
    }

    private func leave(_ listener: WebListener) {
        listener.end()
        state.withLock { _ = $0.listeners.removeValue(forKey: ObjectIdentifier(listener)) }
    }

    var listenerCount: Int { state.withLock { $0.listeners.count } }

    // MARK: Telling

    private func tickUnlessTicking() {
        let isFirst = state.withLock { state in
            defer { state.isTicking = true }
            return !state.isTicking
        }
        guard isFirst else { return }
        loop.scheduleTask(in: Self.period) { [self] in tick() }
    }

    private struct Work {
        var gateway: Gateway
        var listeners: [WebListener]
        var rows: [ExchangeSummary]
        var hasSnapshot = false
        var hasHeartbeat = false
        var isLast = false
    }

    /// Without listeners, nothing ticks.
    private func tick() {
        let work = state.withLock { state -> Work? in
            guard let gateway = state.gateway, !state.listeners.isEmpty else {
                state.isTicking = false
                state.rows = []
                return nil
            }
            state.ticks += 1
            var work = Work(
                gateway: gateway,
                listeners: Array(state.listeners.values),
                rows: state.rows
            )
            state.rows = []
            work.isLast = state.readiness.isDraining
            work.hasSnapshot = state.ticks % Self.ticksPerSnapshot == 0
            work.hasHeartbeat = state.ticks % (Self.ticksPerSnapshot * Self.snapshotsPerHeartbeat) == 0
            return work
        }
        guard let work else { return }
        tell(work)
        loop.scheduleTask(in: Self.period) { [self] in tick() }
    }

    private func tell(_ work: Work) {
        // One array for all of them, however many listen.
        var events: [UInt8] = []
        for row in work.rows { events += Self.event("exchange", row) }
        if work.hasSnapshot {
            // Of the last two the first may have ended since they were told of last. The older ones may come to be known better, while
            // the books of earlier processes are read.
            let count = work.hasHeartbeat ? WebMinute.shown : 2
            events += Self.event("minutes", WebMinute.last(count, of: work.gateway.ledger))
            events += Self.event("snapshot", work.gateway.snapshot())
        }
        if work.hasHeartbeat { events += ":\n\n".utf8 }
        let access = WebAccess(work.gateway)
        for listener in work.listeners {
            // Who may listen can change: by a reload, and by the first client key that is made.
            let mayStay = !work.isLast && listener.access == access
            let isTaken = events.isEmpty || listener.publish(events)
            if !mayStay || !isTaken { leave(listener) }
        }
    }

    /// An event of a stream; nothing where it cannot be written.
    static func event(_ name: String, _ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else { return [] }
        return Array("event: \(name)\ndata: ".utf8) + data + [0x0A, 0x0A]
    }
}
