package import Shared

extension Classification {
    /// A trait that counted. Kept small: the words for it are found when somebody asks.
    package struct Signal: Sendable, Equatable {
        package enum Kind: Sendable, Equatable {
            case tokenEstimate
            case conversationDepth
            case systemPrompt
            case structuredOutput
            case tools
            case code
            case reasoning
            case depthAsked
            case mathematics
            case severalParts
            case simpleQuestion
            case greeting
            case brevityAsked
        }

        package let kind: Kind
        package let points: Int
        /// What was counted or measured.
        package let amount: Int
    }
}

/// The first layer of classification: points for what can be seen in the request's shape and in the words of the user's
/// last message. Costs microseconds and never asks anybody.
package enum HeuristicClassifier {
    package static func classify(_ traits: PromptTraits, _ settings: Settings.Classifier = .init()) -> Classification {
        var signals: [Classification.Signal] = []
        signals.reserveCapacity(8)
        var score = 0
        func add(_ kind: Classification.Signal.Kind, _ points: Int, _ amount: Int) {
            guard points != 0 else { return }
            score += points
            signals.append(.init(kind: kind, points: points, amount: amount))
        }

        let text = TextCues(traits.lastUserText)
        let tokens = (traits.messageBytes + 3) / 4
        add(.tokenEstimate, points(forTokens: tokens), tokens)
        add(.conversationDepth, min(15, max(0, traits.userTurns - 1) * 3), traits.userTurns)
        add(.systemPrompt, min(10, traits.systemBytes / 400), traits.systemBytes)
        if traits.wantsStructuredOutput || text.counts[.json] > 0 { add(.structuredOutput, 10, 1) }
        add(.tools, traits.toolCount == 0 ? 0 : min(15, 5 + traits.toolCount), traits.toolCount)
        let code = text.counts[.code] + (text.hasCodeFence ? 2 : 0)
        add(.code, code == 0 ? 0 : code == 1 ? 6 : 10, code)
        add(.reasoning, min(42, text.counts[.reasoning] * 15), text.counts[.reasoning])
        add(.depthAsked, min(36, text.counts[.depth] * 12), text.counts[.depth])
        add(.mathematics, text.counts[.mathematics] == 0 ? 0 : 10, text.counts[.mathematics])
        add(.severalParts, min(12, text.listItems * 2 + max(0, text.questionMarks - 1) * 3), text.listItems)
        if text.wordCount <= 30, text.counts[.reasoning] == 0, text.counts[.depth] == 0 {
            if text.startsWithGreeting, text.wordCount <= 6 {
                add(.greeting, -15, text.wordCount)
            } else if text.startsWithSimpleQuestion {
                add(.simpleQuestion, -10, text.wordCount)
            }
        }
        add(.brevityAsked, -min(8, text.counts[.brevity] * 4), text.counts[.brevity])
        let fixed = settings.fixedThresholds ?? (30, 70)
        let thresholds = ScoreThresholds(fastMaximum: Double(fixed.0), balancedMaximum: Double(fixed.1))
        let final = Double(max(0, min(100, score)))
        return Classification(
            score: final,
            tier: thresholds.tier(forScore: final),
            taskType: .general,
            confidence: 1,
            layer: .features,
            thresholds: thresholds,
            signals: signals
        )
    }

    /// Longer prompts need more, but slowly: from 5 for a line to 35 for a book chapter.
    private static func points(forTokens tokens: Int) -> Int {
        switch tokens {
        case ..<50: 5
        case ..<200: 10
        case ..<500: 15
        case ..<1_000: 20
        case ..<2_000: 25
        case ..<4_000: 30
        default: 35
        }
    }
}

extension Classification.Signal {
    /// A short stable name.
    package var name: String {
        switch kind {
        case .tokenEstimate: "token_estimate"
        case .conversationDepth: "conversation_depth"
        case .systemPrompt: "system_prompt"
        case .structuredOutput: "structured_output"
        case .tools: "tools"
        case .code: "code"
        case .reasoning: "reasoning_cues"
        case .depthAsked: "depth_cues"
        case .mathematics: "mathematics"
        case .severalParts: "several_parts"
        case .simpleQuestion: "simple_question"
        case .greeting: "greeting"
        case .brevityAsked: "brevity_cues"
        }
    }

    /// What was seen, for a person.
    package var detail: String {
        switch kind {
        case .tokenEstimate: "about \(amount) tokens of messages"
        case .conversationDepth: "\(amount) user turns"
        case .systemPrompt: "a system prompt of \(amount) bytes"
        case .structuredOutput: "JSON or another fixed format is asked for"
        case .tools: "\(amount) tools"
        case .code: "\(amount) signs of code"
        case .reasoning: "\(amount) cues such as \"analyze\", \"trade-offs\", \"step by step\""
        case .depthAsked: "\(amount) cues such as \"in detail\", \"design\", \"architecture\""
        case .mathematics: "\(amount) words of mathematics"
        case .severalParts: "several questions, or a list of \(amount) points"
        case .simpleQuestion: "a short question for a fact"
        case .greeting: "a greeting"
        case .brevityAsked: "\(amount) cues such as \"briefly\", \"one word\""
        }
    }

    package var explained: DecisionExplanation.Signal {
        DecisionExplanation.Signal(name: name, points: points, detail: detail)
    }
}
