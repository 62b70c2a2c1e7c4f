import Synchronization

/// Tells whoever has received a request what became of it, once its books are closed. Made for those requests alone of which
/// somebody wants to know.
package final class RequestTrace: Sendable {
    private struct State {
        var isOpen = false
        var entry: LedgerEntry?
        var action: (@Sendable (LedgerEntry?) -> Void)?
    }

    private let state = Mutex(State())

    package init() {}

    /// It is an exchange, which will end.
    func began() { state.withLock { $0.isOpen = true } }

    func ended(_ entry: LedgerEntry) {
        let action = state.withLock { state in
            state.isOpen = false
            state.entry = entry
            defer { state.action = nil }
            return state.action
        }
        action?(entry)
    }

    /// Has this called with what became of the request: at once where that is known, or where it was no exchange at all.
    package func whenSettled(_ action: @escaping @Sendable (LedgerEntry?) -> Void) {
        let (isSettled, entry) = state.withLock { state -> (Bool, LedgerEntry?) in
            if state.isOpen { state.action = action }
            return (!state.isOpen, state.entry)
        }
        if isSettled { action(entry) }
    }
}
