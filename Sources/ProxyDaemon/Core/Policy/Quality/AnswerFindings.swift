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
        // What the client cut may have gone on to help: it is judged as a beginning is.
        refusal(isOver: !isCutByClient)
        uncertainty(isOver: !isCutByClient)
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

    /// So few tokens are asked for by those who want no more.
    private static let tinyLimit = 64

    /// The client's own limit cut it, so that it would cut a stronger model's answer, too. Otherwise there was none, or a
    /// smaller one was in force: the gateway's default, the model's longest answer, the window of a local server. Where
    /// nobody counted tokens the client's is taken to be the one. Servers count a little differently, and a tenth more
    /// would change nothing.
    private var isCutByClient: Bool {
        guard answer.stopReason == "max_tokens", let limit = wish.prompt.maxTokens else { return false }
        guard limit > Self.tinyLimit, let written = answer.outputTokens else { return true }
        return written >= limit - limit / 10
    }

    private mutating func truncated() {
        guard isCut else { return }
        if isCutByClient {
            add(.truncated, QualityWeight.truncatedByClient, "cut by the client's own limit of tokens")
        } else {
            add(.truncated, QualityWeight.truncated, "cut by its limit of tokens")
        }
    }

    // MARK: Claims

    /// Bytes of help: prose that neither claims nor offers, code and tables.
    private var helpBytes: Int { prose.helpBytes + scan.codeBytes + scan.tableLines * 40 }

    /// Declining for somebody's safety is right, whoever answers.
    private var isForSafety: Bool { prose.safetyWords > 0 || wish.isHarmful }

    private var declinesForSafety: Bool {
        isForSafety && (claims.opening == .refusal || claims.opening == .plainRefusal)
    }

    /// Nobody could have known, or the model is what was asked about: then saying so is an answer, with a word on where to
    /// look where it is about something live.
    private var isHonest: Bool {
        wish.isAboutModel || wish.isLive && (helpBytes >= 30 || claims.sends + claims.offers > 0)
    }

    private mutating func refusal(isOver: Bool) {
        sendsElsewhere(isOver: isOver)
        guard claims.opening == .refusal || claims.opening == .plainRefusal, calls == 0, !isHonest else { return }
        // "I will not talk in class" is what was to be repeated.
        if wish.wantsRepetition, claims.opening == .refusal, claims.machineClaims + claims.apologies == 0 { return }
        if wish.rewordsRefusal, claims.machineClaims == 0 { return }
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

    /// Nothing but where else to ask, though an explanation, a text or a plan was wanted.
    private mutating func sendsElsewhere(isOver: Bool) {
        guard isOver, claims.opening == nil, claims.sends > 0, wish.isOpen, !isHonest, !isForSafety, calls == 0 else {
            return
        }
        guard helpBytes < 80, prose.sentences <= 4, scan.fences == 0, claims.precise == 0 else { return }
        if wish.isForSomebody || wish.isFiction { return }
        add(.refusal, QualityWeight.sendsElsewhere, "only sends elsewhere")
    }

    private mutating func uncertainty(isOver: Bool) {
        guard calls == 0, !wish.isFiction, !wish.wantsRepetition, claims.precise == 0, !isHonest else { return }
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
        // "..." says nothing either, but may be an operator.
        if prose.words == 0, scan.characters > 1, scan.lastKind == .prose, prose.end.last == UInt8(ascii: "."),
            scan.codeLines + scan.tableLines == 0, prose.longestInlineCode == 0, !wish.isTechnical
        {
            if !wish.isPart, !wish.isAgentStep { add(.tooShort, QualityWeight.empty, "says nothing") }
            return
        }
        if scan.characters == 0 || prose.words == 0 && scan.weightedCharacters < 2 && scan.codeLines == 0 {
            if !wish.isPart, !wish.isAgentStep { add(.tooShort, QualityWeight.empty, "says nothing") }
            return
        }
        // A third of what was asked for in figures is no matter of counting any more.
        if let requested = wish.requestedCharacters, rules.minimumLength > 0, !wish.isPart,
            scan.weightedCharacters * 3 < requested, scan.fences == 0, claims.precise == 0
        {
            add(.tooShort, QualityWeight.tooShort, "\(scan.characters) characters where \(requested) were asked for")
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
        guard wish.wantsCode, calls == 0, !isCutByClient, !wish.isAgentStep, wish.json == .none, claims.precise == 0
        else { return }
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
        guard let problem = answer.calls.problem, !isCutByClient else { return }
        add(.invalidToolArguments, QualityWeight.invalidToolArguments, problem)
    }

    // MARK: Texture

    private mutating func repetition() {
        let seen = scan.repeats
        let isFree = wish.isFiction || wish.wantsRepetition
        if seen.mostInARow >= (isFree ? 24 : 6) {
            add(.repetition, QualityWeight.repetition, "says a word \(seen.mostInARow) times on end")
        } else if seen.mostCodeInARow >= (isFree ? 24 : 6)
            || !isFree && seen.codeLines >= 12 && seen.repeatedCodeLines * 10 >= seen.codeLines * 7
        {
            add(.repetition, QualityWeight.repetition, "has a line of code \(seen.mostCodeInARow) times on end")
        } else if !wish.wantsRepetition, seen.mostSentenceInARow >= 4 {
            add(.repetition, QualityWeight.repetition, "says a sentence \(seen.mostSentenceInARow) times on end")
        } else if seen.mostSentence >= (isFree ? 12 : 3), seen.repeatedSentences * (isFree ? 2 : 4) >= seen.sentences {
            add(.repetition, QualityWeight.repetition, "says a sentence \(seen.mostSentence) times")
        } else if seen.mostItem >= (isFree ? 12 : 5) {
            add(.repetition, QualityWeight.repetition, "has an item \(seen.mostItem) times")
        } else if !wish.wantsRepetition, seen.runCount >= (isFree ? 80 : 40),
            seen.repeatedRuns * 10 >= seen.runCount * (isFree ? 6 : 3)
        {
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
        oddWords()
    }

    /// Words that nobody could say, lost letters, pieces of a tokenizer.
    private mutating func oddWords() {
        let seen = scan.oddWords
        guard !wish.wantsOddWords, !wish.hasOddCharacters else { return }
        if seen.pieces >= 4, scan.fences == 0, prose.longestInlineCode == 0 {
            add(.brokenStructure, QualityWeight.garbage, "\(seen.pieces) marks of a tokenizer")
        } else if seen.unspeakable >= 3, seen.unspeakable * 3 >= seen.words {
            add(.brokenStructure, QualityWeight.garbage, "\(seen.unspeakable) words that nobody could say")
        } else if seen.lostLetters >= 3, !wish.wantsCode {
            add(.brokenStructure, QualityWeight.garbage, "\(seen.lostLetters) question marks inside of words")
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
        if wish.json == .none, endsInList {
            add(.brokenStructure, QualityWeight.midSentence, "ends in the middle of a list or a table")
            return
        }
        guard scan.lastKind == .prose || scan.lastKind == .item, wish.json == .none, prose.words >= 8 else { return }
        let isOpen = end.isOpen && end.lastUses.contains(.leadsOn) && end.words >= 3
        let endsInComma = end.last == UInt8(ascii: ",") && !wish.isForSomebody && !wish.isFiction
        // What a colon announces has to come.
        let isAnnounced = end.last == UInt8(ascii: ":") && scan.lastKind == .prose && !wish.isAgentStep
        let isBracket = end.last == UInt8(ascii: "(") || isAnnounced && !wish.isForSomebody && !wish.isFiction
        let isLong =
            end.isOpen && scan.lastKind == .prose && !wish.isFiction && !wish.isForSomebody
            && !end.isAddress && (end.sentences >= 2 || end.words >= 18)
        if isOpen || endsInComma || isBracket || isLong {
            add(.brokenStructure, QualityWeight.midSentence, "ends in the middle of a sentence")
        }
    }

    /// A number or mark without its item, a row without its end, a heading without its text.
    private var endsInList: Bool {
        let end = prose.end
        switch scan.lastKind {
        case .table: return scan.endsInOpenRow
        case .heading: return prose.sentences >= 3 && !wish.isFiction
        case .prose, .item:
            guard prose.words >= 8, end.isBareMark else { return false }
            return end.number == 0 || end.hasOpenEmphasis || end.number > 1 && scan.items >= end.number - 1
        default: return false
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
