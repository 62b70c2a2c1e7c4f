/// The state of a ``SemanticIndex``: entries by key, by fingerprint and in the order of use.
struct SemanticTable {
    typealias Member = SemanticGroup.Member

    private struct Node {
        static let none = UInt32.max
        /// The group's number; ``none`` where the slot is free.
        var group = none
        /// The row's position in its group.
        var position: UInt32 = 0
        var expires: Int64 = 0
        var link = RecencyLink()
    }

    private struct Nodes: RecencyLinks {
        var all: [Node] = []
        subscript(link slot: Int) -> RecencyLink {
            get { all[slot].link }
            set { all[slot].link = newValue }
        }
    }

    /// Slots looked at by each insertion for entries that have outlived their time: with more than one, they are gone
    /// before as many again have come.
    private static let sweptSlots = 4
    /// A group's own arrays while it has one row.
    private static let groupBytes = 192
    /// A row's share of its group's arrays.
    private static let shareBytes = SignCode.words * 8 + MemoryLayout<Member>.stride

    private var nodes = Nodes()
    private var freeSlots: [UInt32] = []
    private var keys = SlotIndex()
    private var groups: [SemanticGroup?] = []
    private var freeGroups: [UInt32] = []
    private var fingerprints = SlotIndex()
    private var order = RecencyList()
    private var hand = 0
    private var rowBytes = 0
    private let maxEntries: Int
    private let maxBytes: Int

    init(maxEntries: Int, maxBytes: Int) {
        self.maxEntries = maxEntries
        self.maxBytes = maxBytes
    }

    var count: Int { keys.count }
    var groupCount: Int { fingerprints.count }
    var slotCount: Int { nodes.all.count }

    var bytes: Int {
        rowBytes + keys.bytes + fingerprints.bytes + groupCount * Self.groupBytes
            + groups.capacity * MemoryLayout<SemanticGroup?>.stride + nodes.all.capacity * MemoryLayout<Node>.stride
            + (freeSlots.capacity + freeGroups.capacity) * MemoryLayout<UInt32>.stride
    }

    func chunks(of fingerprint: SemanticFingerprint) -> [SemanticGroup.Chunk] {
        groupNumber(fingerprint).flatMap { groups[$0]?.chunks } ?? []
    }

    func entry(for key: CacheKey, now: Int64) -> (row: SemanticRow, fingerprint: SemanticFingerprint)? {
        guard let slot = slot(key), nodes.all[slot].expires > now, let row = member(slot)?.row,
            let fingerprint = groups[Int(nodes.all[slot].group)]?.fingerprint
        else { return nil }
        return (row, fingerprint)
    }

    mutating func touch(_ key: CacheKey) {
        if let slot = slot(key) { order.touch(slot, in: &nodes) }
    }

    mutating func insert(_ row: SemanticRow, _ code: [UInt64], _ fingerprint: SemanticFingerprint, now: Int64) {
        if let old = slot(row.key) { remove(old) }
        sweep(now)
        let slot: Int
        if let free = freeSlots.popLast() {
            slot = Int(free)
        } else {
            slot = nodes.all.count
            nodes.all.append(Node())
        }
        let number = groupNumber(fingerprint) ?? makeGroup(fingerprint)
        let member = Member(row: row, slot: UInt32(truncatingIfNeeded: slot))
        let position = groups[number]?.append(member, code) ?? 0
        nodes.all[slot].group = UInt32(truncatingIfNeeded: number)
        nodes.all[slot].position = UInt32(truncatingIfNeeded: position)
        nodes.all[slot].expires = row.expires
        keys.insert(slot, row.key.hashValue)
        order.insert(slot, in: &nodes)
        rowBytes += row.bytes + Self.shareBytes
        while count > maxEntries || bytes > maxBytes, let last = order.oldest { remove(last) }
    }

    mutating func remove(_ key: CacheKey) -> Bool {
        guard let slot = slot(key) else { return false }
        remove(slot)
        return true
    }

    /// Removes those of a selection whose slots are in a range, and tells how many there were.
    mutating func remove(_ selection: CacheSelection, slots: Range<Int>) -> Int {
        var removed = 0
        for slot in slots.clamped(to: nodes.all.indices) {
            guard let row = member(slot)?.row, selection.includes(row.key, of: row.owner) else { continue }
            remove(slot)
            removed += 1
        }
        return removed
    }

    mutating func removeAll() -> Int {
        let count = count
        self = SemanticTable(maxEntries: maxEntries, maxBytes: maxBytes)
        return count
    }

    /// Removes rows that have outlived their time, where they are still in.
    mutating func removeExpired(_ members: [Member], now: Int64) {
        for expired in members where member(Int(expired.slot))?.row === expired.row { remove(Int(expired.slot)) }
    }

    // MARK: Parts

    private func slot(_ key: CacheKey) -> Int? {
        keys.slot(key.hashValue) { member($0)?.row.key == key }
    }

    private func member(_ slot: Int) -> Member? {
        guard nodes.all.indices.contains(slot), nodes.all[slot].group != Node.none else { return nil }
        return groups[Int(nodes.all[slot].group)]?[Int(nodes.all[slot].position)]
    }

    private func groupNumber(_ fingerprint: SemanticFingerprint) -> Int? {
        fingerprints.slot(fingerprint.hashValue) { groups[$0]?.fingerprint == fingerprint }
    }

    private mutating func makeGroup(_ fingerprint: SemanticFingerprint) -> Int {
        let number: Int
        if let free = freeGroups.popLast() {
            number = Int(free)
            groups[number] = SemanticGroup(fingerprint)
        } else {
            number = groups.count
            groups.append(SemanticGroup(fingerprint))
        }
        fingerprints.insert(number, fingerprint.hashValue)
        return number
    }

    private mutating func sweep(_ now: Int64) {
        for _ in 0..<min(Self.sweptSlots, nodes.all.count) {
            hand = hand + 1 < nodes.all.count ? hand + 1 : 0
            if nodes.all[hand].group != Node.none, nodes.all[hand].expires <= now { remove(hand) }
        }
    }

    private mutating func remove(_ slot: Int) {
        guard let row = member(slot)?.row else { return }
        let node = nodes.all[slot]
        let number = Int(node.group)
        order.remove(slot, in: &nodes)
        keys.remove(slot, row.key.hashValue)
        rowBytes -= row.bytes + Self.shareBytes
        nodes.all[slot].group = Node.none
        freeSlots.append(UInt32(truncatingIfNeeded: slot))
        if let moved = groups[number]?.remove(at: Int(node.position)) {
            nodes.all[Int(moved)].position = node.position
        }
        guard let group = groups[number], group.isEmpty else { return }
        fingerprints.remove(number, group.fingerprint.hashValue)
        groups[number] = nil
        freeGroups.append(UInt32(truncatingIfNeeded: number))
    }
}
