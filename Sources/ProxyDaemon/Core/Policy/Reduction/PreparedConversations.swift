import Synchronization

/// Which reducers and skills hold for which conversation, over restarts of the daemon. Bounded in number and in bytes; the
/// least recently used go first.
///
/// Keyed by the client's own prompt, as ``Conversations`` is by what is sent: what a later turn is like is known by the
/// longest prefix that was seen. Partitions are part of the keys and compared in full.
package final class PreparedConversations: Sendable {
    /// So many requests before the last one are remembered of a conversation, for clients that go back a few steps.
    private static let keptAncestors = 4
    /// A conversation that nobody knows is taken for one of before these reducers, unless they have been in force so long.
    package static let idleSeconds: Int64 = 86_400

    struct Key: Hashable {
        let hash: PrefixHash
        let partition: String

        // The partition is compared, but need not be hashed.
        func hash(into hasher: inout Hasher) { hash.hash(into: &hasher) }
    }

    struct Node: Sendable {
        var key: Key
        var conversation: PreparedConversation
        var link = RecencyLink()
    }

    private struct Nodes: RecencyLinks, Sendable {
        var all: [Node] = []

        subscript(link slot: Int) -> RecencyLink {
            get { all[slot].link }
            set { all[slot].link = newValue }
        }
    }

    private struct Table: Sendable {
        var slots: [Key: Int] = [:]
        var nodes = Nodes()
        var free: [Int] = []
        var order = RecencyList()
        var bytes = 0
        /// Which reducers the configuration asks for, and since when.
        var fingerprint: String
        var since: Int64
        var revision = 0
    }

    private let table: Mutex<Table>
    private let maxEntries: Int
    private let maxBytes: Int
    private let clock: Clock
    private let saving = Mutex((saved: 0, isBusy: false, tried: Int64.min))
    private let disabled = Mutex(0)

    package init(fingerprint: String, maxEntries: Int = 8_000, maxBytes: Int = 8_388_608, clock: Clock) {
        self.maxEntries = maxEntries
        self.maxBytes = maxBytes
        self.clock = clock
        table = Mutex(Table(fingerprint: fingerprint, since: clock.unixMilliseconds() / 1_000))
    }

    /// From now on the configuration asks for these reducers. What holds for running conversations goes on to hold.
    func adopt(fingerprint: String) {
        let now = clock.unixMilliseconds() / 1_000
        table.withLock { table in
            guard fingerprint != table.fingerprint else { return }
            table.fingerprint = fingerprint
            table.since = now
            table.revision += 1
        }
    }

    package var isEmpty: Bool { table.withLock { $0.slots.isEmpty } }

    package var count: Int { table.withLock { $0.slots.count } }

    /// How often a conversation's reducers had to be switched off because a prefix had changed.
    package var disabledCount: Int { disabled.withLock { $0 } }

    func noteDisabled() { disabled.withLock { $0 += 1 } }

    /// The configuration has asked for the same for longer than conversations are remembered elsewhere.
    var hasSettled: Bool {
        let now = clock.unixMilliseconds() / 1_000
        return table.withLock { now - $0.since > Self.idleSeconds }
    }

    /// What holds for the longest prefix of a request that is known, with how many messages come after it.
    func find(_ chain: MessageChain) -> (conversation: PreparedConversation, hash: PrefixHash, newMessages: Int)? {
        table.withLock { table in
            guard !table.slots.isEmpty else { return nil }
            for (number, link) in chain.links.reversed().enumerated() {
                guard let slot = table.slots[Key(hash: link, partition: chain.partition)] else { continue }
                table.order.touch(slot, in: &table.nodes)
                return (table.nodes.all[slot].conversation, link, number)
            }
            return nil
        }
    }

    /// Keeps what holds for a request. `parent` is the prefix that it goes on from; nil for a first one, or for the same again.
    func keep(_ chain: MessageChain, _ conversation: PreparedConversation, goingOnFrom parent: PrefixHash?) {
        guard let whole = chain.whole else { return }
        var conversation = conversation
        var dropped: PrefixHash?
        if let parent, parent != whole {
            conversation.ancestors.append(parent)
            if conversation.ancestors.count > Self.keptAncestors { dropped = conversation.ancestors.removeFirst() }
        }
        let key = Key(hash: whole, partition: chain.partition)
        table.withLock { table in
            if let dropped, let slot = table.slots[Key(hash: dropped, partition: chain.partition)] {
                remove(slot, &table)
            }
            put(key, conversation, &table)
            table.revision += 1
        }
    }

    private func put(_ key: Key, _ conversation: PreparedConversation, _ table: inout Table) {
        guard conversation.bytes <= maxBytes, maxEntries > 0 else { return }
        if let slot = table.slots[key] { remove(slot, &table) }
        let node = Node(key: key, conversation: conversation)
        let slot: Int
        if let reused = table.free.popLast() {
            slot = reused
            table.nodes.all[slot] = node
        } else {
            slot = table.nodes.all.count
            table.nodes.all.append(node)
        }
        table.slots[key] = slot
        table.bytes += conversation.bytes
        table.order.insert(slot, in: &table.nodes)
        while table.bytes > maxBytes || table.slots.count > maxEntries, let last = table.order.oldest {
            remove(last, &table)
        }
    }

    private func remove(_ slot: Int, _ table: inout Table) {
        table.order.remove(slot, in: &table.nodes)
        table.slots[table.nodes.all[slot].key] = nil
        table.bytes -= table.nodes.all[slot].conversation.bytes
        table.nodes.all[slot].conversation = .untouched
        table.free.append(slot)
    }

    // MARK: Keeping

    /// Takes up what an earlier daemon knew. For the start, before the first request.
    ///
    /// - Returns: why it could not be taken up, a sentence for the log; nil when all is well.
    package func load(from store: any StateStore) async -> String? {
        guard let document = await store.load(PreparedDocument.name) else { return nil }
        do throws(StateProblem) {
            let kept = try PreparedDocument.decode(document)
            table.withLock { table in
                if kept.fingerprint == table.fingerprint { table.since = min(table.since, kept.since) }
                // A request may have been faster; what it brought is newer.
                for (key, conversation) in kept.conversations where table.slots[key] == nil {
                    put(key, conversation, &table)
                }
            }
            return nil
        } catch {
            return "Running conversations are left as their clients send them: \(PreparedDocument.name) \(error.words)."
        }
    }

    /// Saves what has changed and is due. Call it every second or so, and with `isForced` before the end.
    ///
    /// Throws where the store fails; the next call that is due tries again.
    package func save(to store: any StateStore, isForced: Bool = false) async throws(StateStoreError) {
        let now = clock.monotonicNanoseconds()
        let mayGoOn = saving.withLock { saving in
            guard !saving.isBusy,
                isForced || saving.tried == .min || now - saving.tried >= PreparedDocument.saveSeconds * 1_000_000_000
            else { return false }
            saving.isBusy = true
            return true
        }
        guard mayGoOn else { return }
        defer { saving.withLock { $0.isBusy = false } }
        let saved = saving.withLock { $0.saved }
        let (revision, fingerprint, since, nodes) = table.withLock { table in
            // The moment of a change of the configuration is worth keeping even before the first conversation.
            (table.revision + 1, table.fingerprint, table.since, table.revision + 1 == saved ? [] : ordered(table))
        }
        guard revision != saved else { return }
        saving.withLock { $0.tried = now }
        let document = PreparedDocument.encode(fingerprint: fingerprint, since: since, nodes)
        try await store.save(document, as: PreparedDocument.name)
        saving.withLock { $0.saved = revision }
    }

    /// All of them, the least recently used first, so that taking them up again gives the same order.
    private func ordered(_ table: Table) -> [(Key, PreparedConversation)] {
        var nodes: [(Key, PreparedConversation)] = []
        nodes.reserveCapacity(table.slots.count)
        var slot = table.order.newest
        while let at = slot {
            nodes.append((table.nodes.all[at].key, table.nodes.all[at].conversation))
            slot = table.order.older(than: at, in: table.nodes)
        }
        return nodes.reversed()
    }
}
