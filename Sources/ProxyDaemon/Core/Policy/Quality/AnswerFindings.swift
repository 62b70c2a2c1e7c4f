/// Makes findings of what was read of an answer: one function a signal.
struct AnswerFindings {
    private(set) var all: [QualityFinding] = []
    private let answer: AnswerSeen
    private let rules: QualityRules

    init(_ answer: AnswerSeen, _ rules: QualityRules) {
        self.answer = answer
        self.rules = rules
    }

    private var wish: QualityExpectation { answer.expectation }
    private var scan: AnswerScan { answer.scan }

    private var prose: ProseScan { scan.prose }
    private var claims: ClaimCounts { scan.prose.claims }

    private mutating func add(_ signal: QualitySignal, _ weight: Double, _ reason: String) {
        all.append(QualityFinding(signal, reason, weight: weight))
    }

    mutating func opening() {
        refusal(isOver: false)
        uncertainty(isOver: false)
        repetition()
        garbage()
        invalidToolArguments()
    }

    mutating func finished() {
        guard !declinesForSafety else { return }
        truncated()
        refusal(isOver: true)
        uncertainty(isOver: true)
        hedging()
        tooShort()
        missingCode()
        repetition()
        garbage()
        brokenEnd()
        json()
        invalidToolArguments()
    }

    // MARK: How it ended

    private var isCut: Bool {
        answer.stopReason == "max_tokens" || answer.stopReason == "model_context_window_exceeded"
    }

    private mutating func truncated() {
        guard isCut, !wish.hasTinyLimit else { return }
        add(.truncated, QualityWeight.truncated, "cut by its limit of tokens")
    }

    // MARK: Claims

    /// Bytes of help: prose that neither claims nor offers, code and tables.
    private var helpBytes: Int { prose.helpBytes + scan.codeBytes + scan.tableLines * 40 }

    /// Declining for somebody's safety is right, whoever answers.
    private var isForSafety: Bool { prose.safetyWords > 0 }

    private var declinesForSafety: Bool {
        isForSafety && (claims.opening == .refusal || claims.opening == .plainRefusal)
    }

    private mutating func refusal(isOver: Bool) {
        guard claims.opening == .refusal || claims.opening == .plainRefusal, calls == 0 else { return }
        if wish.isFiction, claims.machineClaims + claims.apologies == 0 || helpBytes > 80 || prose.sentences > 3 {
            return
        }
        guard !isForSafety, !claims.hasTurned, claims.precise == 0 else { return }
        // Who cannot attend is the one who sends the text, unless it speaks of the request.
        if wish.isForSomebody, claims.opening != .plainRefusal, claims.machineClaims == 0 { return }
        if wish.isForSomebody, helpBytes > 120 { return }
        let isFirm = claims.opening == .plainRefusal || claims.machineClaims > 0 || claims.apologies > 0
        guard isOver || isFirm || prose.sentences >= 3 && helpBytes < 120 else { return }
        let isMachine = claims.machineClaims > 0
        let room = isMachine || claims.opening == .plainRefusal ? 320 : 220
        if helpBytes < room {
            add(.refusal, QualityWeight.refusal, isMachine ? "declines as a language model" : "declines to answer")
        } else if isOver, helpBytes < 2 * room {
            add(.refusal, QualityWeight.refusalWithHelp, "declines before it helps a little")
        }
    }

    private mutating func uncertainty(isOver: Bool) {
        guard calls == 0, !wish.isFiction, claims.precise == 0 else { return }
        if wish.isForSomebody, claims.machineClaims == 0 { return }
        // The next sentences tell whether help follows.
        guard isOver || prose.sentences >= 3 && helpBytes < 120 else { return }
        let total = claims.uncertainties + claims.selfDoubts
        if claims.opening == .uncertainty || claims.opening == .selfDoubt, !isForSafety {
            if helpBytes < 180 {
                add(.uncertainty, QualityWeight.uncertainty, "says at once that it does not know")
                return
            }
            if isOver, helpBytes < 300, !claims.hasTurned {
                add(
                    .uncertainty,
                    QualityWeight.uncertaintyWithHelp,
                    "says at once that it does not know, and helps a little"
                )
            }
        }
        guard isOver, total >= 2 else { return }
        if claims.selfDoubts >= 2 || total * 4 >= prose.sentences {
            add(.uncertainty, QualityWeight.uncertainty, "doubts itself in \(total) of \(prose.sentences) sentences")
        }
    }

    private mutating func hedging() {
        guard prose.hedges > 5, !wish.isFiction, !wish.asksPossibilities, !wish.isForSomebody else { return }
        // One hedge in forty words is common where something is weighed up.
        guard prose.hedges * 28 > prose.words else { return }
        add(.hedging, QualityWeight.hedging, "hedges \(prose.hedges) times in \(prose.words) words")
    }

    // MARK: Length and form

    private var calls: Int { answer.calls.count }

    private mutating func tooShort() {
        guard calls == 0, !isCut, answer.stopReason != "pause_turn" else { return }
        if scan.characters == 0 || prose.words == 0 && scan.weightedCharacters < 2 && scan.codeLines == 0 {
            if !wish.isPart, !wish.isAgentStep { add(.tooShort, QualityWeight.empty, "says nothing") }
            return
        }
        let needed = Double(rules.minimumLength) * wish.lengthFactor
        guard Double(scan.weightedCharacters) < needed, !wish.isPart, claims.precise == 0 else { return }
        // A command is an answer, however short.
        if scan.codeLines > 0 || prose.longestInlineCode > 1 { return }
        if wish.isFiction || wish.isForSomebody, Double(scan.weightedCharacters) * 2 >= needed { return }
        add(.tooShort, QualityWeight.tooShort, "\(scan.characters) characters where the question needs \(Int(needed))")
    }

    private mutating func missingCode() {
        guard wish.wantsCode, calls == 0, !wish.isAgentStep, wish.json == .none, claims.precise == 0 else { return }
        let hasCode = scan.fences > 0 || scan.codeLines > 0 || prose.longestInlineCode >= 6
        if !hasCode { add(.missingCode, QualityWeight.missingCode, "no code where code was asked for") }
    }

    private mutating func json() {
        guard wish.json != .none, answer.isHeldWhole, calls == 0, !isCut else { return }
        if wish.isPart, wish.json != .parameter { return }
        let text = answer.held
        let isPlain = AnswerJSON.isJSON(text[...])
        var value: ArraySlice<UInt8>? = isPlain ? text[...] : nil
        if !isPlain, wish.json != .parameter, let fenced = AnswerJSON.fenced(text), fenced.isAlone || wish.json == .some
        {
            value = fenced.contents
        }
        if value == nil, wish.json == .some, AnswerJSON.hasSome(text) { return }
        guard let value else {
            if !wish.isPart { add(.invalidJSON, QualityWeight.invalidJSON, "no JSON where JSON was asked for") }
            return
        }
        let prompt = wish.prompt
        let problem = prompt.body.withUnsafeBufferPointer { bytes in
            prompt.index.withRoot(bytes) { root in
                QualityExpectation.schema(root).flatMap { schema in
                    AnswerJSON.withValue(value) { SchemaCheck.problem($0, schema: schema) } ?? nil
                }
            }
        }
        if let problem { add(.schemaViolation, QualityWeight.schemaViolation, "does not fit the schema: \(problem)") }
    }

    private mutating func invalidToolArguments() {
        guard let problem = answer.calls.problem else { return }
        add(.invalidToolArguments, QualityWeight.invalidToolArguments, problem)
    }

    // MARK: Texture

    private mutating func repetition() {
        let seen = scan.repeats
        let isFree = wish.isFiction || wish.wantsRepetition
        if seen.mostInARow >= (isFree ? 24 : 6) {
            add(.repetition, QualityWeight.repetition, "says a word \(seen.mostInARow) times on end")
        } else if seen.mostSentence >= (isFree ? 12 : 3), seen.repeatedSentences * (isFree ? 2 : 4) >= seen.sentences {
            add(.repetition, QualityWeight.repetition, "says a sentence \(seen.mostSentence) times")
        } else if seen.mostItem >= (isFree ? 12 : 5) {
            add(.repetition, QualityWeight.repetition, "has an item \(seen.mostItem) times")
        } else if !isFree, seen.runCount >= 40, seen.repeatedRuns * 10 >= seen.runCount * 3 {
            let share = seen.repeatedRuns * 100 / seen.runCount
            add(.repetition, QualityWeight.repetition, "\(share) % of its runs of words came before")
        }
    }

    private mutating func garbage() {
        let seen = scan.garbage
        let odd = seen.replacements + seen.doubled + seen.controls
        if odd >= 3, !wish.hasOddCharacters {
            add(.brokenStructure, QualityWeight.garbage, "\(odd) characters that are no text")
        } else if seen.turnMarks > 0, !wish.prompt.traits.hasToolHistory, scan.fences == 0, prose.longestInlineCode == 0
        {
            add(.brokenStructure, QualityWeight.garbage, "marks between turns in the text")
        }
    }

    private mutating func brokenEnd() {
        guard answer.stopReason == "end_turn", !isCut else { return }
        if scan.openFence != nil {
            add(.brokenStructure, QualityWeight.openFence, "a block of code is not closed")
            return
        }
        guard calls == 0, !wish.isPart else { return }
        isSalad()
        let end = prose.end
        guard scan.lastKind == .prose || scan.lastKind == .item, wish.json == .none, prose.words >= 8 else { return }
        let isOpen = end.isOpen && end.lastUses.contains(.leadsOn) && end.words >= 3
        let endsInComma = end.last == UInt8(ascii: ",") && !wish.isForSomebody && !wish.isFiction
        let isBracket = end.last == UInt8(ascii: "(")
        let isLong =
            end.isOpen && scan.lastKind == .prose && !wish.isFiction && !wish.isForSomebody
            && !end.isAddress && (end.sentences >= 2 || end.words >= 18)
        if isOpen || endsInComma || isBracket || isLong {
            add(.brokenStructure, QualityWeight.midSentence, "ends in the middle of a sentence")
        }
    }

    /// Words in no order: hardly any of the little words that hold a text together, and no list of words either.
    private mutating func isSalad() {
        guard prose.words >= 30, scan.items == 0, scan.tableLines == 0, scan.fences == 0, scan.codeLines == 0 else {
            return
        }
        // The little words are known of English and its neighbours only.
        guard wish.isEnglish, !wish.isFiction, !wish.isForSomebody, !scan.garbage.hasForeignLetters else { return }
        if prose.commonWords * 8 < prose.words, prose.commas * 4 < prose.words {
            add(.brokenStructure, QualityWeight.wordSalad, "words that make no sentences")
        }
    }
}
