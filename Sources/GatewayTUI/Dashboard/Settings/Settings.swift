/// How the user wants the front end: from flags, the environment, a file, or what was chosen last. nil where nothing was said.
package struct Settings: Sendable, Hashable {
    package var theme: Palette.Theme?
    package var isMouseOn: Bool?
    package var glyphs: Glyphs?
    package var view: DashboardView?
    /// Prompts that are sent are kept for the next start.
    package var keepsPrompts: Bool?
    package var keys: [Rebinding]

    package init(
        theme: Palette.Theme? = nil,
        isMouseOn: Bool? = nil,
        glyphs: Glyphs? = nil,
        view: DashboardView? = nil,
        keepsPrompts: Bool? = nil,
        keys: [Rebinding] = []
    ) {
        self.theme = theme
        self.isMouseOn = isMouseOn
        self.glyphs = glyphs
        self.view = view
        self.keepsPrompts = keepsPrompts
        self.keys = keys
    }

    /// These, and where nothing was said the others: `flags.or(environment).or(file).or(remembered)`.
    package func or(_ other: Settings) -> Settings {
        Settings(
            theme: theme ?? other.theme,
            isMouseOn: isMouseOn ?? other.isMouseOn,
            glyphs: glyphs ?? other.glyphs,
            view: view ?? other.view,
            keepsPrompts: keepsPrompts ?? other.keepsPrompts,
            keys: keys.isEmpty ? other.keys : keys
        )
    }

    /// Names of the environment's variables that are looked at.
    package static let variables = [
        "NO_COLOR", "GATEWAY_TUI_THEME", "GATEWAY_TUI_MOUSE", "GATEWAY_TUI_GLYPHS", "GATEWAY_TUI_VIEW",
        "GATEWAY_TUI_PROMPT_HISTORY",
    ]

    /// What the environment says. Empty values say nothing.
    package init(environment: [String: String]) throws(SettingsProblem) {
        self.init()
        for name in Self.variables.dropFirst() {
            guard let value = environment[name], !value.isEmpty else { continue }
            do {
                try take(name.dropFirst("GATEWAY_TUI_".count).lowercased(), .text(value), nil)
            } catch {
                throw SettingsProblem(nil, "$\(name): \(error.message)")
            }
        }
        // https://no-color.org: above every choice of colours but that of the command line.
        if environment["NO_COLOR"]?.isEmpty == false { theme = .mono }
    }

    /// What `tui.yaml` says.
    package init(file text: String) throws(SettingsProblem) {
        self.init()
        for entry in try SettingsFile(text).entries { try take(entry.key, entry.value, entry.line) }
    }

    /// What was chosen while the program ran. A file that cannot be understood says nothing: no one wrote it by hand.
    package init(remembered text: String) {
        self.init()
        do { theme = try Settings(file: text).theme } catch { theme = nil }
    }

    /// The text that ``init(remembered:)`` reads.
    package static func remembering(theme: Palette.Theme) -> String {
        "# Chosen in gateway-tui with the key for themes. What tui.yaml says comes first.\ntheme: \(theme.rawValue)\n"
    }

    private mutating func take(_ key: String, _ value: SettingsFile.Value, _ line: Int?) throws(SettingsProblem) {
        if key == "keys" {
            guard case .section(let entries) = value else {
                throw SettingsProblem(line, "keys is a section: indented lines such as \"quit: Q\" below it")
            }
            for entry in entries { keys.append(try Self.rebinding(entry)) }
            return
        }
        guard ["theme", "mouse", "glyphs", "view", "prompt_history"].contains(key) else {
            let names = "theme, mouse, glyphs, view, prompt_history and keys"
            throw SettingsProblem(line, "there is no setting \"\(key)\"; there are \(names)")
        }
        guard case .text(let text) = value else { throw SettingsProblem(line, "\(key) takes one word") }
        let word = text.lowercased()
        switch key {
        case "theme": theme = try Self.oneOf(Palette.Theme.allCases, named: \.rawValue, word, key, line)
        case "view": view = try Self.oneOf(DashboardView.allCases, named: \.name, word, key, line)
        case "glyphs":
            glyphs = try Self.oneOf(
                [Glyphs.unicode, .ascii],
                named: { $0 == .ascii ? "ascii" : "unicode" },
                word,
                key,
                line
            )
        case "prompt_history": keepsPrompts = try Self.flag(word, key, line)
        default: isMouseOn = try Self.flag(word, key, line)
        }
    }

    private static func flag(_ word: String, _ key: String, _ line: Int?) throws(SettingsProblem) -> Bool {
        switch word {
        case "true", "on", "yes": return true
        case "false", "off", "no": return false
        default: throw SettingsProblem(line, "\(key) is true or false, not \"\(word)\"")
        }
    }

    private static func rebinding(_ entry: SettingsFile.Entry) throws(SettingsProblem) -> Rebinding {
        switch entry.value {
        case .list(let keys): Rebinding(name: entry.key, keys: keys, line: entry.line)
        case .text(let key): Rebinding(name: entry.key, keys: [key], line: entry.line)
        case .section: throw SettingsProblem(entry.line, "\(entry.key) has no key")
        }
    }

    private static func oneOf<Choice>(
        _ choices: [Choice],
        named name: (Choice) -> String,
        _ word: String,
        _ key: String,
        _ line: Int?
    ) throws(SettingsProblem) -> Choice {
        if let choice = choices.first(where: { name($0) == word }) { return choice }
        let names = choices.map(name).joined(separator: ", ")
        throw SettingsProblem(line, "\(key) is one of \(names), not \"\(word)\"")
    }
}

extension DashboardView {
    /// How the view is called in options and settings: `requests`.
    package var name: String { title.lowercased() }
}
