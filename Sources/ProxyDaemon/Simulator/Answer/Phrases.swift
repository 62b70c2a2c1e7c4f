/// The templates of the simulator's prose; `#` stands for a word of the question.
enum Phrases {
    static let plain = [
        "The short answer is that # depends on how # is set up and on what # is used for.",
        "Start with #, because # follows from it and is easier to check afterwards.",
        "In practice # and # are handled together, and the first one sets the pace.",
        "The usual approach treats # as the fixed point and adapts # to it.",
        "A clear view of # helps most; once that stands, # takes little work.",
        "Most of the effort goes into #, while # is settled by a simple rule.",
        "Three things decide the outcome: #, the order of the steps, and the quality of #.",
        "When # grows, # grows with it, so measure both before changing either.",
        "A good test for # is to leave out # and look at what breaks.",
        "The main reason is that # carries the cost, whereas # only moves it around.",
        "It works best to keep # small, name it well, and let # refer to it.",
        "For # the common choice is sound: it is simple, it is fast, and it keeps # readable.",
        "Note that # and # pull in different directions; pick the one your users notice.",
        "The result holds for # in general, with one exception that concerns #.",
    ]

    static let hedged = [
        "I'm not sure, but # might possibly have something to do with #.",
        "Perhaps # is the reason, though it could also be #.",
        "It may be that # matters here; I'm not certain and can't verify it.",
        "Possibly # would help, but it's hard to say without knowing more about #.",
        "I think # might work, although I could be wrong about #.",
        "Maybe # plays a role; it is difficult to tell, and perhaps # does too.",
    ]

    static let closings = [
        "In summary, settle # first and let # follow.",
        "Taken together: keep # simple, measure #, and change one thing at a time.",
        "That covers # and #; the rest is routine.",
    ]

    static let steps = [
        "Write down what # must do.",
        "Check # against a small example.",
        "Connect # with # and run it once.",
        "Measure # before and after the change.",
        "Remove what # no longer needs.",
    ]

    static let thoughts = [
        "The user asks about #, so # has to be dealt with first.",
        "Let me consider how # relates to #.",
        "One option is to begin with #; the other begins with #.",
        "The first option is simpler and covers #.",
        "I should mention # in the answer.",
    ]
}
