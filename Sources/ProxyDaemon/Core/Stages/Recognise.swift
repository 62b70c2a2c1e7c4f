/// Reads what the client sent: the directives in its headers, the request in its body.
package struct Recognise: Stage {
    package static let name = "recognise"

    package init() {}

    package func handle(_ exchange: inout Exchange, next: Next) async throws(GatewayError) -> Reply {
        exchange.directives = try Directives(exchange.request)
        exchange.prompt = try AnthropicRequest(parsing: exchange.request.body)
        return try await next(&exchange)
    }
}
