/// What the guards need to know of a word, beside its meaning.
struct WordTraits: OptionSet, Sendable {
    let rawValue: UInt32

    /// Holds a sentence together and names no subject: an article, an auxiliary, a pronoun, a preposition, a courtesy.
    static let function = WordTraits(rawValue: 1 << 0)
    /// A capital letter where the sentence does not demand one.
    static let capital = WordTraits(rawValue: 1 << 1)
    /// Two or more capital letters and no small one.
    static let acronym = WordTraits(rawValue: 1 << 2)
    /// A name that a program would read: a path, a flag, `snake_case`, `camelCase`, letters mixed with digits.
    static let identifier = WordTraits(rawValue: 1 << 3)
    /// Belongs to a list of names, such as countries.
    static let listedName = WordTraits(rawValue: 1 << 4)
    /// Has letters of a script other than Latin.
    static let otherScript = WordTraits(rawValue: 1 << 5)
    /// A sign that is not a letter, such as an emoji.
    static let symbol = WordTraits(rawValue: 1 << 6)
    /// Stands within quotation marks or backticks.
    static let quoted = WordTraits(rawValue: 1 << 7)
    /// Turns a statement into its contrary: `not`, `never`, `without`, `fail`.
    static let negation = WordTraits(rawValue: 1 << 8)
    /// Gives its neighbours roles that must not be exchanged: `to`, `from`, `than`, `before`.
    static let relation = WordTraits(rawValue: 1 << 9)
    /// Opens a phrase that may stand anywhere in its sentence.
    static let preposition = WordTraits(rawValue: 1 << 10)
    /// Has an opposite in the lexicon.
    static let opposable = WordTraits(rawValue: 1 << 11)
    /// A point or span of time that moves with the clock.
    static let volatile = WordTraits(rawValue: 1 << 12)
    /// A word that is part of a phrase read as one word, and is not compared by itself.
    static let absorbed = WordTraits(rawValue: 1 << 13)
    /// Stands in the lexicon, in whatever part.
    static let listed = WordTraits(rawValue: 1 << 14)
    /// One letter used as a name: a variable, a grade, a section.
    static let letter = WordTraits(rawValue: 1 << 15)
    /// An auxiliary or modal verb that can open a question to be answered with yes or no.
    static let auxiliary = WordTraits(rawValue: 1 << 16)
    /// Whether a missing counterpart alone may not be overlooked: `only`, `instead`.
    static let weighty = WordTraits(rawValue: 1 << 17)
    /// A number, as digits or as a word; its letters are its value.
    static let number = WordTraits(rawValue: 1 << 18)
    /// Begins a sentence, where a capital letter tells nothing.
    static let sentenceStart = WordTraits(rawValue: 1 << 19)
    /// A comma stands before it.
    static let afterComma = WordTraits(rawValue: 1 << 20)

    /// Names one thing rather than a kind of thing.
    static let naming: WordTraits = [.capital, .acronym, .identifier, .listedName, .symbol, .letter]
}

/// A language that is told by its function words.
enum WordingLanguage: Int, Sendable, CaseIterable {
    case english, german, french, spanish, italian, portuguese, dutch
}

/// A word that a rule looks for by itself. The names are the words.
enum WordMarker: UInt8, Sendable, CaseIterable {
    case none
    case how, what, which, who, whom, whose, when, `where`, why, come
    case many, much, long, often, old, far, big, tall, high, deep, fast, soon, late, heavy, large, wide, number, amount
    case time, date, day, year, hour, place, reason, reasons
    case can, could, may, might, should, ought, must, shall, will, would, able, allowed, possible
    case need, needs, have, has, had, required, going
    case `is`, are, am, was, were, `do`, does, did
    case i, we, me, us, my, mine, our, ours, myself, you, your, yours, he, him, his, she, her, hers, they, them, their
    case theirs
    case give, tell, show, help, send, `let`, explain, teach, know, want, like, way, ways, `try`, used, supposed, best,
        steps
    case to, from, of, `in`, on, it, a, an, the, by, and, or, no, yes, whether, one, not, up, out, off
    case next, last, this, these, week, weekend, month, quarter, season, night, morning, evening, afternoon, monday
    case current, price, prices, quote, value, today, stock, share, shares, market, live, score, scores, near, until
    case left, days, weeks, months, hours, minutes, per, now, right, moment, electric, alternating, direct
    case check, find, get, cost, rate, exchange, results
    case hi, hello, hey, hiya, thanks, thank, cheers, greetings, question, there, most, some
    case `for`, that, at, option, options, fixed
}

/// One word of a text: where its letters are, what it means, and what is known of it.
struct WordingWord: Sendable {
    /// Where the folded letters begin in ``PromptWording/letters``.
    var start: Int32
    var length: Int32
    /// Hash of the folded letters.
    var hash: UInt64
    /// Words of one meaning have one key: that of their synonym, else of their stem, else their own hash.
    var key: UInt64
    /// Bit n: the word belongs to closed set n of ``WordLexicon``.
    var families = SIMD2<UInt64>.zero
    var traits: WordTraits
    var marker: WordMarker = .none
    /// Bit ``WordingLanguage/rawValue`` of each language that has this function word.
    var languages: UInt8 = 0
    /// The hash of the unit that the word names; 0: no unit.
    var unit: UInt64 = 0
    /// The number that the word names; -1: none.
    var number: Int64 = -1
    var ordinal: UInt8 = 0
    var opensPhrase = false

    var isContent: Bool { traits.isDisjoint(with: [.function, .absorbed, .number]) }
}
