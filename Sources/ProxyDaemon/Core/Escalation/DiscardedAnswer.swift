/// An answer that was paid for and not given.
package struct DiscardedAnswer: Sendable {
    /// Who had given it.
    package let backend: Backend
    package let spending: Spending

    package init(backend: Backend, spending: Spending) {
        self.backend = backend
        self.spending = spending
    }
}
