/// Tells a harmless change of order from one that exchanges roles: "in Python, sort a list" and "sort a list in Python" give
/// each word the same role, "from Rome to Oslo" and "from Oslo to Rome" do not.
enum WordRoles {
    /// Words that belong together, with the preposition that leads them.
    private struct Phrase {
        var lead: UInt64
        var runs: [[UInt64]]
        /// Whether `and` or `or` joins the runs, so that their order does not matter.
        var key: UInt64 {
            let parts = runs.map { $0.reduce(WordStem.empty, WordStem.pair) }
            return parts.sorted().reduce(lead, WordStem.pair)
        }
    }

    /// Whether both texts give the same words the same roles.
    static func agree(_ left: PromptWording, _ right: PromptWording, corrected: (UInt64) -> UInt64) -> Bool {
        let mine = phrases(left) { $0 }, theirs = phrases(right, corrected)
        if keys(mine) == keys(theirs) { return true }
        let flat = modifiers(left) { $0 }
        return flat == modifiers(right, corrected)
    }

    /// The unled phrases in their order, then the led ones in any order.
    private static func keys(_ phrases: [Phrase]) -> [UInt64] {
        phrases.filter { $0.lead == 0 }.map(\.key) + [0] + phrases.filter { $0.lead != 0 }.map(\.key).sorted()
    }

    private static func phrases(_ text: PromptWording, _ corrected: (UInt64) -> UInt64) -> [Phrase] {
        var phrases: [Phrase] = []
        var lead: UInt64 = 0
        var isOpen = false, joins = false
        for word in text.words where !word.traits.contains(.absorbed) {
            if word.traits.contains(.afterComma) { isOpen = false }
            guard word.isContent || word.traits.contains(.number) else {
                if word.traits.contains(.preposition) {
                    lead = word.key
                    isOpen = false
                } else if word.marker == .and || word.marker == .or {
                    joins = isOpen
                } else if !isDeterminer(word) {
                    lead = 0
                    isOpen = false
                }
                continue
            }
            let key = corrected(word.key)
            if joins, !phrases.isEmpty {
                phrases[phrases.count - 1].runs.append([key])
            } else if isOpen, var last = phrases.last {
                last.runs[last.runs.count - 1].append(key)
                phrases[phrases.count - 1] = last
            } else {
                phrases.append(Phrase(lead: lead, runs: [[key]]))
            }
            joins = false
            isOpen = true
        }
        return phrases
    }

    /// The words with each phrase behind `of`, `in`, `on`, `for`, `at` put before what it describes: "the password of the
    /// router" as "router password".
    private static func modifiers(_ text: PromptWording, _ corrected: (UInt64) -> UInt64) -> [UInt64] {
        var order: [UInt64] = []
        var runStart = 0
        var insertion: Int?
        for word in text.words where !word.traits.contains(.absorbed) {
            guard word.isContent else {
                if word.traits.contains(.number) { continue }
                switch word.marker {
                case .of, .in, .on, .for, .at: insertion = order.isEmpty ? nil : max(runStart, order.count - 1)
                default: if !isDeterminer(word) { (insertion, runStart) = (nil, order.count) }
                }
                continue
            }
            let key = corrected(word.key)
            if let place = insertion, place <= order.count {
                order.insert(key, at: place)
                insertion = place + 1
            } else {
                order.append(key)
            }
        }
        return order
    }

    private static func isDeterminer(_ word: WordingWord) -> Bool {
        switch word.marker {
        case .a, .an, .the, .my, .your, .our, .his, .her, .their, .this, .these, .that: true
        default: false
        }
    }
}
