import FoundationEssentials
import GatewayCore
import Shared

/// `/v1/workflows`: POST runs a workflow, GET lists those that have a name.
struct WorkflowEndpoint: Sendable {
    static let path = "/v1/workflows"
    private let gateway: Gateway
    private let desk: WorkflowDesk

    init(gateway: Gateway, desk: WorkflowDesk) {
        self.gateway = gateway
        self.desk = desk
    }

    func answer(_ request: ClientRequest) async -> Reply {
        do throws(GatewayError) {
            switch request.method {
            case "GET", "HEAD":
                _ = try gateway.identify(request)
                return JSONReply.make(try await desk.list(), id: request.id)
            case "POST":
                _ = try gateway.identify(request)
                try desk.requireEnabled()
                let question = try WorkflowQuestion(request, maxOps: desk.maxOps)
                let order = try await desk.prepare(question.order)
                return question.isStream ? stream(order, request) : await run(order, request)
            default: throw GatewayError(.methodNotAllowed(allowed: "GET, POST"))
            }
        } catch {
            return Gateway.refuse(error, id: request.id)
        }
    }

    private func run(_ order: WorkflowRunner.Order, _ request: ClientRequest) async -> Reply {
        let outcome = await desk.run(order, for: request) { _ in }
        let report = outcome.report
        var reply: Reply
        if let (op, failure) = outcome.firstFailure {
            // What was paid for is the client's, though the run failed.
            let problem = FailedRun(report, "op \(op): \(failure.message)", status: failure.status)
            reply = JSONReply.make(problem, id: request.id, status: failure.status)
            reply.headers.append(HeaderField("X-Gateway-Error", "workflow_failed"))
            reply.headers.append(HeaderField("request-id", problem.requestID))
            // What may pass was tried again already; an SDK that tried once more would pay for all of it anew.
            reply.headers.append(HeaderField("x-should-retry", "false"))
        } else {
            reply = JSONReply.make(report, id: request.id)
        }
        reply.headers.append(HeaderField("X-Gateway-Cost-USD", report.totalCost.description))
        return reply
    }

    private func stream(_ order: WorkflowRunner.Order, _ request: ClientRequest) -> Reply {
        let desk = desk
        let stream = WorkflowStream(pingSeconds: gateway.settings.upstream.pingIntervalSeconds) { tell in
            _ = await desk.run(order, for: request, tell: tell)
        }
        let headers = [
            HeaderField("content-type", "text/event-stream; charset=utf-8"), HeaderField("cache-control", "no-cache"),
            HeaderField("x-accel-buffering", "no"),
        ]
        return Reply(status: 200, headers: headers + GatewayHeaders.identity(id: request.id), body: .stream(stream))
    }

    /// The report of a run that failed, in the error envelope that clients look for.
    private struct FailedRun: Encodable {
        struct Problem: Encodable {
            var type: String
            var message: String
        }

        let report: WorkflowReport
        let problem: Problem
        let requestID: String

        init(_ report: WorkflowReport, _ message: String, status: Int) {
            self.report = report
            problem = Problem(type: AnthropicErrors.type(status: status), message: message)
            requestID = "req_gw_\(report.id)"
        }

        private enum CodingKeys: String, CodingKey {
            case type
            case error
            case requestID = "request_id"
        }

        func encode(to encoder: any Swift.Encoder) throws {
            try report.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode("error", forKey: .type)
            try container.encode(problem, forKey: .error)
            try container.encode(requestID, forKey: .requestID)
        }
    }
}

/// The body of `POST /v1/workflows`.
private struct WorkflowQuestion {
    let order: WorkflowDesk.Order
    let isStream: Bool

    /// Throws an `invalidRequest` that names the field, or all that is wrong with the workflow.
    init(_ request: ClientRequest, maxOps: Int) throws(GatewayError) {
        let parsed = request.body.withUnsafeBufferPointer {
            bytes -> Result<(WorkflowDesk.Order, Bool?), GatewayError> in
            let index: JSONIndex
            do throws(JSONProblem) { index = try JSONIndex(bytes) } catch {
                return .failure(Self.invalid("the request body is \(error)"))
            }
            return index.withRoot(bytes) { root in
                do throws(GatewayError) { return .success(try Self.read(root, maxOps: maxOps)) } catch {
                    return .failure(error)
                }
            }
        }
        let (order, isStream) = try parsed.get()
        self.order = order
        let accepts = request.header("accept")?.lowercased() ?? ""
        self.isStream = isStream ?? accepts.hasPrefix("text/event-stream")
    }

    private static let fields = ["input", "workflow", "name", "stream", "max_cost_usd"]

    private static func read(_ root: JSONView, maxOps: Int) throws(GatewayError) -> (WorkflowDesk.Order, Bool?) {
        var unknown: [String] = []
        root.forEachMember { name, _ in
            let text = JSONText.decode(root.bytes, name)
            if !fields.contains(text) { unknown.append(String(text.prefix(60))) }
        }
        guard unknown.isEmpty else {
            let list = unknown.prefix(10).joined(separator: ", ")
            throw invalid("unknown fields: \(list); expected \(fields.joined(separator: ", "))")
        }
        let input = try text(root, "input")
        let name = try text(root, "name")
        let workflow = given(root, "workflow")
        guard let input else { throw invalid("input: Field required") }
        guard (name == nil) != (workflow == nil) else {
            throw invalid("expected either workflow or name; GET /v1/workflows lists the names")
        }
        var isStream: Bool?
        if let flag = given(root, "stream") {
            guard let value = flag.bool else {
                throw invalid("stream: expected a boolean, found \(flag.kind.phrase)")
            }
            isStream = value
        }
        var order = WorkflowDesk.Order(source: .named(name ?? ""), input: input)
        if let most = given(root, "max_cost_usd") {
            guard most.kind == .number,
                let nanodollars = DecimalText.scaled(String(decoding: most.raw, as: UTF8.self), places: 9)
            else { throw invalid("max_cost_usd: expected a number of dollars such as 0.05") }
            order.maxCost = USD(nanodollars: nanodollars)
        }
        if let workflow { order.source = try source(workflow, maxOps: maxOps) }
        return (order, isStream)
    }

    private static func source(_ value: JSONView, maxOps: Int) throws(GatewayError) -> WorkflowDesk.Order.Source {
        switch value.kind {
        case .string: return .yaml(value.string ?? "")
        case .object:
            do throws(WorkflowProblems) {
                return .checked(try WorkflowText.workflow(json: value, maxOps: maxOps))
            } catch {
                throw invalid("workflow: \(error)")
            }
        default: throw invalid("workflow: expected YAML as a string, or an object, found \(value.kind.phrase)")
        }
    }

    private static func given(_ root: JSONView, _ name: StaticString) -> JSONView? {
        root[name].flatMap { $0.kind == .null ? nil : $0 }
    }

    private static func text(_ root: JSONView, _ name: StaticString) throws(GatewayError) -> String? {
        guard let value = given(root, name) else { return nil }
        guard let text = value.string else { throw invalid("\(name): expected a string, found \(value.kind.phrase)") }
        return text
    }

    private static func invalid(_ text: String) -> GatewayError { GatewayError(.invalidRequest(text)) }
}
