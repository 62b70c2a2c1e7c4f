package import GatewayCore
import Synchronization

/// The places that this daemon's streams have in Redis, and those that it has yet to give back.
struct StreamSeats {
    /// One stream's place in one scope.
    struct Seat: Hashable {
        var scope: LimitScope
        var id: String
    }

    /// A daemon that is gone has its places this long. Each place is asked for anew well before.
    static let lifetimeSeconds = 60
    private static let renewalNanoseconds: Int64 = 20_000_000_000
    private static let seatsAtOnce = 500
    /// What is beyond goes by itself.
    private static let mostLeaving = 10_000

    private var held: [String: [LimitScope]] = [:]
    /// Given back, and not known to be so in Redis: when that goes by itself, and whether Redis is being told.
    private var leaving: [Seat: (end: Int64, isUnderWay: Bool)] = [:]
    private var nextRenewal: Int64 = 0

    mutating func enter(_ id: String, _ scopes: [LimitScope]) { held[id] = scopes }

    /// What Redis is to be told; ``settle(_:isTold:)`` takes what became of it.
    mutating func leave(_ id: String, now: Int64) -> [Seat] {
        let seats = (held.removeValue(forKey: id) ?? []).map { Seat(scope: $0, id: id) }
        let end = now + Int64(Self.lifetimeSeconds) * 1_000_000_000
        for seat in seats where leaving.count < Self.mostLeaving { leaving[seat] = (end, true) }
        return seats
    }

    /// Redis has been told of a place that was given back, or could not be: then it is told again.
    mutating func settle(_ seat: Seat, isTold: Bool) {
        if isTold { leaving[seat] = nil } else { leaving[seat]?.isUnderWay = false }
    }

    /// What Redis has to be told again; ``settle(_:isTold:)`` takes what became of it.
    mutating func left(now: Int64) -> [Seat] {
        leaving = leaving.filter { $0.value.end > now }
        let seats = leaving.filter { !$0.value.isUnderWay }.map(\.key)
        for seat in seats { leaving[seat]?.isUnderWay = true }
        return seats
    }

    /// What is to be asked for anew, for each scope; empty while that has time. `isBack`: Redis was away, and may know nothing.
    mutating func renewals(now: Int64, isBack: Bool) -> [(scope: LimitScope, ids: ArraySlice<String>)] {
        guard isBack || now >= nextRenewal else { return [] }
        nextRenewal = now + Self.renewalNanoseconds
        var ids: [LimitScope: [String]] = [:]
        for (id, scopes) in held {
            for scope in scopes { ids[scope, default: []].append(id) }
        }
        return ids.flatMap { scope, ids in
            stride(from: 0, to: ids.count, by: Self.seatsAtOnce).map {
                (scope, ids[$0..<min($0 + Self.seatsAtOnce, ids.count)])
            }
        }
    }
}

/// Streams at once, counted for all daemons. Each scope has a sorted set of the streams under way, by when their places end: what a
/// daemon that was killed leaves there goes by itself.
extension RedisLimits {
    package func enterStream(_ id: String, _ bounds: [StreamBound]) async -> StreamEntry? {
        var full: Int64?
        if isThere,
            case .numbers(let numbers) = await ask(
                Self.command(
                    RedisLimitScripts.enterStream,
                    bounds.map { Self.streams($0.scope) },
                    [id, String(StreamSeats.lifetimeSeconds)] + bounds.map { String($0.most) }
                )
            )
        {
            full = numbers.first
        }
        if let full, bounds.indices.contains(Int(full) - 1) { return .full(bounds[Int(full) - 1]) }
        // One that is let in while nobody answers is counted when somebody does. Not before the answer: a renewal meanwhile would
        // make a place for one that is refused.
        seats.withLock { $0.enter(id, bounds.map(\.scope)) }
        return full == 0 ? .entered : nil
    }

    package func leaveStream(_ id: String) {
        // A renewal that knows of the stream is on the connection by then, and comes before.
        tell(of: seats.withLock { $0.leave(id, now: MonotonicTime.nanoseconds()) })
    }

    /// Keeps the places of streams that go on, takes those of the time without Redis, and gives back what it was not told of.
    func renewStreams(isBack: Bool) {
        let now = MonotonicTime.nanoseconds()
        tell(of: seats.withLock { $0.left(now: now) })
        // Under the lock, so that nothing that ends meanwhile is given back before it is asked for anew.
        seats.withLock { seats in
            for (scope, ids) in seats.renewals(now: now, isBack: isBack) {
                let arguments = [String(StreamSeats.lifetimeSeconds)] + ids
                client.send(Self.command(RedisLimitScripts.renewStreams, [Self.streams(scope)], arguments)) {
                    [weak self] outcome in
                    if case .success(.error(let text)) = outcome { self?.refused(text) }
                }
            }
        }
    }

    private func tell(of left: [StreamSeats.Seat]) {
        for seat in left {
            client.send(["ZREM", Self.streams(seat.scope), seat.id].map { Array($0.utf8) }) { [weak self] outcome in
                // An error would come again and again: then the place goes by itself.
                var isTold = true
                if case .failure = outcome { isTold = false }
                self?.seats.withLock { $0.settle(seat, isTold: isTold) }
            }
        }
    }

    private static func streams(_ scope: LimitScope) -> String { "llm-gateway:limit:1:streams:\(scope.name)" }
}
