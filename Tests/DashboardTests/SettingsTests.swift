import Testing

@testable import Dashboard

struct SettingsTests {
    @Test func `Everything that can be set is read, with comments, quotes and lists`() throws {
        let settings = try Settings(
            file: """
                # mine
                theme: high-contrast   # strong
                mouse: off
                glyphs: "ascii"
                view: requests
                prompt_history: no
                keys:
                  quit: Q
                  filter: [/, F3, '#']   # three
                  list.open: "o"

                """
        )
        #expect(settings.theme == .highContrast)
        #expect(settings.isMouseOn == false)
        #expect(settings.glyphs == .ascii)
        #expect(settings.view == .requests)
        #expect(settings.keepsPrompts == false)
        #expect(settings.keys.map(\.name) == ["quit", "filter", "list.open"])
        #expect(settings.keys.map(\.keys) == [["Q"], ["/", "F3", "#"], ["o"]])
        #expect(settings.keys.map(\.line) == [8, 9, 10])
    }

    @Test(arguments: ["", "\n\n", "# nothing\r\n---\r\n", "keys:\n"])
    func `A file that says nothing sets nothing`(text: String) throws {
        #expect(try Settings(file: text) == Settings())
    }

    @Test(arguments: [
        ("theme: pink", 1, "dark, light, high-contrast, mono"), ("\ntheme:", 2, "one word"),
        ("colour: red", 1, "colour"),
        ("theme: dark\ntheme: light", 2, "second time"), ("  theme: dark", 1, "under no section"),
        ("keys:\n\tquit: q", 2, "tabs"), ("keys: [q]", 1, "section"), ("keys:\n  quit:\n    - q", 2, "no value"),
        ("keys:\n  - quit", 2, "[a, b]"), ("theme dark", 1, "name: value"), ("theme:dark", 1, "blank"),
        ("theme: \"dark", 1, "not closed"), ("keys:\n  quit: [q", 2, "]"),
        ("keys:\n  quit: [q, ]\n  help: [,]", 3, "empty"),
        ("mouse: perhaps", 1, "mouse is true or false"), ("prompt_history: 3", 1, "prompt_history is true or false"),
        ("history: off", 1, "prompt_history"), ("view: nowhere", 1, "dashboard"), (": x", 1, "no name"),
        ("theme: 'dark' light", 1, "after the value"), ("keys:\n  a: b\n  a: c", 3, "second time"),
    ])
    func `What is wrong is told with its line`(text: String, line: Int, hint: String) {
        let problem = #expect(throws: SettingsProblem.self) { try Settings(file: text) }
        #expect(problem?.line == line, "\(text)")
        #expect(problem?.message.contains(hint) == true, "\(problem?.message ?? "")")
    }

    @Test func `Whatever the bytes are, reading ends with settings or a line`() {
        var state: UInt64 = 7
        let pieces = [
            "theme", ":", " ", "\n", "  ", "[", "]", ",", "\"", "'", "#", "\\", "keys:\n", "quit", "\t", "é", "-",
        ]
        for _ in 0..<2_000 {
            var text = ""
            for _ in 0..<20 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text += pieces[Int(state >> 33) % pieces.count]
            }
            do {
                _ = try Settings(file: text)
            } catch {
                let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }.count
                #expect((1...lines).contains(error.line ?? 0), "\(text)")
            }
        }
    }

    @Test(arguments: [
        ("mono", "light", "1", "dark", "high-contrast", "mono"), ("light", "dark", "1", "dark", "dark", "light"),
        ("", "light", "1", "dark", "dark", "mono"), ("", "light", "", "dark", "dark", "light"),
        ("", "", "", "high-contrast", "dark", "high-contrast"), ("", "", "", "", "light", "light"),
        ("", "", "", "", "", ""),
    ])
    func `Options come before the environment, that before the file, and the last choice is what is left`(
        flag: String,
        variable: String,
        noColour: String,
        file: String,
        remembered: String,
        expected: String
    ) throws {
        let environment = try Settings(environment: ["GATEWAY_TUI_THEME": variable, "NO_COLOR": noColour])
        let settings = Settings(theme: Palette.Theme(rawValue: flag))
            .or(environment)
            .or(try Settings(file: file.isEmpty ? "" : "theme: \(file)"))
            .or(Settings(remembered: remembered.isEmpty ? "" : "theme: \(remembered)"))
        #expect(settings.theme == Palette.Theme(rawValue: expected))
    }

    @Test func `A wrong variable is named, and what was remembered may be anything`() {
        let problem = #expect(throws: SettingsProblem.self) {
            try Settings(environment: ["GATEWAY_TUI_GLYPHS": "emoji"])
        }
        #expect(problem?.message.contains("$GATEWAY_TUI_GLYPHS") == true)
        #expect(problem?.line == nil)
        #expect(Settings(remembered: "\u{0}: [") == Settings())
    }
}

struct KeyMapTests {
    private func map(_ lines: String...) throws -> KeyMap {
        let text = "keys:\n" + lines.map { "  \($0)\n" }.joined()
        return try KeyMap.standard.applying(try Settings(file: text).keys)
    }

    @Test func `A bound action has its new keys and no longer its old ones, in footer, help and palette`() throws {
        var dashboard = Dashboard.live(120, 40)
        dashboard.configure(keyMap: try map("quit: Q", "filter: [F3, ^F]"), view: .requests)
        #expect(dashboard.press(.character("q")).isEmpty)
        #expect(dashboard.press(.character("Q")) == [.quit])
        dashboard.press(.control("f"))
        #expect(dashboard.filterEditor != nil)
        dashboard.press(.escape)
        #expect(dashboard.screen.contains("F3 filter"))
        #expect(dashboard.screen.contains("Q quit"))
        dashboard.press(.character("?"))
        #expect(dashboard.screen.contains("F3 ^F       filter"))
        dashboard.press(.escape, .character(":"))
        dashboard.type("quit")
        let line = dashboard.screen.split(separator: "\n").first { $0.contains("▶ quit") }
        #expect(line?.contains(" Q ") == true)
    }

    @Test func `Every action has a name that leads back to its bindings alone`() throws {
        var owners: [String: Action] = [:]
        for binding in KeyTable.all {
            let name = binding.action.name
            #expect(name.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-") }, "\(name)")
            #expect(owners[name] ?? binding.action == binding.action, "\(name) means two actions")
            owners[name] = binding.action
        }
        #expect(owners["copy-id"] == .copyID)
        #expect(owners["take-output-2"] == .takeOutput(2) && owners["take-output"] == .takeOutput(nil))
        #expect(owners["show-requests"] == .show(.requests))
        #expect(owners["window-longer"] == .window(1))
        #expect(owners["move-pick-up-8"] == .movePick(-8))
    }

    @Test func `A key of every kind is read as help writes it`() {
        for binding in KeyTable.all {
            for key in binding.keys { #expect(Key(named: key.label(.ascii)) == key, "\(key)") }
        }
        for (name, key) in [
            ("ctrl-r", Key.control("r")), ("alt-X", .alt("X")), ("space", .character(" ")), ("f12", .function(12)),
        ] {
            #expect(Key(named: name) == key)
        }
        for name in ["", " ", "^I", "^M", "^[", "F13", "hyper-x", "M-", "\u{1B}"] {
            #expect(Key(named: name) == nil, "\(name)")
        }
    }

    @Test(arguments: [
        ("fliter: F3", 2, "is it filter?"), ("quit: hyper-q", 2, "no key"),
        ("filter: f", 2, "bound twice: list.filter and list.follow"),
        ("open-skills: F4", 2, "tester.open-skills, composing.open-skills"), ("send: x", 2, "letters are text"),
        ("leave-palette: q", 2, "letters are text"), ("quit: []\n  interrupt: []", 3, "no key is left"),
    ])
    func `What cannot be bound is told with its line`(lines: String, line: Int, hint: String) {
        let problem = #expect(throws: SettingsProblem.self) { try map(lines) }
        #expect(problem?.line == line)
        #expect(problem?.message.contains(hint) == true, "\(problem?.message ?? "")")
    }

    @Test func `The screen without a gateway names the keys as they are bound`() throws {
        var dashboard = Dashboard(socketPath: "/run/g.sock", columns: 80, rows: 24)
        dashboard.configure(keyMap: try map("start-daemon: F2", "reconnect: [R]"))
        _ = dashboard.update(.disconnected(reason: "no", retryAt: 0))
        for text in ["F2 start gatewayd in the background", "R  try again now", "q  quit"] {
            #expect(dashboard.screen.contains(text), "\(text)")
        }
        #expect(dashboard.press(.function(2)) == [.startDaemon])
    }

    @Test func `Two actions may swap their keys`() throws {
        let swapped = try map("filter: f", "follow: /")
        #expect(swapped.action(for: .character("f"), in: [.list]) == .filter)
        #expect(swapped.action(for: .character("/"), in: [.list]) == .follow)
    }
}
