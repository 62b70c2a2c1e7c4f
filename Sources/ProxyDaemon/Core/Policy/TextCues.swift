/// Counts words and word pairs that tell what kind of answer is wanted. One pass over the bytes, ASCII words only:
/// cues in other languages are the embedding layer's work.
package struct TextCues: Sendable {
    package enum Cue: Int, Sendable, CaseIterable {
        case json
        case code
        case reasoning
        case depth
        case mathematics
        case brevity
        case greeting
        case simpleQuestion
    }

    /// A count for each cue.
    package struct Counts: Sendable {
        // A byte for each cue in one word: nothing to allocate. A count stops at 255, far above what is looked at.
        private var values: UInt64 = 0

        package internal(set) subscript(cue: Cue) -> Int {
            get { Int(values >> shift(cue) & 0xFF) }
            set { values = values & ~(0xFF << shift(cue)) | UInt64(Swift.min(255, newValue)) << shift(cue) }
        }

        private func shift(_ cue: Cue) -> UInt64 { UInt64(cue.rawValue) * 8 }
    }

    package private(set) var counts = Counts()
    package private(set) var wordCount = 0
    package private(set) var questionMarks = 0
    package private(set) var listItems = 0
    package private(set) var hasCodeFence = false
    package private(set) var startsWithGreeting = false
    package private(set) var startsWithSimpleQuestion = false

    /// Reads UTF-8 text.
    package init(_ text: [UInt8]) { text.withUnsafeBufferPointer { read($0) } }

    private mutating func read(_ bytes: UnsafeBufferPointer<UInt8>) {
        var at = 0
        var previous = CueTable.emptyWord
        var isLineStart = true
        while at < bytes.count {
            var lower = bytes[at] | 0x20
            if lower &- UInt8(ascii: "a") < 26 {
                var hash = CueTable.emptyWord
                repeat {
                    hash = CueTable.extend(hash, lower)
                    at += 1
                    guard at < bytes.count else { break }
                    // An apostrophe is part of a word that has begun; it has the bit of lower case already.
                    lower = bytes[at] | 0x20
                } while lower &- UInt8(ascii: "a") < 26 || bytes[at] == UInt8(ascii: "'")
                take(word: hash, after: previous)
                previous = hash
                isLineStart = false
                continue
            }
            let byte = bytes[at]
            at += 1
            switch byte {
            case 0x20: continue
            case 0x0A:
                isLineStart = true
                continue
            case UInt8(ascii: "?"): questionMarks += 1
            case UInt8(ascii: "`"):
                if at + 1 < bytes.count, bytes[at] == byte, bytes[at + 1] == byte { hasCodeFence = true }
            case UInt8(ascii: "-"), UInt8(ascii: "*"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                if isLineStart { listItems += 1 }
            default: break
            }
            isLineStart = false
        }
    }

    private mutating func take(word: UInt64, after previous: UInt64) {
        wordCount += 1
        let single = CueTable.shared.cue(of: word)
        let pair = wordCount > 1 ? CueTable.shared.cue(of: CueTable.pair(previous, word)) : nil
        if let single { counts[single] += 1 }
        if let pair { counts[pair] += 1 }
        if wordCount == 1 {
            startsWithGreeting = single == .greeting
            startsWithSimpleQuestion = single == .simpleQuestion
        } else if wordCount == 2, !startsWithSimpleQuestion {
            startsWithSimpleQuestion = pair == .simpleQuestion
        }
    }
}

/// Words and word pairs by their hash, for look-ups without allocation.
private struct CueTable: Sendable {
    static let shared = CueTable()
    /// FNV-1a's offset basis and prime (http://www.isthe.com/chongo/tech/comp/fnv/).
    static let emptyWord: UInt64 = 0xCBF2_9CE4_8422_2325
    private static let prime: UInt64 = 0x100_0000_01B3
    private static let slots = 1_024

    private var keys = [UInt64](repeating: 0, count: slots)
    private var cues = [TextCues.Cue?](repeating: nil, count: slots)

    static func extend(_ hash: UInt64, _ byte: UInt8) -> UInt64 { (hash ^ UInt64(byte)) &* prime }
    static func pair(_ first: UInt64, _ second: UInt64) -> UInt64 { (first &* prime) ^ second }

    func cue(of hash: UInt64) -> TextCues.Cue? {
        var slot = Int(truncatingIfNeeded: hash >> 20) & (Self.slots - 1)
        while let cue = cues[slot] {
            if keys[slot] == hash { return cue }
            slot = (slot + 1) & (Self.slots - 1)
        }
        return nil
    }

    private init() {
        for (cue, phrases) in Self.phrases {
            for phrase in phrases.split(separator: ",") {
                let words = phrase.split(separator: " ").map { word in
                    word.utf8.reduce(Self.emptyWord) { Self.extend($0, $1) }
                }
                guard let first = words.first else { continue }
                insert(words.count > 1 ? Self.pair(first, words[1]) : first, cue)
            }
        }
    }

    private mutating func insert(_ hash: UInt64, _ cue: TextCues.Cue) {
        var slot = Int(truncatingIfNeeded: hash >> 20) & (Self.slots - 1)
        while cues[slot] != nil, keys[slot] != hash { slot = (slot + 1) & (Self.slots - 1) }
        keys[slot] = hash
        cues[slot] = cue
    }

    /// One or two words each.
    private static let phrases: [(TextCues.Cue, String)] = [
        (.json, "json,yaml,csv,json schema,xml"),
        (
            .code,
            """
            code,function,bug,debug,compile,refactor,script,program,algorithm,implement,class,method,exception,stack \
            trace,sql,query,docker,kubernetes,python,javascript,typescript,rust,golang,swift,java,bash,regex,api,unit \
            test,unit tests,endpoint,thread,mutex,async,recursion,compiler,segfault,null pointer,race condition
            """
        ),
        (
            .reasoning,
            """
            analyze,analyse,analysis,trade offs,trade off,tradeoffs,tradeoff,evaluate,critique,prove,proof,derive,\
            justify,step by,reason about,reasoning,compare,contrast,pros and,why does,why is,explain why,root cause,\
            implications,counterexample,theorem,diagnose,assess,deadlock,deadlocks,invariant,invariants,what if
            """
        ),
        (
            .depth,
            """
            in detail,detailed,comprehensive,in depth,thorough,thoroughly,rigorous,rigorously,architecture,architect,\
            design a,design an,design the,distributed,fault tolerant,production ready,production grade,scalable,\
            scalability,consistency,strategy,migration plan,multi step,end to,optimize,optimise,optimization,\
            concurrency,formal,research,roadmap,threat model,edge cases,whole system,from scratch
            """
        ),
        (
            .mathematics,
            """
            integral,derivative,equation,equations,polynomial,matrix,probability,theorem,modulo,eigenvalue,calculus,\
            differential,combinatorics,sqrt,logarithm,vector space,prime numbers,expected value
            """
        ),
        (
            .brevity,
            """
            briefly,brief,one word,one sentence,one line,in short,short answer,tl dr,simple,simply,quick,quickly,just \
            answer,yes or
            """
        ),
        (.greeting, "hi,hello,hey,thanks,thank,ok,okay,yes,no,bye,good morning,good evening,good afternoon"),
        (
            .simpleQuestion,
            """
            who,when,where,define,translate,spell,convert,capitalize,what is,what's,what are,what was,how many,how \
            much,how old,how far,which country,fix the,fix typo,list the,name the,name a,is it,is there,does the
            """
        ),
    ]
}
