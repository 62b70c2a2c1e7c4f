/// Keeps what routing decisions came to.
package protocol OutcomeLog: Sendable {
    /// Returns at once; what cannot be written is dropped and told to the operator, never to a client.
    func record(_ outcome: RoutingOutcome)
}
