import Shared

/// What an exchange may cost at most, once it is decided who answers.
struct WorstCase: Sendable {
    /// Most tokens that an image is counted as.
    private static let imageTokens = 5_000
    /// What providers add to a prompt with tools, and a margin: Anthropic up to 530 tokens
    /// (https://docs.anthropic.com/en/docs/tool-use-pricing-and-tokens).
    private static let toolInstructionTokens = 1_000

    private let policy: EscalationPolicy
    private let judge: AnswerJudge?
    private let defaultMaxTokens: Int

    init(_ settings: Settings, judge: AnswerJudge?) {
        policy = EscalationPolicy(settings.escalation)
        self.judge = judge
        defaultMaxTokens = settings.defaultMaxTokens
    }

    /// The answer alone, and the answer with every stronger one that may be asked for it.
    struct Amounts: Equatable {
        var answer: USD
        var withEscalations: USD
    }

    func amounts(_ exchange: Exchange) -> Amounts? {
        guard let prompt = exchange.prompt, let decision = exchange.decision else { return nil }
        let seconds = exchange.request.unixMilliseconds / 1_000
        let size = Size(prompt)
        let first = cost(decision.backend, size, seconds)
        var sum = first
        if let most = policy.escalations(exchange), most > 0 {
            let judging = judge?.mostCost(unixSeconds: seconds) ?? .zero
            var decision = decision
            sum += judging
            for _ in 0..<most {
                guard let next = policy.next(after: decision) else { break }
                let beside = decision.candidates.filter { $0.veto == nil && $0.backend.tier == next.backend.tier }
                sum += judging
                sum += beside.map { cost($0.backend, size, seconds) }.max() ?? cost(next.backend, size, seconds)
                decision.backend = next.backend
            }
        }
        return Amounts(answer: first, withEscalations: sum)
    }

    /// A call to that backend.
    func cost(_ backend: Backend, _ prompt: Prompt, _ unixSeconds: Int64) -> USD {
        cost(backend, Size(prompt), unixSeconds)
    }

    private func cost(_ backend: Backend, _ size: Size, _ unixSeconds: Int64) -> USD {
        let unbounded = backend.maxOutput ?? defaultMaxTokens
        return backend.mostCost(
            bytes: size.bytes,
            answerTokens: min(size.maxTokens ?? unbounded, backend.maxOutput ?? .max),
            unixSeconds: unixSeconds,
            addedTokens: size.hasTools ? Self.toolInstructionTokens : Backend.addedTokens,
            mayWriteForHours: size.mayWriteForHours
        )
    }

    /// What a prompt's cost depends on. Found out once for all backends: it takes looks at the whole body.
    private struct Size {
        var bytes: Int
        var maxTokens: Int?
        var hasTools: Bool
        /// The body may ask the provider to keep the prompt for longer than five minutes, in the words of either dialect.
        var mayWriteForHours: Bool

        init(_ prompt: Prompt) {
            let traits = prompt.traits
            bytes = traits.promptCharacters + WorstCase.imageTokens * traits.imageCount
            // Documents are read as text, or page by page; what is not text in the body is at most as much.
            if traits.hasPDF { bytes += prompt.body.count / 4 }
            if traits.hasTextDocuments { bytes = max(bytes, prompt.body.count) }
            maxTokens = prompt.maxTokens
            hasTools = traits.toolBytes > 0
            mayWriteForHours = prompt.body.withUnsafeBufferPointer { bytes in
                ["\"ttl\"", "prompt_cache_retention"].contains {
                    JSONScan.next(Array($0.utf8), bytes, in: bytes.indices) != nil
                }
            }
        }
    }
}
