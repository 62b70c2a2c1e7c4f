/// Leaves greetings and thanks out of the comparison: "Hi team, …", "… Many thanks in advance", "Quick question: …".
enum Courtesies {
    /// The longest clause that a greeting or thanks may fill.
    private static let longestClause = 5

    static func absorb(_ words: inout [WordingWord]) {
        var start = 0
        var courtesies: [Range<Int>] = []
        var left = words.count
        while start < words.count {
            var end = start + 1
            while end < words.count, words[end].traits.isDisjoint(with: [.sentenceStart, .afterComma]) { end += 1 }
            let clause = start..<end
            if clause.count <= longestClause, words[clause].contains(where: { isCourteous($0, at: start) }),
                words[clause].allSatisfy({ $0.traits.isDisjoint(with: [.quoted, .number]) })
            {
                courtesies.append(clause)
                left -= clause.count
            }
            start = end
        }
        // A text that is nothing but a greeting says just that; one clause alone is left to be compared too.
        guard left >= 3 else { return }
        for clause in courtesies {
            for place in clause { words[place].traits = .absorbed }
            if clause.upperBound < words.count { words[clause.upperBound].traits.insert(.sentenceStart) }
        }
    }

    private static func isCourteous(_ word: WordingWord, at start: Int) -> Bool {
        switch word.marker {
        case .hi, .hello, .hey, .hiya, .thanks, .thank, .cheers, .greetings: true
        case .question: start == 0
        default: false
        }
    }
}
