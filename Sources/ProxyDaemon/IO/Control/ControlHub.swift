import FoundationEssentials
import GatewayCore
import NIOCore
import Shared
import Synchronization

/// Publishes snapshots and finished exchanges to every front end that wants them. All of it on one event loop, apart
/// from those that serve clients.
final class ControlHub: Sendable {
    let desk: ControlDesk
    let loop: any EventLoop
    let executor: LoopTaskExecutor
    private let members: NIOLoopBoundBox<Members>
    /// Rows waiting for the next tick. More than a person can follow are left out: `exchanges.list` has them all.
    private let waiting = Mutex<[ExchangeSummary]>([])
    private let subscriberCount = Atomic<Int>(0)
    /// Lines of the log waiting for the next tick, and whether anybody wants them.
    private let waitingLines = Mutex<[ControlProtocol.LogLine]>([])
    private let readerCount = Atomic<Int>(0)

    private static let rowsPerTick = 50
    private static let linesPerTick = 100
    private static let ticksPerSnapshot = 10

    private struct Members {
        var subscribers: [ObjectIdentifier: ControlConnection] = [:]
        /// Those that want the log.
        var readers: [ObjectIdentifier: ControlConnection] = [:]
        var tick: RepeatedTask?
        var tickCount = 0
    }

    init(desk: ControlDesk, loop: any EventLoop) {
        self.desk = desk
        self.loop = loop
        executor = LoopTaskExecutor(loop)
        members = NIOLoopBoundBox.makeBoxSendingValue(Members(), eventLoop: loop)
    }

    func start() async {
        desk.gateway.ledger.observe { [weak self] summary in
            guard let self, self.subscriberCount.load(ordering: .relaxed) > 0 else { return }
            self.waiting.withLock { if $0.count < Self.rowsPerTick { $0.append(summary) } }
        }
        desk.log.observe { [weak self] line in
            guard let self, self.readerCount.load(ordering: .relaxed) > 0 else { return }
            self.waitingLines.withLock { if $0.count < Self.linesPerTick { $0.append(line) } }
        }
    }

    func stop() {
        loop.execute { [self] in
            members.value.tick?.cancel()
            members.value.tick = nil
            for connection in Array(members.value.subscribers.values) { connection.close() }
        }
    }

    /// A front end wants to be told; on the loop.
    func subscribe(_ connection: ControlConnection) {
        guard members.value.subscribers.updateValue(connection, forKey: ObjectIdentifier(connection)) == nil else {
            return
        }
        subscriberCount.add(1, ordering: .relaxed)
        if let line = snapshotLine() { connection.publish(ByteBuffer(bytes: line)) }
        startTicking()
    }

    /// A front end wants the log; on the loop. Gives what was written last: a line that comes at this moment may be told twice.
    func subscribeToLog(_ connection: ControlConnection) -> ControlProtocol.LogTail {
        if members.value.readers.updateValue(connection, forKey: ObjectIdentifier(connection)) == nil {
            readerCount.add(1, ordering: .relaxed)
            startTicking()
        }
        return ControlProtocol.LogTail(lines: desk.log.lines)
    }

    private func startTicking() {
        guard members.value.tick == nil else { return }
        let period = TimeAmount.milliseconds(Int64(1_000 / Self.ticksPerSnapshot))
        members.value.tick = loop.scheduleRepeatedTask(initialDelay: period, delay: period) { [self] _ in tick() }
    }

    /// A front end has gone; on the loop. Without any, nothing ticks.
    func unsubscribe(_ connection: ControlConnection) {
        if members.value.subscribers.removeValue(forKey: ObjectIdentifier(connection)) != nil {
            subscriberCount.subtract(1, ordering: .relaxed)
            if members.value.subscribers.isEmpty { waiting.withLock { $0 = [] } }
        }
        if members.value.readers.removeValue(forKey: ObjectIdentifier(connection)) != nil {
            readerCount.subtract(1, ordering: .relaxed)
            if members.value.readers.isEmpty { waitingLines.withLock { $0 = [] } }
        }
        guard members.value.subscribers.isEmpty, members.value.readers.isEmpty else { return }
        members.value.tick?.cancel()
        members.value.tick = nil
    }

    private func tick() {
        publishLog()
        guard !members.value.subscribers.isEmpty else { return }
        let rows = waiting.withLock { rows in
            defer { rows = [] }
            return rows
        }
        var lines = rows.compactMap { notification(.exchangeCompleted, $0) }
        members.value.tickCount += 1
        if members.value.tickCount % Self.ticksPerSnapshot == 0, let line = snapshotLine() { lines.append(line) }
        guard !lines.isEmpty else { return }
        // One buffer for all of them: hundreds may listen, and those that do not read hold on to it.
        let buffer = ByteBuffer(bytes: lines.joined())
        for connection in Array(members.value.subscribers.values) { connection.publish(buffer) }
    }

    private func publishLog() {
        let waiting = waitingLines.withLock { lines in
            defer { lines = [] }
            return lines
        }
        let lines = waiting.compactMap { notification(.logLine, $0) }
        guard !lines.isEmpty else { return }
        let buffer = ByteBuffer(bytes: lines.joined())
        for connection in Array(members.value.readers.values) { connection.publish(buffer) }
    }

    private func snapshotLine() -> Data? { notification(.metricsSnapshot, desk.gateway.snapshot()) }

    private func notification(_ method: ControlProtocol.Notification, _ parameters: some Encodable) -> Data? {
        try? JSONRPC.request(id: nil, method: method.rawValue, parameters: parameters)
    }
}
