// The checks on words that only one of the texts has, on their order, and on what is asked of whom.
extension WordingFinding {
    private func word(_ place: Int32, _ text: PromptWording) -> WordingWord { text.words[Int(place)] }

    // MARK: - Opposites and closed sets

    mutating func checkOpposites() {
        let mine = matching.leftOnly + matching.leftFunction, theirs = matching.rightOnly + matching.rightFunction
        for one in mine {
            let first = word(one, left)
            for other in theirs {
                let second = word(other, right)
                compareWords(first, Int(one), second, Int(other))
            }
        }
        for (list, text) in [(matching.leftFunction, left), (matching.rightFunction, right)] {
            for place in list where word(place, text).traits.contains(.weighty) {
                refuse(.quantifiers, "“\(text.spelling(word(place, text)))” in one of them alone")
            }
        }
        checkConjunctions()
    }

    private mutating func compareWords(
        _ first: WordingWord,
        _ firstPlace: Int,
        _ second: WordingWord,
        _ secondPlace: Int
    ) {
        let isContent = first.isContent && second.isContent
        let isIdle = left.isIdleQuantifier(firstPlace) || right.isIdleQuantifier(secondPlace)
        if first.families & second.families != .zero, !isIdle {
            let name: WordingRefusal.Guard = isContent ? .siblings : .quantifiers
            refuse(name, "\(left.spelling(first)) against \(right.spelling(second))")
        }
        let isOpposed =
            first.traits.contains(.opposable) && second.traits.contains(.opposable)
            && WordLexicon.shared.areOpposites(first.key, second.key)
            && !left.isInfinitive(firstPlace) && !right.isInfinitive(secondPlace)
        if isOpposed || isContent && DerivedOpposites.areOpposed(left.letters(first), right.letters(second)) {
            refuse(.opposites, "\(left.spelling(first)) against \(right.spelling(second))")
        }
    }

    /// "And" against "or", where nothing else differs.
    private mutating func checkConjunctions() {
        guard isMatched else { return }
        let mine = Set(matching.leftFunction.map { word($0, left).marker })
        let theirs = Set(matching.rightFunction.map { word($0, right).marker })
        if mine.contains(.and) && theirs.contains(.or) || mine.contains(.or) && theirs.contains(.and) {
            refuse(.operators, "and against or")
        }
    }

    // MARK: - Names

    mutating func checkNames() {
        for (list, text) in [(matching.leftOnly, left), (matching.rightOnly, right)] {
            for place in list where !word(place, text).traits.isDisjoint(with: .naming) {
                refuse(.entities, "\(text.spelling(word(place, text))) in one of them alone")
            }
        }
    }

    /// Words that no vocabulary holds are names or terms: two that differ name different things.
    mutating func checkUnknown(_ isKnown: (ArraySlice<UInt8>) -> Bool) {
        func unknown(_ list: [Int32], _ text: PromptWording) -> String? {
            for place in list {
                let word = word(place, text)
                guard !word.traits.contains(.listed), !isKnown(text.letters(word)) else { continue }
                return text.spelling(word)
            }
            return nil
        }
        guard let one = unknown(matching.leftOnly, left) ?? unknown(matching.rightOnly, right) else { return }
        refuse(.unknownWords, "\(one) in one of them alone")
    }

    // MARK: - Order

    mutating func checkOrder() {
        let mine = left.matchedKeys(in: right) { $0 }
        let theirs = right.matchedKeys(in: left) { matching.corrected($0) }
        guard mine.keys != theirs.keys, mine.keys.count == theirs.keys.count else { return }
        guard mine.keys.sorted() == theirs.keys.sorted() else {
            // "Compare A to B and recommend A", "… recommend B": one word in the place of another that both have.
            if isMatched { refuse(.wordOrder, "words repeated in other places") }
            return
        }
        guard !isMatched || !WordRoles.agree(left, right, corrected: { matching.corrected($0) }) else { return }
        let moved = zip(mine.keys, theirs.keys).filter { $0 != $1 }.count
        let isRelated = left.hasRelation || right.hasRelation
        if moved == 2 && (isMatched || isRelated) || isMatched && isRelated {
            let place = zip(mine.keys, theirs.keys).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? 0
            refuse(.wordOrder, "“\(left.spelling(left.words[mine.places[place]]))” stands elsewhere")
        }
    }

    // MARK: - What is asked of whom

    mutating func checkQuestion() {
        let mine = left.question, theirs = right.question
        if mine.kind != theirs.kind || mine.measure != theirs.measure, asksAnother(mine, theirs) {
            refuse(.questionWord, "\(left.questionWord) against \(right.questionWord)")
        }
        let asksHow = [mine.kind, theirs.kind].contains { $0 == .how || $0 == .why }
        if mine.modality != theirs.modality, mine.modality != .none, theirs.modality != .none, !asksHow {
            refuse(.modality, "\(mine.modality) against \(theirs.modality)")
        }
        guard mine.tense != theirs.tense, mine.tense != .unknown, theirs.tense != .unknown else { return }
        guard mine.kind == theirs.kind else { return }
        let isFuture = mine.tense == .future || theirs.tense == .future
        let isPast = mine.tense == .past || theirs.tense == .past
        let isFact = mine.kind != .why && mine.kind != .how && isMatched
        if isPast ? isFact || isFuture : mine.kind == .who { refuse(.tense, "\(mine.tense) against \(theirs.tense)") }
    }

    private func asksAnother(_ one: QuestionShape, _ other: QuestionShape) -> Bool {
        if one.kind == .amount, other.kind == .amount {
            return one.measure != other.measure && one.measure != 0 && other.measure != 0
        }
        if one.isStrong, other.isStrong { return true }
        guard isMatched, one.kind != .other, other.kind != .other else { return false }
        // "What does it cost", "how much does it cost".
        if [one.kind, other.kind].contains(.what), left.words.contains(where: { $0.marker == .cost }) { return false }
        if one.isStrong || other.isStrong { return true }
        // "Can I" asks for a way as "how can I" does; "is it" and "does it" do not.
        return one.kind == .yesNo && other.kind == .how || one.kind == .how && other.kind == .yesNo
    }

    mutating func checkPersons() {
        let mine = left.persons, theirs = right.persons
        guard mine.owners & ~theirs.owners != 0, theirs.owners & ~mine.owners != 0 else { return }
        // "How do I reset my password", "how do you reset your password": the same of everyone.
        let both = PersonShape.first | PersonShape.second
        let asksHow = left.question.kind == .how || right.question.kind == .how
        let shifts = [mine, theirs].allSatisfy {
            ($0.owners == PersonShape.first && $0.actors == PersonShape.first)
                || ($0.owners == PersonShape.second && ($0.actors == PersonShape.second || $0.actors == 0 && asksHow))
        }
        if shifts, (mine.owners | theirs.owners) == both { return }
        refuse(.possessives, "other persons")
    }
}

extension PromptWording {
    /// Whether the word at a place is a "to" before a verb, which gives no direction.
    func isInfinitive(_ place: Int) -> Bool {
        guard words[place].marker == .to, place > 0 else { return words[place].marker == .to }
        switch words[place - 1].marker {
        case .how, .want, .need, .like, .able, .have, .has, .way, .ways, .try, .used, .supposed, .best, .going, .steps,
            .possible,
            .allowed, .required, .what, .which, .where, .when:
            return true
        default: return false
        }
    }

    /// "The most useful tools": a degree, not a quantity. "What are some tools": hardly a word at all, but not against "all".
    func isIdleQuantifier(_ place: Int) -> Bool {
        guard words[place].marker == .most, place > 0 else { return false }
        return words[place - 1].marker == .the
    }

    var hasRelation: Bool { words.contains { $0.traits.contains(.relation) && !$0.traits.contains(.absorbed) } }

    var questionWord: String {
        question.word >= 0 && Int(question.word) < words.count ? spelling(words[Int(question.word)]) : "a request"
    }

    /// The content words, in order, that the other text has too.
    func matchedKeys(in other: PromptWording, _ corrected: (UInt64) -> UInt64) -> (keys: [UInt64], places: [Int]) {
        var keys: [UInt64] = [], places: [Int] = []
        for (place, word) in words.enumerated() where word.isContent || word.traits.contains(.number) {
            let key = corrected(word.key)
            guard key != word.key || other.contains(word.key) else { continue }
            keys.append(key)
            places.append(place)
        }
        return (keys, places)
    }
}
