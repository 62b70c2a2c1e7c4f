/// What words and phrases of a request hint at.
struct RequestCues: OptionSet, Sendable {
    let rawValue: UInt32

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
}

/// The words and phrases by which requests are told apart. Phrases are separated by commas or lines.
extension RequestWords {
    static let lists: [(RequestCues, String)] = [
        (.what, "what, whats"),
        (
            .makes,
            """
            write, draft, compose, create, generate, make, give, tell, finish, continue, continues, need
            invent, help, prepare, produce, reply, respond, suggest, schreibe, schreib, escribe, écris, rédige
            erzähle, word, decline, cuéntame, verfasse, set
            """
        ),
        (
            .fiction,
            """
            story, poem, dialogue, scene, lyrics, novel, haiku, screenplay, song, limerick, tale, sonnet
            fairytale, fable, monologue, chapter, ballad, verse, fiction, villanelle, play, character, gedicht
            geschichte, cuento, poema, histoire, poème, conversation, rap, diary, journal, myth, legend, sketch
            interview, lullaby, rhyme, rhymes, hymn, thriller, mystery
            """
        ),
        (
            .tells,
            """
            tell me a, once upon, in the style of
            """
        ),
        (
            .messages,
            """
            email, e-mail, letter, message, reply, template, text, note, apology, tweet, speech, post, memo
            announcement, response, mail, slack, sms, toast, eulogy, review, invitation, rsvp, brief, statement
            nachricht, correo, carta, lettre, script, essay, paragraph, bio, caption, excuse, refusal
            testimonial
            """
        ),
        (
            .speaksFor,
            """
            translate, rephrase, paraphrase, rewrite, proofread, reword, translation, übersetze, traduce
            traduis, roleplay, pretend, impersonate, polish, summarize, summarise, act as, you are playing
            in the voice of, example sentence, example sentences, grammar of, fix the grammar
            correct the grammar, how do i say, how do you say, how can i say, how to say, what should i say
            say that, saying, sentences with, quotes about, quotes from, how would i say, other ways to say
            ways to say
            """
        ),
        (
            .possibilities,
            """
            might, possible, possibly, possibilities, possibility, speculate, speculation, hypotheses
            hypothesis, hypothetical, scenarios, scenario, predict, prediction, predictions, risk, risks
            likely, alleged, allegedly, allegations, brainstorm, rumors, rumours, theories, theory, perhaps
            maybe, forecast, future, legal, lawsuit, uncertain, interpretations, interpretation, guess
            conspiracy, clause, liability, differential, what if, what could, could be, may be
            what would happen, why would, causes of, what causes, side effects, pros and cons, who wrote
            is it true
            """
        ),
        (
            .repetition,
            """
            repeat, refrain, chorus, chant, mantra, lyrics, song, anaphora, dummy, repeated, lines, many times
            100 times, ten times, 10 times, 5 times, five times, test data, sample data
            """
        ),
        (
            .short,
            """
            briefly, concisely, tldr, shortly, spell, synonym, synonyms, antonym, antonyms, headline, tagline
            slogan, acronym, translate, classify, label, kurz, one word, single word, two words, three words
            yes or no, yes/no, true or false, one sentence, a sentence, a single sentence, in short, in brief
            be brief, short answer, just the, just tell, only the, only answer, one line, a number
            single number, keep it short, be concise, no explanation, without explanation, without explaining
            answer only, one-liner, few words, a title, one letter, a name for, nothing else, ein wort
            commit message, how do i say, how do you say, two sentences
            """
        ),
        (
            .closed,
            """
            is, are, was, were, do, does, did, can, could, has, have, had, will, would, should, am, who, when
            where, which, whose, whats, hi, hello, hey, thanks, thank, ok, okay, ist, sind, wer, wann, wo, name
            list, pick, choose, convert, calculate, compute, solve, count, quién, cuándo, cuál, quel, quelle
            welche, welcher, wie
            """
        ),
        (
            .open,
            """
            explain, describe, compare, contrast, discuss, analyze, analyse, elaborate, why, essay, outline
            design, evaluate, summarize, summarise, advice, guide, tutorial, plan, strategy, review, critique
            debug, prove, derive, erklär, beschreibe, explícame, how do, how does, how can, how should
            how would, how to, what are the, walk me, step by step, in detail, tell me about
            the difference between, difference between, pros and cons, help me understand, write a, write an
            write me, trade-offs, tradeoffs, what is the best way, wie funktioniert, warum, erkläre, explica
            explique, pourquoi
            """
        ),
        (
            .onlyJSON,
            """
            only json, json only, only valid json, valid json only, only a json, only the json, just json
            just the json, just a json, nothing but json, only with json, only with a json
            only with valid json, raw json, only in json, only as json, strict json, respond with json
            respond in json, reply in json, reply with json, answer in json, answer with json, reply as json
            respond with valid json, respond with a json object, reply with a json object, return a json object
            answer as json, must be valid json, must be json, output json, return json, output valid json
            return valid json, only a valid json, single json object, one json object, nur json
            nothing except json, only respond with json, no prose just json, exclusively json, only one json
            """
        ),
        (
            .someJSON,
            """
            as json, in json, to json, into json, json format, a json array, a json object, json document
            als json, en json, formatted as json, example json, sample json, json list
            """
        ),
        (
            .aboutJSON,
            """
            how, why, explain, difference, parse, serialize, library, endpoint, api, what
            """
        ),
        (
            .noCode,
            """
            no code, without code, without any code, in words, plain english, conceptually, not code
            without writing code
            """
        ),
        (
            .text,
            """
            essay, poem, story, blog, article, email, letter, speech, haiku, limerick
            """
        ),
        (
            .pattern,
            """
            regex, regexp, function, sql, query, html
            """
        ),
        (
            .codeFor,
            """
            code for, code to, regex for, regex to, sql to, sql query to, script to, snippet that, code that
            """
        ),
        (
            .aboutCode,
            """
            explain, review, does, is, why
            """
        ),
        (
            .codeVerbs,
            """
            write, give, show, create, implement, generate, provide, make, code, build, develop, refactor, fix
            convert, port, rewrite, need, want, translate, add, complete, optimize, schreibe, schreib, escribe
            écris, craft, produce, send, program
            """
        ),
        (
            .codeNouns,
            """
            function, code, regex, regexp, snippet, one-liner, dockerfile, makefile, stylesheet, decorator
            subroutine, dataclass, middleware, funktion, función, fonction, bash, sql, css, html, unittest
            usestate, docker-compose, playbook, crontab
            """
        ),
        (
            .softCodeNouns,
            """
            script, program, class, method, query, command, component, test, tests, macro, endpoint, hook
            struct, loop, parser, migration, algorithm, trigger, procedure, iterator, module, example
            implementation, generator, handler, server, client, cli, skript, programm, enum, interface
            expression, formula
            """
        ),
        (
            .languages,
            """
            python, javascript, typescript, swift, rust, golang, go, java, c++, c#, c, kotlin, ruby, php, perl
            haskell, scala, sql, bash, shell, powershell, html, css, react, vue, node, postgres, mysql
            terraform, ansible, lua, elixir, zsh, awk, sed, pytest, jest, django, flask, excel, vba, latex
            matlab, julia, ocaml, clojure, dart, fortran, assembly, numpy, pandas
            """
        ),
        (
            .technical,
            """
            array, string, strings, integer, integers, api, json, csv, file, files, list, regex, database
            table, linked, binary, tree, stack, queue, hash, sort, sorts, sorting, recursive, code, cache
            thread, http
            """
        ),
        (
            .reworks,
            """
            implement, refactor
            """
        ),
        (
            .measures,
            """
            how many, how much, how old, how far, how long, how tall, how big, how often, how fast, how high
            how deep
            """
        ),
        (
            .little,
            """
            the, a, an, of, is, are, how, what, do, i, for, my, to, and
            """
        ),
    ]
}
