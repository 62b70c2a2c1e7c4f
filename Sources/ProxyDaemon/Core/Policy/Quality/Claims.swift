/// What one sentence says of the answer itself.
struct Claim: Sendable {
    typealias Meaning = QualityWords.Meaning

    /// What it claims; nil for a sentence that claims nothing.
    private(set) var meaning: Meaning?
    /// Offers or sends elsewhere.
    private(set) var isOffer = false
    /// Sends to somebody or something else.
    private(set) var isSending = false
    /// Asks the user for what is missing.
    private(set) var isAsking = false
    /// Asks for nothing in particular.
    private(set) var isVague = false
    private(set) var isMachine = false
    private(set) var isApology = false
    /// Share of the sentence that stands after a "but" that follows the claim.
    private(set) var turned = 0.0

    /// Reads a sentence's words, of which there is one at least; `mayBeVague` where one of them begins a phrase that asks for
    /// nothing in particular.
    ///
    /// A claim begins a clause, and its subject is the model: "I" in the first clause or after "sorry", "as an AI, " and their
    /// like. In the opening it may also follow a comma; later only doubt about the answer itself counts fully.
    init(
        _ words: UnsafeBufferPointer<SentenceWord>,
        isQuestion: Bool,
        isOpening: Bool,
        mayBeVague: Bool,
        _ known: QualityWords
    ) {
        let isConditional = words[0].uses.contains(.conditional)
        var at = 0
        var canClaim = true
        while at < words.count {
            let word = words[at]
            // What stands between "as an AI" and its claim may be long: "developed by…".
            let begins = word.beginsClause || canClaim || isMachine && isOpening && meaning == nil
            guard begins, word.uses.contains(.begins), let found = known.phrase(words, at: at) else {
                if meaning != nil, turned == 0, word.uses.contains(.turns) {
                    turned = Double(words.count - at - 1) / Double(words.count)
                }
                canClaim = canClaim && word.uses.contains(.filler) || word.beginsClause && word.uses.contains(.turns)
                at += 1
                continue
            }
            switch found.meaning {
            case .machine: isMachine = true
            case .apology: isApology = true
            case .offer: if word.beginsClause { isOffer = true }
            case .sends:
                if word.beginsClause {
                    isOffer = true
                    isSending = true
                }
            case .asks: if isQuestion || at == 0 && words.count > 1 { isAsking = true }
            case .wonders: isAsking = isAsking || isQuestion
            case .vague: isVague = true
            case .plainRefusal, .refusal, .uncertainty, .selfDoubt:
                if meaning == nil, !isConditional || isMachine,
                    isOpening || at == 0 || canClaim || found.meaning == .selfDoubt
                {
                    meaning = found.meaning
                }
            }
            canClaim = found.meaning == .machine || found.meaning == .apology
            at += found.count
        }
        if mayBeVague, !isVague { isVague = Self.isVague(words, known) }
        // "Maybe you mistyped it?" asks for nothing, and neither does "how can I help?".
        isAsking = (isAsking || isQuestion && meaning == nil) && !isOffer && !words[0].uses.contains(.hedge)
    }

    /// Adds what was found in the sentence as a text, for scripts whose words are not told apart.
    mutating func add(_ found: ScriptClaims.Found, isOpening: Bool) {
        isMachine = isMachine || found.isMachine
        isApology = isApology || found.isApology
        isOffer = isOffer || found.isOffer
        isSending = isSending || found.isOffer
        if isOpening { meaning = meaning ?? found.meaning }
        if meaning != nil { isAsking = false }
    }

    private static func isVague(_ words: UnsafeBufferPointer<SentenceWord>, _ known: QualityWords) -> Bool {
        words.indices.contains { at in
            words[at].uses.contains(.beginsVague) && known.phrase(words, at: at)?.meaning == .vague
        }
    }
}

/// The claims of an answer so far.
struct ClaimCounts: Sendable {
    /// The strongest claim of the opening.
    private(set) var opening: QualityWords.Meaning?
    /// Sentences that say that the model will not or cannot, that it does not know, that it may be wrong.
    private(set) var refusals = 0
    private(set) var uncertainties = 0
    private(set) var selfDoubts = 0
    private(set) var machineClaims = 0
    private(set) var apologies = 0
    /// Questions for what is missing, and those among them that name it.
    private(set) var asking = 0
    private(set) var precise = 0
    private(set) var offers = 0
    private(set) var sends = 0
    /// The last sentence of the opening claims, and none turned to help.
    private(set) var hasTurned = false

    /// Takes note of a sentence; gives back how many of its bytes help.
    mutating func note(_ claim: Claim, bytes: Int, words: Int, at sentence: Int) -> Int {
        if claim.isMachine { machineClaims += 1 }
        if claim.isApology { apologies += 1 }
        if claim.isAsking {
            asking += 1
            if !claim.isVague, words >= 5 { precise += 1 }
        }
        if claim.isSending { sends += 1 }
        guard let meaning = claim.meaning else {
            if claim.isOffer {
                offers += 1
                return 0
            }
            return claim.isMachine || claim.isVague ? 0 : bytes
        }
        switch meaning {
        case .plainRefusal, .refusal: refusals += 1
        case .uncertainty: uncertainties += 1
        case .selfDoubt: selfDoubts += 1
        default: break
        }
        if sentence < ProseScan.opening, opening.map({ meaning.rawValue < $0.rawValue }) ?? true { opening = meaning }
        if claim.turned > 0.35, !claim.isVague {
            hasTurned = true
            return claim.isOffer ? 0 : Int(Double(bytes) * claim.turned)
        }
        return 0
    }
}
