/// One step on a request's way through the gateway.
///
/// A stage may add to the exchange, answer it outright, or call `next` and look at what comes back. It holds nothing of
/// a single request itself. Stages are objects: a struct with as many members would be copied for every request.
package protocol Stage: AnyObject, Sendable {
    /// The verb that names the stage wherever a request's way is shown.
    static var name: String { get }

    func handle(_ exchange: inout Exchange, next: @escaping Next) async throws(GatewayError) -> Reply
}

/// The rest of the way.
package typealias Next = @Sendable (inout Exchange) async throws(GatewayError) -> Reply

/// Stages in the order a request meets them.
package struct Pipeline: Sendable {
    private let entry: Next

    package init(_ stages: [any Stage]) {
        var next: Next = { _ throws(GatewayError) in
            throw GatewayError(.internalFault("the last stage did not answer"))
        }
        for stage in stages.reversed() { next = Self.link(stage, to: next) }
        entry = next
    }

    // Written as a function of its own: the same closure inside `reduce` crashes the 6.3 compiler.
    private static func link(_ stage: any Stage, to next: @escaping Next) -> Next {
        { (exchange: inout Exchange) async throws(GatewayError) -> Reply in
            try await stage.handle(&exchange, next: next)
        }
    }

    package func answer(_ exchange: inout Exchange) async throws(GatewayError) -> Reply {
        try await entry(&exchange)
    }
}
