/// How far two words are apart, for "did you mean".
enum EditDistance {
    /// Letters to add, drop, change, or swap with their neighbour, to turn one word into the other.
    static func between(_ left: String, _ right: String) -> Int {
        let left = Array(left.utf8)
        let right = Array(right.utf8)
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                let change = last[column] + (left[row] == right[column] ? 0 : 1)
                var best = min(last[column + 1] + 1, current[column] + 1, change)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                current.append(best)
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }

    /// The nearest of the known words; nil where none is near enough to be what was meant.
    static func nearest(to word: String, among known: some Sequence<String>) -> String? {
        let word = String(word.lowercased().prefix(64))
        return
            known
            .map { (name: $0, distance: between(word, $0.lowercased())) }
            .filter { $0.distance <= max(1, (min(word.utf8.count, $0.name.utf8.count) + 1) / 3) }
            .min { ($0.distance, $0.name) < ($1.distance, $1.name) }?.name
    }
}
