import Synchronization

/// Counts what happens seldom, by its reason.
final class ReasonCounts<Reason>: Sendable
where Reason: CaseIterable & Hashable & Sendable & RawRepresentable<String> {
    private let counts = Mutex<[Reason: Int]>([:])

    func add(_ reason: Reason) { counts.withLock { $0[reason, default: 0] += 1 } }

    /// Every reason's name, those that never happened included.
    var byName: [String: Int] {
        counts.withLock { counts in
            Dictionary(uniqueKeysWithValues: Reason.allCases.map { ($0.rawValue, counts[$0] ?? 0) })
        }
    }
}

/// Which bound a request was refused for.
enum LimitRefusal: String, Sendable, CaseIterable {
    /// Requests a minute.
    case requests
    /// Tokens a minute.
    case tokens
    /// Streams at once.
    case streams
    /// A budget is spent, or has no room for the request.
    case budget
    /// A budget's rest is put aside for calls under way.
    case budgetReserved = "budget_reserved"
}

/// Why a request was sent away though nothing is wrong with it.
enum ShedReason: String, Sendable, CaseIterable {
    case queueFull = "queue_full"
    case queueTimeout = "queue_timeout"
    /// What it costs could not be written down.
    case booksFull = "books_full"
}
