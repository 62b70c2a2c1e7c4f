import Glibc
import Shared

extension TableOrder.Column {
    /// Its texts are those of the table of names.
    var hasNames: Bool { self == .model || self == .cache || self == .project }
}

/// Compares rows by a column without unpacking them. Of rows that are alike the newest stands first.
struct TableKeys {
    let order: TableOrder
    let stored: [StoredExchange]
    /// The sequence number of the first of them.
    let first: Int
    /// By the name's number.
    let ranks: [Int]

    /// Whoever has the smaller number stands above, then the smaller rank, then the newer.
    private struct Key {
        var number: Double
        var rank: Int
        let sequence: Int
    }

    /// Sequence numbers in the order of the table, the last line first.
    func sorted(_ sequences: [Int]) -> [Int] {
        var keys = sequences.map(key)
        // A comparison that knows its columns is the quicker; the most are of numbers.
        if order.column == .prompt {
            keys.sort { puts($1, above: $0) }
        } else {
            keys.sort { one, other in
                if one.number != other.number { return one.number > other.number }
                return one.rank != other.rank ? one.rank > other.rank : one.sequence < other.sequence
            }
        }
        return keys.map(\.sequence)
    }

    /// Where among others in that order a row belongs.
    func place(of sequence: Int, among lines: [Int]) -> Int {
        let mine = key(sequence)
        var (low, high) = (0, lines.count)
        while low < high {
            let middle = (low + high) / 2
            if puts(key(lines[middle]), above: mine) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private func puts(_ one: Key, above other: Key) -> Bool {
        if one.number != other.number { return one.number < other.number }
        if one.rank != other.rank { return one.rank < other.rank }
        if order.column == .prompt, stored.indices.contains(one.sequence - first),
            stored.indices.contains(other.sequence - first)
        {
            let order = stored[one.sequence - first].prompt.compared(to: stored[other.sequence - first].prompt)
            if order != 0 { return (order < 0) != self.order.isReversed }
        }
        return one.sequence > other.sequence
    }

    private func exchange(_ sequence: Int) -> StoredExchange? {
        stored.indices.contains(sequence - first) ? stored[sequence - first] : nil
    }

    private func key(_ sequence: Int) -> Key {
        var key = rising(sequence)
        guard order.isReversed else { return key }
        key.number = -key.number
        // Unlike a minus sign this turns every number round.
        key.rank = ~key.rank
        return key
    }

    /// Numbers fall, texts rise.
    private func rising(_ sequence: Int) -> Key {
        var key = Key(number: 0, rank: 0, sequence: sequence)
        guard let exchange = exchange(sequence) else { return key }
        func rank(_ name: StoredExchange.Name) -> Int { ranks[Int(exchange.name(name))] }
        switch order.column {
        case .time: key.number = -Double(sequence)
        case .model:
            key.number = -Double(exchange.tier.flatMap { Tier.allCases.firstIndex(of: $0) } ?? -1)
            key.rank = rank(.model)
        case .cache: key.rank = exchange.isCached ? rank(.cache) : .max
        case .latency: key.number = -exchange.latencyMilliseconds
        case .cost: key.number = -Double(exchange.cost.nanodollars)
        case .saved: key.number = -Double(exchange.saved.nanodollars)
        case .tokens: key.number = -Double(exchange.tokens)
        case .score: key.number = -Double(exchange.score)
        case .project: key.rank = rank(.project)
        case .status: key.number = -Double(Int(exchange.status) + (exchange.isFailed ? 1_000 : 0))
        // Most prompts differ in their first letters.
        case .prompt: key.rank = Self.start(of: exchange.prompt)
        }
        return key
    }

    /// The first seven bytes as a number that is in their order.
    private static func start(of text: String) -> Int {
        var number = 0
        var count = 0
        for byte in text.utf8.prefix(7) {
            number = number << 8 | Int(byte)
            count += 1
        }
        return number << (8 * (7 - count))
    }
}

extension String {
    /// By bytes, which for UTF-8 is the order of scalars: negative where this one comes first.
    fileprivate func compared(to other: String) -> Int {
        let order = utf8.withContiguousStorageIfAvailable { mine in
            other.utf8.withContiguousStorageIfAvailable { theirs -> Int in
                guard let left = mine.baseAddress, let right = theirs.baseAddress else {
                    return mine.count - theirs.count
                }
                let order = memcmp(left, right, min(mine.count, theirs.count))
                if order != 0 { return Int(order) }
                return mine.count - theirs.count
            }
        }
        if let order, let order { return order }
        return self == other ? 0 : self < other ? -1 : 1
    }
}
