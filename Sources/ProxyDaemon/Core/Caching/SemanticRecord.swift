/// What the semantic cache did, and whether its hits can still be trusted.
struct SemanticRecord: Sendable {
    /// Canaries that are looked at together.
    private static let windowLength = 200
    /// Fewer tell nothing.
    private static let leastCanaries = 20

    var hits = 0
    private(set) var misses = 0
    private(set) var refusals: [String: Int] = [:]
    private(set) var canaries = 0
    var falseHits = 0
    /// Why the cache turned itself off.
    private(set) var off: String?
    /// Whether each of the last canaries was a false hit, as a ring.
    private var window: [Bool] = []
    private var next = 0

    /// The share of false hits among the last canaries; nil before the first.
    var falseHitRate: Double? {
        window.isEmpty ? nil : Double(window.count { $0 }) / Double(window.count)
    }

    /// Nothing was found; a guard's name where it refused the nearest that was similar enough.
    mutating func missed(_ refusal: String?) {
        if let refusal { refusals[refusal, default: 0] += 1 } else { misses += 1 }
    }

    mutating func judged(isFalse: Bool, maxRate: Double) {
        canaries += 1
        if isFalse { falseHits += 1 }
        if window.count < Self.windowLength {
            window.append(isFalse)
        } else {
            window[next] = isFalse
            next = (next + 1) % Self.windowLength
        }
        guard window.count >= Self.leastCanaries, let rate = falseHitRate, rate > maxRate else { return }
        let wrong = window.count { $0 }
        off =
            "\(wrong) of the last \(window.count) compared answers differed, more than cache.max_false_hit_rate "
            + "(\(maxRate)) allows; raise cache.semantic_threshold, then empty the cache to begin anew"
    }

    /// Begins anew, trusted again.
    mutating func restart() {
        off = nil
        window = []
        next = 0
    }
}
