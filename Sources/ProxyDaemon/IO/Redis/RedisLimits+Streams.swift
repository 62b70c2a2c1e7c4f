package import GatewayCore
import Synchronization

/// The places that this daemon's streams have.
struct StreamSeats {
    /// A daemon that is gone has its places this long. Each place is asked for anew well before.
    static let lifetimeSeconds = 60
    private static let renewalNanoseconds: Int64 = 20_000_000_000
    private static let seatsAtOnce = 500

    private(set) var scopes: [String: [LimitScope]] = [:]
    private var nextRenewal: Int64 = 0

    mutating func enter(_ id: String, _ held: [LimitScope]) { scopes[id] = held }

    /// nil where it has none.
    mutating func leave(_ id: String) -> [LimitScope]? { scopes.removeValue(forKey: id) }

    /// What is to be asked for anew, for each scope; empty while that has time. `isBack`: Redis was away, and may know nothing.
    mutating func renewals(now: Int64, isBack: Bool) -> [(scope: LimitScope, ids: ArraySlice<String>)] {
        guard isBack || now >= nextRenewal else { return [] }
        nextRenewal = now + Self.renewalNanoseconds
        var held: [LimitScope: [String]] = [:]
        for (id, scopes) in scopes {
            for scope in scopes { held[scope, default: []].append(id) }
        }
        return held.flatMap { scope, ids in
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
        // Whatever is answered: one that is let in while nobody answers is counted when somebody does.
        seats.withLock { $0.enter(id, bounds.map(\.scope)) }
        guard isThere,
            case .numbers(let numbers) = await ask(
                Self.command(
                    RedisLimitScripts.enterStream,
                    bounds.map { Self.streams($0.scope) },
                    [id, String(StreamSeats.lifetimeSeconds)] + bounds.map { String($0.most) }
                )
            ), let full = numbers.first, full <= bounds.count
        else { return nil }
        guard full > 0 else { return .entered }
        seats.withLock { _ = $0.leave(id) }
        return .full(bounds[Int(full) - 1])
    }

    package func leaveStream(_ id: String) {
        // Under the lock, so that no renewal comes after it on the connection.
        seats.withLock { seats in
            guard let scopes = seats.leave(id), isThere else { return }
            for scope in scopes { client.send(["ZREM", Self.streams(scope), id].map { Array($0.utf8) }) }
        }
    }

    /// Keeps the places of streams that go on, and takes those of the time without Redis.
    func renewStreams(isBack: Bool) {
        seats.withLock { seats in
            for (scope, ids) in seats.renewals(now: MonotonicTime.nanoseconds(), isBack: isBack) {
                let arguments = [String(StreamSeats.lifetimeSeconds)] + ids
                client.send(Self.command(RedisLimitScripts.renewStreams, [Self.streams(scope)], arguments)) {
                    [weak self] outcome in
                    if case .success(.error(let text)) = outcome { self?.refused(text) }
                }
            }
        }
    }

    private static func streams(_ scope: LimitScope) -> String { "llm-gateway:limit:1:streams:\(scope.name)" }
}
