/// Reads what the client sent: the directives in its headers, the request in its body.
package final class Recognise: Stage {
    package static let name = "recognise"
    private let repeated: RepeatedRequests

    package init(repeated: RepeatedRequests) { self.repeated = repeated }

    package func handle(_ exchange: inout Exchange, next: Next) async throws(GatewayError) -> Reply {
        exchange.directives = try Directives(exchange.request)
        exchange.known = repeated.known(exchange.request.body, exchange.dialect, from: exchange.client)
        let prompt: Prompt
        if let known = exchange.known {
            prompt = known.request
        } else {
            prompt = try Prompt(parsing: exchange.request.body, dialect: exchange.dialect)
        }
        // The header is nearer to the request than its body, which an application may have made long ago.
        exchange.directives.smartRouting = exchange.directives.smartRouting ?? prompt.smartRouting
        exchange.prompt = prompt
        return try await next(&exchange)
    }
}
