import Dashboard
import Glibc

/// Asks the terminal whether it draws on light or on dark, before the screen is opened.
enum BackgroundQuery {
    private static let patience: Int64 = 100
    /// For the end of an answer that has begun.
    private static let grace: Int64 = 50
    /// More than a person types while the program starts.
    private static let maximumTyped = 100

    struct Answer {
        var background: Palette.Background?
        /// What was typed meanwhile; it must not be lost.
        var typed: [UInt8] = []
    }

    /// The answer, none where the terminal says nothing for a tenth of a second. An answer that comes later is recognised
    /// and thrown away by ``KeyReader``.
    static func ask() -> Answer {
        let terminal = Environment.value("TERM") ?? "dumb"
        // These print what they do not know, or never answer.
        guard !["dumb", "linux"].contains(terminal), !terminal.hasPrefix("vt"), isatty(STDIN_FILENO) == 1,
            isatty(STDOUT_FILENO) == 1
        else { return Answer() }
        var saved = termios()
        guard tcgetattr(STDIN_FILENO, &saved) == 0 else { return Answer() }
        var silent = saved
        silent.c_lflag &= ~tcflag_t(ICANON | ECHO)
        withUnsafeMutableBytes(of: &silent.c_cc) { codes in
            codes[Int(VMIN)] = 0
            codes[Int(VTIME)] = 0
        }
        guard tcsetattr(STDIN_FILENO, TCSANOW, &silent) == 0 else { return Answer() }
        defer { tcsetattr(STDIN_FILENO, TCSANOW, &saved) }
        let question = Array(BackgroundReply.question.utf8)
        guard write(STDOUT_FILENO, question, question.count) == question.count else { return Answer() }
        return receive()
    }

    private static func receive() -> Answer {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 512)
        let start = Moment.now.monotonicMilliseconds
        while true {
            let reply = BackgroundReply(bytes)
            let limit = reply.isPartial ? patience + grace : patience
            let left = start + limit - Moment.now.monotonicMilliseconds
            if reply.isComplete || left <= 0 || reply.typed.count > maximumTyped {
                return Answer(background: reply.background, typed: Array(reply.typed.prefix(maximumTyped)))
            }
            var source = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            guard poll(&source, 1, Int32(left)) > 0 else { continue }
            let count = read(STDIN_FILENO, &buffer, buffer.count)
            guard count > 0 else { return Answer(background: reply.background, typed: reply.typed) }
            bytes += buffer[0..<count]
        }
    }
}
