/// What words and phrases of a request hint at.
struct RequestCues: OptionSet, Sendable {
    let rawValue: UInt64

    /// A text is to be made.
    static let makes = RequestCues(rawValue: 1 << 0)
    /// Kinds of fiction.
    static let fiction = RequestCues(rawValue: 1 << 1)
    /// Asks for fiction without naming a kind.
    static let tells = RequestCues(rawValue: 1 << 2)
    /// Kinds of texts for somebody.
    static let messages = RequestCues(rawValue: 1 << 3)
    /// The answer speaks for somebody, or for a text that is given.
    static let speaksFor = RequestCues(rawValue: 1 << 4)
    /// Speaks of what may be.
    static let possibilities = RequestCues(rawValue: 1 << 5)
    /// Wants something again and again.
    static let repetition = RequestCues(rawValue: 1 << 6)
    /// Wants a short answer.
    static let short = RequestCues(rawValue: 1 << 7)
    /// As the first word: a fact, a yes or a no answers it.
    static let closed = RequestCues(rawValue: 1 << 8)
    /// Wants an explanation, a text, a plan.
    static let open = RequestCues(rawValue: 1 << 9)
    /// Wants JSON and nothing else.
    static let onlyJSON = RequestCues(rawValue: 1 << 10)
    /// Wants some JSON.
    static let someJSON = RequestCues(rawValue: 1 << 11)
    /// Asks about JSON.
    static let aboutJSON = RequestCues(rawValue: 1 << 12)
    /// Wants no code.
    static let noCode = RequestCues(rawValue: 1 << 13)
    /// Kinds of texts that have no code.
    static let text = RequestCues(rawValue: 1 << 14)
    /// Code even where a text is spoken of.
    static let pattern = RequestCues(rawValue: 1 << 15)
    /// Wants code without a verb.
    static let codeFor = RequestCues(rawValue: 1 << 16)
    /// Asks about code.
    static let aboutCode = RequestCues(rawValue: 1 << 17)
    /// Code may be to be written.
    static let codeVerbs = RequestCues(rawValue: 1 << 18)
    /// Kinds of code.
    static let codeNouns = RequestCues(rawValue: 1 << 19)
    /// Kinds of code where the rest is technical.
    static let softCodeNouns = RequestCues(rawValue: 1 << 20)
    /// Languages and tools.
    static let languages = RequestCues(rawValue: 1 << 21)
    /// Words of programmers.
    static let technical = RequestCues(rawValue: 1 << 22)
    /// With anything technical: code.
    static let reworks = RequestCues(rawValue: 1 << 23)
    /// After "how": a number answers it.
    static let measures = RequestCues(rawValue: 1 << 24)
    /// Little English words.
    static let little = RequestCues(rawValue: 1 << 25)
    /// As the first word of a short question: a fact answers it.
    static let what = RequestCues(rawValue: 1 << 26)
    /// The word "code", which also stands for numbers.
    static let code = RequestCues(rawValue: 1 << 27)
    /// Codes that are numbers or names.
    static let codeNumbers = RequestCues(rawValue: 1 << 28)
    /// Verbs with which something is made, not only shown.
    static let buildVerbs = RequestCues(rawValue: 1 << 29)
    /// Kinds of code where the rest is technical and something is made.
    static let builtNouns = RequestCues(rawValue: 1 << 30)
    /// About what is going on now.
    static let live = RequestCues(rawValue: 1 << 31)
    /// About the model.
    static let aboutModel = RequestCues(rawValue: 1 << 32)
    /// Wants a long answer.
    static let long = RequestCues(rawValue: 1 << 33)
    /// Kinds of fiction that stand for a wish without a verb.
    static let genre = RequestCues(rawValue: 1 << 34)
    /// As the first word: speaks about something.
    static let asksAbout = RequestCues(rawValue: 1 << 35)
    /// Letters in no order may be the answer.
    static let oddWords = RequestCues(rawValue: 1 << 36)
    /// A text that is given is to be said in other words or another language.
    static let translates = RequestCues(rawValue: 1 << 37)
    /// Says no, sorry or the like itself.
    static let declines = RequestCues(rawValue: 1 << 38)
    /// About what any model does right to decline.
    static let harmful = RequestCues(rawValue: 1 << 39)
}
