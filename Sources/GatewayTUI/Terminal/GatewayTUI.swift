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
        discussion: "Press ? for all keys. When no gateway runs, it offers to start one.",
        version: "gateway-tui \(GatewayVersion.number)"
    )

    @Option(help: "The gateway's control socket. Default: $GATEWAY_SOCKET, then the one in $XDG_RUNTIME_DIR.")
    var socket: String?

    @Flag(help: "Print the figures and the caches once as plain text. Needs no terminal, and a gateway that answers.")
    var once = false

    @Option(help: ArgumentHelp("The size of the picture for --once.", valueName: "WxH"))
    var size: PictureSize = PictureSize(columns: 80, rows: 24)

    @Flag(help: "Draw with 7-bit characters only.")
    var ascii = false

    @Option(help: "Colours: dark, light or mono. Default: by $COLORFGBG, else dark; mono when NO_COLOR is set.")
    var theme: Palette.Theme?

    @Flag(help: "Leave the mouse to the terminal, so that it selects text. The key m switches it while running.")
    var noMouse = false

    func run() throws {
        let explicit = socket ?? Environment.value("GATEWAY_SOCKET")
        let path = explicit ?? SocketPath.standard(environment: Environment.all, userID: getuid())
        if once {
            switch OneShot.run(
                socketPath: path,
                columns: size.columns,
                rows: size.rows,
                glyphs: ascii ? .ascii : .unicode
            )
            {
            case .success(let picture): print(picture)
            case .failure(let failure): throw fail(failure.message)
            }
            return
        }
        // Before any thread could exist, so that every thread inherits the mask.
        let signals = Signals()
        let screen: Screen
        do {
            screen = try Screen(isASCII: ascii, isMouseOn: !noMouse, theme: theme ?? Self.defaultTheme)
        } catch {
            throw fail(error.message)
        }
        var loop = EventLoop(
            screen: screen,
            signals: signals,
            socketPath: path,
            isSocketExplicit: explicit != nil
        )
        let code = loop.run()
        screen.close()
        throw ExitCode(code)
    }

    private func fail(_ message: String) -> ExitCode {
        let line = "gateway-tui: \(PlainText.sanitized(message))\n"
        _ = line.utf8.withContiguousStorageIfAvailable { write(STDERR_FILENO, $0.baseAddress, $0.count) }
        return ExitCode(1)
    }

    /// Terminals that set `COLORFGBG` say their background in its last number.
    private static var defaultTheme: Palette.Theme {
        if Environment.value("NO_COLOR") != nil { return .mono }
        let background = Environment.value("COLORFGBG")?.split(separator: ";").last
        return background == "7" || background == "15" ? .light : .dark
    }
}

extension Palette.Theme: ExpressibleByArgument {}

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
