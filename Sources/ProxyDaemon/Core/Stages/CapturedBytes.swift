/// What has gone by of a stream, kept in blocks: one array that doubles would take twice as much for every slow reader, and be
/// copied whole each time.
struct CapturedBytes: Sendable {
    private static let blockBytes = 16_352
    private var blocks: [[UInt8]] = []
    private(set) var count = 0

    mutating func append(_ bytes: [UInt8]) {
        count += bytes.count
        // Most streams of a quick provider are one piece: shared with the client's copy.
        guard !blocks.isEmpty else { return blocks.append(bytes) }
        var rest = bytes[...]
        while !rest.isEmpty {
            // The first block is somebody else's as well.
            if blocks.count == 1 || blocks[blocks.count - 1].count == Self.blockBytes {
                var block: [UInt8] = []
                block.reserveCapacity(Self.blockBytes)
                blocks.append(block)
            }
            let room = Self.blockBytes - blocks[blocks.count - 1].count
            blocks[blocks.count - 1].append(contentsOf: rest.prefix(room))
            rest = rest.dropFirst(room)
        }
    }

    /// All of it as one piece, which takes the place of the blocks.
    mutating func joined() -> [UInt8] {
        guard blocks.count > 1 else { return blocks.first ?? [] }
        var all: [UInt8] = []
        all.reserveCapacity(count)
        for block in blocks { all += block }
        blocks = [all]
        return all
    }
}
