import Shared

/// Tells which exchanges a filter lets through. What it asks of names is found out once for each name.
struct ExchangeMatcher: Sendable {
    private let terms: [Term]
    private var namesKnown = 0
    /// For each term by the name's number: whether the name holds what is looked for.
    private var known: [[Bool]]

    /// A reference: a hundred thousand rows are asked at once, and each copy of its texts would be counted.
    fileprivate final class Term: Sendable {
        let condition: ExchangeFilter.Condition
        let isNegated: Bool
        /// The bytes of a word that is looked for everywhere.
        let word: [UInt8]
        /// Where an id can hold the word: its digits.
        let digits: HexDigits?

        init(_ term: ExchangeFilter.Term) {
            condition = term.condition
            isNegated = term.isNegated
            var text = ""
            if case .word(let word) = condition { text = word }
            word = Array(text.utf8)
            digits = HexDigits(text)
        }
    }

    init(_ filter: ExchangeFilter) {
        terms = filter.terms.map(Term.init)
        known = terms.map { _ in [] }
    }

    mutating func matches(_ exchange: StoredExchange, _ names: NameTable, isMarked: Bool) -> Bool {
        if namesKnown < names.count { learn(names) }
        for at in terms.indices {
            let term = terms[at]
            if term.holds(exchange, known[at], isMarked: isMarked) == term.isNegated { return false }
        }
        return true
    }

    private mutating func learn(_ names: NameTable) {
        for number in namesKnown..<names.count {
            let name = names[UInt16(number)].lowercased()
            for at in terms.indices { known[at].append(terms[at].condition.holds(ofName: name)) }
        }
        namesKnown = names.count
    }
}

/// Up to 16 hexadecimal digits, to be looked for in an id.
struct HexDigits: Sendable {
    private let value: UInt64
    private let count: Int

    /// nil for what no id can hold.
    init?(_ text: String) {
        guard (1...16).contains(text.utf8.count),
            let value = StoredExchange.number(of: String(repeating: "0", count: 16 - text.utf8.count) + text)
        else { return nil }
        self.value = value
        count = text.utf8.count
    }

    /// Whether the 16 digits of a number hold these side by side.
    func occur(in number: UInt64) -> Bool {
        let mask: UInt64 = count == 16 ? .max : (1 << (4 * UInt64(count))) - 1
        for shift in 0...(16 - count) where (number >> (4 * UInt64(shift))) & mask == value { return true }
        return false
    }
}

extension ExchangeMatcher.Term {
    fileprivate func holds(_ exchange: StoredExchange, _ known: [Bool], isMarked: Bool) -> Bool {
        func isNamed(_ name: StoredExchange.Name) -> Bool { known[Int(exchange.name(name))] }
        return switch condition {
        case .word:
            isNamed(.model) || isNamed(.requestedModel) || isNamed(.backend) || isNamed(.project)
                || exchange.prompt.holds(word: word)
                || exchange.whole?.searchable.holds(word: word) ?? exchange.hasDigits(digits)
        case .tier(let tier): exchange.tier == tier
        case .succeeded: !exchange.isFailed
        case .failed: exchange.isFailed
        case .status(let digits): String(exchange.status).hasPrefix(digits)
        case .cached(let isCached): exchange.isCached == isCached
        case .cache: isNamed(.cache)
        case .model: isNamed(.model) || isNamed(.requestedModel)
        case .backend: isNamed(.backend)
        case .provider: isNamed(.provider)
        case .dialect: isNamed(.dialect)
        case .stop: isNamed(.stopReason)
        case .project: isNamed(.project)
        case .id(let start): exchange.id.hasPrefix(start)
        case .streamed: exchange.isStream
        case .escalated: exchange.escalations > 0
        case .estimated: exchange.isEstimated
        case .simulated: exchange.isSimulated
        case .marked: isMarked
        case .above(let quantity, let bound): quantity.of(exchange) > bound
        case .below(let quantity, let bound): quantity.of(exchange) < bound
        }
    }
}

extension ExchangeFilter.Quantity {
    fileprivate func of(_ exchange: StoredExchange) -> Double {
        switch self {
        case .latency: exchange.latencyMilliseconds
        case .firstByte: exchange.firstByteMilliseconds
        case .cost: exchange.cost.inDollars
        case .saved: exchange.saved.inDollars
        case .tokens: Double(exchange.tokens)
        case .input: Double(exchange.inputTokens)
        case .output: Double(exchange.outputTokens)
        case .score: Double(exchange.score)
        }
    }
}

extension ExchangeFilter.Condition {
    /// What a condition says of a name, which is in lower case.
    fileprivate func holds(ofName name: String) -> Bool {
        switch self {
        case .word(let text), .model(let text): name.contains(text)
        case .cache(let text), .backend(let text), .provider(let text), .dialect(let text), .stop(let text),
            .project(let text):
            name.hasPrefix(text)
        default: false
        }
    }
}

extension String {
    /// Whether it holds a word, which is in lower case. Most texts are ASCII, and are compared byte by byte.
    fileprivate func holds(word: [UInt8]) -> Bool {
        guard let first = word.first else { return true }
        let upper = first &- UInt8(ascii: "a") < 26 ? first & 0xDF : first
        let found = utf8.withContiguousStorageIfAvailable { text -> Bool? in
            var seen: UInt8 = 0
            for at in 0..<text.count {
                let byte = text[at]
                seen |= byte
                guard byte == first || byte == upper, text.count - at >= word.count else { continue }
                var next = 1
                while next < word.count, text[at + next].lowercased == word[next] { next += 1 }
                if next == word.count { return true }
            }
            return seen < 0x80 ? false : nil
        }
        if let found, let found { return found }
        return lowercased().contains(String(decoding: word, as: UTF8.self))
    }
}

extension UInt8 {
    fileprivate var lowercased: UInt8 { self &- UInt8(ascii: "A") < 26 ? self | 0x20 : self }
}
