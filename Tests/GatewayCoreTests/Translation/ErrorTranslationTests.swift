import Foundation
import GatewayCore
import Testing

@Suite struct `Errors in the other dialect` {
    private struct Told {
        var status: Int
        var error: [String: Any]
        var shouldRetry: Bool?

        var type: String? { error["type"] as? String }
        var code: String? { error["code"] as? String }
        var message: String? { error["message"] as? String }
        var param: String? { error["param"] as? String }
    }

    private func told(_ status: Int, _ body: [UInt8], _ wire: BackendWire, _ dialect: Dialect) throws -> Told {
        let answer = ErrorTranslation.translate(
            status: status,
            body: body,
            from: wire,
            to: dialect,
            requestID: "req_7"
        )
        let envelope = try #require(parsedJSON(answer.body) as? [String: Any])
        if dialect == .anthropic {
            #expect(envelope["type"] as? String == "error" && envelope["request_id"] as? String == "req_7")
        }
        return Told(
            status: answer.status,
            error: try #require(envelope["error"] as? [String: Any]),
            shouldRetry: answer.shouldRetry
        )
    }

    private func told(_ status: Int, _ body: String, _ wire: BackendWire, _ dialect: Dialect) throws -> Told {
        try told(status, Array(body.utf8), wire, dialect)
    }

    /// The recorded error answers of one provider.
    private func recorded(_ name: String) throws -> [(status: Int, body: [UInt8])] {
        let all = try #require(parsedJSON(AnswerFixtures.bytes(name + ".response.json")) as? [[String: Any]])
        return try all.map { one in
            let body = try #require(one["body"])
            return (try #require(one["status"] as? Int), Array(try JSONSerialization.data(withJSONObject: body)))
        }
    }

    @Test func `Anthropic's errors as OpenAI's`() throws {
        let expected: [(Int, String, String?)] = [
            (400, "invalid_request_error", nil), (400, "invalid_request_error", "context_length_exceeded"),
            (502, "server_error", "upstream_credentials"), (403, "invalid_request_error", "billing_error"),
            (502, "server_error", "upstream_credentials"), (404, "invalid_request_error", "model_not_found"),
            (409, "invalid_request_error", "conflict"), (413, "invalid_request_error", "request_too_large"),
            (429, "tokens", "rate_limit_exceeded"), (429, "insufficient_quota", "insufficient_quota"),
            (500, "server_error", nil), (503, "server_error", "overloaded"), (504, "server_error", "timeout"),
            (503, "server_error", "overloaded"),
        ]
        let errors = try recorded("a18-errors")
        #expect(errors.count == expected.count)
        for (error, expected) in zip(errors, expected) {
            let told = try told(error.status, error.body, .anthropic, .openai)
            #expect(told.status == expected.0 && told.type == expected.1 && told.code == expected.2)
        }
    }

    @Test func `OpenAI's errors as Anthropic's`() throws {
        let expected: [(Int, String, String)] = [
            (
                400, "invalid_request_error",
                "prompt is too long: This model's maximum context length is 128000 tokens."
            ),
            (
                400, "invalid_request_error",
                "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
            ),
            (
                502, "api_error",
                "the backend refused the gateway's own credentials (status 401); the operator must check its api_key"
            ),
            (
                502, "api_error",
                "the backend refused the gateway's own credentials (status 403); the operator must check its api_key"
            ),
            (404, "not_found_error", "The model `gpt-nope` does not exist."),
            (429, "rate_limit_error", "Rate limit reached for requests"),
            (429, "rate_limit_error", "You exceeded your current quota."),
            (500, "api_error", "The server had an error."),
            (529, "overloaded_error", "The engine is currently overloaded."),
        ]
        let errors = try recorded("o12-errors")
        #expect(errors.count == expected.count)
        for (error, expected) in zip(errors, expected) {
            let told = try told(error.status, error.body, .openai, .anthropic)
            #expect(told.status == expected.0 && told.type == expected.1 && told.message == expected.2)
            #expect(told.shouldRetry == (expected.2.contains("quota") || told.status == 502 ? false : nil))
        }
    }

    @Test func `Ollama's errors in both`() throws {
        let errors = try recorded("l07-errors")
        let expected: [(Int, String, Int, String)] = [
            (404, "not_found_error", 404, "model_not_found"), (400, "invalid_request_error", 400, "none"),
            (529, "overloaded_error", 503, "overloaded"),
        ]
        #expect(errors.count == expected.count)
        for (error, expected) in zip(errors, expected) {
            let anthropic = try told(error.status, error.body, .ollama, .anthropic)
            #expect(anthropic.status == expected.0 && anthropic.type == expected.1)
            let openAI = try told(error.status, error.body, .ollama, .openai)
            #expect(openAI.status == expected.2 && openAI.code ?? "none" == expected.3)
            #expect(anthropic.message == openAI.message)
        }
    }

    @Test(arguments: [
        #"{"error":{"message":"This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.","code":"context_length_exceeded"}}"#,
        #"{"error":{"code":400,"message":"too big","type":"exceed_context_size_error","n_prompt_tokens":9000,"n_ctx":8192}}"#,
        #"{"object":"error","message":"This model's maximum context length is 8192 tokens. However, you requested 9000 tokens (8900 in the messages, 100 in the completion).","code":400}"#,
        #"{"error":"request (9000 tokens) exceeds the available context size (8192 tokens), try increasing it"}"#,
    ])
    func `a prompt that is too long, in the words that agents look for`(_ body: String) throws {
        let told = try told(400, body, .openai, .anthropic)
        #expect(told.status == 400 && told.type == "invalid_request_error")
        #expect(told.message == "prompt is too long: 9000 tokens > 8192 maximum")
    }

    @Test func `a prompt that is too long, in OpenAI's words`() throws {
        let body =
            #"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9000 tokens > 8192 maximum"}}"#
        let told = try told(400, body, .anthropic, .openai)
        #expect(told.code == "context_length_exceeded" && told.param == "messages")
        #expect(
            told.message == "This model's maximum context length is 8192 tokens. However, your messages resulted in "
                + "9000 tokens. Please reduce the length of the messages."
        )
    }

    @Test func `bodies that are no JSON are wrapped`() throws {
        let page = "  <html>" + String(repeating: "é", count: 300)
        for wire in [BackendWire.openai, .ollama] {
            let told = try told(502, page, wire, .anthropic)
            #expect(told.status == 529 && told.type == "overloaded_error")
            #expect(told.message == "<html>" + String(repeating: "é", count: 194))
        }
        let empty = try told(500, "", .anthropic, .openai)
        #expect(empty.status == 500 && empty.message == "the provider answered with status 500 and no body")
        let odd = try told(418, #"{"error":[1]}"#, .anthropic, .openai)
        #expect(odd.status == 418 && odd.type == "invalid_request_error" && odd.message == #"{"error":[1]}"#)
    }

    @Test func `an error in the clothes of a success gets a status`() throws {
        #expect(try told(200, #"{"error":{"message":"x","type":"server_error"}}"#, .openai, .anthropic).status == 500)
        #expect(try told(200, #"{"error":{"message":"x","code":429}}"#, .openai, .openai).status == 429)
        #expect(try told(200, #"{"error":"x"}"#, .ollama, .openai).status == 500)
        let overloaded = #"{"type":"error","error":{"type":"overloaded_error","message":"x"}}"#
        #expect(try told(200, overloaded, .anthropic, .openai).status == 503)
        #expect(try told(200, overloaded, .anthropic, .anthropic).status == 529)
    }

    @Test func `the same dialect's error is left as it is`() {
        for (wire, dialect) in [(BackendWire.openai, Dialect.openai), (.anthropic, .anthropic)] {
            let answer = ErrorTranslation.translate(
                status: 401,
                body: [1, 2, 3],
                from: wire,
                to: dialect,
                requestID: "r"
            )
            #expect(answer.status == 401 && answer.body == [1, 2, 3] && answer.shouldRetry == nil)
        }
    }

    @Test func `a provider's key does not reach the client`() throws {
        let body = #"{"error":{"message":"Incorrect API key provided: sk-abc***xyz.","code":"invalid_api_key"}}"#
        let told = try told(401, body, .openai, .anthropic)
        #expect(told.message?.contains("sk-") == false)
    }
}

@Suite struct `Errors in OpenAI's envelope` {
    private func text(_ error: GatewayError.Kind) -> String {
        String(decoding: OpenAIErrors.body(GatewayError(error)), as: UTF8.self)
    }

    @Test func `name the field that a message begins with`() {
        #expect(
            text(.invalidRequest("messages[2].content: expected \"a\" string"))
                == #"{"error":{"message":"messages[2].content: expected \"a\" string","type":"invalid_request_error","#
                + #""param":"messages[2].content","code":null}}"#
        )
        for message in ["no field here: x", "a:b", ": x", "3: x", "plain", "http://x: y"] {
            #expect(text(.invalidRequest(message)).contains(#""param":null"#))
        }
    }

    @Test func `have a type and a code for each status`() {
        #expect(
            text(.unauthenticated("x")).contains(
                #""type":"invalid_request_error","param":null,"code":"invalid_api_key""#
            )
        )
        #expect(text(.requestTimeout).contains(#""code":"request_timeout""#))
        #expect(text(.overloaded("x")).contains(#""type":"server_error","param":null,"code":"overloaded""#))
        #expect(text(.internalFault("x")).contains(#""type":"server_error","param":null,"code":"internal""#))
        #expect(text(.upstreamTimeout(backend: "b", detail: "d")).contains(#""code":"timeout""#))
    }

    @Test func `end a stream without its mark`() {
        let event = OpenAIErrors.event(GatewayError(.upstreamBroken(backend: "b", detail: "cut")))
        #expect(
            String(decoding: event, as: UTF8.self)
                == #"data: {"error":{"message":"backend b broke off: cut","type":"upstream_error","param":null,"#
                + #""code":"stream_truncated"}}"# + "\n\n"
        )
    }
}
