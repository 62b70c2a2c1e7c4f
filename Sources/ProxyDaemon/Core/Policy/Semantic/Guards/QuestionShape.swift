/// What kind of answer a text asks for.
struct QuestionShape: Sendable, Equatable {
    enum Kind: UInt8, Sendable {
        case other, what, how, who, when, place, why, amount, yesNo, permission
    }

    enum Tense: UInt8, Sendable {
        case unknown, past, present, future
    }

    enum Modality: UInt8, Sendable {
        case none, ability, advice, duty
    }

    private(set) var kind = Kind.other
    /// For ``Kind/amount``: the hash of what is measured, such as many, long, old.
    private(set) var measure: UInt64 = 0
    private(set) var tense = Tense.unknown
    private(set) var modality = Modality.none
    /// The question word, for a message.
    private(set) var word: Int32 = -1

    /// Kinds whose answers are of different sorts whatever else the texts say.
    var isStrong: Bool {
        switch kind {
        case .who, .when, .place, .why, .amount: true
        case .other, .what, .how, .yesNo, .permission: false
        }
    }

    init(_ words: [WordingWord]) {
        findKind(words)
        findTense(words)
        findModality(words)
    }

    private static func marker(_ words: [WordingWord], _ place: Int) -> WordMarker {
        place >= 0 && place < words.count && !words[place].traits.contains(.quoted) ? words[place].marker : .none
    }

    private mutating func findKind(_ words: [WordingWord]) {
        let limit = min(words.count, 64)
        for place in 0..<limit {
            let marker = Self.marker(words, place)
            let next = Self.marker(words, place + 1)
            var found = Kind.other
            switch marker {
            case .what, .which:
                switch next {
                case .time, .date, .day, .year, .hour: found = .when
                case .place: found = .place
                // "What can I do to": asks for a way.
                default: found = asksForWay(words, place) ? .how : .what
                }
            case .who, .whom, .whose: found = .who
            case .when: found = .when
            case .where: found = .place
            case .why: found = .why
            case .reason, .reasons: found = .why
            case .how:
                switch next {
                case .many, .much, .long, .often, .old, .far, .big, .tall, .high, .deep, .fast, .soon, .late, .heavy,
                    .large, .wide:
                    found = .amount
                    measure = words[place + 1].hash
                case .come: found = .why
                default: found = .how
                }
            case .number,
                .amount where next == .of:
                found = .amount
            case .steps where next == .to || next == .of, .way where next == .to, .ways where next == .to: found = .how
            default: break
            }
            // A relative pronoun follows a noun: "people who", "the day when".
            let isRelative = place > 3 && words[place - 1].isContent && marker != .how && marker != .why
            guard found != .other, !isRelative else { continue }
            kind = found
            word = Int32(place)
            break
        }
        opening(words)
    }

    private func asksForWay(_ words: [WordingWord], _ place: Int) -> Bool {
        guard place + 3 < words.count, words[place + 1].traits.contains(.auxiliary),
            Self.marker(words, place + 3) == .do || Self.marker(words, place + 3) == .need
        else { return false }
        switch Self.marker(words, place + 2) {
        case .i, .we, .you, .one: return true
        default: return false
        }
    }

    /// A question that a verb opens is answered with yes or no, unless it asks the answerer to tell something.
    private mutating func opening(_ words: [WordingWord]) {
        guard let first = words.first, first.traits.contains(.auxiliary) else { return }
        let second = Self.marker(words, 1)
        if second == .there, kind == .how { return }
        guard second != .you, second != .not || Self.marker(words, 2) != .you else { return }
        if second == .i || second == .we || kind == .other || word > 3 {
            word = 0
            switch first.marker {
            case .can, .could, .may, .might: kind = .permission
            default: kind = .yesNo
            }
        }
    }

    private mutating func findTense(_ words: [WordingWord]) {
        for place in 0..<min(words.count, 64) {
            let found: Tense
            switch Self.marker(words, place) {
            case .was, .were, .did: found = .past
            case .is, .are, .am, .do, .does: found = .present
            case .will, .shall: found = .future
            case .going where Self.marker(words, place + 1) == .to:
                tense = .future
                return
            default: continue
            }
            if tense == .unknown {
                tense = found
            } else if tense != found {
                tense = .unknown
                return
            }
        }
    }

    /// The first modal verb. "Need to" is a duty only in a question, else a courtesy.
    private mutating func findModality(_ words: [WordingWord]) {
        for place in 0..<min(words.count, 64) {
            switch Self.marker(words, place) {
            case .can, .could, .may, .might:
                if Self.marker(words, place + 1) == .you { continue }
                modality = .ability
            case .should, .ought: modality = .advice
            case .must, .required: modality = .duty
            case .need, .have:
                guard Self.marker(words, place + 1) == .to, place >= 2, Self.marker(words, place - 2) == .do else {
                    continue
                }
                modality = .duty
            default: continue
            }
            return
        }
    }
}

/// Whom a text speaks of.
struct PersonShape: Sendable, Equatable {
    static let first: UInt8 = 1, second: UInt8 = 2, he: UInt8 = 4, she: UInt8 = 8, they: UInt8 = 16

    /// The persons that own or undergo something.
    private(set) var owners: UInt8 = 0
    /// The persons that act.
    private(set) var actors: UInt8 = 0

    init(_ words: [WordingWord]) {
        for (place, word) in words.enumerated() where !word.traits.contains(.quoted) {
            switch word.marker {
            case .i, .we: actors |= Self.first
            case .my, .mine, .our, .ours, .myself: owners |= Self.first
            case .me, .us:
                if !Self.isCourtesy(words, place) { owners |= Self.first }
            case .you:
                if !Self.isCourtesy(words, place) { actors |= Self.second }
            case .your, .yours: owners |= Self.second
            case .he: actors |= Self.he
            case .him, .his: owners |= Self.he
            case .she: actors |= Self.she
            case .her, .hers: owners |= Self.she
            case .they: actors |= Self.they
            case .them, .their, .theirs: owners |= Self.they
            default: break
            }
        }
    }

    /// "Give me", "can you", "thank you": the talk, not its subject.
    private static func isCourtesy(_ words: [WordingWord], _ place: Int) -> Bool {
        let before = place > 0 ? words[place - 1].marker : .none
        let second = place > 1 ? words[place - 2].marker : .none
        switch before {
        case .give, .tell, .show, .help, .send, .let, .teach: return true
        case .explain, .to: return second == .explain || before == .explain || second == .show
        case .can, .could, .would, .will, .do: return true
        default: return place == 0
        }
    }
}
