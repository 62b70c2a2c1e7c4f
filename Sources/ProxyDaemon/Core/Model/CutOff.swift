import Synchronization

/// Whether the gateway itself ends a client's requests, because its time to finish was over. Without it a request that ends
/// before its answer does was left by its client.
package final class CutOff: Sendable {
    private let flag = Atomic(false)

    package init() {}

    /// From now on the gateway ends them. Before they are cancelled.
    package func begin() { flag.store(true, ordering: .releasing) }

    package var hasBegun: Bool { flag.load(ordering: .acquiring) }
}
