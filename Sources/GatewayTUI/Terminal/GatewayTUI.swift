import ArgumentParser
import Dashboard
import Glibc
import Shared

/// The command line.
@main
struct GatewayTUI: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gateway-tui",
        abstract: "Watches an LLM gateway: money, tiers, requests with the reasons for each, caches, a prompt tester.",
        discussion: """
            Press ? for all keys, : for all that can be done. When no gateway runs, it offers to start one.

            Settings: $XDG_CONFIG_HOME/llm-gateway/tui.yaml (~/.config/llm-gateway/tui.yaml) with theme, mouse, glyphs, \
            view, prompt_history and keys. Options come before the environment ($NO_COLOR, $GATEWAY_TUI_THEME, $GATEWAY_TUI_MOUSE, \
            $GATEWAY_TUI_GLYPHS, $GATEWAY_TUI_VIEW, $GATEWAY_TUI_PROMPT_HISTORY), that before the file.

            Exit codes: 0 well, 1 no gateway answers or no terminal, 2 wrong settings, 64 wrong options, 128 and the \
            signal's number when a signal ended it.
            """,
        version: "gateway-tui \(GatewayVersion.number)"
    )

    @Option(help: "The gateway's control socket. Default: $GATEWAY_SOCKET, then the one in $XDG_RUNTIME_DIR.")
    var socket: String?

    @Flag(help: "Print the figures and the caches, or the --view, once as plain text. Needs no terminal.")
    var once = false

    @Flag(help: "Print the newest snapshot and the last exchanges once, as one JSON object. Needs no terminal.")
    var json = false

    @Flag(help: "Print one line for a shell's prompt or a status bar, at most as wide as --size, within 0.3 s.")
    var statusline = false

    @Flag(help: "Append a line for each exchange and each change: for screen readers and logs. Needs no terminal.")
    var plain = false

    @Flag(help: "Print the actions' names and their keys, as tui.yaml binds them.")
    var listKeys = false

    @Option(help: ArgumentHelp("The size of the picture for --once, of the line for --statusline.", valueName: "WxH"))
    var size: PictureSize = PictureSize(columns: 80, rows: 24)

    @Option(help: "The view to begin with: \(DashboardView.allCases.map(\.name).joined(separator: ", ")).")
    var view: DashboardView?

    @Flag(help: "Change and spend nothing: no prompt is sent, nothing flushed, no gateway started.")
    var readOnly = false

    @Flag(help: "Draw with 7-bit characters only.")
    var ascii = false

    @Option(
        help: """
            Colours: dark, light, high-contrast or mono. Default: mono when NO_COLOR is set, else what T chose last, else by \
            the terminal's background. The key T goes through them.
            """
    )
    var theme: Palette.Theme?

    @Flag(help: "Colours in the --statusline.")
    var color = false

    @Flag(help: "Leave the mouse to the terminal, so that it selects text. The key m switches it while running.")
    var noMouse = false

    func validate() throws {
        guard [once, json, statusline, plain, listKeys].count(where: { $0 }) <= 1 else {
            throw ValidationError("--once, --json, --statusline, --plain and --list-keys exclude each other.")
        }
        guard !color || statusline else { throw ValidationError("--color is for --statusline.") }
    }

    func run() throws {
        let explicit = socket ?? Environment.value("GATEWAY_SOCKET")
        let path = explicit ?? SocketPath.standard(environment: Environment.all, userID: getuid())
        if json { return try printJSON(path) }
        if plain {
            var run = PlainRun(signals: Signals(), socketPath: path)
            throw ExitCode(run.run())
        }
        let settings = try settings()
        let keyMap = try keyMap(settings)
        if listKeys { return try printKeys(keyMap) }
        if once { return try printPicture(path, settings) }
        if statusline { return try printStatusLine(path, settings) }
        try watch(path, isSocketExplicit: explicit != nil, settings, keyMap)
    }

    private func watch(_ path: String, isSocketExplicit: Bool, _ settings: Settings, _ keyMap: KeyMap) throws {
        // Before any thread could exist, so that every thread inherits the mask.
        let signals = Signals()
        let (theme, background, typed) = colours(settings.theme)
        let screen: Screen
        do {
            screen = try Screen(
                isASCII: settings.glyphs == .ascii,
                isMouseOn: settings.isMouseOn ?? true,
                theme: theme,
                background: background
            )
        } catch {
            throw fail(error.message)
        }
        KeyReader.putBack(typed)
        var dashboard = Dashboard(
            socketPath: path,
            columns: screen.columns,
            rows: screen.rows,
            glyphs: screen.isUTF8 ? .unicode : .ascii
        )
        dashboard.configure(
            keyMap: keyMap,
            theme: theme,
            isReadOnly: readOnly,
            keepsPrompts: settings.keepsPrompts ?? true,
            view: settings.view
        )
        var loop = EventLoop(
            screen: screen,
            signals: signals,
            dashboard: dashboard,
            isSocketExplicit: isSocketExplicit
        )
        let code = loop.run()
        screen.close()
        throw ExitCode(code)
    }

    /// The theme, and the background that it has to be read on. The terminal is asked only where that decides something.
    private func colours(_ wanted: Palette.Theme?) -> (Palette.Theme, Palette.Background, typed: [UInt8]) {
        let told = Environment.value("COLORFGBG").flatMap { Palette.Background(colourFGBG: $0) } ?? .dark
        switch wanted {
        case .dark: return (.dark, .dark, [])
        case .light: return (.light, .light, [])
        case .mono: return (.mono, told, [])
        case .highContrast, nil:
            let answer = BackgroundQuery.ask()
            let background = answer.background ?? told
            return (wanted ?? (background == .light ? .light : .dark), background, answer.typed)
        }
    }
}

/// A size as users write it: `120x40`.
struct PictureSize: ExpressibleByArgument, CustomStringConvertible {
    var columns: Int
    var rows: Int

    init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
    }

    init?(argument: String) {
        let parts = argument.lowercased().split(separator: "x").map { Int($0) }
        guard parts.count == 2, let columns = parts[0], let rows = parts[1] else { return nil }
        guard (1...1_000).contains(columns), (1...1_000).contains(rows) else { return nil }
        self.init(columns: columns, rows: rows)
    }

    var description: String { "\(columns)x\(rows)" }
}

extension Palette.Theme: ExpressibleByArgument {}

extension DashboardView: ExpressibleByArgument {
    public init?(argument: String) {
        guard let view = Self.allCases.first(where: { $0.name == argument.lowercased() }) else { return nil }
        self = view
    }

    public static var allValueStrings: [String] { allCases.map(\.name) }
}
