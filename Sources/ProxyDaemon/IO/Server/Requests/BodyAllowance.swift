import GatewayCore
import Synchronization

/// What the larger bodies of all requests under way may take together, so that many clients with large requests cannot
/// take all memory.
final class BodyAllowance: Sendable {
    private let held = Atomic<Int>(0)

    /// Bytes that are held now.
    var heldBytes: Int { held.load(ordering: .relaxed) }

    /// False where it would then be more than `most`; nothing is taken in that case.
    fileprivate func take(_ count: Int, most: Int) -> Bool {
        if held.add(count, ordering: .relaxed).newValue <= most { return true }
        giveBack(count)
        return false
    }

    fileprivate func giveBack(_ count: Int) { held.subtract(count, ordering: .relaxed) }
}

/// What one request's body has of the allowance; given back when nobody holds it any more.
final class BodyShare {
    /// So much of each body counts for nothing: it is what most requests need, and `server.max_connections` bounds it.
    static let freeBytes = 16_384

    private let allowance: BodyAllowance
    private let most: Int
    private var bytes = 0

    /// Of an allowance of `most` bytes in all.
    init(of allowance: BodyAllowance, most: Int) {
        self.allowance = allowance
        self.most = most
    }

    deinit { allowance.giveBack(bytes) }

    /// The body is so long now. Throws `overloaded` where there is no room for that.
    func grow(to total: Int) throws(GatewayError) {
        let more = total - Self.freeBytes - bytes
        guard more > 0 else { return }
        guard allowance.take(more, most: most) else {
            let text = "the requests under way hold \(most) bytes already (server.max_held_body_bytes)"
            throw GatewayError(.overloaded(text))
        }
        bytes += more
    }
}
