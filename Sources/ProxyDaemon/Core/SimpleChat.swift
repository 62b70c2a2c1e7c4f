import Shared

/// `POST /chat`: one message in, one reply out, for scripts that want neither dialect.
///
/// `{"message", "model"?, "system"?, "max_tokens"?}` → `{"reply", "model", "tier", "cache", "cost_usd", "saved_usd",
/// "input_tokens", "output_tokens", "stop_reason", "query_id"}`, over the same way as every other request.
extension Gateway {
    package func chat(_ request: ClientRequest) async -> Reply {
        let body: [UInt8]
        do throws(GatewayError) {
            body = Self.body(try Self.simplePrompt(request.body), isStream: false)
        } catch {
            return Self.refuse(error, id: request.id)
        }
        let reply = await answer(request.at("/v1/messages", body: body))
        guard reply.status == 200, case .bytes(let bytes) = reply.body else { return reply }
        return Self.simplified(reply, bytes, id: request.id)
    }

    /// Throws an `invalidRequest` that names the field.
    private static func simplePrompt(_ body: [UInt8]) throws(GatewayError) -> ControlProtocol.PromptRequest {
        func invalid(_ text: String) -> GatewayError { GatewayError(.invalidRequest(text)) }
        let parsed = body.withUnsafeBufferPointer { bytes -> Result<ControlProtocol.PromptRequest, GatewayError> in
            let index: JSONIndex
            do throws(JSONProblem) {
                index = try JSONIndex(bytes)
            } catch {
                return .failure(invalid("the request body is \(error)"))
            }
            return index.withRoot(bytes) { root in
                for name in ["message", "model", "system"] as [StaticString] {
                    guard let value = root[name], value.kind != .null, value.kind != .string else { continue }
                    return .failure(invalid("\(name): expected a string, found \(value.kind.phrase)"))
                }
                guard let message = root["message"]?.string, !message.isEmpty else {
                    return .failure(invalid("message: Field required"))
                }
                var prompt = ControlProtocol.PromptRequest(prompt: message)
                prompt.model = root["model"]?.string
                prompt.system = root["system"]?.string
                if let limit = root["max_tokens"], limit.kind != .null {
                    guard let tokens = limit.integer, tokens > 0 else {
                        return .failure(invalid("max_tokens: expected a whole number above 0"))
                    }
                    prompt.maxTokens = tokens
                }
                return .success(prompt)
            }
        }
        return try parsed.get()
    }

    private static func simplified(_ reply: Reply, _ message: [UInt8], id: String) -> Reply {
        let text = AnthropicAnswer.escapedText(of: message)
        let answer = AnthropicAnswer(parsing: message)
        func header(_ name: StaticString) -> String? { reply.headers.first { $0.isNamed(name) }?.value }
        var members: [(String, String)] = [
            ("reply", "\"\(String(decoding: text, as: UTF8.self))\""),
            ("model", JSONText.quoted(header("x-gateway-model") ?? "")),
            ("provider", JSONText.quoted(header("x-gateway-provider") ?? "")),
            ("tier", JSONText.quoted(header("x-gateway-tier") ?? "")),
            ("score", header("x-gateway-score").flatMap(Int.init).map(String.init) ?? "null"),
            ("cache", JSONText.quoted(header("x-gateway-cache") ?? "none")),
            ("cost_usd", header("x-gateway-cost-usd") ?? "null"),
            ("saved_usd", header("x-gateway-saved-usd") ?? "null"),
            ("input_tokens", String(answer.usage.totalInput)),
            ("output_tokens", String(answer.usage.output)),
            ("stop_reason", answer.stopReason.map { JSONText.quoted($0) } ?? "null"),
            ("query_id", JSONText.quoted(id)),
        ]
        if header("x-gateway-simulated") != nil { members.append(("simulated", "true")) }
        if let overhead = header("x-gateway-overhead-usd") { members.append(("overhead_usd", overhead)) }
        let body = "{" + members.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}\n"
        let kept = reply.headers.filter { !$0.isNamed("content-type") }
        return Reply(
            status: 200,
            headers: [HeaderField("content-type", "application/json")] + kept,
            body: .bytes(Array(body.utf8))
        )
    }
}
