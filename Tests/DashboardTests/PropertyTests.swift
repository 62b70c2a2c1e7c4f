import Shared
import Testing

@testable import Dashboard

struct PropertyTests {
    /// Every position is drawn once: no half of a wide character stands alone, no control character is anywhere.
    private func check(_ surface: Surface, _ name: String) {
        #expect(surface.cells.count == surface.rows * surface.columns)
        for row in 0..<surface.rows {
            var column = 0
            while column < surface.columns {
                let cell = surface.cells[row * surface.columns + column]
                if cell.width == 2 {
                    let isWhole =
                        column + 1 < surface.columns && surface.cells[row * surface.columns + column + 1].width == 0
                    #expect(isWhole, "\(name): half a character at \(row),\(column)")
                }
                if cell.width == 0 || CellWidth.width(of: cell.scalar) < 0 {
                    Issue.record("\(name): bad cell at \(row),\(column)")
                }
                column += max(1, Int(cell.width))
            }
        }
        if let cursor = surface.cursor {
            #expect(cursor.row < surface.rows && cursor.column < surface.columns, "\(name): the cursor is outside")
        }
    }

    @Test(arguments: DashboardView.allCases)
    func `Every size is drawn whole and carries the mark of simulation`(view: DashboardView) {
        var feed = FakeFeed()
        feed.prompts = HostileTextTests.texts
        feed.cache = FakeFeed.caches(redis: .down, detail: HostileTextTests.texts.joined(separator: " "), off: "日本語")
        var dashboard = Dashboard.live(80, 24, feed: feed)
        dashboard.press(.character(Character("\(view.rawValue)")))
        if view == .requests { dashboard.press(.down, .enter) }
        if view == .tester { dashboard.type("日本語 e\u{301} text") }
        if view == .cache { dashboard.press(.character("x")) }
        for columns in stride(from: 1, through: 215, by: 11) {
            for rows in stride(from: 1, through: 66, by: 5) {
                _ = dashboard.update(.resized(columns: columns, rows: rows))
                let surface = dashboard.view()
                check(surface, "\(view) \(columns)x\(rows)")
                guard columns >= 60, rows >= 16 else { continue }
                #expect(surface.lines[0].contains("DEMO · simulated"), "\(view) \(columns)x\(rows)")
                let isListed = (view != .dashboard && view != .requests) || surface.text.contains("tier/mo")
                #expect(isListed, "the table stays: \(view) \(columns)x\(rows)")
            }
        }
    }

    /// The tester with each of its lists and boxes open, and with answers that are compared, of hostile texts.
    private static func testers(_ glyphs: Glyphs = .unicode) -> [(name: String, dashboard: Dashboard)] {
        let hostile = HostileTextTests.texts.joined(separator: " ")
        var models = Dashboard.live(80, 24, glyphs: glyphs)
        models.press(.character("3"), .control("o"))
        var shelf = Dashboard.live(80, 24, glyphs: glyphs)
        shelf.press(.character("3"), .alt("p"))
        let saved = (0..<40).map { SavedPrompt(name: "\($0) \(hostile)", prompt: hostile, model: hostile) }
        _ = shelf.update(.prompts(.listed(saved)))
        var reloaded = shelf
        reloaded.press(.enter)
        var asked = shelf
        asked.press(.character("d"))
        var naming = reloaded
        naming.press(.alt("w"))
        naming.type("日本語 e\u{301} and a name that is longer than the box has columns")
        var streaming = Dashboard.compared(80, 24, hostile, glyphs: glyphs)
        for (place, text) in HostileTextTests.texts.prefix(4).enumerated() {
            _ = streaming.update(.message(.delta(.init(sendID: place + 1, text: text + " 日本語 long\n" + text))))
        }
        var done = streaming
        let weak = AnswerQualityReport(score: -1, isWeak: true, signals: [.init(name: hostile, reason: hostile)])
        for (place, tier) in Tier.allCases.enumerated() { done.finish(place + 1, tier, cost: .max, quality: weak) }
        var failed = streaming
        for place in 1...4 {
            _ = failed.update(.message(.promptCompleted(.init(sendID: place, detail: nil, error: hostile))))
        }
        var question = Dashboard.comparing(80, 24, hostile, glyphs: glyphs)
        question.press(.character("a"), .enter)
        for tier in Tier.allCases { question.estimate(.tier(tier)) }
        return [
            ("models", models), ("shelf", shelf), ("reloaded", reloaded), ("asked", asked), ("naming", naming),
            ("marking", Dashboard.comparing(80, 24, hostile, glyphs: glyphs)), ("question", question),
            ("streaming", streaming),
            ("done", done), ("failed", failed),
        ]
    }

    @Test(arguments: [Glyphs.unicode, .ascii])
    func `The tester's lists, boxes and compared answers are drawn whole at every size`(glyphs: Glyphs) {
        for (name, tester) in Self.testers(glyphs) {
            var dashboard = tester
            for columns in [1, 20, 59] + Array(stride(from: 60, through: 200, by: 7)) {
                for rows in [1, 9, 15] + Array(stride(from: 16, through: 60, by: 4)) {
                    _ = dashboard.update(.resized(columns: columns, rows: rows))
                    let surface = dashboard.view()
                    check(surface, "\(name) \(columns)x\(rows)")
                    for scalar in surface.text.unicodeScalars where scalar != "\n" {
                        let isHarmless = PlainText.sanitized(String(scalar)) == String(scalar)
                        if !isHarmless { Issue.record("\(name) \(columns)x\(rows): \(scalar.value)") }
                    }
                    if glyphs == .ascii { #expect(surface.text.utf8.max() ?? 0 < 0x7F, "\(name) \(columns)x\(rows)") }
                    guard columns >= 60, rows >= 16 else { continue }
                    #expect(surface.lines[0].contains("DEMO "), "\(name) \(columns)x\(rows)")
                }
            }
        }
    }

    @Test func `Compared answers neither overlap nor leave the screen, and each has its figures`() {
        for (name, tester) in Self.testers() where tester.tester.shownComparison != nil {
            var dashboard = tester
            for columns in stride(from: 60, through: 200, by: 5) {
                for rows in 16...60 {
                    _ = dashboard.update(.resized(columns: columns, rows: rows))
                    let layout = Layout(dashboard)
                    let panels =
                        layout.testerColumns + [
                            layout.header, layout.footer, layout.testerPrompt, layout.testerFigures, layout.testerTotal,
                        ]
                    var taken = Set<Int>()
                    for panel in panels {
                        for row in panel.row..<panel.row + panel.height {
                            for column in panel.column..<panel.column + panel.width {
                                let isFree = taken.insert(row * 1_000 + column).inserted
                                if !isFree { Issue.record("\(name): an overlap at \(columns)x\(rows)") }
                            }
                        }
                        #expect(panel.row + panel.height <= rows && panel.column + panel.width <= columns)
                    }
                    #expect(layout.testerColumns.count == (columns >= 4 * 36 ? 4 : 1), "\(columns)x\(rows)")
                    #expect(layout.testerColumns.allSatisfy { $0.interior.height > 0 }, "\(columns)x\(rows)")
                    #expect(layout.testerFigures.interior.height >= 4, "\(columns)x\(rows)")
                }
            }
        }
    }

    @Test func `Panels neither overlap nor leave the screen at any size`() {
        for view in DashboardView.allCases {
            var feed = FakeFeed()
            feed.cache = FakeFeed.caches(redis: .down, detail: "gone")
            var dashboard = Dashboard.live(80, 24, feed: feed)
            dashboard.press(.character(Character("\(view.rawValue)")))
            if view == .requests { dashboard.press(.enter) }
            for columns in stride(from: 60, through: 220, by: 7) {
                for rows in stride(from: 16, through: 70, by: 3) {
                    _ = dashboard.update(.resized(columns: columns, rows: rows))
                    let layout = Layout(dashboard)
                    let panels =
                        layout.figures + [
                            layout.header, layout.footer, layout.figureLines, layout.tiers, layout.rate, layout.latency,
                            layout.warnings, layout.backends, layout.models, layout.table, layout.detail,
                            layout.testerPrompt,
                            layout.testerAnswer, layout.testerCosts, layout.testerRoute, layout.testerTotal,
                            layout.banner,
                            layout.served, layout.hitShare, layout.places, layout.semantic, layout.refusals,
                            layout.savings, layout.savingsTable, layout.workflowList, layout.workflowGraph,
                            layout.workflowInput, layout.workflowOutput, layout.budgets,
                        ]
                    var area = 0
                    var taken = Set<Int>()
                    for panel in panels where !panel.isEmpty {
                        area += panel.height * panel.width
                        for row in panel.row..<panel.row + panel.height {
                            for column in panel.column..<panel.column + panel.width {
                                taken.insert(row * 1_000 + column)
                            }
                        }
                        #expect(panel.row + panel.height <= rows && panel.column + panel.width <= columns)
                    }
                    #expect(taken.count == area, "an overlap in \(view) at \(columns)x\(rows)")
                }
            }
        }
    }

    @Test func `A screen that is too small says both sizes and how to quit`() {
        let screen = Dashboard.live(59, 15).screen
        #expect(screen.contains("60x16"))
        #expect(screen.contains("59x15"))
        #expect(screen.contains("q quits"))
        #expect(screen.contains("DEMO"))
    }

    @Test func `The ASCII picture is 7-bit whatever is in it`() {
        var feed = FakeFeed()
        feed.prompts = HostileTextTests.texts
        for view in DashboardView.allCases {
            var dashboard = Dashboard.live(120, 40, feed: feed, glyphs: .ascii)
            dashboard.press(.character(Character("\(view.rawValue)")))
            #expect(dashboard.screen.utf8.max() ?? 0 < 0x7F)
            dashboard.press(.function(1))
            #expect(dashboard.screen.utf8.max() ?? 0 < 0x7F)
        }
    }

    @Test func `Figures of any size are drawn`() {
        var dashboard = Dashboard.live(120, 40)
        var snapshot = MetricsSnapshot(unixMilliseconds: .max, uptimeSeconds: 1e300, requestsPerMinute: .max)
        snapshot.today = .init(
            requests: .max,
            errors: .min,
            cost: USD(nanodollars: .min),
            baseline: USD(nanodollars: .max),
            saved: USD(nanodollars: .min)
        )
        snapshot.today.exactCacheHits = .max
        snapshot.today.semanticCacheHits = .max
        snapshot.today.coalesced = .min
        snapshot.sinceStart = snapshot.today
        snapshot.cache = MetricsSnapshot.Cache(entries: .min, bytes: .max, maxBytes: 1, hits: .max, misses: .max)
        snapshot.cache.homes = [
            .init(name: "", bytes: .min, maxBytes: .max, hits: .min, misses: .min, latencyP50Milliseconds: -1e300),
            .init(name: "x", bytes: .max, maxBytes: .min, latencyP50Milliseconds: 1e300),
        ]
        snapshot.cache.semantic = SemanticCacheReport(
            threshold: 1e300,
            entries: .max,
            maxEntries: .min,
            hits: .max,
            misses: .max,
            refusals: ["a": .max, "b": .max, "c": .min],
            falseHitRate: 1e300,
            maxFalseHitRate: -1
        )
        snapshot.burnPerHour = USD(nanodollars: .min)
        (snapshot.latencyP99Milliseconds, snapshot.ownP50Milliseconds, snapshot.ownP95Milliseconds) = (
            1e300, -1e300, .nan
        )
        snapshot.models = [
            .init(
                model: "",
                provider: "",
                requests: .max,
                cost: USD(nanodollars: .min),
                latencyP50Milliseconds: -1e300
            ),
            .init(
                model: "x",
                provider: "",
                requests: .min,
                cost: USD(nanodollars: .max),
                latencyP95Milliseconds: 1e300
            ),
            .init(model: "y", provider: "", requests: 1, cost: USD(nanodollars: .max)),
        ]
        snapshot.today.losses = SavingsLosses(escalation: USD(nanodollars: .max), wrongHits: USD(nanodollars: .min))
        snapshot.latencyP50Milliseconds = -1e300
        snapshot.latencyP95Milliseconds = 1e300
        snapshot.tiers = [
            .init(tier: .fast, requests: .max, cost: .zero), .init(tier: .local, requests: .min, cost: .zero),
        ]
        _ = dashboard.update(.message(.snapshot(snapshot)))
        var summary = ExchangeSummary(id: "", unixMilliseconds: .min, requestedModel: "")
        summary.latencyMilliseconds = 1e300
        summary.usage = TokenUsage(input: .max, output: .max)
        _ = dashboard.update(.message(.completed(summary)))
        for view in DashboardView.allCases {
            dashboard.press(.alt(Character("\(view.rawValue)")))
            check(dashboard.view(), "extremes")
        }
        snapshot.unixMilliseconds = .min
        _ = dashboard.update(.message(.snapshot(snapshot)))
        check(dashboard.view(), "extremes")
    }
}
