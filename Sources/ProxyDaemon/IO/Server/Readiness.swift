import Synchronization

/// Whether the daemon takes new work: a load balancer asks before it sends any.
package final class Readiness: Sendable {
    private let draining = Atomic<Bool>(false)

    package init() {}

    /// What is under way is finished, and nothing new is taken.
    package var isDraining: Bool { draining.load(ordering: .relaxed) }

    func beginDraining() { draining.store(true, ordering: .relaxed) }
}
