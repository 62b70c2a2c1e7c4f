/// The two ranking heads as the one linear head that they are together for a prompt whose gate is known. That makes the
/// explanation exact: the score's distance from an average prompt's is the sum of what its parts add.
struct MixedHeads: Sendable, Equatable {
    /// What each feature adds to the raw score.
    private let added: [Double]
    private let meaning: Double?
    /// The raw score of an average prompt.
    let typical: Double

    init(_ variant: RouterVariant, gate: Double, _ inputs: [Double], _ embedding: Embedding?) {
        let (exam, everyday) = (variant.exam, variant.everyday)
        added = inputs.indices.map { (gate * exam.features[$0] + (1 - gate) * everyday.features[$0]) * inputs[$0] }
        let usual = gate * exam.typicalMeaning + (1 - gate) * everyday.typicalMeaning
        meaning = embedding.map { gate * exam.meaning($0) + (1 - gate) * everyday.meaning($0) - usual }
        typical = gate * exam.bias + (1 - gate) * everyday.bias + usual
    }

    /// What moved the score, the strongest first, and the rest as one. `rise` are the points between the score and an
    /// average prompt's, `slope` the points per unit of raw score, for when the two are next to each other.
    func signals(_ features: AskFeatures, rise: Double, raw: Double, slope: Double) -> [Judgement.Signal] {
        let distance = raw - typical
        let points = abs(distance) > 1e-6 ? rise / distance : slope
        var sums = [Double](repeating: 0, count: SignalGroup.allCases.count)
        for (at, group) in SignalGroup.ofFeature.enumerated() { sums[group.rawValue] += added[at] * points }
        if let meaning { sums[SignalGroup.meaning.rawValue] = meaning * points }
        let order = SignalGroup.allCases.sorted { abs(sums[$0.rawValue]) > abs(sums[$1.rawValue]) }
        let shown = order.prefix(RouterModel.shownSignals).filter { abs(sums[$0.rawValue]) >= 0.5 }
        var signals = shown.map { group in
            Judgement.Signal(name: group.name, points: sums[group.rawValue], detail: group.detail(features))
        }
        let rest = rise - signals.reduce(0) { $0 + $1.points }
        if abs(rest) >= 0.05 {
            signals.append(Judgement.Signal(name: "others", points: rest, detail: "all that counted less"))
        }
        return signals
    }
}

extension PercentileTable {
    /// Points per unit of raw score around a raw score.
    func slope(at raw: Double) -> Double {
        let step = 0.01
        return (self(raw + step) - self(raw - step)) / (2 * step)
    }
}

/// Features that tell a person the same thing.
enum SignalGroup: Int, CaseIterable {
    case length
    case context
    case structure
    case wording
    case numbers
    case code
    case maths
    case proof
    case reasoning
    case depth
    case domain
    case constraints
    case questions
    case commands
    case choices
    case format
    case brevity
    case routine
    case creative
    case explaining
    case conversation
    case tools
    case meaning

    /// The group of each feature, in the order of `AskFeatures.names`.
    static let ofFeature: [SignalGroup] = [
        .length, .length, .context, .context, .structure, .wording, .wording, .wording, .wording, .numbers, .wording,
        .code, .numbers, .code, .code, .maths, .code, .maths, .structure, .questions, .structure, .choices, .structure,
        .questions, .commands, .conversation, .questions, .questions, .questions, .commands, .tools, .conversation,
        .conversation,
        .code, .code, .maths, .numbers, .proof, .reasoning, .depth, .domain, .constraints, .constraints, .constraints,
        .brevity, .format, .routine, .creative, .routine, .explaining, .conversation, .structure, .reasoning,
    ]

    var name: String { "\(self)" }

    /// What was seen, for a person.
    func detail(_ features: AskFeatures) -> String {
        func count(_ cues: Cue..., of what: String) -> String {
            let sum = cues.reduce(0) { $0 + features.count($1) }
            return sum == 0 ? "no \(what)" : sum == 1 ? "one of the \(what)" : "\(sum) of the \(what)"
        }
        switch self {
        case .length: return "an ask of \(features.askWords) word\(features.askWords == 1 ? "" : "s")"
        case .context: return "\(features.contentBytes) bytes with what was pasted"
        case .structure: return "its lines, sentences, lists and quotes"
        case .wording: return "the kind of words: long, varied, in capitals, of other alphabets"
        case .numbers: return "how many numbers, and \(count(.quantity, of: "words of quantity"))"
        case .code: return "how much looks like code, and \(count(.code, .language, of: "words of programming"))"
        case .maths: return "how much looks like formulas, and \(count(.maths, of: "words of mathematics"))"
        case .proof: return count(.proof, of: "words of proofs")
        case .reasoning: return count(.reasoning, .comparison, of: "words of weighing and analysis")
        case .depth: return count(.depth, of: "words of design and detail")
        case .domain: return count(.hardDomain, of: "words of hard subjects")
        case .constraints: return count(.constraint, .conditional, .negation, of: "words that set conditions")
        case .questions: return "what is asked for, and how the question begins"
        case .commands: return "how many things are to be done"
        case .choices: return "answers to choose from"
        case .format: return count(.format, of: "words of a fixed format")
        case .brevity: return count(.brevity, of: "words that want it short")
        case .routine: return count(.rewriting, .translation, of: "words of rewriting and translating")
        case .creative: return count(.creative, of: "words of creative writing")
        case .explaining: return count(.explaining, of: "words that ask to explain")
        case .conversation: return "the conversation so far, and its tone"
        case .tools: return "the tools that may be called"
        case .meaning: return "what the words mean together"
        }
    }
}
