extension ControlProtocol {
    /// Parameters of `cache.flush`: at most one of the three. Without any, everything goes.
    public struct CacheFlush: Sendable, Hashable, Codable {
        /// The project whose answers are to go.
        public var project: String?
        /// The client's key whose answers are to go: the key itself, or its fingerprint.
        public var key: String?
        /// The query id of an exchange: the answer that it stored, or was given, is to go.
        public var queryID: String?

        public init(project: String? = nil, key: String? = nil, queryID: String? = nil) {
            self.project = project
            self.key = key
            self.queryID = queryID
        }

        private enum CodingKeys: String, CodingKey {
            case project
            case key
            case queryID = "query_id"
        }
    }

    /// Answer to `cache.flush`.
    public struct CacheFlushed: Sendable, Hashable, Codable {
        /// Answers that went, by home: `memory`, and `disk` or `redis`. A home that is away is not in it.
        public var answers: [String: Int]
        /// Questions of the semantic cache that went.
        public var questions: Int
        /// Homes that could not be reached; their answers may come back with them.
        public var unreachable: [String]

        public init(answers: [String: Int], questions: Int, unreachable: [String]) {
            self.answers = answers
            self.questions = questions
            self.unreachable = unreachable
        }
    }
}
