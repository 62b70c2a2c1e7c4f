import GatewayCore
import Shared

extension ControlDesk {
    func listWorkflows() async throws(JSONRPC.Failure) -> ControlProtocol.WorkflowsList {
        do throws(GatewayError) { return try await workflows.list() } catch { throw Self.failure(error) }
    }

    /// Finds and checks what is to be run.
    func prepare(
        _ request: ControlProtocol.WorkflowRequest
    ) async throws(JSONRPC.Failure) -> WorkflowRunner.Order {
        let source: WorkflowDesk.Order.Source
        switch (request.name, request.workflow) {
        case (let name?, nil): source = .named(name)
        case (nil, let text?): source = .yaml(text)
        default: throw .invalidParams("expected either workflow or name; workflows.list has the names")
        }
        do throws(GatewayError) {
            return try await workflows.prepare(.init(source: source, input: request.input, maxCost: request.maxCost))
        } catch {
            throw Self.failure(error)
        }
    }

    /// Runs it in the operator's own name.
    func run(
        _ order: WorkflowRunner.Order,
        id: String,
        tell: @escaping @Sendable (WorkflowEvent) -> Void
    ) async {
        let request = ClientRequest(
            id: id,
            method: "POST",
            path: WorkflowEndpoint.path,
            isTrusted: true,
            arrivedNanoseconds: MonotonicTime.nanoseconds(),
            unixMilliseconds: MonotonicTime.unixMilliseconds()
        )
        _ = await workflows.run(order, for: request) { tell(Self.short($0)) }
    }

    private static func failure(_ error: GatewayError) -> JSONRPC.Failure {
        if case .notFound = error.kind { return .notFound(error.message) }
        return .invalidParams(error.message)
    }

    /// A line of the socket has a bound: the report comes without the outputs, which were told of one by one, and a long text is
    /// cut where a character begins.
    private static func short(_ event: WorkflowEvent) -> WorkflowEvent {
        var event = event
        event.output = event.output.map(short)
        event.report?.outputs = [:]
        if let final = event.report?.finalOutput { event.report?.finalOutput = short(final) }
        return event
    }

    private static func short(_ text: String) -> String {
        let most = ControlProtocol.maximumOutputBytes
        guard text.utf8.count > most else { return text }
        var bytes = Array(text.utf8.prefix(most))
        while let last = bytes.last, last & 0xC0 == 0x80 { bytes.removeLast() }
        if let last = bytes.last, last >= 0xC0 { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}
