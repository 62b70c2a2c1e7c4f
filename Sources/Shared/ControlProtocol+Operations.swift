/// What the operator asks for beyond traffic: the past, sums, the log, a backend's second chance.
extension ControlProtocol {
    /// Parameters of `history.get`. The answer is a ``HistoryReport``.
    public struct HistoryRequest: Sendable, Hashable, Codable {
        /// How far back: 10 to 86,400.
        public var seconds: Int
        /// How many intervals at most: 1 to 1,440. They are of a whole number of ten seconds.
        public var points: Int

        public init(seconds: Int, points: Int) {
            self.seconds = seconds
            self.points = points
        }
    }

    /// Parameters of `usage.get`: sums of the books, as `GET /admin/usage` gives them.
    public struct UsageRequest: Sendable, Hashable, Codable {
        /// Any of `day`, `project`, `key` and `model`, each once.
        public var by: [String]
        /// In milliseconds since 1970; whole days by UTC are given.
        public var sinceUnixMilliseconds: Int64

        public init(by: [String], sinceUnixMilliseconds: Int64) {
            self.by = by
            self.sinceUnixMilliseconds = sinceUnixMilliseconds
        }

        private enum CodingKeys: String, CodingKey {
            case by
            case sinceUnixMilliseconds = "since_unix_ms"
        }
    }

    /// Answer to `usage.get`, at most 1,000 rows: days in order, the dearest first within one.
    public struct UsageReport: Sendable, Hashable, Codable {
        public struct Row: Sendable, Hashable, Codable {
            /// In the order of `by`; empty for what belongs to no group.
            public var names: [String]
            public var totals: MetricsSnapshot.Totals

            public init(names: [String], totals: MetricsSnapshot.Totals) {
                self.names = names
                self.totals = totals
            }
        }

        public var by: [String]
        public var rows: [Row]

        public init(by: [String], rows: [Row]) {
            self.by = by
            self.rows = rows
        }
    }

    /// A line of the daemon's log: parameters of `log.line`.
    public struct LogLine: Sendable, Hashable, Codable {
        public var unixMilliseconds: Int64
        /// `trace`, `debug`, `info`, `notice`, `warning`, `error` or `critical`.
        public var level: String
        public var text: String

        public init(unixMilliseconds: Int64, level: String, text: String) {
            self.unixMilliseconds = unixMilliseconds
            self.level = level
            self.text = text
        }

        private enum CodingKeys: String, CodingKey {
            case unixMilliseconds = "unix_ms"
            case level
            case text
        }
    }

    /// Answer to `log.subscribe`: what was written last, oldest first. Further lines come as notifications.
    public struct LogTail: Sendable, Hashable, Codable {
        public var lines: [LogLine]
        public init(lines: [LogLine]) { self.lines = lines }
    }

    /// Parameters of `backends.reset`: its circuit breaker is closed and its count of failures begins anew. The answer is an
    /// ``Empty``.
    public struct BackendReset: Sendable, Hashable, Codable {
        public var backend: String
        public init(backend: String) { self.backend = backend }
    }
}
