/// An element's neighbours in a ``RecencyList``.
struct RecencyLink: Sendable, Equatable {
    fileprivate static let none = UInt32.max
    /// Towards the most recently used.
    fileprivate var newer = none
    /// Towards the least recently used.
    fileprivate var older = none
}

/// Where the links of a list's elements are kept: beside the elements, by the numbers of their slots.
protocol RecencyLinks {
    subscript(link slot: Int) -> RecencyLink { get set }
}

/// A list of slots in the order of use. It holds its two ends; the links between are in the storage of whoever owns the
/// elements, so that an element and its links are one piece of memory. Every step takes the same short time.
struct RecencyList: Sendable {
    private var first = RecencyLink.none
    private var last = RecencyLink.none

    /// The most recently used; nil in an empty list.
    var newest: Int? { first == RecencyLink.none ? nil : Int(first) }
    /// The least recently used.
    var oldest: Int? { last == RecencyLink.none ? nil : Int(last) }

    /// The next less recently used.
    func older(than slot: Int, in links: some RecencyLinks) -> Int? {
        let older = links[link: slot].older
        return older == RecencyLink.none ? nil : Int(older)
    }

    /// Takes in a slot, which is not in the list, as the most recently used.
    mutating func insert(_ slot: Int, in links: inout some RecencyLinks) {
        let number = UInt32(truncatingIfNeeded: slot)
        links[link: slot] = RecencyLink(newer: RecencyLink.none, older: first)
        if first == RecencyLink.none { last = number } else { links[link: Int(first)].newer = number }
        first = number
    }

    /// Takes out a slot, which is in the list.
    mutating func remove(_ slot: Int, in links: inout some RecencyLinks) {
        let link = links[link: slot]
        if link.newer == RecencyLink.none {
            first = link.older
        } else {
            links[link: Int(link.newer)].older = link.older
        }
        if link.older == RecencyLink.none { last = link.newer } else { links[link: Int(link.older)].newer = link.newer }
    }

    /// Makes a slot of the list the most recently used.
    mutating func touch(_ slot: Int, in links: inout some RecencyLinks) {
        guard first != UInt32(truncatingIfNeeded: slot) else { return }
        remove(slot, in: &links)
        insert(slot, in: &links)
    }
}
