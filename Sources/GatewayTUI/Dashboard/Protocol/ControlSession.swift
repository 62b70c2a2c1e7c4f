package import FoundationEssentials
import Shared

/// The front end's side of the control protocol on one connection: numbers the calls and tells the answers apart.
///
/// It holds no socket: bytes of lines go in, messages come out, so that every case is a unit test.
package struct ControlSession: Sendable {
    private var nextID = 1
    private var pending: [Int: Call] = [:]

    package init() {}

    /// The line to send for a call.
    package mutating func line(for call: Call) -> Data {
        let id = nextID
        nextID += 1
        pending[id] = call
        do {
            return try encode(call, id: id)
        } catch {
            // Strings and numbers always encode; should one not, the call is as good as never made.
            pending[id] = nil
            return Data()
        }
    }

    /// What a line of the daemon says; nil for an answer nobody waits for and for unknown notifications.
    package mutating func message(of line: Data) -> ServerMessage? {
        do {
            let arrival = try? Self.decoder.decode(Arrival.self, from: line)
            if let summary = arrival?.completed { return .completed(summary) }
            let envelope: JSONRPC.Envelope
            if let known = arrival?.envelope {
                envelope = known
            } else {
                // Once more, for the words that say what is wrong with it.
                envelope = try JSONRPC.envelope(line)
            }
            if let method = envelope.method { return try notification(method, line) }
            guard let id = envelope.id, let call = pending.removeValue(forKey: id) else { return nil }
            if let failure = envelope.error { return self.failure(failure, of: call) }
            return try answer(to: call, line)
        } catch {
            return .unreadable(error.message)
        }
    }

    private static let decoder = JSONDecoder()

    /// A message as far as it is read in one go: what kind it is, and whole what there are hundreds of a second.
    private struct Arrival: Decodable {
        let envelope: JSONRPC.Envelope
        /// The parameters of `exchange.completed`; nil in any other message.
        let completed: ExchangeSummary?

        init(from decoder: any Decoder) throws {
            envelope = try JSONRPC.Envelope(from: decoder)
            let isCompleted = envelope.method == ControlProtocol.Notification.exchangeCompleted.rawValue
            let members = try decoder.container(keyedBy: CodingKeys.self)
            completed = isCompleted ? try members.decode(ExchangeSummary.self, forKey: .params) : nil
        }

        private enum CodingKeys: String, CodingKey { case params }
    }

    /// An answer is waited for.
    package var isAnswerDue: Bool { !pending.isEmpty }

    private func notification(_ method: String, _ line: Data) throws(JSONRPC.Failure) -> ServerMessage? {
        switch ControlProtocol.Notification(rawValue: method) {
        case .metricsSnapshot: .snapshot(try JSONRPC.parameters(MetricsSnapshot.self, of: line))
        case .exchangeCompleted: .completed(try JSONRPC.parameters(ExchangeSummary.self, of: line))
        case .promptDelta: .delta(try JSONRPC.parameters(ControlProtocol.PromptDelta.self, of: line))
        case .promptCompleted: .promptCompleted(try JSONRPC.parameters(ControlProtocol.PromptCompleted.self, of: line))
        case .workflowEvent: .workflowEvent(try JSONRPC.parameters(WorkflowEvent.self, of: line))
        case .logLine: .logLine(try JSONRPC.parameters(ControlProtocol.LogLine.self, of: line))
        case nil: nil
        }
    }

    private func answer(to call: Call, _ line: Data) throws(JSONRPC.Failure) -> ServerMessage? {
        switch call {
        case .hello: .welcome(try JSONRPC.result(ControlProtocol.Welcome.self, of: line))
        case .status: .status(try JSONRPC.result(ControlProtocol.DaemonStatus.self, of: line))
        case .subscribe: .subscribed
        case .list(_, nil): .exchanges(try JSONRPC.result(ControlProtocol.ExchangesList.self, of: line).exchanges)
        case .list: .older(try JSONRPC.result(ControlProtocol.ExchangesList.self, of: line).exchanges)
        case .get(let id): .detail(id: id, .success(try JSONRPC.result(ExchangeDetail.self, of: line)))
        case .explain(let request):
            .route(request, .success(try JSONRPC.result(DecisionExplanation.self, of: line)))
        case .send: .accepted(sendID: try JSONRPC.result(ControlProtocol.PromptAccepted.self, of: line).sendID)
        case .compare(let request):
            .compared(request, .success(try JSONRPC.result(ControlProtocol.PromptAccepted.self, of: line).sendID))
        case .cancel, .cancelWorkflow: .cancelled
        case .history(let request): .history(request, .success(try JSONRPC.result(HistoryReport.self, of: line)))
        case .usage(let request):
            .usage(request, .success(try JSONRPC.result(ControlProtocol.UsageReport.self, of: line)))
        case .logTail: .logTail(.success(try JSONRPC.result(ControlProtocol.LogTail.self, of: line)))
        case .workflows: .workflows(.success(try JSONRPC.result(ControlProtocol.WorkflowsList.self, of: line)))
        case .runWorkflow:
            .workflowAccepted(.success(try JSONRPC.result(ControlProtocol.WorkflowAccepted.self, of: line)))
        case .reset(let backend): .reset(backend: backend, .success(.init()))
        case .skills: .skills(.success(try JSONRPC.result(ControlProtocol.SkillList.self, of: line)))
        case .flush: .flushed(.success(try JSONRPC.result(ControlProtocol.CacheFlushed.self, of: line)))
        }
    }

    private func failure(_ failure: JSONRPC.Failure, of call: Call) -> ServerMessage {
        let safe = JSONRPC.Failure(code: failure.code, message: failure.message.safeToShow(limit: 500))
        return switch call {
        case .hello: .failed(.hello, safe)
        case .status: .failed(.daemonStatus, safe)
        case .subscribe: .failed(.metricsSubscribe, safe)
        case .list: .failed(.exchangesList, safe)
        case .get(let id): .detail(id: id, .failure(safe))
        case .explain(let request): .route(request, .failure(safe))
        case .send: .failed(.promptSend, safe)
        case .compare(let request): .compared(request, .failure(safe))
        case .cancel: .failed(.promptCancel, safe)
        case .history(let request): .history(request, .failure(safe))
        case .usage(let request): .usage(request, .failure(safe))
        case .logTail: .logTail(.failure(safe))
        case .workflows: .workflows(.failure(safe))
        case .runWorkflow: .workflowAccepted(.failure(safe))
        case .cancelWorkflow: .failed(.workflowsCancel, safe)
        case .reset(let backend): .reset(backend: backend, .failure(safe))
        case .skills: .skills(.failure(safe))
        case .flush: .flushed(.failure(safe))
        }
    }

    private func encode(_ call: Call, id: Int) throws -> Data {
        func request(_ method: ControlProtocol.Method, _ parameters: some Encodable) throws -> Data {
            try JSONRPC.request(id: id, method: method.rawValue, parameters: parameters)
        }
        return switch call {
        case .hello: try request(.hello, ControlProtocol.Hello(client: "gateway-tui/\(GatewayVersion.number)"))
        case .status: try request(.daemonStatus, ControlProtocol.Empty())
        case .subscribe: try request(.metricsSubscribe, ControlProtocol.Empty())
        case .list(let limit, let moment):
            try request(
                .exchangesList,
                ControlProtocol.ExchangesListRequest(limit: limit, beforeUnixMilliseconds: moment)
            )
        case .get(let id): try request(.exchangesGet, ControlProtocol.ExchangesGetRequest(id: id))
        case .explain(let prompt): try request(.routeExplain, prompt)
        case .send(let prompt), .compare(let prompt): try request(.promptSend, prompt)
        case .cancel(let sendID): try request(.promptCancel, ControlProtocol.PromptCancelRequest(sendID: sendID))
        case .history(let wanted): try request(.historyGet, wanted)
        case .usage(let wanted): try request(.usageGet, wanted)
        case .logTail: try request(.logSubscribe, ControlProtocol.Empty())
        case .workflows: try request(.workflowsList, ControlProtocol.Empty())
        case .runWorkflow(let order): try request(.workflowsRun, order)
        case .cancelWorkflow(let runID):
            try request(.workflowsCancel, ControlProtocol.WorkflowCancelRequest(runID: runID))
        case .reset(let backend): try request(.backendsReset, ControlProtocol.BackendReset(backend: backend))
        case .skills: try request(.skillsList, ControlProtocol.Empty())
        case .flush(let what): try request(.cacheFlush, what)
        }
    }
}
