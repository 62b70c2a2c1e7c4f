/// How the logs are doing.
package struct LogFigures: Sendable, Equatable {
    /// Lines of the access log since the start.
    package var accessWritten = 0
    /// Of the access log, lines that were not written.
    package var accessDropped = 0
    /// Of the log, lines that were not written.
    package var dropped = 0

    package init(accessWritten: Int = 0, accessDropped: Int = 0, dropped: Int = 0) {
        self.accessWritten = accessWritten
        self.accessDropped = accessDropped
        self.dropped = dropped
    }
}
