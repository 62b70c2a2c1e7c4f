/// Keeps what routing decisions came to, and what clients reported of them.
package protocol OutcomeLog: Sendable {
    /// Returns at once; what cannot be written is dropped and told to the operator, never to a client.
    func record(_ outcome: RoutingOutcome)

    /// As ``record(_:)-(RoutingOutcome)``.
    func record(_ feedback: KeptFeedback)
}
