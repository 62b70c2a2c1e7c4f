import CNcurses
import Dashboard
import Glibc

/// The terminal. The only type that talks to ncurses.
final class Screen {
    struct Failure: Error {
        let message: String
        /// A gateway is there, and will not be watched.
        var isRefusal = false
    }

    let isUTF8: Bool
    private(set) var rows = 24
    private(set) var columns = 80
    private(set) var isMouseOn: Bool
    private var attributes: ScreenAttributes
    private let background: Palette.Background
    private var saved = termios()
    private var realStandardError: Int32 = -1
    private var logStart: off_t = 0
    /// What is on the screen; nil when it must be sent as a whole.
    private var shown: Surface?

    private static let modesOn = "\u{1B}[?2004h"
    private static let modesOff = "\u{1B}[?2004l"
    // Switched on by hand: ncurses takes the encoding from terminfo, whose screen and tmux entries end at column 223.
    private static let mouseOn = "\u{1B}[?1000h\u{1B}[?1006h"
    private static let mouseOff = "\u{1B}[?1006l\u{1B}[?1000l"

    init(isASCII: Bool, isMouseOn: Bool, theme: Palette.Theme, background: Palette.Background) throws(Failure) {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else {
            throw Failure(message: "needs a terminal; use --once for a plain text picture")
        }
        tcgetattr(STDIN_FILENO, &saved)
        isUTF8 = ScreenLocale.setUp() && !isASCII
        self.isMouseOn = isMouseOn
        // Old LINES and COLUMNS in the environment would pin the size.
        use_env(false)
        use_tioctl(true)
        let name = Environment.value("TERM")
        // newterm, because initscr ends the process when the terminal is unknown.
        guard name != "dumb", newterm(nil, gateway_stdout(), gateway_stdin()) != nil else {
            throw Failure(
                message: "the terminal type \(name.map { "\"\($0)\"" } ?? "(TERM is not set)") cannot show a screen;"
                    + " set TERM to what the terminal is, or use --once for a plain text picture"
            )
        }
        guard Self.capability("cup") != nil else {
            endwin()
            throw Failure(message: "this terminal cannot move its cursor; use --once for a plain text picture")
        }
        self.background = background
        attributes = ScreenAttributes(theme: theme, background: background)
        redirectStandardError()
        configure()
        CrashGuard.install(
            descriptor: STDOUT_FILENO,
            saved: saved,
            bytes: Self.restoreBytes,
            realStandardError: realStandardError,
            logStart: logStart
        )
    }

    /// Asks the terminal how large it is. True when that changed.
    @discardableResult
    func updateSize() -> Bool {
        var newRows: Int32 = 0
        var newColumns: Int32 = 0
        guard gateway_window_size(STDOUT_FILENO, &newRows, &newColumns) == 0, newRows > 0, newColumns > 0 else {
            return false
        }
        if is_term_resized(newRows, newColumns) { resizeterm(newRows, newColumns) }
        defer { (rows, columns) = (Int(newRows), Int(newColumns)) }
        return rows != Int(newRows) || columns != Int(newColumns)
    }

    /// Sends the picture; ncurses sends the least that makes the difference.
    func present(_ surface: Surface) {
        let window = gateway_stdscr()
        if shown?.rows != surface.rows || shown?.columns != surface.columns {
            werase(window)
            shown = nil
        }
        var run: [UInt32] = []
        run.reserveCapacity(surface.columns)
        for row in 0..<surface.rows {
            let range = row * surface.columns..<(row + 1) * surface.columns
            if let shown, shown.cells[range] == surface.cells[range] { continue }
            var place = range.lowerBound
            while place < range.upperBound {
                let style = surface.cells[place].style
                let start = place - range.lowerBound
                run.removeAll(keepingCapacity: true)
                while place < range.upperBound {
                    let cell = surface.cells[place]
                    if cell.style == style {
                        if cell.width > 0 { run.append(cell.scalar.value) }
                        place += 1
                    } else {
                        let gap = gap(at: place, in: surface.cells[range], after: style)
                        guard gap > 0 else { break }
                        run.append(contentsOf: repeatElement(cell.scalar.value, count: gap))
                        place += gap
                    }
                }
                attributes.use(style, in: window)
                _ = gateway_add(window, Int32(row), Int32(start), run, Int32(run.count))
            }
        }
        gateway_attr_set(window, 0, 0)
        if let cursor = surface.cursor {
            curs_set(1)
            wmove(window, Int32(cursor.row), Int32(cursor.column))
        } else {
            curs_set(0)
        }
        wnoutrefresh(window)
        doupdate()
        shown = surface
    }

    /// How many blanks follow that may as well be written in the style before them, because nobody sees it: a change of style
    /// takes as many bytes as ten blanks. 0 where there are none, or so many that the terminal clears them at once.
    private func gap(at start: Int, in row: ArraySlice<Cell>, after style: Style) -> Int {
        guard attributes.isUnseenOnBlanks(style) else { return 0 }
        var end = start
        while end < row.endIndex, row[end].scalar == " ", attributes.isUnseenOnBlanks(row[end].style) { end += 1 }
        return end - start <= 3 ? end - start : 0
    }

    /// The next picture is sent as a whole, whatever the terminal shows now.
    func invalidate() {
        clearok(gateway_curscr(), true)
        shown = nil
    }

    /// Draws in another theme from now on.
    func use(_ theme: Palette.Theme) {
        attributes = ScreenAttributes(theme: theme, background: background)
        invalidate()
    }

    /// Asks the terminal to put a text on the clipboard; one that is too large for that goes into a file.
    func copy(_ clip: Clip) -> ClipOutcome {
        if let sequence = ClipboardSequence.of(clip.text, isInTmux: Environment.value("TMUX") != nil) {
            send(sequence)
            return .copied(what: clip.what)
        }
        do {
            let name = "copied-\(Moment.now.unixMilliseconds).\(clip.fileExtension)"
            return .written(what: "too large for a clipboard: \(clip.what)", path: try Storage.export(name, clip.text))
        } catch {
            return .failed(what: clip.what, reason: error.message)
        }
    }

    func toggleMouse() {
        isMouseOn.toggle()
        send(isMouseOn ? Self.mouseOn : Self.mouseOff)
    }

    /// Gives the terminal to the shell until it continues this program.
    func suspend() {
        giveBack()
        kill(getpid(), SIGSTOP)
        takeBack()
    }

    /// Everything as it was before.
    func close() {
        CrashGuard.disarm()
        giveBack()
    }

    private func giveBack() {
        send(Self.mouseOff + Self.modesOff)
        curs_set(1)
        endwin()
        tcsetattr(STDIN_FILENO, TCSANOW, &saved)
        if realStandardError >= 0 { dup2(realStandardError, STDERR_FILENO) }
    }

    private func takeBack() {
        redirectStandardError()
        send(Self.modesOn + (isMouseOn ? Self.mouseOn : ""))
        updateSize()
        invalidate()
    }

    private func configure() {
        set_escdelay(25)
        // Not cbreak: ^S, ^Q, ^Z and ^C are keys. No nl: Enter and ^J stay apart.
        raw()
        noecho()
        nonl()
        keypad(gateway_stdscr(), true)
        nodelay(gateway_stdscr(), true)
        intrflush(nil, false)
        // A refresh is never cut short because a key waits.
        typeahead(-1)
        curs_set(0)
        KeyReader.defineKeys()
        send(Self.modesOn + (isMouseOn ? Self.mouseOn : ""))
        updateSize()
    }

    /// What libraries say on standard error would be drawn over the screen; it goes to a log while the screen is ours.
    private func redirectStandardError() {
        if realStandardError < 0 { realStandardError = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10) }
        Environment.makeDirectory(Environment.stateDirectory)
        let flags = O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC
        var log = open("\(Environment.stateDirectory)/gateway-tui.log", flags, 0o600)
        if log < 0 { log = open("/dev/null", O_RDWR | O_CLOEXEC) }
        guard log >= 0 else { return }
        logStart = lseek(log, 0, SEEK_END)
        dup2(log, STDERR_FILENO)
        Glibc.close(log)
    }

    private func send(_ bytes: String) {
        putp(bytes)
        fflush(gateway_stdout())
    }

    private static var restoreBytes: String {
        mouseOff + modesOff + "\u{1B}[0m\u{1B}[?25h" + (capability("rmkx") ?? "") + (capability("rmcup") ?? "") + "\r"
    }

    private static func capability(_ name: String) -> String? {
        guard let text = tigetstr(name), Int(bitPattern: text) != -1 else { return nil }
        return String(cString: text)
    }
}
