/// Finds which words of two texts have no counterpart in the other: neither the same meaning, nor a spelling slip, nor the
/// same letters parted differently.
struct WordMatching {
    /// More unmatched words than this are counted, not looked at.
    static let mostUnmatched = 32

    let left: PromptWording
    let right: PromptWording
    /// Places of unmatched content words, each meaning once.
    private(set) var leftOnly: [Int32] = []
    private(set) var rightOnly: [Int32] = []
    /// The same of function words.
    private(set) var leftFunction: [Int32] = []
    private(set) var rightFunction: [Int32] = []
    /// Keys of the right text that a slip of spelling joined to keys of the left.
    private(set) var corrected: [(right: UInt64, left: UInt64)] = []
    private(set) var overflow = 0

    init(_ left: PromptWording, _ right: PromptWording, isKnown: (ArraySlice<UInt8>) -> Bool, knowsWords: Bool) {
        self.left = left
        self.right = right
        (leftOnly, leftFunction) = unmatched(left, in: right)
        (rightOnly, rightFunction) = unmatched(right, in: left)
        guard !leftOnly.isEmpty || !rightOnly.isEmpty else { return }
        matchJoined()
        if knowsWords { matchSlips(isKnown) }
    }

    private mutating func unmatched(_ text: PromptWording, in other: PromptWording) -> (
        content: [Int32], function: [Int32]
    ) {
        var content: [Int32] = [], function: [Int32] = []
        for (place, word) in text.words.enumerated() {
            guard word.traits.isDisjoint(with: [.absorbed, .number]), !other.contains(word.key) else { continue }
            let isFunction = word.traits.contains(.function)
            guard (isFunction ? function.count : content.count) < Self.mostUnmatched else {
                overflow += 1
                continue
            }
            if isFunction {
                if !function.contains(where: { text.words[Int($0)].key == word.key }) { function.append(Int32(place)) }
            } else if !content.contains(where: { text.words[Int($0)].key == word.key }) {
                content.append(Int32(place))
            }
        }
        return (content, function)
    }

    // MARK: - The same letters parted differently

    /// "log file" against "logfile", "e-mail" against "email": the hash of two neighbours' letters is the other's.
    private mutating func matchJoined() {
        let joinedLeft = Self.joined(left, rightOnly, right)
        let joinedRight = Self.joined(right, leftOnly, left)
        func drop(
            _ pairs: [(parts: (Int, Int), whole: Int32)],
            _ parts: inout [Int32],
            _ wholes: inout [Int32],
            _ text: PromptWording
        ) {
            for pair in pairs {
                let keys = (text.words[pair.parts.0].key, text.words[pair.parts.1].key)
                parts.removeAll { text.words[Int($0)].key == keys.0 || text.words[Int($0)].key == keys.1 }
                wholes.removeAll { $0 == pair.whole }
            }
        }
        drop(joinedLeft, &leftOnly, &rightOnly, left)
        drop(joinedRight, &rightOnly, &leftOnly, right)
    }

    /// The neighbours in one text whose letters together are an unmatched word of the other.
    private static func joined(
        _ text: PromptWording,
        _ unmatched: [Int32],
        _ other: PromptWording
    ) -> [(parts: (Int, Int), whole: Int32)] {
        guard !unmatched.isEmpty, text.words.count > 1 else { return [] }
        var found: [(parts: (Int, Int), whole: Int32)] = []
        for place in 0..<min(text.words.count - 1, 512) {
            let second = text.words[place + 1]
            let hash = text.letters(second).reduce(text.words[place].hash, WordStem.extend)
            for whole in unmatched where other.words[Int(whole)].hash == hash {
                found.append(((place, place + 1), whole))
            }
        }
        return found
    }

    // MARK: - Slips of spelling

    private mutating func matchSlips(_ isKnown: (ArraySlice<UInt8>) -> Bool) {
        for place in leftOnly {
            let word = left.words[Int(place)]
            guard let match = rightOnly.first(where: { isSlip(word, right.words[Int($0)], isKnown) }) else { continue }
            corrected.append((right.words[Int(match)].key, word.key))
            leftOnly.removeAll { $0 == place }
            rightOnly.removeAll { $0 == match }
        }
    }

    /// One of the two is no known word and the other is, they begin alike, and few letters differ.
    private func isSlip(_ one: WordingWord, _ other: WordingWord, _ isKnown: (ArraySlice<UInt8>) -> Bool) -> Bool {
        let blocked: WordTraits = [.identifier, .acronym, .symbol, .letter, .otherScript]
        guard one.traits.isDisjoint(with: blocked), other.traits.isDisjoint(with: blocked),
            min(one.length, other.length) >= 4, abs(one.length - other.length) <= 2, max(one.length, other.length) <= 40
        else { return false }
        let mine = left.letters(one), theirs = right.letters(other)
        guard mine.first == theirs.first else { return false }
        let isName = one.traits.contains(.capital) && other.traits.contains(.capital)
        let limit = isName || min(one.length, other.length) < 6 ? 1 : 2
        guard EditDistance.isWithin(limit, mine, theirs) else { return false }
        return (one.traits.contains(.listed) || isKnown(mine)) != (other.traits.contains(.listed) || isKnown(theirs))
    }

    /// The key of a right word as the left text spells it.
    func corrected(_ key: UInt64) -> UInt64 { corrected.first { $0.right == key }?.left ?? key }
}

/// How many letters differ between two words: inserted, left out, replaced, or two neighbours exchanged.
enum EditDistance {
    static func isWithin(_ limit: Int, _ one: ArraySlice<UInt8>, _ other: ArraySlice<UInt8>) -> Bool {
        let left = Array(one), right = Array(other)
        guard abs(left.count - right.count) <= limit else { return false }
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        var row = last
        for i in 0..<left.count {
            row[0] = i + 1
            var least = row[0]
            for j in 0..<right.count {
                var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (left[i] == right[j] ? 0 : 1))
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    cost = min(cost, beforeLast[j - 1] + 1)
                }
                row[j + 1] = cost
                least = min(least, cost)
            }
            guard least <= limit else { return false }
            (beforeLast, last) = (last, row)
        }
        return last[right.count] <= limit
    }
}
