/// Which reads are let through to the disk: not more than a number at once, and hardly any while it does not answer in time.
/// A value: time is an argument.
struct ReadGate {
    /// So many late reads in a row close it.
    static let lateToClose = 5
    /// One read in this time is let through a closed gate, to see.
    static let probeNanoseconds: Int64 = 1_000_000_000

    private let maximumAtOnce: Int
    private var underWay = 0
    private var lateInARow = 0
    private var nextProbe: Int64 = 0

    init(maximumAtOnce: Int) { self.maximumAtOnce = maximumAtOnce }

    var isClosed: Bool { lateInARow >= Self.lateToClose }

    /// Whether a read may go on. Each that may is to be ended.
    mutating func admit(now: Int64) -> Bool {
        guard underWay < maximumAtOnce else { return false }
        if isClosed {
            guard now >= nextProbe else { return false }
            nextProbe = now + Self.probeNanoseconds
        }
        underWay += 1
        return true
    }

    /// A read has come back from the disk, in time or not.
    mutating func end() { underWay -= 1 }

    /// A read's caller had its answer in time.
    mutating func wasInTime() { lateInARow = 0 }

    /// A read's caller was told to go on without.
    mutating func wasLate(now: Int64) {
        lateInARow += 1
        if lateInARow == Self.lateToClose { nextProbe = now + Self.probeNanoseconds }
    }
}
