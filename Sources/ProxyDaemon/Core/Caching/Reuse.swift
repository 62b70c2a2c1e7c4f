/// How an answer came to a request that did not make it.
package enum Sharing: String, Sendable, Equatable {
    /// It did make it.
    case none
    /// The same request was answered before.
    case exact
    /// A question that asks the same was answered before.
    case semantic
    /// The same request was under way.
    case coalesced
}
