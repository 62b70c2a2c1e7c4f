/// Whether the result of a tool call tells that the call has failed, in OpenAI's dialect, which has no mark for it.
///
/// An exit code decides; else the first line: a count of failures, or a word for an error at its beginning, followed by what
/// follows such words where something has gone wrong. "Error: no such file" and "Failed to connect" are failures, "Error
/// handling in Swift" and "Failures: 0, passed 2" are none.
enum ToolFailure {
    private static let keptBytes = 512
    /// Lines that may say how a program ended.
    private static let keptLines = 4
    private static let keptWords = 64

    /// The contents of a message of the role `tool`: a string, or a list of parts whose first text counts.
    static func isTold(in content: JSONView) -> Bool {
        if content.kind == .string { return isTold(contents: content.piece) }
        var first: JSONView?
        content.forEachElement { part in
            guard first == nil, let text = part["text"], text.kind == .string else { return }
            first = text
        }
        return first.map { isTold(contents: $0.piece) } ?? false
    }

    private static func isTold(contents: EscapedPiece) -> Bool {
        var text: [UInt8] = []
        JSONText.appendUnescaped(EscapedPiece(rebasing: contents.prefix(keptBytes)), to: &text)
        return isTold(String(decoding: text, as: UTF8.self))
    }

    static func isTold(_ text: String) -> Bool {
        let lines = text.lowercased().split(whereSeparator: \.isNewline).lazy.map(words).filter { !$0.isEmpty }
        for (number, words) in lines.prefix(keptLines).enumerated() {
            if let code = exitCode(words, anywhere: number == 0) { return code != 0 }
        }
        guard var rest = lines.first(where: { _ in true })?[...] else { return false }
        while !rest.isEmpty {
            switch verdict(rest) {
            case .failed: return true
            case .nothing: return false
            case .zero(let used): rest = rest.dropFirst(used)
            }
        }
        return false
    }

    // MARK: Words

    private enum Word: Equatable {
        case text(Substring)
        case number(Int)
        /// A mark other than quotes and braces; a dash that stands alone is a colon.
        case mark(Character)
    }

    private static func words(_ line: Substring) -> [Word] {
        func isLetter(_ at: String.Index) -> Bool { line[at].isLetter || line[at].isNumber || line[at] == "_" }
        var words: [Word] = []
        var at = line.startIndex
        while at < line.endIndex, words.count < keptWords {
            let next = line.index(after: at)
            if isLetter(at) {
                let end = line.indices[at...].first { !isLetter($0) } ?? line.endIndex
                words.append(Int(line[at..<end]).map { .number($0) } ?? .text(line[at..<end]))
                at = end
                continue
            }
            if line[at] == "-" {
                let isHyphen = at > line.startIndex && isLetter(line.index(before: at)) && next < line.endIndex
                words.append(.mark(isHyphen && isLetter(next) ? "-" : ":"))
            } else if ":=,;.![]()".contains(line[at]) {
                words.append(.mark(line[at]))
            }
            at = next
        }
        return words
    }

    // MARK: How a program ended

    /// The number after "exit code", "exit status", "exited with (code)", "return code", `exit_code` and the like; nil
    /// without one. Not `anywhere`: only where the line begins with it.
    private static func exitCode(_ words: [Word], anywhere: Bool) -> Int? {
        for at in words.indices.prefix(anywhere ? keptWords : 2) {
            guard case .text(let word) = words[at] else { continue }
            var next = at + 1
            func follows(_ list: [Substring]) -> Bool {
                guard next < words.count, case .text(let other) = words[next], list.contains(other) else {
                    return false
                }
                next += 1
                return true
            }
            switch word {
            case "exit", "return": guard follows(["code", "status"]) else { continue }
            case "exited":
                guard follows(["with"]) else { continue }
                _ = follows(["exit"])
                _ = follows(["code", "status"])
            case "exit_code", "exitcode", "returncode", "return_code", "exit_status": break
            default: continue
            }
            _ = follows(["is", "was", "of"])
            while next < words.count, words[next] == .mark(":") || words[next] == .mark("=") { next += 1 }
            if next < words.count, case .number(let code) = words[next] { return code }
        }
        return nil
    }

    // MARK: What a line says

    private enum Verdict {
        case failed
        /// It speaks of something else.
        case nothing
        /// So many words say that there were no failures; those after them may say more.
        case zero(Int)
    }

    private static let names: Set<Substring> = [
        "err", "error", "errors", "exception", "exceptions", "failed", "failure", "failures", "fatal", "panic",
        "traceback",
    ]
    /// What may stand before such a name.
    private static let openers: Set<Substring> = [
        "a", "an", "the", "tool", "call", "command", "execution", "internal", "unexpected", "unhandled", "uncaught",
        "build",
        "compilation", "test", "tests", "npm",
    ]
    /// What is counted: "failed tests: 0".
    private static let nouns: Set<Substring> = ["tests", "test", "cases", "checks", "count", "steps"]
    private static let negations: Set<Substring> = ["no", "zero", "without"]
    /// Values that stand for no error.
    private static let nothings: Set<Substring> = ["none", "null", "nil", "false", "undefined"]
    /// What goes on after such a name where an error is told of.
    private static let followers: Set<Substring> = [
        "to", "in", "on", "at", "while", "when", "during", "executing", "running", "reading", "writing", "opening",
        "creating", "deleting", "parsing", "calling", "loading", "connecting", "fetching", "compiling", "from", "with",
        "because", "occurred", "thrown", "invoking", "processing", "code",
    ]

    private static func verdict(_ words: ArraySlice<Word>) -> Verdict {
        var at = words.startIndex
        var count: Int?
        var name: Substring?
        while name == nil, at < words.endIndex {
            switch words[at] {
            case .mark: break
            case .number(let number): count = number
            case .text(let word):
                if names.contains(word) {
                    name = word
                } else if negations.contains(word) {
                    count = 0
                } else if !openers.contains(word) {
                    return .nothing
                }
            }
            at += 1
        }
        guard name != nil else { return .nothing }
        // "0 failures", "3 errors".
        if let count { return count == 0 ? .zero(at - words.startIndex) : .failed }
        while at < words.endIndex, case .text(let noun) = words[at], nouns.contains(noun) { at += 1 }
        guard at < words.endIndex else { return .failed }
        var isValue = false
        if words[at] == .mark(":") || words[at] == .mark("=") {
            isValue = true
            at += 1
        }
        guard at < words.endIndex else { return .failed }
        switch words[at] {
        case .number(let number): return number == 0 ? .zero(at + 1 - words.startIndex) : .failed
        case .text(let word):
            let isLast = at + 1 == words.endIndex
            // `"error": null`, and not "error: none of the files matched".
            if nothings.contains(word), isLast || words[at + 1] == .mark(",") || words[at + 1] == .mark(".") {
                return .zero(at + 1 - words.startIndex)
            }
            // "error TS2304".
            let isCode = word.contains { $0.isNumber }
            return isValue || isCode || followers.contains(word) ? .failed : .nothing
        // `"error": "", …` and "error-free".
        case .mark(let mark): return isValue && mark == "," || mark == "-" ? .nothing : .failed
        }
    }
}
