package import Shared

/// A shape of request whose tier is plain without any score.
package struct DirectMatch: Sendable, Equatable {
    /// A short stable name, such as `greeting`.
    package let name: String
    package let tier: Tier
    /// The chance that the tier is right, from 0 to 1.
    package let confidence: Double
    /// What was seen, for a person.
    package let detail: String
}

/// Few patterns that are nearly always right, for requests that need no further thought.
///
/// Each was right on every labelled prompt that it matched when it was measured (`tools/router/patterns.py` is the same
/// once more); the confidence is the rule of succession over their number, and a pattern that is not likely to be right
/// in 95 of 100 has no place here.
package enum DirectPatterns {
    /// The pattern that an ask matches. Never one with pasted context: what is in it may be anything.
    package static func match(_ ask: Ask, _ features: AskFeatures) -> DirectMatch? {
        guard ask.content.count == ask.text.count else { return nil }
        let own = features.own
        let first = firstWords(ask.text, most: 1).first ?? []
        guard !first.isEmpty || own.numbers > 0 else { return nil }
        let deep = features.count(.proof) + features.count(.hardDomain) + features.count(.depth)
        if deep == 0, features.count(.reasoning) == 0, own.fences == 0, own.lines == 0, own.options == 0 {
            if isGreeting(first, features) {
                return DirectMatch(name: "greeting", tier: .fast, confidence: 0.98, detail: "a greeting or thanks")
            }
            if isSum(ask, own) {
                return DirectMatch(
                    name: "arithmetic",
                    tier: .fast,
                    confidence: 0.98,
                    detail: "a sum of two or three numbers"
                )
            }
            if isFactQuestion(features) {
                return DirectMatch(
                    name: "fact_question",
                    tier: .fast,
                    confidence: 0.96,
                    detail: "a short question for a fact"
                )
            }
            if isShortTranslation(first, features) {
                return DirectMatch(
                    name: "short_translation",
                    tier: .fast,
                    confidence: 0.95,
                    detail: "a short text to translate"
                )
            }
        }
        if first == Words.prove, own.words >= 8, own.units >= 60, features.count(.proof) >= 2 {
            return DirectMatch(name: "proof", tier: .premium, confidence: 0.95, detail: "a statement to prove")
        }
        if Words.designs.contains(first), own.words >= 12, features.count(.hardDomain) >= 2 {
            return DirectMatch(
                name: "hard_design",
                tier: .premium,
                confidence: 0.95,
                detail: "a design in a hard subject"
            )
        }
        return nil
    }

    private static func isGreeting(_ first: [UInt8], _ features: AskFeatures) -> Bool {
        let own = features.own
        return Words.greetings.contains(first) && own.words <= 8 && own.numbers == 0
            && features.count(.smallTalk) * 4 >= own.words * 3
    }

    private static func isSum(_ ask: Ask, _ own: AskScan) -> Bool {
        (2...3).contains(own.numbers) && (1...2).contains(own.operators) && own.words <= 4
            && own.highCharacters == 0 && own.latex == 0 && ask.text.count <= 60
            && !ask.text.contains(UInt8(ascii: "^"))
            && firstWords(ask.text, most: 16).allSatisfy(Words.sums.contains)
    }

    private static func isFactQuestion(_ features: AskFeatures) -> Bool {
        let own = features.own
        let none: [Cue] = [
            .maths, .comparison, .code, .language, .joining, .constraint, .selfReference, .creative,
        ]
        return own.opening & Cue.factQuestion.bit != 0 && (3...12).contains(own.words) && own.numbers <= 1
            && own.questions <= 1 && own.sentences <= 1 && own.operators == 0
            && features.count(.conditional) <= 1 && features.count(.quantity) <= 1
            && none.allSatisfy { features.count($0) == 0 }
    }

    private static func isShortTranslation(_ first: [UInt8], _ features: AskFeatures) -> Bool {
        let none: [Cue] = [.creative, .code, .constraint]
        return features.count(.translation) > 0 && Words.translations.contains(first) && features.own.units <= 160
            && features.own.words >= 3 && none.allSatisfy { features.count($0) == 0 }
    }

    /// The first words, in small letters; an apostrophe between letters is part of a word.
    private static func firstWords(_ text: [UInt8], most: Int) -> [[UInt8]] {
        var words: [[UInt8]] = []
        var word: [UInt8] = []
        func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- UInt8(ascii: "a") < 26 }
        for (at, byte) in text.enumerated() {
            if isLetter(byte) {
                word.append(byte | 0x20)
            } else if byte == UInt8(ascii: "'"), !word.isEmpty, at + 1 < text.count, isLetter(text[at + 1]) {
                word.append(byte)
            } else if !word.isEmpty {
                words.append(word)
                word = []
                guard words.count < most else { return words }
            }
        }
        if !word.isEmpty { words.append(word) }
        return words
    }

    private enum Words {
        static let prove = Array("prove".utf8)
        static let designs = set("design architect")
        static let translations = set("translate how traduce traduis what")
        static let greetings = set(
            """
            hi hello hey thanks thank bye goodbye cheers hola gracias bonjour merci danke hallo ciao grazie ola obrigado
            """
        )
        static let sums = set("what what's is calculate compute equals please how much x plus minus times")

        private static func set(_ list: String) -> Set<[UInt8]> {
            Set(list.split(whereSeparator: { $0 == " " || $0 == "\n" }).map { Array($0.utf8) })
        }
    }
}
