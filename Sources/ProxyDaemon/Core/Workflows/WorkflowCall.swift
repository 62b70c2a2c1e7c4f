import Shared

/// One call for a step: a request like any client's, in the name of the client who asked for the run, over the gateway's
/// whole way.
struct WorkflowCall: Sendable {
    let gateway: Gateway
    /// The request that asked for the run.
    let request: ClientRequest
    let step: Workflow.Step
    let workflow: String
    /// How many ops the workflow has.
    let opCount: Int
    let prompt: WorkflowPrompt.Blocks
    let start: WorkflowRun.Start
    /// The query id of the call.
    let id: String
    /// Called with the name of the backend when its answer begins, where others wait for that.
    var whenBegun: (@Sendable (String) -> Void)?

    /// What of the client's request says who it is and how it wants to be served. What else it sent was for the run.
    private static let kept: [StaticString] = [
        "authorization", "x-api-key", "origin", "x-gateway-project", "x-gateway-classifier-mode",
        "x-gateway-max-escalations", "cache-control",
    ]

    /// The longest excerpt of a provider's error.
    private static let mostErrorCharacters = 400

    func make() async -> StepOutcome {
        let reply = await gateway.answer(stepRequest)
        let whole = await whole(reply)
        let summary = gateway.ledger.entry(id: id)?.summary
        var spending = StepSpending()
        if let summary {
            spending.cost = summary.cost + (summary.overhead ?? .zero)
            if summary.cache == "none" { spending.tokens = summary.usage }
        }
        guard let body = whole else {
            var failure = StepFailure(status: 502, summary?.error ?? "its answer broke off", mayPass: true)
            failure.spending = spending
            return .failed(failure)
        }
        guard reply.status == 200 else { return .failed(failure(reply, body, summary, spending)) }
        var answer = StepAnswer(text: AnthropicAnswer.text(of: body))
        answer.stopReason = AnthropicAnswer(parsing: body).stopReason
        answer.spending = spending
        if let summary {
            answer.model = summary.model
            answer.backend = summary.backend
            answer.tier = summary.tier
            answer.cache = summary.cache
        }
        guard answer.text.contains(where: { !$0.isWhitespace }) else {
            let reason = answer.stopReason.map { " (stop_reason \($0))" } ?? ""
            var failure = StepFailure(status: 502, "\(answer.model) gave no text\(reason)")
            failure.spending = spending
            return .failed(failure)
        }
        return .answered(answer)
    }

    /// The answer as one message, whatever form it comes in; nil for a stream that breaks off or is too long.
    private func whole(_ reply: Reply) async -> [UInt8]? {
        let events: [UInt8]
        switch reply.body {
        case .bytes(let body):
            guard reply.status == 200, reply.headers.tellOfEvents else { return body }
            events = body
        case .stream(let stream):
            if let whenBegun, let backend = Self.backend(of: stream) {
                stream.whenFirstEvent { whenBegun(backend) }
            }
            var read: [UInt8] = []
            while let bytes = await stream.next() {
                read += bytes
                guard read.count <= gateway.settings.upstream.maxAnswerBytes else {
                    stream.abandon()
                    return nil
                }
            }
            events = read
        }
        return AnthropicReplay.json(fromStream: events)
    }

    /// Who answers; nil for a stream that comes from no backend.
    private static func backend(of stream: any AnswerStream) -> String? {
        switch stream {
        case let source as any StreamSource: source.backend
        case let reader as SharedReader: reader.backend
        default: nil
        }
    }

    private var stepRequest: ClientRequest {
        let op = step.op
        var headers = request.headers.filter { header in Self.kept.contains { header.isNamed($0) } }
        if let tier = op.tier { headers.append(HeaderField("x-gateway-tier", tier.name)) }
        if op.model != nil { headers.append(HeaderField("x-gateway-smart-routing", "0")) }
        if let skill = op.skill { headers.append(HeaderField("x-gateway-skill", skill)) }
        return ClientRequest(
            id: id,
            method: "POST",
            path: "/v1/messages",
            headers: headers,
            body: body,
            isFromLoopback: request.isFromLoopback,
            isTrusted: request.isTrusted,
            arrivedNanoseconds: gateway.clock.monotonicNanoseconds(),
            unixMilliseconds: gateway.clock.unixMilliseconds(),
            step: WorkflowPlace(
                step: WorkflowStep(runID: request.id, workflow: workflow, op: op.name, ops: opCount),
                task: op.prompt ?? "",
                backend: start.backend,
                shared: shared
            )
        )
    }

    /// Where the call's marks come to stand in the message.
    private var shared: SharedBlocks? {
        let ends = prompt.parts.indices.filter { start.marks.contains(prompt.parts[$0]) }
        guard let last = ends.last else { return nil }
        return SharedBlocks(ends: ends, bytes: prompt.texts[...last].reduce(0) { $0 + $1.utf8.count })
    }

    private var body: [UInt8] {
        let op = step.op
        var body = Array("{\"model\":".utf8)
        JSONText.appendQuoted(op.model ?? "auto", to: &body)
        // Only a stream tells when the answer begins.
        body += ",\"max_tokens\":\(op.maxTokens),\"stream\":\(start.leads)".utf8
        if let temperature = op.temperature { body += ",\"temperature\":\(temperature)".utf8 }
        if let system = step.system {
            body += ",\"system\":".utf8
            JSONText.appendQuoted(system, to: &body)
        }
        body += ",\"messages\":[{\"role\":\"user\",\"content\":".utf8
        if prompt.texts.count == 1 {
            JSONText.appendQuoted(prompt.texts[0], to: &body)
        } else {
            for (position, text) in prompt.texts.enumerated() {
                body += (position == 0 ? "[" : ",").utf8
                body += "{\"type\":\"text\",\"text\":".utf8
                JSONText.appendQuoted(text, to: &body)
                body.append(UInt8(ascii: "}"))
            }
            body.append(UInt8(ascii: "]"))
        }
        body += "}]}".utf8
        return body
    }

    private func failure(
        _ reply: Reply,
        _ body: [UInt8],
        _ summary: ExchangeSummary?,
        _ spending: StepSpending
    ) -> StepFailure {
        func header(_ name: StaticString) -> String? { reply.headers.first { $0.isNamed(name) }?.value }
        let said = Self.message(of: body) ?? summary?.error ?? "no message"
        var failure = StepFailure(
            status: reply.status,
            "HTTP \(reply.status): \(said.prefix(Self.mostErrorCharacters))"
        )
        failure.spending = spending
        failure.retryAfterMilliseconds = header("retry-after").flatMap { Int($0) }.map {
            min(max(0, $0), 86_400) * 1_000
        }
        switch header("x-should-retry") {
        case "true": failure.mayPass = true
        case "false": failure.mayPass = false
        default: failure.mayPass = reply.status == 408 || reply.status == 429 || reply.status >= 500
        }
        return failure
    }

    /// The message of an error's envelope.
    private static func message(of body: [UInt8]) -> String? {
        body.withUnsafeBufferPointer { bytes in
            guard let index = try? JSONIndex(bytes) else { return nil }
            return index.withRoot(bytes) { $0["error"]?["message"]?.string }
        }
    }
}
