package import Shared

/// A moment, by the two clocks that matter and the user's time zone.
package struct Moment: Sendable, Hashable {
    /// Milliseconds since 1970.
    package var unixMilliseconds: Int64
    /// Milliseconds of a clock that never jumps.
    package var monotonicMilliseconds: Int64
    package var utcOffsetSeconds: Int

    package init(unixMilliseconds: Int64 = 0, monotonicMilliseconds: Int64 = 0, utcOffsetSeconds: Int = 0) {
        self.unixMilliseconds = unixMilliseconds
        self.monotonicMilliseconds = monotonicMilliseconds
        self.utcOffsetSeconds = utcOffsetSeconds
    }
}

/// Something that happened outside.
package enum Event: Sendable {
    case key(Key)
    case resized(columns: Int, rows: Int)
    /// Time went on. Sent at least once a second and whenever ``Dashboard/deadline`` is reached.
    case tick(Moment)
    case connected
    /// The connection failed or ended; the next attempt is at a moment of the monotonic clock.
    case disconnected(reason: String, retryAt: Int64)
    case message(ServerMessage)
    /// What came of ``Effect/startDaemon``.
    case daemonStart(DaemonStart)
    case mouse(isOn: Bool)
    /// What came of ``Effect/copy(_:)`` or ``Effect/export(_:)``.
    case clip(ClipOutcome)
    /// What came of ``Effect/prompts(_:)``.
    case prompts(PromptFileAnswer)
}

/// A message of the daemon, decoded.
package enum ServerMessage: Sendable {
    case welcome(ControlProtocol.Welcome)
    case status(ControlProtocol.DaemonStatus)
    case subscribed
    case exchanges([ExchangeSummary])
    /// A page of those before the oldest that was known.
    case older([ExchangeSummary])
    case detail(id: String, Result<ExchangeDetail, JSONRPC.Failure>)
    case route(ControlProtocol.PromptRequest, Result<DecisionExplanation, JSONRPC.Failure>)
    case accepted(sendID: Int)
    /// What came of ``Call/compare(_:)``: the number that its stream has.
    case compared(ControlProtocol.PromptRequest, Result<Int, JSONRPC.Failure>)
    case cancelled
    case snapshot(MetricsSnapshot)
    case completed(ExchangeSummary)
    case delta(ControlProtocol.PromptDelta)
    case promptCompleted(ControlProtocol.PromptCompleted)
    case skills(Result<ControlProtocol.SkillList, JSONRPC.Failure>)
    case flushed(Result<ControlProtocol.CacheFlushed, JSONRPC.Failure>)
    case history(ControlProtocol.HistoryRequest, Result<HistoryReport, JSONRPC.Failure>)
    case usage(ControlProtocol.UsageRequest, Result<ControlProtocol.UsageReport, JSONRPC.Failure>)
    case logTail(Result<ControlProtocol.LogTail, JSONRPC.Failure>)
    case logLine(ControlProtocol.LogLine)
    case workflows(Result<ControlProtocol.WorkflowsList, JSONRPC.Failure>)
    case workflowAccepted(Result<ControlProtocol.WorkflowAccepted, JSONRPC.Failure>)
    case workflowEvent(WorkflowEvent)
    case reset(backend: String, Result<ControlProtocol.Empty, JSONRPC.Failure>)
    /// A call that has no better place for its failure.
    case failed(ControlProtocol.Method, JSONRPC.Failure)
    /// A line that could not be understood.
    case unreadable(String)

    package var isExchange: Bool {
        if case .completed = self { true } else { false }
    }
}

/// A call to the daemon.
package enum Call: Sendable, Hashable {
    case hello
    case status
    case subscribe
    /// The newest, or those that came at a moment or before.
    case list(limit: Int, notAfter: Int64? = nil)
    case get(id: String)
    case explain(ControlProtocol.PromptRequest)
    case send(ControlProtocol.PromptRequest)
    /// Sends a prompt as a column of a comparison.
    case compare(ControlProtocol.PromptRequest)
    case cancel(sendID: Int)
    case flush(ControlProtocol.CacheFlush)
    case skills
    case history(ControlProtocol.HistoryRequest)
    case usage(ControlProtocol.UsageRequest)
    case logTail
    case workflows
    case runWorkflow(ControlProtocol.WorkflowRequest)
    case cancelWorkflow(runID: String)
    case reset(backend: String)
}

/// How an attempt to start the daemon goes.
package enum DaemonStart: Sendable, Hashable {
    case started(processID: Int32, log: String)
    case failed(String)
    /// It ended at once; the last line of its log says why.
    case ended(lastLine: String, log: String)
}

/// Something the state wants done outside.
package enum Effect: Sendable, Hashable {
    case quit
    case call(Call)
    case reconnect
    case startDaemon
    case suspend
    case redraw
    case toggleMouse
    /// Draw in it from now on, and at the next start.
    case useTheme(Palette.Theme)
    case copy(Clip)
    case export(ExportFile)
    case prompts(PromptFileRequest)
}
