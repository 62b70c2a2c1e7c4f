import Shared

/// The table behind ``Conversations``: a dictionary into a list in the order of use, which lives in an array.
struct ConversationTable {
    private struct Key: Hashable {
        let hash: PrefixHash
        let partition: String

        // The partition is compared, but need not be hashed.
        func hash(into hasher: inout Hasher) { hash.hash(into: &hasher) }
    }

    private struct Node {
        var key: Key
        var entry: ConversationEntry
        var bytes: Int
        var used: Int64
        /// Towards the most recently used.
        var newer: Int?
        /// Towards the least recently used.
        var older: Int?
    }

    private var slots: [Key: Int] = [:]
    private var nodes: [Node] = []
    private var free: [Int] = []
    private var newest: Int?
    private var oldest: Int?
    private(set) var bytes = 0
    private let maxEntries: Int
    private let maxBytes: Int
    private let idleNanoseconds: Int64

    init(maxEntries: Int, maxBytes: Int, idleNanoseconds: Int64) {
        self.maxEntries = maxEntries
        self.maxBytes = maxBytes
        self.idleNanoseconds = idleNanoseconds
    }

    var count: Int { slots.count }

    /// The entry of the longest prefix that is known, and its hash.
    mutating func longest(
        _ chain: MessageChain,
        now: Int64
    ) -> (entry: ConversationEntry, hash: PrefixHash, isWhole: Bool)? {
        dropIdle(now)
        for (number, link) in chain.links.reversed().enumerated() {
            guard let slot = slots[Key(hash: link, partition: chain.partition)] else { continue }
            touch(slot, now)
            return (nodes[slot].entry, link, number == 0)
        }
        return nil
    }

    mutating func decided(_ chain: MessageChain, _ choice: ConversationChoice, now: Int64) {
        guard let whole = chain.whole else { return }
        guard let known = longest(chain, now: now) else {
            var entry = ConversationEntry(now: now)
            entry.note(choice, now: now)
            return put(entry, whole, chain.partition, now)
        }
        if known.isWhole {
            // Sent again: it is the same turn, whatever is chosen for it now.
            var entry = known.entry
            if choice.isUserTurn || entry.choice == nil || choice.lift != nil { entry.choice = choice }
            entry.lift = choice.lift ?? entry.lift
            entry.lastSign = now
            return put(entry, whole, chain.partition, now)
        }
        var (entry, dropped) = known.entry.continued(from: known.hash)
        entry.note(choice, now: now)
        if let dropped { remove(dropped, chain.partition) }
        put(entry, whole, chain.partition, now)
    }

    mutating func settled(
        _ chain: MessageChain,
        _ key: WarmPrefix.Key,
        _ usage: TokenUsage,
        caching: PromptCaching,
        minimum: Int,
        measured: MeasuredPrompt,
        now: Int64
    ) {
        guard let whole = chain.whole else { return }
        var entry: ConversationEntry
        switch longest(chain, now: now) {
        case .some(let known) where known.isWhole: entry = known.entry
        case .some(let known):
            let next = known.entry.continued(from: known.hash)
            entry = next.entry
            if let dropped = next.dropped { remove(dropped, chain.partition) }
        case nil: entry = ConversationEntry(now: now)
        }
        entry.lastSign = max(entry.lastSign, now)
        if measured.tokens > 0 {
            if entry.first == nil { entry.first = measured } else { entry.answersSince += 1 }
            entry.measured = measured
        }
        entry.warm.removeAll { $0.key != key && $0.prefix.lastExpiry <= now }
        let place = entry.warm.firstIndex { $0.key == key }
        var prefix = place.map { entry.warm[$0].prefix } ?? WarmPrefix()
        prefix.note(usage, caching, minimum: minimum, now: now)
        if let place {
            entry.warm[place].prefix = prefix
        } else if prefix.lastExpiry > now {
            if entry.warm.count >= Conversations.keptPrefixes,
                let first = entry.warm.indices.min(by: {
                    entry.warm[$0].prefix.lastExpiry < entry.warm[$1].prefix.lastExpiry
                })
            {
                entry.warm.remove(at: first)
            }
            entry.warm.append((key, prefix))
        }
        put(entry, whole, chain.partition, now)
    }

    func view(_ entry: ConversationEntry, isRepeated: Bool, now: Int64) -> ConversationView {
        var view = ConversationView()
        view.isRepeated = isRepeated
        view.choice = entry.choice
        view.lift = entry.lift
        view.userTurns = entry.userTurns
        view.toolSteps = entry.toolSteps
        view.wanted = entry.wanted
        view.gapSeconds = entry.gapNanoseconds.map { Int($0 / 1_000_000_000) }
        view.measured = entry.measured
        if let first = entry.first, let last = entry.measured, entry.answersSince > 0 {
            // Another tokenizer may have counted it then.
            let start = first.tokens(ofPrompt: first.characters, perThousand: last.tokensPerThousandCharacters)
            view.growthTokens = max(0, last.tokens - start) / entry.answersSince
        }
        for (key, prefix) in entry.warm {
            let segments = prefix.segments(now: now)
            if !segments.isEmpty { view.warm.append(.init(key: key, segments: segments)) }
        }
        return view
    }

    // MARK: The list

    private mutating func put(_ entry: ConversationEntry, _ hash: PrefixHash, _ partition: String, _ now: Int64) {
        let key = Key(hash: hash, partition: partition)
        let size = entry.bytes + partition.utf8.count
        guard size <= maxBytes, maxEntries > 0 else { return }
        if let slot = slots[key] {
            bytes += size - nodes[slot].bytes
            nodes[slot].bytes = size
            nodes[slot].entry = entry
            touch(slot, now)
        } else {
            let node = Node(key: key, entry: entry, bytes: size, used: now)
            let slot: Int
            if let reused = free.popLast() {
                slot = reused
                nodes[slot] = node
            } else {
                slot = nodes.count
                nodes.append(node)
            }
            slots[key] = slot
            bytes += size
            link(slot)
        }
        while bytes > maxBytes || slots.count > maxEntries, let last = oldest { remove(last) }
    }

    /// The list is in the order of use, so that the idle ones are at its end.
    private mutating func dropIdle(_ now: Int64) {
        while let last = oldest, now - nodes[last].used > idleNanoseconds { remove(last) }
    }

    private mutating func touch(_ slot: Int, _ now: Int64) {
        nodes[slot].used = max(nodes[slot].used, now)
        guard newest != slot else { return }
        unlink(slot)
        link(slot)
    }

    private mutating func remove(_ hash: PrefixHash, _ partition: String) {
        if let slot = slots[Key(hash: hash, partition: partition)] { remove(slot) }
    }

    private mutating func remove(_ slot: Int) {
        unlink(slot)
        slots[nodes[slot].key] = nil
        bytes -= nodes[slot].bytes
        nodes[slot].entry = ConversationEntry(now: 0)
        free.append(slot)
    }

    private mutating func link(_ slot: Int) {
        nodes[slot].newer = nil
        nodes[slot].older = newest
        if let newest { nodes[newest].newer = slot } else { oldest = slot }
        newest = slot
    }

    private mutating func unlink(_ slot: Int) {
        let newer = nodes[slot].newer
        let older = nodes[slot].older
        if let newer { nodes[newer].older = older } else { newest = older }
        if let older { nodes[older].newer = newer } else { oldest = newer }
    }
}
