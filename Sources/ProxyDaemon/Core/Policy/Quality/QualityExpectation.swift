/// What an answer is held against; read once from the request.
package struct QualityExpectation: Sendable {
    /// How the request asks for JSON.
    enum JSONWish: Sendable, Equatable {
        case none
        /// In prose, among other things: some JSON has to be there.
        case some
        /// In prose, and nothing else: one fenced block may stand around it.
        case only
        /// By a parameter: the text is the JSON.
        case parameter
    }

    /// For the tools and the schema, which are read where an answer needs them.
    let prompt: Prompt
    var json = JSONWish.none
    var wantsCode = false
    /// A story, a poem: people in it say what they like, and lines may come again.
    var isFiction = false
    /// A text that somebody is to say or send: its "I" is not the model.
    var isForSomebody = false
    /// The question is about what may be: hedging is its subject.
    var asksPossibilities = false
    /// Wants something said again, or a list that may look so.
    var wantsRepetition = false
    /// Characters of text that the answer needs in proportion to the rule's minimum; 0 for none.
    var lengthFactor = 0.0
    /// The answer goes on from the client's own beginning, or may be cut where the client said.
    var isPart = false
    /// A step of an agent's loop, whose text may be anything.
    var isAgentStep = false
    /// Characters of text that the request names in figures; nil where it names none.
    var requestedCharacters: Int?
    /// Wants words in which somebody declines said otherwise: the answer declines too.
    var rewordsRefusal = false
    /// About what any model does right to decline.
    var isHarmful = false
    /// About what only somebody with live data or another conversation could know.
    var isLive = false
    /// About the model itself: what it says of its nature is the answer.
    var isAboutModel = false
    /// Letters in no order may be the answer: a password, a cipher, tokens.
    var wantsOddWords = false
    /// Asked in the words of programmers.
    var isTechnical = false
    /// Neither a fact nor something short answers it.
    var isOpen = false
    var isEnglish = false
    /// Bytes that are no text stand in the question itself.
    var hasOddCharacters = false

    /// Reads a request.
    ///
    /// - Parameters:
    ///   - prompt: The client's request.
    ///   - score: How hard the classifier took it for, 0…100; nil where it was not classified.
    package init(_ prompt: Prompt, score: Int?) {
        self.prompt = prompt
        let text = Ask(prompt.traits.lastUserText).text
        let request = RequestWords(text)
        isAgentStep = prompt.traits.hasToolHistory
        isFiction = request.isFiction
        isForSomebody = request.isForSomebody
        isEnglish = request.isEnglish
        wantsCode = request.wantsCode
        asksPossibilities = request.asksPossibilities
        wantsRepetition = request.wantsRepetition
        hasOddCharacters = request.hasOddCharacters
        rewordsRefusal = request.rewordsRefusal
        isHarmful = request.isHarmful
        isLive = request.isLive
        isAboutModel = request.isAboutModel
        wantsOddWords = request.wantsOddWords
        isTechnical = request.isTechnical
        isOpen = request.isOpen && !request.asksShort
        if request.isToBeWritten { requestedCharacters = RequestedLength.characters(text) }
        if request.wantsJSON, !(wantsCode && !request.wantsOnlyJSON) { json = request.wantsOnlyJSON ? .only : .some }
        readFields()
        isPart = isPart || prompt.traits.isPrefilled
        lengthFactor = isAgentStep || json != .none ? 0 : Self.lengthFactor(request, score)
    }

    /// 1 for an open question of middling complexity (40), more and less in proportion, 0.5 at least. A question that is
    /// neither open nor closed needs length only where it was found hard, a closed one never.
    private static func lengthFactor(_ request: RequestWords, _ score: Int?) -> Double {
        if request.asksMuch { return max(1, score.map { min(2.5, Double($0) / 40) } ?? 1) }
        if request.asksShort { return 0 }
        // What is easy may be answered shortly, however it is asked.
        if let score, score <= 20 { return 0 }
        if request.isOpen { return score.map { min(2.5, max(0.5, Double($0) / 40)) } ?? 1 }
        guard !request.isClosed, let score, score >= 50 else { return 0 }
        return min(1.5, Double(score - 30) / 40)
    }

    /// The parameters outside the messages that say what the answer is to be, and the system prompt's wish for JSON.
    private mutating func readFields() {
        prompt.body.withUnsafeBufferPointer { bytes in
            prompt.index.withRoot(bytes) { root in
                if Self.format(root) != nil { json = .parameter }
                if let stops = root["stop"] ?? root["stop_sequences"], stops.kind != .null { isPart = true }
                if json == .none, RequestWords(Self.systemText(root)).wantsOnlyJSON { json = .only }
            }
        }
    }

    /// The value that asks for an answer in JSON.
    private static func format(_ root: JSONView) -> JSONView? {
        let value = root["response_format"] ?? root["output_config"]?["format"] ?? root["output_format"]
        guard let value, let type = value["type"], type.isString("json_object") || type.isString("json_schema") else {
            return nil
        }
        return value
    }

    /// The schema that the answer's text is to fit.
    static func schema(_ root: JSONView) -> JSONView? {
        guard let format = format(root) else { return nil }
        let schema = format["json_schema"]?["schema"] ?? format["schema"]
        return schema?.kind == .object ? schema : nil
    }

    private static let maximumSystemBytes = 8_192

    private static func systemText(_ root: JSONView) -> [UInt8] {
        var text: [UInt8] = []
        func take(_ content: JSONView?) {
            guard let content else { return }
            func add(_ piece: JSONView) {
                let room = maximumSystemBytes - text.count
                guard room > 0 else { return }
                JSONText.appendUnescaped(EscapedPiece(rebasing: piece.piece.prefix(room)), to: &text)
                text.append(0x0A)
            }
            if content.kind == .string { add(content) }
            content.forEachElement { part in if let piece = part["text"] { add(piece) } }
        }
        take(root["system"])
        var isLeading = true
        root["messages"]?.forEachElement { message in
            guard isLeading, let role = message["role"], role.isString("system") || role.isString("developer") else {
                isLeading = false
                return
            }
            take(message["content"])
        }
        return text
    }
}
