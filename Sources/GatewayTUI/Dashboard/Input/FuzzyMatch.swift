/// Looks for the letters of a query in a text, in their order but not side by side: `shrq` finds `show-requests`.
package enum FuzzyMatch {
    /// How well it fits, more is better; nil where it does not. Beginnings of words and unbroken runs count most.
    package static func score(_ query: some StringProtocol, in text: some StringProtocol) -> Int? {
        let wanted = Array(query.lowercased()).filter { $0 != " " }
        let letters = Array(text.lowercased())
        guard !wanted.isEmpty else { return 0 }
        guard wanted.count <= letters.count else { return nil }
        // best[i]: the best score with the letter at i as the last one that was found.
        var best = [Int?](repeating: nil, count: letters.count)
        for (step, letter) in wanted.enumerated() {
            var next = [Int?](repeating: nil, count: letters.count)
            var reach: Int?
            for index in letters.indices {
                // The best of all ends before the letter just before this one; a gap costs a little for each letter.
                reach = reach.map { $0 - 1 }
                if index >= 2, let earlier = best[index - 2] { reach = max(reach ?? .min, earlier - 1) }
                guard letters[index] == letter else { continue }
                let place = bonus(at: index, in: letters)
                if step == 0 {
                    next[index] = place - min(index, 10)
                } else {
                    let run = index > 0 ? best[index - 1].map { $0 + 12 } : nil
                    guard let from = [run, reach].compactMap({ $0 }).max() else { continue }
                    next[index] = from + place
                }
            }
            best = next
        }
        return best.compactMap { $0 }.max().map { $0 - letters.count / 8 }
    }

    private static func bonus(at index: Int, in letters: [Character]) -> Int {
        if index == 0 { return 16 }
        return letters[index - 1].isLetter || letters[index - 1].isNumber ? 0 : 12
    }
}
