package import Shared
import Synchronization

/// The last lines of the daemon's log, for front ends: they come whole, whatever the log's format is.
package final class LogTail: Sendable {
    /// How many lines are kept.
    package static let capacity = 500
    /// A longer text is cut: hundreds of lines go in one message.
    private static let longestText = 1_000

    private struct State {
        var lines: [ControlProtocol.LogLine] = []
        var observer: (@Sendable (ControlProtocol.LogLine) -> Void)?
    }

    private let state = Mutex(State())

    package init() {}

    /// Takes a line in. Returns at once.
    package func record(level: String, _ text: String, unixMilliseconds: Int64) {
        let text = text.unicodeScalars.count > Self.longestText ? "\(text.prefix(Self.longestText))…" : text
        let line = ControlProtocol.LogLine(
            unixMilliseconds: unixMilliseconds,
            level: level,
            text: PlainText.sanitized(text)
        )
        let observer = state.withLock { state in
            state.lines.append(line)
            // Dropped in steps, so that a full tail does not move all lines for each new one.
            if state.lines.count > 2 * Self.capacity { state.lines.removeFirst(state.lines.count - Self.capacity) }
            return state.observer
        }
        observer?(line)
    }

    /// The last lines, oldest first.
    package var lines: [ControlProtocol.LogLine] { state.withLock { Array($0.lines.suffix(Self.capacity)) } }

    /// Has this called with every further line, on the thread that wrote it.
    func observe(_ observer: @escaping @Sendable (ControlProtocol.LogLine) -> Void) {
        state.withLock { $0.observer = observer }
    }
}
