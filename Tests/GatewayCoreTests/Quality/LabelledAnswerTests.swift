import GatewayCore
import Testing

/// Figures over a part of the set.
struct QualityFigures {
    var caught = 0
    var missed = 0
    var accused = 0
    var fine = 0

    var precision: Double { caught + accused == 0 ? 1 : Double(caught) / Double(caught + accused) }
    var recall: Double { caught + missed == 0 ? 1 : Double(caught) / Double(caught + missed) }

    mutating func note(_ label: LabelledAnswer.Label, isWeak: Bool) {
        switch (label, isWeak) {
        case (.weak, true): caught += 1
        case (.weak, false): missed += 1
        case (.fine, true): accused += 1
        case (.fine, false): fine += 1
        }
    }
}

@Suite struct `Labelled answers` {
    @Test(arguments: [true, false], Dialect.allCases)
    func `are judged as they are labelled`(isDev: Bool, dialect: Dialect) throws {
        var figures = QualityFigures()
        for item in try LabelledAnswer.load() where item.isDev == isDev {
            figures.note(item.label, isWeak: try item.judged(dialect).isWeak)
        }
        #expect(figures.precision >= 0.95)
        #expect(figures.recall >= 0.90)
    }

    /// Written by three who knew nothing of the rules. Rules were mended on the first one's; nothing was tuned on the others',
    /// whose bounds are what was measured, less two answers.
    @Test(arguments: [("fresh.jsonl", 0.97, 0.95), ("unseen.jsonl", 0.94, 0.79), ("unseen2.jsonl", 0.96, 0.69)])
    func `of other authors are judged nearly as well`(_ name: String, precision: Double, recall: Double) throws {
        var figures = QualityFigures()
        for item in try LabelledAnswer.load(name) {
            figures.note(item.label, isWeak: try item.judged(.anthropic).isWeak)
        }
        print("\(name): precision \(Self.percent(figures.precision)), recall \(Self.percent(figures.recall))", figures)
        #expect(figures.precision >= precision)
        #expect(figures.recall >= recall)
    }

    /// A refusal for safety is nobody's weakness, whoever wrote it.
    @Test func `of other authors that refuse for safety are never weak`() throws {
        for item in try ["fresh.jsonl", "unseen.jsonl", "unseen2.jsonl"].flatMap(LabelledAnswer.load)
        where item.kind == "safety_refusal" {
            #expect(!(try item.judged(.anthropic).isWeak), "\(item.question)")
        }
    }

    @Test func `are many and of both kinds in both halves`() throws {
        let all = try LabelledAnswer.load()
        #expect(all.count >= 300)
        #expect(Set(all.map(\.question)).count == all.count)
        for isDev in [true, false] {
            let weak = all.filter { $0.isDev == isDev && $0.label == .weak }
            let fine = all.filter { $0.isDev == isDev && $0.label == .fine }
            #expect(weak.count >= 75)
            #expect(fine.count >= 75)
        }
        let kinds = QualitySignal.allCases.filter { $0 != .judged }.map(\.rawValue)
        #expect(Set(all.filter { $0.label == .weak }.map(\.kind)) == Set(kinds))
    }

    @Test func `that refuse for safety are never weak`() throws {
        for item in try LabelledAnswer.load() where item.kind == "safety_refusal" {
            for dialect in Dialect.allCases { #expect(!(try item.judged(dialect).isWeak), "\(item.question)") }
        }
    }

    @Test func `that are fine are not taken for weak by their beginning`() throws {
        for item in try LabelledAnswer.load() where item.label == .fine && item.isDev {
            let prompt = try item.prompt(.anthropic)
            var quality = AnswerQuality(
                QualityExpectation(prompt, score: item.score),
                QualityRules(),
                dialect: .anthropic
            )
            // All but the end.
            for event in try item.anthropicEvents({ $0.map(String.init) }).dropLast(2) {
                quality.read(events: event)
                guard quality.opening().isWeak else { continue }
                Issue.record("\(item.question): \(quality.opening().findings)")
                break
            }
        }
    }

    /// The table of docs/escalation.md: `swift test --filter prints` shows it, with what each half got wrong in `dev`.
    @Test func `prints its table`() throws {
        let all = try LabelledAnswer.load()
        var rows: [String: [QualityFigures]] = [:]
        for item in all {
            let verdict = try item.judged(.anthropic)
            for (at, isDev) in [true, false].enumerated() where item.isDev == isDev {
                rows["whole", default: [.init(), .init()]][at].note(item.label, isWeak: verdict.isWeak)
                for signal in QualitySignal.allCases {
                    let isFound = verdict.findings.contains { $0.signal == signal && $0.weight >= 0.5 }
                    let isMeant = item.label == .weak && item.kind == signal.rawValue
                    // An answer that is weak for another reason neither proves nor disproves a signal.
                    guard isMeant || item.label == .fine else { continue }
                    rows[signal.rawValue, default: [.init(), .init()]][at].note(item.label, isWeak: isFound)
                }
                if item.isDev, verdict.isWeak != (item.label == .weak) {
                    print(
                        "dev: \(item.label) \(item.kind): \(item.question): \(verdict.score)",
                        verdict.findings.map(\.reason)
                    )
                }
            }
        }
        for name in ["whole"] + QualitySignal.allCases.map(\.rawValue) {
            let cells = (rows[name] ?? []).flatMap { half in
                ["\(half.caught + half.missed)", Self.percent(half.precision), Self.percent(half.recall)]
            }
            print("| `\(name)` | \(cells.joined(separator: " | ")) |")
        }
        #expect(rows.count == QualitySignal.allCases.count + 1)
    }

    private static func percent(_ share: Double) -> String {
        let tenths = Int((share * 1_000).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
