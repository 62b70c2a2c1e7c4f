import Shared
import Testing

@testable import Dashboard

struct ModelPickerTests {
    @Test(arguments: ScreenTests.sizes)
    func `The list has auto, the configured names with their models, and the models' ids`(columns: Int, rows: Int) {
        var dashboard = Dashboard.live(columns, rows)
        dashboard.press(.character("3"))
        #expect(dashboard.press(.control("o")).isEmpty, "the snapshot has them")
        for text in ["▶ auto", "the gateway chooses", "qwen ", "haiku ", "claude-opus-4-7", "the model of opus"] {
            #expect(dashboard.screen.contains(text), "\(text) at \(columns)x\(rows)")
        }
        #expect(dashboard.view().cursor == nil)
        let names = dashboard.picker?.rows.map(\.name)
        #expect(
            names == [
                "auto", "qwen", "haiku", "sonnet", "opus", "qwen2.5-coder", "claude-haiku-4-5", "claude-sonnet-4-6",
                "claude-opus-4-7",
            ]
        )
    }

    @Test func `The model that is taken is asked for, of the route and of the answer, until another is`() {
        var dashboard = Dashboard.live(80, 24)
        dashboard.press(.character("3"), .control("o"), .down, .down, .enter)
        #expect(dashboard.tester.model == "haiku" && dashboard.picker == nil)
        #expect(dashboard.screen.contains("model haiku · tier auto"))
        dashboard.type("hi")
        let request = ControlProtocol.PromptRequest(prompt: "hi", model: "haiku")
        #expect(dashboard.advance(to: 9_000) == [.call(.explain(request))])
        #expect(dashboard.press(.enter) == [.call(.send(request))])
        dashboard.press(.tab, .escape)
        dashboard.press(.character("3"), .tab)
        dashboard.press(.character("3"), .control("o"))
        #expect(dashboard.picker?.current?.name == "haiku", "the list opens at it")
        dashboard.press(.pageUp, .enter)
        #expect(dashboard.tester.model == nil)
    }

    @Test func `Before a snapshot there is auto alone`() {
        var dashboard = Dashboard.live(80, 24, snapshots: 0)
        dashboard.press(.character("3"), .control("o"), .down, .down)
        #expect(dashboard.picker?.rows.map(\.name) == ["auto"])
        dashboard.press(.enter)
        #expect(dashboard.tester.model == nil)
    }

    @Test func `Every kind of classifying is gone through, and asked for`() {
        var dashboard = Dashboard.live(120, 40)
        dashboard.press(.character("3"))
        dashboard.type("hi")
        var seen: [String?] = []
        for _ in 0..<4 {
            dashboard.press(.control("g"))
            seen.append(dashboard.tester.request.classifierMode)
        }
        #expect(seen == ["rule_based", "hybrid", "llm_based", nil])
        dashboard.press(.tab, .character("g"))
        #expect(dashboard.screen.contains("classifier rule_based"))
        let request = ControlProtocol.PromptRequest(prompt: "hi", classifierMode: "rule_based")
        #expect(dashboard.advance(to: 9_000) == [.call(.explain(request))])
        _ = dashboard.update(.message(.route(request, .failure(.invalidParams("classifier_mode: expected one of x")))))
        #expect(dashboard.screen.contains("✖ classifier_mode: expected one of x"))
    }

    @Test func `A click moves the cursor, a second one takes the line, one beside the list closes it`() throws {
        var dashboard = Dashboard.live(80, 24)
        dashboard.press(.character("3"), .control("o"))
        let picker = try #require(dashboard.picker)
        let list = PickerOverlay.Frame(picker, columns: 80, rows: 24).list
        let click = Key.click(row: list.row + 3, column: list.column + 5)
        let before = dashboard.view().lines[list.row + 3]
        #expect(before.contains("sonnet"))
        dashboard.press(click)
        #expect(dashboard.picker?.current?.name == "sonnet" && dashboard.tester.model == nil)
        dashboard.press(.click(row: list.row - 1, column: list.column))
        #expect(dashboard.picker != nil, "the frame is no line")
        dashboard.press(click)
        #expect(dashboard.picker == nil && dashboard.tester.model == "sonnet")
        dashboard.press(.control("o"), .click(row: 0, column: 0))
        #expect(dashboard.picker == nil && dashboard.tester.model == "sonnet" && dashboard.currentView == .tester)
    }

    @Test func `The wheel moves the cursor in a long list, and a click there means the line that is seen`() throws {
        var feed = FakeFeed()
        feed.isDemo = false
        var dashboard = Dashboard.live(60, 16, feed: feed)
        dashboard.press(.character("3"), .control("o"))
        for _ in 0..<7 { dashboard.press(.wheel(1, row: 5, column: 5)) }
        let picker = try #require(dashboard.picker)
        let frame = PickerOverlay.Frame(picker, columns: 60, rows: 16)
        #expect(picker.index == 7)
        let place = frame.list.row
        dashboard.press(.click(row: place, column: frame.list.column))
        let name = try #require(dashboard.picker?.current?.name)
        #expect(dashboard.view().lines[place].contains(name))
    }
}

struct ScoreGaugeTests {
    private func decision(_ score: Int) -> DecisionExplanation {
        var decision = FakeFeed.decision()
        (decision.score, decision.task, decision.complexity) = (score, "code", 5)
        (decision.confidence, decision.thresholds) = (0.82, .init(fastMax: 30, balancedMax: 70))
        return decision
    }

    private func row(_ score: Int, width: Int, glyphs: Glyphs = .unicode) -> [Character] {
        var surface = Surface(columns: width, rows: 1, glyphs: glyphs)
        ScoreGauge.draw(decision(score), in: surface.bounds, row: 0, on: &surface)
        return Array(surface.text)
    }

    @Test func `The scale is filled up to the score, with a mark at each threshold`() {
        // "score 50 " and a hundred columns: one for each point.
        let row = row(50, width: 109)
        #expect(String(row.prefix(9)) == "score 50 ")
        let scale = Array(row.dropFirst(9))
        #expect(scale.count == 100)
        #expect(scale.indices.filter { scale[$0] == "│" } == [30, 70])
        #expect(scale.indices.filter { scale[$0] == "█" } == Array(0..<30) + Array(31..<50))
    }

    @Test func `In seven bits it says the same`() {
        let scale = Array(row(50, width: 109, glyphs: .ascii).dropFirst(9))
        #expect(scale.indices.filter { scale[$0] == "|" } == [30, 70])
        #expect(scale[29] == "#" && scale[49] == "#" && scale[50] == ".")
    }

    @Test(arguments: [-5, 0, 100, 1_000_000])
    func `A score that is none stays on the scale`(score: Int) {
        let row = row(score, width: 40)
        #expect(row.count <= 40)
        #expect(row.starts(with: "score \(max(0, min(100, score))) "))
    }

    @Test(arguments: [(120, 40), (200, 60), (80, 24), (60, 24), (60, 16)])
    func `Every size of the tester shows it, with the task and how sure the classifier is`(columns: Int, rows: Int) {
        var dashboard = Dashboard.live(columns, rows)
        dashboard.press(.character("3"))
        dashboard.type("why?")
        let request = ControlProtocol.PromptRequest(prompt: "why?")
        dashboard.advance(to: 9_000)
        _ = dashboard.update(.message(.route(request, .success(decision(47)))))
        let line = dashboard.view().lines.first { $0.contains("score 47 ") && $0.contains("··") }
        #expect(line?.contains("█") == true, "\(columns)x\(rows)")
        // Where nothing else fits, the cost on each tier comes before the task.
        let words = rows == 16 ? ["F ~$0.0030", "B ~$0.0060", "P ~$0.0090"] : ["code"]
        for word in words { #expect(dashboard.screen.contains(word), "\(word) at \(columns)x\(rows)") }
        if columns >= 80 { #expect(dashboard.screen.contains("82% sure")) }
    }

    @Test func `What was not scored has no scale`() {
        var dashboard = Dashboard.live(120, 40)
        dashboard.press(.character("3"))
        dashboard.type("why?")
        dashboard.advance(to: 9_000)
        var route = decision(0)
        (route.score, route.classifier, route.task) = (nil, "n/a", nil)
        _ = dashboard.update(.message(.route(.init(prompt: "why?"), .success(route))))
        #expect(
            !dashboard.screen.contains("score 0 ") && !dashboard.screen.contains("score 0/100")
                && dashboard.screen.contains("falls in the band")
        )
    }
}
