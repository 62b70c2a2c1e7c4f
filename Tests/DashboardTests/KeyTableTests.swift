import Testing

@testable import Dashboard

struct KeyTableTests {
    @Test func `Every binding is in the help, and the help names no key that does nothing`() {
        let help = HelpOverlay.lines(glyphs: .unicode).map { $0.spans.map(\.text).joined() }
        for binding in KeyTable.all {
            let line = CellWidth.fit(binding.label(.unicode), HelpOverlay.labelWidth) + " " + binding.help
            #expect(help.contains(line), "\(line)")
        }
        let keyLines = help.prefix { $0 != "MARKS" }.filter { line in
            !line.isEmpty && !KeyTable.Context.allCases.contains { $0.rawValue == line }
        }
        #expect(keyLines.count == KeyTable.all.count)
    }

    @Test(arguments: [(80, 24), (120, 40), (200, 60), (60, 16)])
    func `The whole help can be read at every size, unclipped`(columns: Int, rows: Int) {
        var dashboard = Dashboard.live(columns, rows)
        dashboard.press(.character("?"))
        var seen = ""
        for _ in HelpOverlay.lines(glyphs: .unicode) {
            seen += dashboard.screen
            dashboard.press(.down)
        }
        for binding in KeyTable.all {
            let line = "\(CellWidth.fit(binding.label(.unicode), HelpOverlay.labelWidth)) \(binding.help)"
            let isSeen = seen.contains(line)
            #expect(isSeen, "\(line)")
        }
        dashboard.press(.character("x"))
        #expect(!dashboard.isHelpShown)
    }

    @Test func `Captions name the keys as they are bound`() throws {
        var dashboard = Dashboard.live(120, 40)
        dashboard.press(.character("5"), .character("x"))
        #expect(dashboard.screen.contains("Esc closes"))
        let binding = try #require(KeyTable.all.first { $0.context == .flushing && $0.action == .leaveFlush })
        dashboard.keyMap = try KeyMap.standard.applying([Rebinding(name: binding.qualifiedName, keys: ["F9"], line: 1)])
        #expect(dashboard.screen.contains("F9 closes") && !dashboard.screen.contains("Esc closes"))
        dashboard.keyMap = try KeyMap.standard.applying([Rebinding(name: binding.qualifiedName, keys: [], line: 1)])
        #expect(dashboard.screen.contains("no key closes"))
    }

    @Test func `No key means two things in one context`() {
        for context in KeyTable.Context.allCases {
            let keys = KeyTable.all.filter { $0.context == context }.flatMap(\.keys)
            #expect(Set(keys).count == keys.count, "\(context)")
        }
    }

    @Test func `Every binding is reachable somewhere`() {
        var tester = Dashboard.live(80, 24)
        tester.press(.character("3"))
        var outside = tester
        outside.press(.tab)
        var requests = Dashboard.live(80, 24)
        requests.press(.character("2"))
        var detail = requests
        detail.press(.enter)
        var filtering = requests
        filtering.press(.character("/"))
        var cache = Dashboard.live(80, 24)
        cache.press(.character("5"))
        var menu = cache
        menu.press(.character("x"))
        var naming = menu
        naming.press(.character("3"))
        var confirming = menu
        confirming.press(.character("1"))
        var picking = tester
        picking.press(.control("s"))
        var saving = tester
        saving.type("p")
        saving.press(.alt("w"))
        var shelf = tester
        shelf.press(.alt("p"))
        let marking = Dashboard.comparing(80, 24)
        var palette = requests
        palette.press(.character(":"))
        var copying = requests
        copying.press(.character("Y"))
        var onRun = requests
        _ = onRun.update(.message(WorkflowRunTests.step("a", number: 0)))
        var onStep = onRun
        onStep.press(.down)
        var offline = Dashboard.live(80, 24)
        _ = offline.update(.disconnected(reason: "", retryAt: 0))
        let views = [DashboardView.backends, .savings, .workflows, .log].map { view in
            var other = Dashboard.live(80, 24)
            other.press(.alt(Character("\(view.rawValue)")))
            return other
        }
        var writing = views[2]
        writing.press(.character("i"))
        var asked = views[0]
        asked.press(.character("x"))
        let states =
            views + [
                writing, asked, palette, copying,
                Dashboard.live(80, 24), tester, outside, requests, detail, filtering, offline, cache, menu, naming,
                confirming, picking, saving, shelf, marking, onRun, onStep,
            ]
        for binding in KeyTable.all {
            for key in binding.keys {
                let isReachable = states.contains { KeyTable.action(for: key, in: $0.contexts) == binding.action }
                #expect(isReachable, "\(binding.help)")
            }
        }
    }

    @Test func `Digits and letters are text in the prompt box`() {
        var dashboard = Dashboard.live(80, 24)
        dashboard.press(.character("3"))
        dashboard.type("q1?")
        #expect(dashboard.tester.editor.text == "q1?")
        dashboard.press(.tab)
        dashboard.press(.character("1"))
        #expect(dashboard.currentView == .dashboard)
    }
}
