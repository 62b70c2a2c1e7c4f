package import Shared

/// What the user typed after `/`: words and fields that all must hold.
///
/// `deadlock tier:b !st:ok ms>2000` reads: the word occurs, on the balanced tier, went wrong, took more than two seconds.
package struct ExchangeFilter: Sendable, Hashable {
    package enum Condition: Sendable, Hashable {
        case word(String)
        case tier(Tier)
        case succeeded
        case failed
        case status(String)
        case cached(Bool)
        case cache(String)
        case model(String)
        case project(String)
        case slower(Double)
        case faster(Double)
        case dearer(Double)
        case cheaper(Double)
    }

    package struct Term: Sendable, Hashable {
        package var condition: Condition
        package var isNegated: Bool
    }

    package private(set) var terms: [Term] = []
    /// What could not be understood, for the user; such a term is left out.
    package private(set) var problem: String?
    package let text: String

    package init(_ text: String = "") {
        self.text = text
        for word in text.split(separator: " ") {
            let isNegated = word.hasPrefix("!")
            let body = isNegated ? word.dropFirst() : word
            guard !body.isEmpty else { continue }
            switch Self.condition(of: String(body).lowercased()) {
            case .success(let condition): terms.append(Term(condition: condition, isNegated: isNegated))
            case .failure(let failure): problem = failure.message
            }
        }
    }

    package var isEmpty: Bool { terms.isEmpty }

    package func matches(_ row: ExchangeRow) -> Bool {
        terms.allSatisfy { Self.holds($0.condition, row) != $0.isNegated }
    }

    private struct Misunderstood: Error {
        let message: String
    }

    private static func condition(of text: String) -> Result<Condition, Misunderstood> {
        if let (field, value) = split(text, at: ":") {
            switch field {
            case "tier": return tier(value)
            case "st", "status": return .success(status(value))
            case "cache": return .success(cache(value))
            case "model", "m": return .success(.model(value))
            case "project": return .success(.project(value))
            default: return .success(.word(text))
            }
        }
        for (sign, isAbove) in [(Character(">"), true), (Character("<"), false)] {
            guard let (field, value) = split(text, at: sign), field == "ms" || field == "cost" else { continue }
            let digits = value.hasPrefix("$") ? String(value.dropFirst()) : value
            guard let number = Double(digits), number.isFinite else {
                return .failure(Misunderstood(message: "\(field)\(sign) wants a number"))
            }
            if field == "ms" { return .success(isAbove ? .slower(number) : .faster(number)) }
            return .success(isAbove ? .dearer(number) : .cheaper(number))
        }
        return .success(.word(text))
    }

    private static func split(_ text: String, at sign: Character) -> (String, String)? {
        guard let index = text.firstIndex(of: sign), index > text.startIndex else { return nil }
        return (String(text[..<index]), String(text[text.index(after: index)...]))
    }

    private static func tier(_ value: String) -> Result<Condition, Misunderstood> {
        let byLetter = Tier.allCases.first { String($0.letter).lowercased() == value }
        guard let tier = byLetter ?? Tier(parsing: value) else {
            return .failure(Misunderstood(message: "tier: is l, f, b or p"))
        }
        return .success(.tier(tier))
    }

    private static func status(_ value: String) -> Condition {
        switch value {
        case "ok": .succeeded
        case "err", "error", "bad": .failed
        default: .status(value)
        }
    }

    private static func cache(_ value: String) -> Condition {
        switch value {
        case "hit": .cached(true)
        case "miss", "none": .cached(false)
        default: .cache(value)
        }
    }

    private static func holds(_ condition: Condition, _ row: ExchangeRow) -> Bool {
        let summary = row.summary
        return switch condition {
        case .word(let word): row.searchable.contains(word)
        case .tier(let tier): summary.tier == tier
        case .succeeded: !summary.isFailed
        case .failed: summary.isFailed
        case .status(let digits): String(summary.status).hasPrefix(digits)
        case .cached(let isCached): summary.isCached == isCached
        case .cache(let kind): summary.cache.lowercased().hasPrefix(kind)
        case .model(let name):
            summary.model.lowercased().contains(name) || summary.requestedModel.lowercased().contains(name)
        case .project(let name): summary.project.lowercased().hasPrefix(name)
        case .slower(let limit): summary.latencyMilliseconds > limit
        case .faster(let limit): summary.latencyMilliseconds < limit
        case .dearer(let limit): summary.cost.inDollars > limit
        case .cheaper(let limit): summary.cost.inDollars < limit
        }
    }
}

extension ExchangeSummary {
    /// The client got an error, or a stream that broke.
    package var isFailed: Bool { status >= 400 || error != nil }
    package var isCached: Bool { cache != "none" && !cache.isEmpty }
}
