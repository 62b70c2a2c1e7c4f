import CNcurses
import Dashboard
import Glibc

/// Turns what ncurses reads into keys.
enum KeyReader {
    // Codes above those of ncurses, for sequences it does not know.
    private static let pasteBegin: Int32 = 0x1001
    private static let pasteEnd: Int32 = 0x1002
    private static let mouse: Int32 = 0x1003
    private static let wordLeft: Int32 = 0x1004
    private static let wordRight: Int32 = 0x1005
    private static let lateBackground: Int32 = 0x1006
    private static let lateAttributes: Int32 = 0x1007
    /// Scalars of a paste that are kept.
    private static let maximumPaste = 200_000

    static func defineKeys() {
        define_key("\u{1B}[200~", pasteBegin)
        define_key("\u{1B}[201~", pasteEnd)
        define_key("\u{1B}[<", mouse)
        define_key("\u{1B}[1;5D", wordLeft)
        define_key("\u{1B}[1;5C", wordRight)
        // Answers to BackgroundQuery that come after it has ended must not be taken for keys.
        define_key("\u{1B}]11;", lateBackground)
        define_key("\u{1B}[?", lateAttributes)
    }

    /// Everything ncurses holds: it may keep bytes back that poll cannot see.
    static func take() -> [Key] {
        var keys: [Key] = []
        while true {
            var code = wint_t()
            let result = wget_wch(gateway_stdscr(), &code)
            if result == ERR { return keys }
            if result == KEY_CODE_YES {
                if let key = special(Int32(bitPattern: code)) { keys.append(key) }
            } else if let key = plain(code) {
                keys.append(key)
            }
        }
    }

    private static func plain(_ code: wint_t) -> Key? {
        switch code {
        case 9: return .tab
        case 13: return .enter
        case 8, 127: return .backspace
        case 27: return afterEscape()
        case 0..<32:
            guard let letter = Unicode.Scalar(code + 96) else { return nil }
            return .control(Character(letter))
        default: return Unicode.Scalar(code).map { .character(Character($0)) }
        }
    }

    /// Alt sends Escape before the key.
    private static func afterEscape() -> Key {
        var code = wint_t()
        guard wget_wch(gateway_stdscr(), &code) == OK else { return .escape }
        switch code {
        case 13, 10: return .altEnter
        case 27: return .escape
        default: return Unicode.Scalar(code).map { .alt(Character($0)) } ?? .escape
        }
    }

    private static func special(_ code: Int32) -> Key? {
        switch code {
        case pasteBegin: .paste(takePaste())
        case mouse: takeMouse()
        case lateBackground, lateAttributes: swallow(isCommand: code == lateBackground)
        case wordLeft: .wordLeft
        case wordRight: .wordRight
        case KEY_UP: .up
        case KEY_DOWN: .down
        case KEY_LEFT: .left
        case KEY_RIGHT: .right
        case KEY_HOME: .home
        case KEY_END: .end
        case KEY_PPAGE: .pageUp
        case KEY_NPAGE: .pageDown
        case KEY_ENTER: .enter
        case KEY_BTAB: .backTab
        case KEY_BACKSPACE: .backspace
        case KEY_DC: .delete
        case KEY_F0...(KEY_F0 + 63): .function(Int(code - KEY_F0))
        default: nil
        }
    }

    /// Keys that were typed before the screen was there come first.
    static func putBack(_ bytes: [UInt8]) {
        for byte in bytes.reversed() { ungetch(Int32(byte)) }
    }

    /// Reads the rest of a terminal's answer: a command ends with BEL or `ESC \`, the attributes with a letter.
    private static func swallow(isCommand: Bool) -> Key? {
        for _ in 0..<64 {
            var code = wint_t()
            if wget_wch(gateway_stdscr(), &code) == ERR {
                var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
                if poll(&input, 1, 50) <= 0 { return nil }
                continue
            }
            if code == 7 || code == 92 { return nil }
            if !isCommand, code >= 64, code <= 126 { return nil }
        }
        return nil
    }

    /// Collects a paste until its end mark, and gives up when nothing comes for a while.
    private static func takePaste() -> String {
        var text = String.UnicodeScalarView()
        while true {
            var code = wint_t()
            let result = wget_wch(gateway_stdscr(), &code)
            if result == KEY_CODE_YES {
                if Int32(bitPattern: code) == pasteEnd { break }
            } else if result == OK {
                if text.count < maximumPaste, let scalar = Unicode.Scalar(code) { text.append(scalar) }
            } else {
                var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
                if poll(&input, 1, 200) <= 0 || input.revents & Int16(POLLIN) == 0 { break }
            }
        }
        return String(text)
    }

    /// Reads `button;column;rowM` after its introducer.
    private static func takeMouse() -> Key? {
        var numbers = [0, 0, 0]
        var index = 0
        for _ in 0..<20 {
            var code = wint_t()
            guard wget_wch(gateway_stdscr(), &code) == OK else { return nil }
            switch code {
            case 48...57: numbers[index] = min(99_999, numbers[index] * 10 + Int(code) - 48)
            case 59: index = min(2, index + 1)
            case 77: return mouseKey(button: numbers[0], row: numbers[2] - 1, column: numbers[1] - 1)
            default: return nil
            }
        }
        return nil
    }

    private static func mouseKey(button: Int, row: Int, column: Int) -> Key? {
        if button & 64 != 0 { return .wheel(button & 1 == 0 ? -1 : 1, row: row, column: column) }
        return button & 3 == 0 ? .click(row: row, column: column) : nil
    }
}
