/// Reads what the client sent: the directives in its headers, the request in its body.
package struct Recognise: Stage {
    package static let name = "recognise"

    package init() {}

    package func handle(_ exchange: inout Exchange, next: Next) async throws(GatewayError) -> Reply {
        exchange.directives = try Directives(exchange.request)
        let prompt = try Prompt(parsing: exchange.request.body, dialect: exchange.dialect)
        // The header is nearer to the request than its body, which an application may have made long ago.
        exchange.directives.smartRouting = exchange.directives.smartRouting ?? prompt.smartRouting
        exchange.prompt = prompt
        return try await next(&exchange)
    }
}
