/// The memory of a part of the exact cache: blocks of one size, cut from slabs.
///
/// An entry is a chain of blocks. As every free block serves every entry, memory cannot fragment, whatever comes and goes:
/// there are never more slabs than ``maxBlocks`` says, and what is full stays at that size. Heap memory would grow by what lies
/// unused between entries, and once more for every thread that stores them.
final class AnswerBlocks {
    /// Large enough that links are a small part, small enough that half of it, lost in each entry, is too.
    static let blockBytes = 256
    static let headOffset = 8
    static let firstRoom = blockBytes - headOffset - MemoryLayout<AnswerHead>.stride
    static let furtherOffset = 4
    static let furtherRoom = blockBytes - furtherOffset

    /// Ends a chain.
    private static let none = UInt32.max
    private static let largestSlabBlocks = 4_096

    /// The most blocks there will ever be.
    let maxBlocks: Int
    private(set) var usedBlocks = 0
    private let blocksPerSlab: Int
    private let slabShift: Int
    private var slabs: [UnsafeMutableRawPointer] = []
    /// Blocks that were given back, in a chain.
    private var free = none
    /// The lowest block that was never used.
    private var untouched = 0

    init(maxBytes: Int) {
        // One part in 32 is for the table that finds the entries.
        let blocks = min(Int(UInt32.max) - 1, max(0, maxBytes - maxBytes / 32) / Self.blockBytes)
        var shift = 0
        while 2 << shift <= min(Self.largestSlabBlocks, blocks / 16) { shift += 1 }
        slabShift = shift
        blocksPerSlab = 1 << shift
        maxBlocks = (blocks >> shift) << shift
    }

    deinit { removeAll() }

    /// Blocks of an entry with so many bytes behind its head.
    static func blocks(forBytes count: Int) -> Int {
        count <= firstRoom ? 1 : 1 + (count - firstRoom + furtherRoom - 1) / furtherRoom
    }

    /// What stands at the beginning of an entry's first block.
    func head(_ block: Int) -> UnsafeMutablePointer<AnswerHead> {
        (address(block) + Self.headOffset).assumingMemoryBound(to: AnswerHead.self)
    }

    /// A chain of so many blocks, at least one, with its head; its bytes are not set. nil where fewer are free.
    func take(_ count: Int, _ head: AnswerHead) -> Int? {
        guard count > 0, count <= maxBlocks - usedBlocks else { return nil }
        usedBlocks += count
        let first = takeOne()
        var last = first
        for _ in 1..<count {
            let block = takeOne()
            setNext(last, UInt32(truncatingIfNeeded: block))
            last = block
        }
        setNext(last, Self.none)
        (address(first) + Self.headOffset).initializeMemory(as: AnswerHead.self, to: head)
        return first
    }

    /// Gives a chain back, and ends its head's life.
    func giveBack(_ first: Int) {
        endHead(first)
        var last = first
        usedBlocks -= 1
        while next(last) != Self.none {
            last = Int(next(last))
            usedBlocks -= 1
        }
        setNext(last, free)
        free = UInt32(truncatingIfNeeded: first)
    }

    /// Ends the life of a head that is neither given back nor looked at again.
    func endHead(_ first: Int) { head(first).deinitialize(count: 1) }

    /// Gives all memory back. The heads' lives have ended.
    func removeAll() {
        for slab in slabs { slab.deallocate() }
        slabs = []
        free = Self.none
        untouched = 0
        usedBlocks = 0
    }

    private func takeOne() -> Int {
        if free != Self.none {
            let block = Int(free)
            free = next(block)
            return block
        }
        if untouched == slabs.count * blocksPerSlab {
            slabs.append(.allocate(byteCount: blocksPerSlab * Self.blockBytes, alignment: 64))
        }
        untouched += 1
        return untouched - 1
    }

    // MARK: Links between blocks

    fileprivate func address(_ block: Int) -> UnsafeMutableRawPointer {
        slabs[block >> slabShift] + (block & (blocksPerSlab - 1)) * Self.blockBytes
    }

    private func setNext(_ block: Int, _ next: UInt32) { address(block).storeBytes(of: next, as: UInt32.self) }

    fileprivate func next(_ block: Int) -> UInt32 { address(block).load(as: UInt32.self) }
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
    private var offset = AnswerBlocks.headOffset + MemoryLayout<AnswerHead>.stride

    init(_ blocks: AnswerBlocks, _ first: Int) {
        self.blocks = blocks
        block = first
    }

    /// The next bytes of the chain, which has as many.
    mutating func read(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            guard let base = UnsafeMutableRawPointer(buffer.baseAddress) else { return }
            pieces(count) { memory, range in
                (base + range.lowerBound).copyMemory(from: memory, byteCount: range.count)
            }
            initialized = count
        }
    }

    /// Sets the next bytes of the chain, which has room for them.
    mutating func write(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { source in
            guard let base = source.baseAddress else { return }
            pieces(source.count) { memory, range in
                memory.copyMemory(from: base + range.lowerBound, byteCount: range.count)
            }
        }
    }

    private mutating func pieces(_ count: Int, _ body: (UnsafeMutableRawPointer, Range<Int>) -> Void) {
        var done = 0
        while done < count {
            if offset == AnswerBlocks.blockBytes {
                block = Int(blocks.next(block))
                offset = AnswerBlocks.furtherOffset
            }
            let size = min(count - done, AnswerBlocks.blockBytes - offset)
            body(blocks.address(block) + offset, done..<(done + size))
            done += size
            offset += size
        }
    }
}
