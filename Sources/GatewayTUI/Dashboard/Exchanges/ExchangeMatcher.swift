import Shared

/// Tells which exchanges a filter lets through. What it asks of names is found out once for each name.
struct ExchangeMatcher: Sendable {
    private var terms: [Term]

    fileprivate struct Term: Sendable {
        let condition: ExchangeFilter.Condition
        let isNegated: Bool
        /// By the name's number: whether it holds what is looked for.
        var known: [Bool] = []
    }

    init(_ filter: ExchangeFilter) {
        terms = filter.terms.map { Term(condition: $0.condition, isNegated: $0.isNegated) }
    }

    mutating func matches(_ exchange: StoredExchange, _ names: NameTable, isMarked: Bool) -> Bool {
        for at in terms.indices {
            while terms[at].known.count < names.count {
                let name = names[UInt16(terms[at].known.count)].lowercased()
                terms[at].known.append(terms[at].condition.holds(ofName: name))
            }
            if terms[at].holds(exchange, isMarked: isMarked) == terms[at].isNegated { return false }
        }
        return true
    }
}

extension ExchangeMatcher.Term {
    private func isNamed(_ exchange: StoredExchange, _ columns: StoredExchange.Name...) -> Bool {
        columns.contains { known[Int(exchange.name($0))] }
    }

    fileprivate func holds(_ exchange: StoredExchange, isMarked: Bool) -> Bool {
        switch condition {
        case .word(let word):
            isNamed(exchange, .model, .requestedModel, .backend, .project) || exchange.prompt.hasWord(word)
                || (exchange.whole?.searchable ?? exchange.id).contains(word)
        case .tier(let tier): exchange.tier == tier
        case .succeeded: !exchange.isFailed
        case .failed: exchange.isFailed
        case .status(let digits): String(exchange.status).hasPrefix(digits)
        case .cached(let isCached): exchange.isCached == isCached
        case .cache: isNamed(exchange, .cache)
        case .model: isNamed(exchange, .model, .requestedModel)
        case .backend: isNamed(exchange, .backend)
        case .provider: isNamed(exchange, .provider)
        case .dialect: isNamed(exchange, .dialect)
        case .stop: isNamed(exchange, .stopReason)
        case .project: isNamed(exchange, .project)
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
    fileprivate func hasWord(_ word: String) -> Bool {
        var needle = word
        let found = needle.withUTF8 { needle -> Bool? in
            utf8.withContiguousStorageIfAvailable { text -> Bool? in
                guard let first = needle.first else { return true }
                var isASCII = true
                var at = 0
                while at < text.count {
                    let byte = text[at]
                    if byte >= 0x80 { isASCII = false }
                    if byte.lowercased == first, text.count - at >= needle.count,
                        (1..<needle.count).allSatisfy({ text[at + $0].lowercased == needle[$0] })
                    {
                        return true
                    }
                    at += 1
                }
                return isASCII ? false : nil
            } ?? nil
        }
        return found ?? lowercased().contains(word)
    }
}

extension UInt8 {
    fileprivate var lowercased: UInt8 { self &- UInt8(ascii: "A") < 26 ? self | 0x20 : self }
}
