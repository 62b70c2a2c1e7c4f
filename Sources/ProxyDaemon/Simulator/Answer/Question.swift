/// What a user asks, as far as an answer made of templates can care.
struct Question: Sendable {
    /// Words worth taking up, in the order of the question.
    var topics: [String]
    /// 0 for a greeting to about 10 for a long and hard question.
    var difficulty: Int
    var wantsCode: Bool
    var wantsList: Bool
    var wantsBrevity: Bool
    /// The language of the code that is asked for.
    var language: String

    private static let stopWords: Set<String> = [
        "about", "after", "again", "also", "answer", "because", "been", "before", "being", "between", "both", "cannot",
        "could", "does", "doing", "each", "explain", "from", "give", "have", "here", "into", "just", "like", "make",
        "might", "more", "most", "must", "only", "other", "over", "perhaps", "please", "possibly", "should", "show",
        "some", "such", "sure", "tell", "than", "that", "their", "them", "then", "there", "these", "they", "this",
        "those", "through", "under", "very", "want", "what", "when", "where", "which", "while", "will", "with", "would",
        "write", "your", "maybe", "probably", "unsure",
    ]
    private static let hardWords: Set<String> = [
        "analyse", "analyze", "architecture", "algorithm", "compare", "complexity", "concurrency", "debug", "derive",
        "design", "detail", "distributed", "evaluate", "explain", "optimise", "optimize", "proof", "prove", "refactor",
        "strategy", "tradeoff", "tradeoffs", "thorough", "why",
    ]
    private static let codeWords: Set<String> = [
        "code", "function", "implement", "script", "program", "regex", "snippet", "unittest", "refactor",
    ]
    private static let languages: [String: String] = [
        "swift": "swift", "python": "python", "javascript": "javascript", "typescript": "typescript", "rust": "rust",
        "golang": "go", "bash": "bash", "shell": "bash", "sql": "sql", "java": "java",
    ]

    /// Reads the question.
    /// - Parameters:
    ///   - text: The last user message; only its first 8000 bytes are read.
    ///   - system: The system prompt, which may ask for brevity.
    init(_ text: String, system: String = "") {
        let words = Self.words(text)
        var seen: Set<String> = []
        topics = Array(
            words.filter { $0.count >= 4 && !Self.stopWords.contains($0) && seen.insert($0).inserted }.prefix(12)
        )
        let hard = words.count { Self.hardWords.contains($0) }
        difficulty = min(10, min(words.count / 15, 6) + 2 * min(hard, 3))
        wantsCode = words.contains { Self.codeWords.contains($0) } || text.contains("```")
        wantsList = words.contains { ["list", "steps", "bullet", "bullets", "enumerate"].contains($0) }
        let brief: Set<String> = ["briefly", "brief", "concise", "concisely", "short", "shortly", "terse"]
        wantsBrevity = (words + Self.words(system)).contains { brief.contains($0) }
        language = words.lazy.compactMap { Self.languages[$0] }.first ?? "python"
    }

    private static func words(_ text: String) -> [String] {
        String(decoding: text.utf8.prefix(8000), as: UTF8.self).lowercased()
            .split { !$0.isLetter && !$0.isNumber }.map(String.init)
    }
}
