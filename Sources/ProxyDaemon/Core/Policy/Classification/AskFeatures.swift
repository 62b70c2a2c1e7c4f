#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// The numbers that the heads look at: what can be counted in an ask without understanding it.
///
/// Counts go in as log(1 + n), so that the tenth question tells less than the first. The same numbers come from
/// `tools/router/features.py`; golden vectors compare the two.
package struct AskFeatures: Sendable {
    /// Bytes read from either end of a long content: what is between would cost time and tell nothing more.
    package static let sampledBytes = 8_192

    /// In the order of ``names``.
    package let values: [Double]
    /// What was counted in the ask itself, without what was pasted with it.
    let own: AskScan
    let contentBytes: Int

    /// Words of the ask itself.
    package var askWords: Int { own.words }

    package init(_ ask: Ask) {
        let own = ask.text.withUnsafeBufferPointer(AskScan.init)
        let whole: AskScan
        if ask.content.count == ask.text.count {
            whole = own
        } else if ask.content.count <= 2 * Self.sampledBytes {
            whole = ask.content.withUnsafeBufferPointer(AskScan.init)
        } else {
            let sample = Array(ask.content.prefix(Self.sampledBytes) + ask.content.suffix(Self.sampledBytes))
            whole = sample.withUnsafeBufferPointer(AskScan.init)
        }
        let words = Double(max(1, whole.words))
        let total = Double(max(1, whole.bytes))
        func log(_ count: Int) -> Double { log1p(Double(count)) }
        func opens(_ cue: Cue) -> Double { own.opening & cue.bit == 0 ? 0 : 1 }
        var values: [Double] = [
            log(whole.units),
            log(own.units),
            log(max(0, ask.content.count - ask.text.count)),
            min(1, Double(ask.text.count) / Double(max(1, ask.originalBytes))),
            log(whole.lines),
            Double(whole.letters) / words,
            Double(whole.distinct) / Double(max(1, min(whole.words, AskScan.distinctWords))),
            Double(whole.longWords) / words,
            Double(whole.capitals) / total,
            Double(whole.digits) / total,
            Double(whole.highCharacters) / total,
            Double(whole.symbols) / total,
            log(whole.numbers),
            log(whole.codeMarks),
            log(whole.fences),
            log(whole.latex),
            log(whole.parentheses),
            log(whole.operators),
            log(whole.sentences),
            Double(min(5, whole.questions)),
            log(whole.listItems),
            Double(min(10, whole.options)),
            log(whole.quoted),
            own.endsAsking ? 1 : 0,
            log(own.asks),
            Double(own.cues[Cue.smallTalk.rawValue]) / Double(max(1, own.words)),
            opens(.factQuestion),
            opens(.yesNoQuestion),
            opens(.openQuestion),
            opens(.imperative),
            log(ask.toolCount),
            log(ask.userTurns - 1),
            log(ask.systemBytes),
        ]
        for cue in Self.countedCues { values.append(log(own.cues[cue.rawValue])) }
        self.values = values
        self.own = own
        contentBytes = ask.content.count
    }

    /// Whether anything counted speaks for a task; true for tasks that have no words of their own.
    func hasSigns(of task: TaskType) -> Bool {
        let signs: [Int]
        switch task {
        case .code: signs = Self.signsOfCode
        case .math: signs = Self.signsOfMaths
        default: return true
        }
        return signs.contains { values[$0] != 0 }
    }

    private static func positions(_ list: String...) -> [Int] { list.compactMap { names.firstIndex(of: $0) } }
    private static let signsOfCode = positions("cue_code", "cue_language", "log_code_marks", "log_fences")
    private static let signsOfMaths = positions(
        "cue_maths",
        "cue_proof",
        "cue_quantity",
        "log_numbers",
        "log_operators",
        "log_latex"
    )

    /// The cues that are features of their own; the others only help to cut the ask or to see how it begins.
    static let countedCues: [Cue] = [
        .code, .language, .maths, .quantity, .proof, .reasoning, .depth, .hardDomain, .constraint, .conditional,
        .negation, .brevity, .format, .translation, .creative, .rewriting, .explaining, .selfReference, .joining,
        .comparison,
    ]

    /// How often words of a cue occur in the ask itself.
    func count(_ cue: Cue) -> Int { own.cues[cue.rawValue] }

    /// The names in order; a weights file made for others is refused.
    package static let names: [String] =
        [
            "log_length", "log_ask", "log_context", "ask_share", "log_lines", "mean_word", "distinct_words",
            "long_words", "capitals", "digits", "high", "symbols", "log_numbers", "log_code_marks", "log_fences",
            "log_latex", "log_parentheses", "log_operators", "log_sentences", "questions", "log_list_items", "options",
            "log_quoted", "ends_asking", "log_asks", "small_talk", "opens_fact", "opens_yes_no", "opens_open",
            "opens_imperative", "log_tools", "log_turns", "log_system",
        ]
        + [
            "cue_code", "cue_language", "cue_maths", "cue_quantity", "cue_proof", "cue_reasoning", "cue_depth",
            "cue_hard_domain", "cue_constraint", "cue_conditional", "cue_negation", "cue_brevity", "cue_format",
            "cue_translation", "cue_creative", "cue_rewriting", "cue_explaining", "cue_self_reference", "cue_joining",
            "cue_comparison",
        ]
}
