import GatewayCore

/// Takes answers out of Redis. Walks in small steps, between which Redis serves others.
struct RedisRemover: Sendable {
    /// About how many keys one step looks at.
    private static let stepKeys = 256
    private static let callMilliseconds = 1_000
    /// A walk that takes longer is given up: a server that never comes to an end is no server.
    private static let longestNanoseconds: Int64 = 120_000_000_000
    private static let attempts = 5
    private static let pauseMilliseconds = 200

    private let client: RedisClient

    init(_ client: RedisClient) { self.client = client }

    /// How many there were; nil where Redis is away, or refuses.
    func remove(_ selection: CacheSelection) async -> Int? {
        if case .entry(let key) = selection { return await unlink([RedisAnswerName.bytes(of: key)]) }
        let end = MonotonicTime.nanoseconds() + Self.longestNanoseconds
        var cursor = Array("0".utf8)
        var removed = 0
        repeat {
            let step: [[UInt8]] = [
                Array("SCAN".utf8), cursor, Array("MATCH".utf8), RedisAnswerName.prefix + Array("*".utf8),
                Array("COUNT".utf8), Array("\(Self.stepKeys)".utf8),
            ]
            guard let reply = await call(step)?.elements, reply.count == 2, let next = reply[0].bytes,
                let found = reply[1].elements, MonotonicTime.nanoseconds() < end
            else { return nil }
            cursor = next
            var names = found.compactMap(\.bytes).filter(RedisAnswerName.isOne)
            if selection != .all {
                guard let owned = await owned(names, by: selection) else { return nil }
                names = owned
            }
            if !names.isEmpty {
                guard let count = await unlink(names) else { return nil }
                removed += count
            }
        } while cursor != Array("0".utf8)
        return removed
    }

    private func unlink(_ names: [[UInt8]]) async -> Int? {
        guard case .integer(let count)? = await call([Array("UNLINK".utf8)] + names) else { return nil }
        return Int(count)
    }

    /// Those of the names whose answers belong to the selection; all are looked at in one go. nil where Redis goes away.
    private func owned(_ names: [[UInt8]], by selection: CacheSelection) async -> [[UInt8]]? {
        await withTaskGroup(of: [[UInt8]]?.self) { group in
            for name in names {
                group.addTask {
                    let head: [[UInt8]] = [
                        Array("GETRANGE".utf8), name, Array("0".utf8), Array("\(ValueSeal.ownerBytes - 1)".utf8),
                    ]
                    guard let reply = await call(head) else { return nil }
                    guard let owner = reply.bytes.flatMap(ValueSeal.owner) else { return [] }
                    let isMeant =
                        switch selection {
                        case .project(let project): owner.project == project
                        case .key(let key): owner.key == key
                        case .all, .entry: false
                        }
                    return isMeant ? [name] : []
                }
            }
            return await group.reduce(into: []) { all, some in
                if let some { all?.append(contentsOf: some) } else { all = nil }
            }
        }
    }

    /// The reply; nil where Redis is away. A connection that is replaced under way does not end a walk: each step may be
    /// taken twice.
    private func call(_ arguments: [[UInt8]]) async -> RedisReply? {
        for _ in 0..<Self.attempts {
            do throws(RedisError) {
                return try await client.call(arguments, timeoutMilliseconds: Self.callMilliseconds)
            } catch {
                guard error == .connectionLost || error == .timedOut || error == .busy,
                    (try? await Task.sleep(for: .milliseconds(Self.pauseMilliseconds))) != nil
                else { return nil }
            }
        }
        return nil
    }
}
