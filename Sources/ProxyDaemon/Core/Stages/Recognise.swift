/// Reads what the client sent: the directives in its headers, the request in its body.
package struct Recognise: Stage {
    package static let name = "recognise"
    private let repeated: RepeatedRequests

    package init(repeated: RepeatedRequests) { self.repeated = repeated }

    package func handle(_ exchange: inout Exchange, next: Next) async throws(GatewayError) -> Reply {
        exchange.directives = try Directives(exchange.request)
        exchange.known = repeated.known(exchange.request.body, from: exchange.client)
        if let known = exchange.known {
            exchange.prompt = known.request
        } else {
            exchange.prompt = try AnthropicRequest(parsing: exchange.request.body)
        }
        return try await next(&exchange)
    }
}
