/// Tells a harmless change of order from one that exchanges roles: "in Python, sort a list" and "sort a list in Python" give
/// each word the same role, "from Rome to Oslo" and "from Oslo to Rome" do not.
enum WordRoles {
    /// Longer texts keep their order or are refused.
    private static let mostWords = 1_024

    /// Words that belong together, with the preposition that leads them.
    private struct Phrase {
        var lead: UInt64
        var key: UInt64
    }

    /// Where a phrase behind `of`, `in`, `on`, `for`, `at` is put to stand before what it describes.
    private enum Insertion {
        case beforeWord, beforeRun
    }

    /// Whether both texts give the same words the same roles.
    static func agree(_ left: PromptWording, _ right: PromptWording, corrected: (UInt64) -> UInt64) -> Bool {
        guard max(left.words.count, right.words.count) <= mostWords else { return false }
        if keys(phrases(left) { $0 }) == keys(phrases(right, corrected)) { return true }
        let mine = [modifiers(left, .beforeWord) { $0 }, modifiers(left, .beforeRun) { $0 }]
        let theirs = [modifiers(right, .beforeWord, corrected), modifiers(right, .beforeRun, corrected)]
        return mine.contains { theirs.contains($0) }
    }

    /// The unled phrases in their order, then the led ones by their prepositions; those of one preposition in their order.
    private static func keys(_ phrases: [Phrase]) -> [UInt64] {
        let led = phrases.enumerated().filter { $0.element.lead != 0 }
        let sorted = led.sorted { ($0.element.lead, $0.offset) < ($1.element.lead, $1.offset) }
        return phrases.filter { $0.lead == 0 }.map(\.key) + [0] + sorted.map(\.element.key)
    }

    private static func phrases(_ text: PromptWording, _ corrected: (UInt64) -> UInt64) -> [Phrase] {
        var phrases: [Phrase] = []
        var lead: UInt64 = 0
        var isOpen = false
        for word in text.words where !word.traits.contains(.absorbed) {
            if word.traits.contains(.afterComma) { isOpen = false }
            let isBound = word.marker == .of && isOpen
            guard word.isContent || word.traits.contains(.number) || isBound else {
                if word.traits.contains(.preposition) {
                    lead = word.key
                    isOpen = false
                } else if word.marker == .and || word.marker == .or {
                    isOpen = false
                } else if !isDeterminer(word) {
                    lead = 0
                    isOpen = false
                }
                continue
            }
            let key = corrected(word.key)
            if isOpen, let last = phrases.indices.last {
                phrases[last].key = WordStem.pair(phrases[last].key, key)
            } else {
                phrases.append(Phrase(lead: lead, key: WordStem.pair(lead, key)))
            }
            isOpen = true
        }
        return phrases
    }

    /// The words with each describing phrase before what it describes: "the password of the router" as "router password".
    private static func modifiers(
        _ text: PromptWording,
        _ insertion: Insertion,
        _ corrected: (UInt64) -> UInt64
    ) -> [UInt64] {
        var order: [UInt64] = []
        var last = -1, runStart = 0
        var isBehind = false, isNewRun = true
        for word in text.words where !word.traits.contains(.absorbed) {
            guard word.isContent || word.traits.contains(.number) else {
                switch word.marker {
                case .of, .in, .on, .for, .at: isBehind = !order.isEmpty
                default:
                    if !isDeterminer(word) { (isNewRun, isBehind) = (true, false) }
                }
                continue
            }
            let place: Int
            if isBehind {
                place = insertion == .beforeWord ? max(0, last) : runStart
                runStart = place
            } else if isNewRun {
                place = order.count
                runStart = place
            } else {
                place = last + 1
            }
            (isBehind, isNewRun) = (false, false)
            last = min(place, order.count)
            order.insert(corrected(word.key), at: last)
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
