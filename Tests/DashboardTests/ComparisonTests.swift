import FoundationEssentials
import Shared
import Testing

@testable import Dashboard

extension Dashboard {
    /// The tester with a prompt and the list of who is compared open.
    static func comparing(_ columns: Int, _ rows: Int, _ prompt: String = "why?", glyphs: Glyphs = .unicode)
        -> Dashboard
    {
        var dashboard = Dashboard.live(columns, rows, glyphs: glyphs)
        dashboard.press(.character("3"))
        dashboard.press(.paste(prompt))
        dashboard.press(.control("v"))
        return dashboard
    }

    /// All of the tiers sent, each with the number of its place.
    static func compared(_ columns: Int, _ rows: Int, _ prompt: String = "why?", glyphs: Glyphs = .unicode) -> Dashboard
    {
        var dashboard = comparing(columns, rows, prompt, glyphs: glyphs)
        dashboard.press(.character("a"), .enter)
        for tier in Tier.allCases { dashboard.estimate(.tier(tier), isSimulated: true) }
        for (place, tier) in Tier.allCases.enumerated() {
            let request = ComparisonTests.request(.tier(tier), prompt)
            _ = dashboard.update(.message(.compared(request, .success(place + 1))))
        }
        return dashboard
    }

    /// The dry run of a column comes back: $0.003 a tier above the lowest.
    @discardableResult
    mutating func estimate(_ target: CompareTarget, isSimulated: Bool = false) -> [Effect] {
        let request = ComparisonTests.request(target, tester.comparison?.prompt ?? "")
        var tier = Tier.fast
        switch target {
        case .tier(let named): tier = named
        case .model(let name): tier = FakeFeed.models.first { $0.value.backend == name }?.key ?? .fast
        }
        var route = FakeFeed.decision(chosen: tier)
        for place in route.candidates.indices { route.candidates[place].isSimulated = isSimulated }
        return update(.message(.route(request, .success(route))))
    }

    mutating func finish(_ place: Int, _ tier: Tier, cost: Int64, quality: AnswerQualityReport?) {
        var summary = ExchangeSummary(
            id: "\(place)",
            unixMilliseconds: 0,
            requestedModel: "auto",
            model: FakeFeed.models[tier]?.model ?? "",
            backend: FakeFeed.models[tier]?.backend ?? "",
            tier: tier,
            status: 200,
            stopReason: "end_turn",
            usage: TokenUsage(input: 12, output: 100),
            cost: USD(nanodollars: cost),
            isSimulated: true
        )
        summary.latencyMilliseconds = 10
        var detail = ExchangeDetail(summary: summary)
        detail.quality = quality
        _ = update(.message(.promptCompleted(.init(sendID: place, detail: detail, error: nil))))
    }
}

struct ComparisonTests {
    static func request(_ target: CompareTarget, _ prompt: String = "why?") -> ControlProtocol.PromptRequest {
        switch target {
        case .tier(let tier): .init(prompt: prompt, tier: tier, isComparison: true)
        case .model(let name): .init(prompt: prompt, model: name, isComparison: true)
        }
    }

    @Test func `Tiers and models are marked with Space or a click, four at most, and a marks each tier`() throws {
        var dashboard = Dashboard.comparing(80, 24)
        for text in ["compare 2 to 4", "▶ [ ] tier local", "[ ] opus", "0 marked", "Space mark", "a each tier"] {
            #expect(dashboard.screen.contains(text), "\(text)")
        }
        dashboard.press(.enter)
        #expect(dashboard.screen.contains("mark at least 2") && dashboard.picker != nil)
        dashboard.press(.character(" "), .down, .character("x"))
        #expect(dashboard.picker?.checked == [.tier(.local), .tier(.fast)])
        #expect(dashboard.screen.contains("[x] tier fast") && dashboard.screen.contains("2 marked"))
        dashboard.press(.character(" "))
        #expect(dashboard.picker?.checked == [.tier(.local)])
        let list = PickerOverlay.Frame(try #require(dashboard.picker), columns: 80, rows: 24).list
        for row in 4...7 { dashboard.press(.click(row: list.row + row, column: list.column)) }
        #expect(dashboard.picker?.checked == [.tier(.local), .model("qwen"), .model("haiku"), .model("sonnet")])
        #expect(dashboard.screen.contains("at most 4 are compared"))
        dashboard.press(.character("a"))
        #expect(dashboard.picker?.checked == Tier.allCases.map { .tier($0) })
    }

    @Test func `What all of them cost is asked first, and sent after a yes alone`() {
        var dashboard = Dashboard.comparing(80, 24)
        dashboard.press(.down, .character(" "))
        for _ in 0..<6 { dashboard.press(.down) }
        dashboard.press(.character(" "))
        let fast = Self.request(.tier(.fast))
        let opus = Self.request(.model("opus"))
        #expect(dashboard.press(.enter) == [.call(.explain(fast)), .call(.explain(opus))])
        #expect(dashboard.screen.contains("asking what it costs"))
        #expect(dashboard.estimate(.model("opus")).isEmpty)
        #expect(dashboard.question == nil)
        #expect(dashboard.estimate(.tier(.fast)).isEmpty)
        // $0.003 and $0.009.
        #expect(dashboard.screen.contains("Send this prompt to 2 models for about $0.0120 in all?"))
        #expect(dashboard.screen.contains("tier fast $0.0030, opus $0.0090"))
        var refused = dashboard
        #expect(refused.press(.enter).isEmpty, "Enter is no yes")
        #expect(refused.tester.comparison == nil && refused.tester.editor.text == "why?" && refused.tester.isComposing)
        #expect(dashboard.press(.character("y")) == [.call(.compare(fast)), .call(.compare(opus))])
    }

    @Test func `Where nobody is paid it is sent at once`() {
        var dashboard = Dashboard.comparing(80, 24)
        dashboard.press(.character("a"), .enter)
        for tier in [Tier.local, .fast, .balanced] {
            #expect(dashboard.estimate(.tier(tier), isSimulated: true).isEmpty)
        }
        let sent = dashboard.estimate(.tier(.premium), isSimulated: true)
        #expect(sent == Tier.allCases.map { .call(.compare(Self.request(.tier($0)))) })
        #expect(dashboard.question == nil)
    }

    @Test func `A column that nobody can take stops all of them before anything is sent`() {
        var dashboard = Dashboard.comparing(80, 24)
        dashboard.press(.character("a"), .enter)
        let failure = JSONRPC.Failure.invalidParams("no backend of tier local")
        #expect(dashboard.update(.message(.route(Self.request(.tier(.local)), .failure(failure)))).isEmpty)
        #expect(dashboard.tester.comparison == nil)
        #expect(dashboard.screen.contains("nothing was sent: tier local: no backend of tier local"))
        #expect(dashboard.estimate(.tier(.fast), isSimulated: true).isEmpty, "a late answer starts nothing")
    }

    @Test(arguments: [Key.character("1"), .escape, .control("c"), .character("i"), .click(row: 3, column: 8)])
    func `Whoever turns to something else before the costs are known is not asked and sends nothing`(key: Key) {
        var dashboard = Dashboard.comparing(80, 24)
        dashboard.press(.character("a"), .enter)
        #expect(dashboard.press(key).isEmpty)
        for tier in Tier.allCases { #expect(dashboard.estimate(.tier(tier)).isEmpty) }
        #expect(dashboard.question == nil && dashboard.tester.comparison == nil)
    }

    @Test func `Pieces go to their own columns, and the best of each row is marked`() throws {
        var dashboard = Dashboard.compared(160, 40)
        dashboard.advance(to: 2_000)
        for place in [4, 1, 3, 2] {
            dashboard.advance(to: 2_000 + Int64(place) * 100)
            _ = dashboard.update(.message(.delta(.init(sendID: place, text: "text of \(place)"))))
        }
        let lines = dashboard.view().lines
        let row = try #require(lines.first { $0.contains("text of 1") })
        for place in 1...4 { #expect(row.contains("text of \(place)▌")) }
        #expect(dashboard.screen.contains("est. ~$0.0030"))
        let weak = AnswerQualityReport(
            score: 0.3,
            isWeak: true,
            signals: [.init(name: "hedging", reason: "hedges 7 times")]
        )
        let fine = AnswerQualityReport(score: 1, isWeak: false, signals: [])
        // All ended at the same moment: the first to begin was slowest in tokens a second.
        dashboard.advance(to: 3_000)
        for (place, tier) in Tier.allCases.enumerated() {
            dashboard.finish(place + 1, tier, cost: Int64(place + 1) * 1_000_000, quality: place == 0 ? weak : fine)
        }
        func cells(_ label: String) throws -> [String] {
            let line = try #require(dashboard.view().lines.first { $0.hasPrefix("│ \(label) ") })
            return line.split(separator: "  ").map { String($0) }.filter {
                $0.contains(where: \.isLetter) || $0.contains("$")
            }
        }
        #expect(try cells("cost").joined().contains("★ ~$0.0010") && !cells("cost").joined().contains("★ ~$0.0020"))
        #expect(try cells("first token").joined().contains("★ 1.1 s"))
        #expect(try !cells("total").joined().contains("★"), "all took as long")
        #expect(dashboard.screen.contains("0.30 weak: hedging") && dashboard.screen.contains("judge: hedges 7 times"))
        #expect(dashboard.screen.contains("★ 1.00 fine"))
        #expect(dashboard.screen.contains("12 in / 100 out") && dashboard.screen.contains("end_turn"))
        #expect(dashboard.screen.contains("~$0.0100 in all"))
        #expect(!dashboard.screen.contains("▌"))
    }

    @Test func `Where there is no room for all, arrows turn to the next, and the figures of all stay`() {
        var dashboard = Dashboard.compared(80, 24)
        for place in 1...4 { _ = dashboard.update(.message(.delta(.init(sendID: place, text: "text of \(place)")))) }
        #expect(dashboard.screen.contains("tier local · streaming") && dashboard.screen.contains("1 of 4"))
        #expect(dashboard.screen.contains("text of 1") && !dashboard.screen.contains("text of 2"))
        dashboard.press(.right)
        #expect(dashboard.screen.contains("text of 2") && dashboard.screen.contains("2 of 4"))
        dashboard.press(.left, .left)
        #expect(dashboard.screen.contains("text of 4"))
        for label in ["model", "first token", "total", "tokens", "cost", "stop", "judge"] {
            #expect(dashboard.screen.contains("│ \(label) "), "\(label)")
        }
    }

    @Test func `In the least room the figures that matter most stay`() {
        let screen = Dashboard.compared(60, 16).screen
        for label in ["model", "first token", "total", "cost"] { #expect(screen.contains("│ \(label)"), "\(label)") }
        #expect(screen.contains("1 of 4") && screen.contains("> why?"))
    }

    @Test(arguments: [Key.escape, .control("c")])
    func `Escape and Control C cancel all, also those that have no number yet`(key: Key) {
        var dashboard = Dashboard.comparing(80, 24)
        dashboard.press(.character("a"), .enter)
        for tier in Tier.allCases { dashboard.estimate(.tier(tier), isSimulated: true) }
        _ = dashboard.update(.message(.compared(Self.request(.tier(.local)), .success(11))))
        #expect(dashboard.press(key) == [.call(.cancel(sendID: 11))])
        let late = dashboard.update(.message(.compared(Self.request(.tier(.fast)), .success(12))))
        #expect(late == [.call(.cancel(sendID: 12))])
        #expect(dashboard.press(key).isEmpty, "once is enough")
        for id in [11, 12] {
            _ = dashboard.update(.message(.promptCompleted(.init(sendID: id, detail: nil, error: "cancelled"))))
        }
        #expect(dashboard.screen.contains("✖ cancelled"))
        #expect(dashboard.tester.isAnswering, "two are not told of yet")
    }

    @Test func `Escape closes what is finished, another prompt shows its own route, and x forgets all`() {
        var dashboard = Dashboard.compared(120, 40)
        for (place, tier) in Tier.allCases.enumerated() { dashboard.finish(place + 1, tier, cost: 1, quality: nil) }
        dashboard.press(.character("i"))
        #expect(dashboard.screen.contains("compared"), "the same prompt")
        dashboard.type("!")
        #expect(dashboard.screen.contains("cost on each backend") && !dashboard.screen.contains("★ best"))
        dashboard.press(.tab)
        #expect(dashboard.screen.contains("★ best"))
        var closed = dashboard
        closed.press(.escape)
        #expect(closed.tester.comparison == nil && closed.tester.editor.text == "why?!")
        dashboard.press(.character("x"))
        #expect(dashboard.tester.comparison == nil && dashboard.tester.editor.isEmpty)
    }

    @Test func `A lost connection ends the columns and says so`() {
        var dashboard = Dashboard.compared(160, 40)
        _ = dashboard.update(.message(.delta(.init(sendID: 1, text: "half"))))
        _ = dashboard.update(.disconnected(reason: "closed", retryAt: 9_000))
        #expect(!dashboard.tester.isAnswering)
        #expect(dashboard.screen.contains("half") && dashboard.screen.contains("the connection was lost"))
        var estimating = Dashboard.comparing(80, 24)
        estimating.press(.character("a"), .enter)
        _ = estimating.update(.disconnected(reason: "closed", retryAt: 9_000))
        #expect(estimating.tester.comparison == nil)
        #expect(estimating.screen.contains("the connection was lost; nothing was sent"))
    }

    @Test func `A column that is refused fails alone`() {
        var dashboard = Dashboard.comparing(160, 40)
        dashboard.press(.character("a"), .enter)
        for tier in Tier.allCases { dashboard.estimate(.tier(tier), isSimulated: true) }
        let failure = JSONRPC.Failure.invalidRequest("8 prompts are being answered")
        _ = dashboard.update(.message(.compared(Self.request(.tier(.fast)), .failure(failure))))
        #expect(dashboard.screen.contains("✖ 8 prompts are being answered"))
        #expect(dashboard.tester.comparison?.columns.filter { $0.answer.phase.isRunning }.count == 3)
    }

    @Test func `Another model than was asked for is marked`() {
        var dashboard = Dashboard.compared(160, 40)
        dashboard.finish(4, .balanced, cost: 1, quality: nil)
        #expect(dashboard.screen.contains("! B claude-sonnet-4-6"))
        dashboard.finish(2, .fast, cost: 1, quality: nil)
        #expect(dashboard.screen.contains("F claude-haiku-4-5") && !dashboard.screen.contains("! F"))
    }

    @Test func `Nothing is compared while another answer comes, without a prompt, or without a gateway`() {
        var blank = Dashboard.live(80, 24)
        blank.press(.character("3"), .control("v"))
        #expect(blank.picker == nil && blank.screen.contains("write a prompt first"))
        var busy = Dashboard.live(80, 24)
        busy.press(.character("3"))
        busy.type("a")
        busy.press(.enter)
        busy.type("b")
        busy.press(.control("v"))
        #expect(busy.picker == nil && busy.screen.contains("still answering"))
        var comparing = Dashboard.compared(80, 24)
        comparing.press(.character("i"))
        #expect(comparing.press(.enter).isEmpty, "one prompt at a time")
        var lost = Dashboard.live(80, 24)
        lost.press(.character("3"))
        lost.type("a")
        _ = lost.update(.disconnected(reason: "", retryAt: 9_000))
        lost.press(.control("v"))
        #expect(lost.picker == nil && lost.screen.contains("not connected"))
    }

    @Test func `Read-only neither compares nor sends`() {
        var dashboard = Dashboard.live(80, 24)
        dashboard.configure(isReadOnly: true, view: .tester)
        dashboard.type("why?")
        #expect(dashboard.press(.control("v")).isEmpty)
        #expect(dashboard.picker == nil && dashboard.screen.contains("read-only"))
        #expect(dashboard.allowed([.call(.compare(Self.request(.tier(.fast))))]).isEmpty)
        #expect(!HelpOverlay.lines(of: dashboard).contains { $0.text.contains("compare models") })
    }

    @Test func `What was marked last is marked when the list opens again`() {
        var dashboard = Dashboard.compared(120, 40)
        for (place, tier) in Tier.allCases.enumerated() { dashboard.finish(place + 1, tier, cost: 1, quality: nil) }
        dashboard.press(.character("v"))
        #expect(dashboard.picker?.checked == Tier.allCases.map { .tier($0) })
    }

    private static let bests: [(values: [Double?], isLeast: Bool, best: Set<Int>)] = [
        ([1, 2, 3], true, [0]), ([1, 2, 3], false, [2]), ([1, 1, 3], true, [0, 1]), ([2, 2], true, []),
        ([nil, 5], true, []), ([nil, 5, 4], true, [2]), ([], true, []), ([.nan, 1, 2], true, [1]),
    ]

    @Test(arguments: bests)
    func `The best is the least or the most, where there is a difference`(
        values: [Double?],
        isLeast: Bool,
        best: Set<Int>
    ) {
        #expect(Comparison.best(values, isLeast: isLeast) == best)
    }

    @Test func `On the wire a column is a prompt that says that it is compared`() throws {
        var session = ControlSession()
        let request = Self.request(.tier(.fast))
        let line = String(decoding: session.line(for: .compare(request)), as: UTF8.self)
        #expect(line.contains(#""method":"prompt.send""#) && line.contains(#""comparison":true"#))
        guard
            case .compared(request, .success(7))? = session.message(of: .init(#"{"id":1,"result":{"send_id":7}}"#.utf8))
        else {
            Issue.record("the answer was not understood")
            return
        }
    }
}
