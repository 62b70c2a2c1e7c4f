import ArgumentParser
import Dashboard
import Glibc
import Shared

// The modes that print once, and the settings that they and the screen share.

extension GatewayTUI {
    /// Options, then the environment, then the file, then what was chosen last.
    func settings() throws -> Settings {
        let flags = Settings(theme: theme, isMouseOn: noMouse ? false : nil, glyphs: ascii ? .ascii : nil, view: view)
        do {
            var environment: [String: String] = [:]
            for name in Settings.variables { environment[name] = Environment.value(name) }
            let surroundings = try Settings(environment: environment)
            let file = try Storage.settingsText().map { text throws(SettingsProblem) in try Settings(file: text) }
            return flags.or(surroundings).or(file ?? Settings()).or(Storage.remembered)
        } catch let problem as SettingsProblem {
            throw fail(problem)
        } catch let failure as Storage.Failure {
            throw fail("the settings cannot be read: \(failure.message)", code: 2)
        }
    }

    /// The keys as the settings bind them.
    func keyMap(_ settings: Settings) throws -> KeyMap {
        do {
            return try KeyMap.standard.applying(settings.keys)
        } catch {
            throw fail(error)
        }
    }

    /// `--json`.
    func printJSON(_ path: String) throws {
        let told = try ask(path, .unicode, until: OneShot.isWhole)
        guard let snapshot = told.snapshot, let exchanges = told.exchanges,
            let text = SnapshotReport(daemon: told.daemon, snapshot: snapshot, exchanges: exchanges).text
        else { throw fail("the gateway sent a number that JSON cannot say") }
        try say("\(text)\n")
    }

    /// `--once`.
    func printPicture(_ path: String, _ settings: Settings) throws {
        let told = try ask(path, settings.glyphs ?? .unicode, view: settings.view, until: OneShot.isWhole)
        try say("\(settings.view == nil ? told.dashboard.printout : told.dashboard.viewPrintout)\n")
    }

    /// `--statusline`. What is wrong is the line itself: a prompt has no place for more.
    func printStatusLine(_ path: String, _ settings: Settings) throws {
        let glyphs = settings.glyphs ?? .unicode
        let dashboard = Dashboard(socketPath: path, columns: size.columns, rows: size.rows, glyphs: glyphs)
        let result = OneShot.ask(dashboard, patience: OneShot.promptPatience, only: [.hello, .subscribe]) {
            $0.snapshot != nil
        }
        guard case .success(let told) = result, let snapshot = told.snapshot else {
            var words = StatusLine.down
            if case .failure(let failure) = result, failure.isRefusal { words = StatusLine.refused }
            let line = StyledLine(CellWidth.clip(words, size.columns), Style(.bad, .bold))
            try say("\(color ? line.coloured : line.text)\n")
            throw ExitCode(1)
        }
        let line = StatusLine.line(snapshot, columns: size.columns, glyphs: glyphs)
        try say("\(color ? line.coloured : line.text)\n")
    }

    /// `--list-keys`.
    func printKeys(_ keyMap: KeyMap) throws {
        let rows = keyMap.bindings.map { binding in
            (binding.qualifiedName, binding.label(.ascii), binding.help)
        }
        let name = rows.map(\.0.count).max() ?? 0
        let keys = rows.map(\.1.count).max() ?? 0
        let lines = rows.map { "\(CellWidth.fit($0.0, name))  \(CellWidth.fit($0.1, keys))  \($0.2)\n" }
        try say(lines.joined())
    }

    private func ask(
        _ path: String,
        _ glyphs: Glyphs,
        view: DashboardView? = nil,
        until isEnough: (OneShot.Told) -> Bool
    ) throws -> OneShot.Told {
        var dashboard = Dashboard(socketPath: path, columns: size.columns, rows: size.rows, glyphs: glyphs)
        dashboard.configure(isReadOnly: readOnly, view: view)
        switch OneShot.ask(dashboard, until: isEnough) {
        case .success(let told): return told
        case .failure(let failure): throw fail(failure.message)
        }
    }

    private func say(_ text: String) throws {
        // A reader that has seen enough, such as head, is no failure.
        signal(SIGPIPE, SIG_IGN)
        guard Output.write(text) || errno == EPIPE else {
            throw fail("standard output cannot be written: \(Environment.message(of: errno))")
        }
    }

    func fail(_ message: String, code: Int32 = 1) -> ExitCode {
        _ = Output.write("gateway-tui: \(PlainText.sanitized(message))\n", to: STDERR_FILENO)
        return ExitCode(code)
    }

    private func fail(_ problem: SettingsProblem) -> ExitCode {
        fail("\(problem.line.map { "\(Storage.settingsPath):\($0): " } ?? "")\(problem.message)", code: 2)
    }
}
