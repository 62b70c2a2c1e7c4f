/// The memory of a part of the exact cache: blocks of one size, cut from slabs.
///
/// An entry is a chain of blocks. As every free block serves every entry, memory cannot fragment, whatever comes and goes:
/// there are never more blocks than ``maxBlocks``, and what is full stays at that size. Heap memory would grow by what lies
/// unused between entries, and once more for every thread that stores them.
///
/// The links of the chains stand together behind a slab's blocks, so that a chain is followed without a look at its bytes.
final class AnswerBlocks {
    /// Large enough that links are a small part, small enough that half of it, lost in each entry, is too.
    static let size = 256
    /// What a block takes, with its link.
    static let sizeWithLink = size + MemoryLayout<UInt32>.stride
    /// Room for bytes in an entry's first block.
    static let firstRoom = size - MemoryLayout<AnswerHead>.stride

    private static let largestSlab = 4_096

    /// The most blocks there will ever be.
    let maxBlocks: Int
    private(set) var usedBlocks = 0
    private let blocksPerSlab: Int
    private let slabShift: Int
    /// Room for all slabs there may ever be: a pointer for each megabyte.
    private let slabs: UnsafeMutablePointer<UnsafeMutableRawPointer>
    private var slabCount = 0
    /// The first of a chain of blocks that were given back, and how many they are.
    private var free = 0
    private var freeCount = 0
    /// The lowest block that was never used.
    private var untouched = 0

    init(maxBytes: Int) {
        // One part in 32 is for the table that finds the entries.
        let blocks = min(Int(UInt32.max) - 1, max(0, maxBytes - maxBytes / 32) / Self.sizeWithLink)
        var shift = 0
        while 2 << shift <= min(Self.largestSlab, blocks / 16) { shift += 1 }
        slabShift = shift
        blocksPerSlab = 1 << shift
        maxBlocks = (blocks >> shift) << shift
        slabs = .allocate(capacity: max(1, blocks >> shift))
    }

    deinit {
        removeAll()
        slabs.deallocate()
    }

    /// Blocks of an entry with so many bytes behind its head.
    static func count(forBytes bytes: Int) -> Int {
        bytes <= firstRoom ? 1 : 1 + (bytes - firstRoom + size - 1) / size
    }

    /// What stands at the beginning of an entry's first block.
    func head(_ first: Int) -> UnsafeMutablePointer<AnswerHead> {
        address(first).assumingMemoryBound(to: AnswerHead.self)
    }

    /// A chain of so many blocks, at least one, and its last; its bytes are not set, its head's life has not begun. nil where
    /// fewer are free.
    func take(_ count: Int) -> (first: Int, last: Int)? {
        guard count > 0, count <= maxBlocks - usedBlocks else { return nil }
        usedBlocks += count
        let reused = min(count, freeCount)
        var first = free
        var last = free
        if reused > 0 {
            // Free blocks are a chain already.
            for _ in 1..<reused { last = next(last) }
            freeCount -= reused
            if freeCount > 0 { free = next(last) }
        }
        for number in reused..<count {
            let block = firstTouched()
            if number == 0 { first = block } else { link(last).pointee = UInt32(truncatingIfNeeded: block) }
            last = block
        }
        return (first, last)
    }

    /// Gives a chain back. Its head's life has ended.
    func giveBack(_ first: Int, _ last: Int, count: Int) {
        usedBlocks -= count
        if freeCount > 0 { link(last).pointee = UInt32(truncatingIfNeeded: free) }
        free = first
        freeCount += count
    }

    /// Gives all memory back. The heads' lives have ended.
    func removeAll() {
        for slab in 0..<slabCount { slabs[slab].deallocate() }
        slabCount = 0
        freeCount = 0
        untouched = 0
        usedBlocks = 0
    }

    /// A block that was never used.
    private func firstTouched() -> Int {
        if untouched == slabCount * blocksPerSlab {
            slabs[slabCount] = .allocate(byteCount: blocksPerSlab * Self.sizeWithLink, alignment: 64)
            slabCount += 1
        }
        untouched += 1
        return untouched - 1
    }

    /// The block that follows another in its chain.
    func next(_ block: Int) -> Int { Int(link(block).pointee) }

    private func link(_ block: Int) -> UnsafeMutablePointer<UInt32> {
        let links = slabs[block >> slabShift] + blocksPerSlab * Self.size
        return links.assumingMemoryBound(to: UInt32.self) + (block & (blocksPerSlab - 1))
    }

    func address(_ block: Int) -> UnsafeMutableRawPointer {
        slabs[block >> slabShift] + (block & (blocksPerSlab - 1)) * Self.size
    }
}

extension AnswerBlocks: RecencyLinks {
    subscript(link slot: Int) -> RecencyLink {
        get { head(slot).pointee.link }
        set { head(slot).pointee.link = newValue }
    }
}

/// Goes through the bytes of a chain, from behind its head.
struct AnswerCursor {
    private let blocks: AnswerBlocks
    private var block: Int
    private var offset = MemoryLayout<AnswerHead>.stride

    init(_ blocks: AnswerBlocks, _ first: Int) {
        self.blocks = blocks
        block = first
    }

    /// The next bytes of the chain, which has as many.
    mutating func read(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            guard let base = UnsafeMutableRawPointer(buffer.baseAddress) else { return }
            forEachPiece(count) { memory, done, size in
                (base + done).copyMemory(from: memory, byteCount: size)
            }
            initialized = count
        }
    }

    /// Sets the next bytes of the chain, which has room for them.
    mutating func write(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { source in
            guard let base = source.baseAddress else { return }
            forEachPiece(source.count) { memory, done, size in
                memory.copyMemory(from: base + done, byteCount: size)
            }
        }
    }

    @inline(__always)
    private mutating func forEachPiece(_ count: Int, _ body: (UnsafeMutableRawPointer, Int, Int) -> Void) {
        var done = 0
        while done < count {
            if offset == AnswerBlocks.size {
                block = blocks.next(block)
                offset = 0
            }
            let size = min(count - done, AnswerBlocks.size - offset)
            body(blocks.address(block) + offset, done, size)
            done += size
            offset += size
        }
    }
}
