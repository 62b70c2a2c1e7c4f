/// The times of the last answers.
struct LatencyRing {
    private static let size = 64
    private var nanoseconds: [Int64] = []
    private var next = 0

    mutating func add(nanoseconds time: Int64) {
        if nanoseconds.count < Self.size {
            nanoseconds.append(time)
        } else {
            nanoseconds[next] = time
        }
        next = (next + 1) % Self.size
    }

    /// nil before the first; of an even number the larger of the two in the middle.
    var medianMilliseconds: Double? {
        guard !nanoseconds.isEmpty else { return nil }
        return Double(nanoseconds.sorted()[nanoseconds.count / 2]) / 1_000_000
    }
}
