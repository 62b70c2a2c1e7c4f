import Synchronization

/// What Redis tells of itself: how full it is, and whether it evicts. Of the whole server, whoever uses it.
final class RedisServerFacts: Sendable {
    struct Facts: Sendable, Equatable {
        var usedBytes: Int?
        /// nil where there is no bound.
        var maximumBytes: Int?
        var evictions = 0
    }

    private static let ageNanoseconds: Int64 = 5_000_000_000
    private let client: RedisClient
    private let kept = Mutex((facts: Facts(), askedNanoseconds: Int64.min / 2))

    init(_ client: RedisClient) { self.client = client }

    /// The facts that came last.
    var last: Facts { kept.withLock { $0.facts } }

    /// Asks for newer ones where the last are old. Returns at once; they are there the next time.
    func refresh() {
        let now = MonotonicTime.nanoseconds()
        let isOld = kept.withLock { kept in
            guard now - kept.askedNanoseconds >= Self.ageNanoseconds else { return false }
            kept.askedNanoseconds = now
            return true
        }
        guard isOld, client.state == .ok else { return }
        for section in ["memory", "stats"] {
            client.send([Array("INFO".utf8), Array(section.utf8)]) { [weak self] outcome in
                guard case .success(.string(let text)) = outcome else { return }
                self?.kept.withLock { $0.facts.read(text) }
            }
        }
    }
}

extension RedisServerFacts.Facts {
    /// Takes over what a reply to `INFO` says.
    mutating func read(_ text: [UInt8]) {
        for line in text.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")),
                let value = Int(String(decoding: line[(colon + 1)...], as: UTF8.self)), value >= 0
            else { continue }
            switch String(decoding: line[..<colon], as: UTF8.self) {
            case "used_memory": usedBytes = value
            case "maxmemory": maximumBytes = value == 0 ? nil : value
            case "evicted_keys": evictions = value
            default: break
            }
        }
    }
}
