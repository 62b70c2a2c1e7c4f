/// What a word, or a pair of neighbouring words, tells about a request.
package enum Cue: Int, Sendable, CaseIterable {
    case request
    case code
    case language
    case maths
    case quantity
    case proof
    case reasoning
    case depth
    case hardDomain
    case constraint
    case conditional
    case negation
    case brevity
    case format
    case translation
    case creative
    case rewriting
    case explaining
    case imperative
    case factQuestion
    case yesNoQuestion
    case openQuestion
    case smallTalk
    case selfReference
    case joining
    case comparison
}

/// Words and word pairs by their hash, for look-ups without allocation. `tools/router/lexicon.py` reads the phrases out of
/// this file, so that the trainer and the gateway cannot differ.
struct Lexicon: Sendable {
    static let shared = Lexicon()
    /// FNV-1a's offset basis and prime (http://www.isthe.com/chongo/tech/comp/fnv/).
    static let emptyWord: UInt64 = 0xCBF2_9CE4_8422_2325
    static let prime: UInt64 = 0x100_0000_01B3
    private static let slots = 4_096

    private var keys = [UInt64](repeating: 0, count: slots)
    /// Bit `cue.rawValue` of each cue that the phrase belongs to; 0 for an empty slot.
    private var masks = [UInt32](repeating: 0, count: slots)

    static func extend(_ hash: UInt64, _ byte: UInt8) -> UInt64 { (hash ^ UInt64(byte)) &* prime }
    static func pair(_ first: UInt64, _ second: UInt64) -> UInt64 { (first &* prime) ^ second }

    /// A place from 0 to 4095 for a hash. FNV's own bits are too much alike for short words: Fibonacci hashing spreads them.
    static func slot(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: (hash &* 0x9E37_79B9_7F4A_7C15) >> 52) }

    /// The bits of the cues that a phrase belongs to; 0 for a phrase that tells nothing.
    func cues(of hash: UInt64) -> UInt32 {
        var slot = Self.slot(hash)
        while masks[slot] != 0 {
            if keys[slot] == hash { return masks[slot] }
            slot = (slot + 1) & (Self.slots - 1)
        }
        return 0
    }

    private init() {
        for (cue, phrases) in Self.phrases {
            for phrase in phrases.split(separator: ",") {
                let words = phrase.split(whereSeparator: { $0 == " " || $0 == "\n" }).map { word in
                    word.utf8.reduce(Self.emptyWord) { Self.extend($0, $1) }
                }
                guard let first = words.first else { continue }
                insert(words.count > 1 ? Self.pair(first, words[1]) : first, cue)
            }
        }
    }

    private mutating func insert(_ hash: UInt64, _ cue: Cue) {
        var slot = Self.slot(hash)
        while masks[slot] != 0, keys[slot] != hash { slot = (slot + 1) & (Self.slots - 1) }
        keys[slot] = hash
        masks[slot] |= 1 << UInt32(cue.rawValue)
    }

    /// One or two words each, in small letters. A word may belong to several cues.
    private static let phrases: [(Cue, String)] = [
        (
            .request,
            """
            please, write, explain, find, fix, what, how, which, why, who, when, where, summarize, summarise, translate,
            answer, give, make, provide, return, implement, describe, list, show, tell, help, can, could, should,
            refactor, add, remove, rename, create, generate, compare, analyze, analyse, review, rewrite, convert,
            calculate, compute, solve, prove, extract, identify, suggest, propose, draft, update, change, use, classify,
            determine, design, debug, reply
            """
        ),
        (
            .code,
            """
            code, function, functions, bug, bugs, debug, compile, compiler, refactor, script, program, algorithm,
            implement, implementation, class, method, exception, stack trace, query, docker, dockerfile, kubernetes,
            api, apis, endpoint, endpoints, unit test, unit tests, thread, threads, mutex, async, await, recursion,
            segfault, null pointer, race condition, regex, regexp, database, schema, server, client, library, framework,
            module, import, array, arrays, string, strings, integer, boolean, loop, dict, hashmap, struct, enum,
            variable, parameter, repo, repository, commit, git, pull request, branch, deploy, pipeline, webhook,
            middleware, component, hook, css, html, cli, stdin, stdout, parser, parse, serialize, deserialize, cache,
            linked list, binary tree, pointer, pointers, runtime, error handling, type error, test, tests, testing,
            def, var, const, let, int, void, null, nil, true, false, public, private, static, elif, println, printf
            """
        ),
        (
            .language,
            """
            python, javascript, typescript, java, rust, golang, swift, sql, bash, kotlin, ruby, php, scala, haskell,
            perl, matlab, react, django, flask, pandas, numpy, pytorch, tensorflow, postgres, postgresql, mysql, sqlite,
            redis, mongodb, nginx, terraform, ansible, linux, node, nodejs, vue, angular, spring, laravel, rails, fastapi,
            cuda, assembly, shell, powershell, excel, vba, jquery, graphql, grpc, kafka, opengl, elixir, ocaml, cobol
            """
        ),
        (
            .maths,
            """
            integral, integrals, derivative, derivatives, equation, equations, polynomial, polynomials, matrix, matrices,
            probability, triangle, circle, modulo, remainder, integers, perpendicular, eigenvalue, eigenvalues,
            calculus, differential, combinatorics, sqrt, logarithm, vector space, prime, primes, expected value,
            divisible, sum of, product of, square root, angle, radius, perimeter, hypotenuse, sequence, series,
            function f, factor, factors, quadratic, coefficient, coefficients, digits, fraction, ratio, median,
            variance, standard deviation, permutation, permutations, geometric, arithmetic, frac, cdot, sin, cos, tan,
            log, lim, theta, convergence, converges, algebra, geometry, graph, real numbers, positive integer,
            simplify, evaluate the, solve for, degrees, area, volume, rectangle, polygon, hexagon, parabola, ellipse
            """
        ),
        (
            .quantity,
            """
            total, percent, percentage, dollars, cents, cost, costs, price, per, hours, hour, minutes, minute, days, week,
            weeks, miles, km, kilometers, meters, times, twice, half, third, quarter, many, much, remaining, left,
            altogether, average, speed, rate, profit, sold, bought, pays, paid, earns, spends, older, younger, each, more
            than, less than, fewer, number of, amount, dozen, pounds, ounces, gallons, liters, feet, inches, interest
            """
        ),
        (
            .proof,
            """
            prove, proof, proofs, theorem, theorems, lemma, derive, derivation, corollary, conjecture, rigorous,
            rigorously, formally, show that, prove that, if and, disprove, counterexample, induction, contradiction,
            necessary and, sufficient, bijection, injective, surjective, isomorphism, isomorphic, homomorphism, compact,
            continuous, abelian, manifold, topology, topological, hilbert, banach, martingale, cauchy, lebesgue, galois
            """
        ),
        (
            .reasoning,
            """
            analyze, analyse, analysis, trade offs, trade off, tradeoffs, tradeoff, evaluate, critique, critically,
            justify, reason about, reasoning, why does, why do, explain why, root cause, implications, diagnose, assess,
            assessment, what if, argue, arguments, step by, pros and, strengths and, weaknesses, deduce, infer,
            conclude, determine whether, verify, hypothesis, hypotheses, evidence, discuss, discriminate, recommend
            """
        ),
        (
            .depth,
            """
            in detail, detailed, comprehensive, in depth, thorough, thoroughly, architecture, architect, design a,
            design an, design the, design and, production ready, production grade, scalable, scalability, strategy,
            strategies, migration plan, multi step, end to, optimize, optimise, optimization, optimal, research,
            roadmap, threat model, edge cases, whole system, from scratch, full, complete, plan, step plan, failure modes,
            complexity, advanced, complex, large scale, extensive, propose, multiple, requirements, constraints
            """
        ),
        (
            .hardDomain,
            """
            distributed, concurrency, concurrent, consensus, raft, paxos, lock free, linearizable, linearizability,
            consistency, consistent, byzantine, fault tolerant, fault tolerance, deadlock, deadlocks, invariant,
            invariants, kernel, jit, garbage collector, register allocation, type inference, type checker, type system,
            cryptographic, cryptography, encrypted, encryption, zero knowledge, side channel, quantum, relativity,
            np hard, np complete, complexity class, approximation, convex, stochastic, bayesian, causal, econometric,
            differential equation, partial differential, sharding, shard, replication, multi region, multi tenant, crdt,
            latency, throughput, backpressure, idempotent, exactly once, transaction, transactions, isolation, memory
            model, memory safety, undefined behavior, vulnerability, exploit, compliance, gdpr, hipaa, liability, clause,
            jurisdiction, antitrust, monetary, derivatives pricing, protein, clinical, dosage, differential diagnosis,
            mechanism, pathophysiology, thermodynamics, electromagnetic, eigenvector, manifold, tensor, gradient,
            neural, transformer, reinforcement, optimizer, scheduler, allocator, bytecode, virtual machine, microservices
            """
        ),
        (
            .constraint,
            """
            must, should, ensure, at least, at most, exactly, only, without, do not, don't, never, always, each, every, no
            more, require, required, requires, within, limit, maximum, minimum, under, satisfy, subject to, given that
            """
        ),
        (
            .conditional,
            """
            if, given, suppose, assume, assuming, let, such that, where, when, unless, then, otherwise, whether, while,
            following, according to, based on
            """
        ),
        (
            .negation,
            "not, except, incorrect, false, least, neither, nor, cannot, isn't, doesn't, never, none, no, wrong"
        ),
        (
            .brevity,
            """
            briefly, brief, one word, one sentence, one line, in short, short, short answer, tl dr, simple, simply,
            quick, quickly, just, yes or, only the, two sentences, single word, a word, nothing else, no explanation
            """
        ),
        (
            .format,
            "json, yaml, csv, xml, markdown, table, bullet, bullets, bullet points, json schema, list of, columns"
        ),
        (
            .translation,
            """
            translate, translation, translated, into french, into spanish, into german, into english, into italian,
            into japanese, into chinese, into portuguese, into korean, to french, to spanish, to german, to english,
            to italian, to japanese, to chinese, to portuguese, to korean, to russian, to dutch, in french, in spanish,
            in german, in chinese, in japanese, in italian, in portuguese, in korean, in russian, you say, traduce,
            traduis, traduire, traduzca, traduci, traduza, ins englische, ins deutsche, auf englisch, auf deutsch
            """
        ),
        (
            .creative,
            """
            poem, poems, story, stories, essay, song, lyrics, haiku, email, letter, blog, blog post, article, speech,
            tweet, slogan, joke, jokes, limerick, sonnet, tagline, caption, dialogue, character, characters, scene, novel,
            fiction, rhyme, rap, toast, eulogy, riddle, headline, advertisement, brainstorm, name ideas, cover letter
            """
        ),
        (
            .rewriting,
            """
            rewrite, rephrase, reword, paraphrase, summarize, summarise, summary, extract, convert, rename, reformat,
            format, sort, capitalize, uppercase, lowercase, spell, proofread, correct, fix the, fix typo, shorten, typo,
            grammar, spelling, punctuation, classify, label, categorize, sentiment, count, remove, replace, alphabetize,
            alphabetical, make this, tag, polite, comment, docstring, expand the, turn this
            """
        ),
        (
            .explaining,
            """
            explain, describe, how does, how do, how did, how can, how would, why is, why are, why did, why do, overview,
            difference between, what does, walk me, teach me, tell me, help me, understand
            """
        ),
        (
            .imperative,
            """
            write, create, build, implement, design, find, compute, calculate, determine, prove, explain, describe, give,
            make, generate, fix, refactor, add, remove, rename, convert, develop, evaluate, solve, draft, compose, plan,
            list, name, translate, summarize, compare, analyze, review, show, suggest, propose, extract, classify, debug,
            optimize, complete, construct, identify, provide, rewrite, read, run, update, delete, move, set, change,
            configure, migrate, port, test, check, verify, discuss, critique, outline, argue, derive, estimate, model
            """
        ),
        (
            .factQuestion,
            """
            who, when, where, define, what is, what's, what are, what was, what were, how many, how much, how old, how
            far, how tall, how long, which country, which city, which year, what year, what color, what colour, what day,
            what time, who's, where's, when's, name the, name a, list the, what does, what language, what sound
            """
        ),
        (
            .yesNoQuestion,
            "is, are, was, were, does, do, did, can, could, has, have, will, would, should, am"
        ),
        (.openQuestion, "why, how"),
        (
            .smallTalk,
            """
            hi, hello, hey, thanks, thank, ok, okay, yes, no, bye, good, morning, evening, afternoon, night, great, cool,
            nice, perfect, awesome, you, there, that, worked, it, works, sure, please, goodbye, cheers, so, much, very,
            how, are, today, sounds, looks, got, my, friend, for, the, help, your, all, again, done, lol, yep, nope,
            welcome, sorry, going, hola, gracias, bonjour, merci, danke, hallo, ciao, grazie, ola, obrigado
            """
        ),
        (.selfReference, "i, my, me, we, our, i'm, i've, i'd, us"),
        (.joining, "and, also, then, additionally, as well, both, finally, plus, moreover, next, after, including"),
        (
            .comparison,
            "compare, contrast, versus, vs, difference, differences, better, best, worse, advantages, disadvantages, pros"
        ),
    ]
}
