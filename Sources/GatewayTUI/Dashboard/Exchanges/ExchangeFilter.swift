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
        case backend(String)
        case provider(String)
        case dialect(String)
        case stop(String)
        case project(String)
        case id(String)
        case streamed
        case escalated
        case estimated
        case simulated
        case marked
        case above(Quantity, Double)
        case below(Quantity, Double)
    }

    /// What is compared with a number.
    package enum Quantity: String, Sendable, Hashable, CaseIterable {
        case latency = "ms"
        /// Milliseconds to the first byte.
        case firstByte = "ttfb"
        case cost
        case saved
        case tokens = "tok"
        case input = "in"
        case output = "out"
        case score
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

    /// What it lets through changes with the marks.
    package var asksForMarks: Bool { terms.contains { $0.condition == .marked } }

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
            case "backend": return .success(.backend(value))
            case "provider": return .success(.provider(value))
            case "dialect", "api": return .success(.dialect(value))
            case "stop": return .success(.stop(value))
            case "project": return .success(.project(value))
            case "id": return .success(.id(value))
            case "is": return kind(value)
            default: return .success(.word(text))
            }
        }
        for (sign, isAbove) in [(Character(">"), true), (Character("<"), false)] {
            guard let (field, value) = split(text, at: sign), let quantity = Quantity(rawValue: field) else { continue }
            let digits = value.hasPrefix("$") ? String(value.dropFirst()) : value
            guard let number = Double(digits), number.isFinite else {
                return .failure(Misunderstood(message: "\(field)\(sign) wants a number"))
            }
            return .success(isAbove ? .above(quantity, number) : .below(quantity, number))
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

    private static func kind(_ value: String) -> Result<Condition, Misunderstood> {
        switch value {
        case "ok": .success(.succeeded)
        case "failed", "error": .success(.failed)
        case "cached": .success(.cached(true))
        case "stream", "streamed": .success(.streamed)
        case "escalated": .success(.escalated)
        case "estimated": .success(.estimated)
        case "simulated": .success(.simulated)
        case "marked": .success(.marked)
        default:
            .failure(
                Misunderstood(message: "is: ok, failed, cached, stream, escalated, estimated, simulated or marked")
            )
        }
    }
}

extension ExchangeSummary {
    /// The client got an error, or a stream that broke.
    package var isFailed: Bool { status >= 400 || error != nil }
    package var isCached: Bool { cache != "none" && !cache.isEmpty }
}
