import Shared

/// What stands before an entry's bytes in its first block.
struct AnswerHead {
    let key: CacheKey
    let owner: CacheOwner
    /// Monotonic nanoseconds.
    let expires: Int64
    let backend: Backend
    let noteBytes: UInt32
    let formBytes: UInt32
    /// The chain of blocks.
    let lastBlock: UInt32
    let blockCount: UInt32
    var link = RecencyLink()
}

/// The least-recently-used table of one part of the exact cache.
struct AnswerTable: ~Copyable {
    private var blocks: AnswerBlocks
    private var index = SlotIndex()
    private var order = RecencyList()
    private var hits = 0
    private var misses = 0
    private var evictions = 0

    init(maxBytes: Int) { blocks = AnswerBlocks(maxBytes: maxBytes) }

    mutating func answer(for key: CacheKey, now: Int64, isSecondLook: Bool = false) -> PackedAnswer? {
        guard let slot = slot(key) else {
            if !isSecondLook { misses += 1 }
            return nil
        }
        guard blocks.head(slot).pointee.expires > now else {
            remove(slot)
            if !isSecondLook { misses += 1 }
            return nil
        }
        hits += 1
        order.touch(slot, in: &blocks)
        let head = blocks.head(slot)
        var cursor = AnswerCursor(blocks, slot)
        let note = cursor.read(Int(head.pointee.noteBytes))
        return PackedAnswer(
            note: note,
            form: cursor.read(Int(head.pointee.formBytes)),
            backend: head.pointee.backend
        )
    }

    mutating func store(_ answer: PackedAnswer, for key: CacheKey, owner: CacheOwner, expires: Int64) {
        if let old = slot(key) { remove(old) }
        let count = AnswerBlocks.count(forBytes: answer.note.count + answer.form.count)
        guard count <= blocks.maxBlocks else { return }
        while count > blocks.maxBlocks - blocks.usedBlocks, let last = order.oldest {
            remove(last)
            evictions += 1
        }
        guard let (slot, last) = blocks.take(count) else { return }
        blocks.head(slot).initialize(
            to: AnswerHead(
                key: key,
                owner: owner,
                expires: expires,
                backend: answer.backend,
                noteBytes: UInt32(truncatingIfNeeded: answer.note.count),
                formBytes: UInt32(truncatingIfNeeded: answer.form.count),
                lastBlock: UInt32(truncatingIfNeeded: last),
                blockCount: UInt32(truncatingIfNeeded: count)
            )
        )
        var cursor = AnswerCursor(blocks, slot)
        cursor.write(answer.note)
        cursor.write(answer.form)
        index.insert(slot, key.hashValue)
        order.insert(slot, in: &blocks)
    }

    /// The keys of a selection's entries.
    func keys(in selection: CacheSelection) -> [CacheKey] {
        index.slots.compactMap { slot in
            let head = blocks.head(slot)
            return selection.includes(head.pointee.key, of: head.pointee.owner) ? head.pointee.key : nil
        }
    }

    /// Removes an entry that a selection includes.
    mutating func remove(_ key: CacheKey, ifIn selection: CacheSelection) -> Bool {
        guard let slot = slot(key), selection.includes(key, of: blocks.head(slot).pointee.owner) else { return false }
        remove(slot)
        return true
    }

    /// Removes all and tells how many there were.
    mutating func removeAll() -> Int {
        let count = index.count
        endHeads()
        blocks.removeAll()
        index = SlotIndex()
        order = RecencyList()
        return count
    }

    private func endHeads() {
        var next = order.newest
        while let slot = next {
            next = order.older(than: slot, in: blocks)
            blocks.head(slot).deinitialize(count: 1)
        }
    }

    deinit { endHeads() }

    func add(to total: inout MetricsSnapshot.Cache) {
        total.entries += index.count
        total.bytes += blocks.usedBlocks * AnswerBlocks.sizeWithLink
        total.hits += hits
        total.misses += misses
        total.evictions += evictions
    }

    private func slot(_ key: CacheKey) -> Int? {
        index.slot(key.hashValue) { blocks.head($0).pointee.key == key }
    }

    private mutating func remove(_ slot: Int) {
        order.remove(slot, in: &blocks)
        let head = blocks.head(slot)
        index.remove(slot, head.pointee.key.hashValue)
        let (last, count) = (Int(head.pointee.lastBlock), Int(head.pointee.blockCount))
        head.deinitialize(count: 1)
        blocks.giveBack(slot, last, count: count)
    }
}
