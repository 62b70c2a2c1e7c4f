import Shared
import Testing

@testable import Dashboard

struct CommandPaletteTests {
    private func open(_ view: DashboardView = .requests, _ change: (inout Dashboard) -> Void = { _ in }) -> Dashboard {
        var dashboard = Dashboard.live(80, 24)
        dashboard.configure(view: view)
        change(&dashboard)
        dashboard.press(.character(":"))
        return dashboard
    }

    private func names(_ dashboard: Dashboard) -> [String] { dashboard.palette?.found.map(\.action.name) ?? [] }

    @Test func `It offers what is possible here, and each thing once`() {
        let offered = names(open())
        for name in ["filter", "copy-id", "open-export", "show-cache", "quit", "cycle-theme", "pause", "help"] {
            #expect(offered.contains(name), "\(name)")
        }
        // No gateway to start, none to connect to, no menu that is open, nothing being written, and the view is this one.
        for name in [
            "start-daemon", "reconnect", "take-output", "confirm-flush", "edit-left", "show-requests", "follow",
            "open-palette",
        ] {
            #expect(!offered.contains(name), "\(name)")
        }
        #expect(Set(offered).count == offered.count)
    }

    @Test func `What it offers changes with what is there`() {
        #expect(!names(open { $0.isReadOnly = true }).contains("flush-selected"))
        #expect(names(open()).contains("flush-selected"))
        #expect(names(open { $0.setFilter("no-such-word") }).filter { $0 == "copy-id" || $0 == "open-export" }.isEmpty)
        let offline = names(open { _ = $0.update(.disconnected(reason: "", retryAt: 0)) })
        #expect(offline.contains("reconnect") && offline.contains("start-daemon"))
        #expect(names(open { $0.press(.enter) }).contains("zoom"))
    }

    @Test func `Letters narrow it, the best first, and Enter does the marked one`() {
        var dashboard = open(.dashboard)
        dashboard.type("shre")
        #expect(names(dashboard).first == "show-requests")
        #expect(dashboard.screen.contains("▶ show-requests"))
        #expect(dashboard.press(.enter).isEmpty)
        #expect(dashboard.palette == nil)
        #expect(dashboard.currentView == .requests)
        dashboard.press(.character(":"))
        dashboard.type("quit")
        #expect(dashboard.press(.enter) == [.quit])
    }

    @Test func `Escape and an answer that is none leave everything as it was`() {
        var dashboard = open()
        let before = dashboard.currentView
        dashboard.type("zzzz")
        #expect(dashboard.screen.contains("Nothing here is called so"))
        #expect(dashboard.press(.enter).isEmpty)
        dashboard.press(.control("u"))
        #expect(names(dashboard).count > 10)
        dashboard.press(.escape)
        #expect(dashboard.palette == nil)
        #expect(dashboard.currentView == before)
    }

    @Test func `Digits, a pasted text and the mark stay in it`() {
        var dashboard = open()
        dashboard.press(.down, .down, .up)
        #expect(dashboard.palette?.index == 1)
        dashboard.type("1")
        _ = dashboard.update(.key(.paste("2\n\u{1B}[2J")))
        #expect(dashboard.currentView == .requests)
        #expect(dashboard.palette?.editor.text == "12 ·[2J")
        #expect(dashboard.palette?.index == 0)
    }

    @Test func `From the text box it opens by its other key, and offers what is possible there`() {
        var dashboard = Dashboard.live(80, 24)
        dashboard.configure(view: .tester)
        dashboard.type("why? :")
        #expect(dashboard.tester.editor.text == "why? :")
        dashboard.press(.alt("x"))
        #expect(names(dashboard).contains("send"))
        dashboard.type("send")
        let effects = dashboard.press(.enter)
        #expect(effects.contains(.call(.send(.init(prompt: "why? :")))))
    }

    @Test(arguments: ScreenTests.sizes)
    func `Every line can be reached and seen`(columns: Int, rows: Int) {
        var dashboard = Dashboard.live(columns, rows)
        dashboard.press(.character("2"), .character(":"))
        for binding in dashboard.palette?.found ?? [] {
            #expect(dashboard.screen.contains("▶ \(binding.action.name.prefix(11))"), "\(binding.action.name)")
            dashboard.press(.down)
        }
    }

    @Test(arguments: [
        ("shreq", "show-requests", "show-cache"), ("fi", "filter", "move-first"), ("re", "reconnect", "show-requests"),
        ("exp", "open-export", "next-view"), ("copy", "copy-id", "scope"),
    ])
    func `A name that fits better comes first`(query: String, better: String, worse: String) throws {
        let best = try #require(FuzzyMatch.score(query, in: better))
        #expect(best > FuzzyMatch.score(query, in: worse) ?? .min)
    }

    @Test func `Letters in another order are not found`() {
        #expect(FuzzyMatch.score("tiuq", in: "quit") == nil)
        #expect(FuzzyMatch.score("quitt", in: "quit") == nil)
        #expect(FuzzyMatch.score("QUIT", in: "quit") == FuzzyMatch.score("quit", in: "QUIT"))
    }
}

struct HelpSearchTests {
    @Test func `Only what holds the words stays, under its heading`() {
        var dashboard = Dashboard.live(80, 24)
        dashboard.press(.character("?"), .character("/"))
        dashboard.type("copy id")
        let screen = dashboard.screen
        #expect(screen.contains("help /copy id"))
        #expect(screen.contains("copy the query id") && screen.contains("LISTS"))
        #expect(!screen.contains("suspend"))
        #expect(dashboard.view().cursor != nil)
        dashboard.press(.enter)
        #expect(dashboard.view().cursor == nil)
        dashboard.press(.escape)
        #expect(dashboard.screen.contains("suspend") && dashboard.isHelpShown)
        dashboard.press(.escape)
        #expect(!dashboard.isHelpShown)
    }

    @Test func `Letters are text while one searches, and keys again afterwards`() {
        var dashboard = Dashboard.live(80, 24)
        dashboard.press(.character("?"), .character("/"))
        dashboard.type("qqj")
        #expect(dashboard.isHelpShown)
        #expect(dashboard.screen.contains("Nothing in the help says that"))
        dashboard.press(.backspace, .backspace, .backspace)
        dashboard.type("quit")
        dashboard.press(.enter)
        #expect(dashboard.press(.character("q")).isEmpty)
        #expect(!dashboard.isHelpShown && dashboard.helpSearch == nil)
    }
}

struct ReadOnlyTests {
    private func readOnly(_ columns: Int = 80, _ rows: Int = 24, _ view: DashboardView) -> Dashboard {
        var dashboard = Dashboard.live(columns, rows)
        dashboard.configure(isReadOnly: true, view: view)
        return dashboard
    }

    @Test func `No key changes or costs anything, and each says why`() {
        var tester = readOnly(.tester)
        tester.type("why?")
        #expect(tester.press(.enter).isEmpty)
        #expect(tester.screen.contains("read-only: this would change or cost something"))
        #expect(tester.tester.editor.text == "why?")
        for view in [DashboardView.requests, .cache] {
            var dashboard = readOnly(view)
            #expect(dashboard.press(.character("x")).isEmpty)
            #expect(dashboard.flush == nil)
            #expect(dashboard.screen.contains("start without --read-only"))
        }
        var offline = readOnly(.dashboard)
        _ = offline.update(.disconnected(reason: "", retryAt: 0))
        #expect(offline.press(.character("s")).isEmpty)
        #expect(offline.screen.contains("read-only"))
    }

    private func readOnly(_ view: DashboardView) -> Dashboard { readOnly(80, 24, view) }

    @Test func `Footer, help and the start screen do not offer them`() {
        for view in DashboardView.allCases {
            let screen = readOnly(120, 40, view).screen
            #expect(screen.contains("read-only"))
            #expect(!screen.contains("x flush") && !screen.contains("Enter send"), "\(view)")
        }
        var help = readOnly(200, 60, .requests)
        help.press(.character("?"))
        for text in ["flush", "start gatewayd"] { #expect(!help.screen.contains(text), "\(text)") }
        #expect(!HelpOverlay.lines(of: help).contains { $0.text.hasSuffix(" send") })
        var start = Dashboard(socketPath: "/run/g.sock", columns: 80, rows: 24)
        start.configure(isReadOnly: true)
        _ = start.update(.disconnected(reason: "no", retryAt: 0))
        #expect(start.screen.contains("No gateway is running") && !start.screen.contains("in the background"))
    }

    @Test func `Nothing leaves it even if something else would act`() {
        var dashboard = readOnly(.dashboard)
        #expect(
            dashboard.allowed([.call(.send(.init(prompt: "x"))), .startDaemon, .call(.flush(.init())), .redraw]) == [
                .redraw
            ]
        )
    }

    @Test func `What only looks still works`() {
        var dashboard = readOnly(.requests)
        #expect(!dashboard.press(.character("y")).isEmpty)
        let asked = dashboard.press(.enter)
        #expect(asked.count == 1)
        #expect(asked.filter { !$0.isHarmless }.isEmpty)
        dashboard.press(.character("3"))
        dashboard.type("why?")
        #expect(dashboard.advance(to: 60_000).contains(.call(.explain(.init(prompt: "why?")))))
    }
}
