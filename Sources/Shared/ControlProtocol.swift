/// The control socket's messages: JSON-RPC 2.0, one message a line, UTF-8. Described for other front ends in
/// `docs/control-protocol.md`.
public enum ControlProtocol {
    /// Raised when a message changes so that an old peer would misread it.
    public static let version = 1
    /// A longer line is refused and the connection closed.
    public static let maximumLineBytes = 1_048_576
    /// So many prompts of one front end are answered at once.
    public static let maximumSends = 8

    /// Requests a front end may make.
    public enum Method: String, Sendable, CaseIterable {
        case hello = "hello"
        case daemonStatus = "daemon.status"
        case metricsSubscribe = "metrics.subscribe"
        case exchangesList = "exchanges.list"
        case exchangesGet = "exchanges.get"
        case routeExplain = "route.explain"
        case promptSend = "prompt.send"
        case promptCancel = "prompt.cancel"
        case skillsList = "skills.list"
        case cacheStats = "cache.stats"
        case cacheFlush = "cache.flush"
        case workflowsList = "workflows.list"
        case workflowsRun = "workflows.run"
        case workflowsCancel = "workflows.cancel"
        case configReload = "config.reload"
        case historyGet = "history.get"
        case usageGet = "usage.get"
        case logSubscribe = "log.subscribe"
        case backendsReset = "backends.reset"
    }

    /// Notifications the daemon sends.
    public enum Notification: String, Sendable, CaseIterable {
        /// Parameters: ``MetricsSnapshot``. Once a second, and at once after subscribing.
        case metricsSnapshot = "metrics.snapshot"
        /// Parameters: ``ExchangeSummary``.
        case exchangeCompleted = "exchange.completed"
        /// Parameters: ``PromptDelta``.
        case promptDelta = "prompt.delta"
        /// Parameters: ``PromptCompleted``.
        case promptCompleted = "prompt.completed"
        /// Parameters: ``WorkflowEvent``. The last one of a run is of the kind `workflow_end`.
        case workflowEvent = "workflow.event"
        /// Parameters: ``LogLine``.
        case logLine = "log.line"
    }

    /// Parameters of `hello`.
    public struct Hello: Sendable, Hashable, Codable {
        /// The protocol version the front end speaks.
        public var protocolVersion: Int
        /// Name and version of the front end.
        public var client: String

        public init(protocolVersion: Int = ControlProtocol.version, client: String) {
            self.protocolVersion = protocolVersion
            self.client = client
        }

        private enum CodingKeys: String, CodingKey {
            case protocolVersion = "protocol"
            case client
        }
    }

    /// Answer to `hello`.
    public struct Welcome: Sendable, Hashable, Codable {
        public var protocolVersion: Int
        /// Such as `llm-gateway/0.1.0`.
        public var daemon: String
        public var processID: Int32
        public var isDemo: Bool

        public init(protocolVersion: Int = ControlProtocol.version, daemon: String, processID: Int32, isDemo: Bool) {
            self.protocolVersion = protocolVersion
            self.daemon = daemon
            self.processID = processID
            self.isDemo = isDemo
        }

        private enum CodingKeys: String, CodingKey {
            case protocolVersion = "protocol"
            case daemon
            case processID = "pid"
            case isDemo = "is_demo"
        }
    }

    /// Answer to `daemon.status`.
    public struct DaemonStatus: Sendable, Hashable, Codable {
        public var daemon: String
        public var processID: Int32
        public var uptimeSeconds: Double
        public var isDemo: Bool
        /// Such as `http://127.0.0.1:8080`.
        public var baseURL: String
        /// `always`, `auto` or `off`.
        public var routingMode: String
        /// The file in force; nil for the built-in defaults.
        public var configPath: String?
        public var backends: [MetricsSnapshot.Backend]
        public var warnings: [String]

        public init(
            daemon: String,
            processID: Int32,
            uptimeSeconds: Double,
            isDemo: Bool,
            baseURL: String,
            routingMode: String,
            configPath: String?,
            backends: [MetricsSnapshot.Backend],
            warnings: [String]
        ) {
            self.daemon = daemon
            self.processID = processID
            self.uptimeSeconds = uptimeSeconds
            self.isDemo = isDemo
            self.baseURL = baseURL
            self.routingMode = routingMode
            self.configPath = configPath
            self.backends = backends
            self.warnings = warnings
        }

        private enum CodingKeys: String, CodingKey {
            case daemon
            case processID = "pid"
            case uptimeSeconds = "uptime_seconds"
            case isDemo = "is_demo"
            case baseURL = "base_url"
            case routingMode = "routing_mode"
            case configPath = "config_path"
            case backends
            case warnings
        }
    }

    /// Parameters of `exchanges.list`.
    public struct ExchangesListRequest: Sendable, Hashable, Codable {
        /// 1 to 1,000.
        public var limit: Int
        /// Only those that came at this moment or before, for a page of older ones: the time of the oldest that is known. nil
        /// for the newest.
        public var beforeUnixMilliseconds: Int64?

        public init(limit: Int, beforeUnixMilliseconds: Int64? = nil) {
            self.limit = limit
            self.beforeUnixMilliseconds = beforeUnixMilliseconds
        }

        private enum CodingKeys: String, CodingKey {
            case limit
            case beforeUnixMilliseconds = "before_unix_ms"
        }
    }

    /// Answer to `exchanges.list`: newest first.
    public struct ExchangesList: Sendable, Hashable, Codable {
        public var exchanges: [ExchangeSummary]
        public init(exchanges: [ExchangeSummary]) { self.exchanges = exchanges }
    }

    /// Parameters of `exchanges.get`. The answer is an ``ExchangeDetail``.
    public struct ExchangesGetRequest: Sendable, Hashable, Codable {
        public var id: String
        public init(id: String) { self.id = id }
        private enum CodingKeys: String, CodingKey { case id = "query_id" }
    }

    /// Parameters of `route.explain` (a dry run: nothing is sent upstream) and, with a `sendID`, of `prompt.send`.
    ///
    /// `route.explain` answers with a ``DecisionExplanation``.
    public struct PromptRequest: Sendable, Hashable, Codable {
        public var prompt: String
        public var system: String?
        /// A model name or alias; nil means `auto`.
        public var model: String?
        /// Forces a tier.
        public var tier: Tier?
        /// Limit of the answer; nil means 1,024.
        public var maxTokens: Int?
        /// The id of a method of work, of those that `skills.list` gives.
        public var skill: String?
        /// How it is classified: `rule_based`, `hybrid` or `llm_based`; nil means as configured.
        public var classifierMode: String?
        /// One of several answers that are compared: the model or tier that is asked for gives it, no cache does, nobody else's
        /// call is shared, and a weak one is not asked again of a stronger model. It is judged for the record.
        public var isComparison: Bool?

        public init(
            prompt: String,
            system: String? = nil,
            model: String? = nil,
            tier: Tier? = nil,
            maxTokens: Int? = nil,
            skill: String? = nil,
            classifierMode: String? = nil,
            isComparison: Bool? = nil
        ) {
            self.prompt = prompt
            self.system = system
            self.model = model
            self.tier = tier
            self.maxTokens = maxTokens
            self.skill = skill
            self.classifierMode = classifierMode
            self.isComparison = isComparison
        }

        private enum CodingKeys: String, CodingKey {
            case prompt
            case system
            case model
            case tier
            case maxTokens = "max_tokens"
            case skill
            case classifierMode = "classifier_mode"
            case isComparison = "comparison"
        }
    }

    /// Answer to `prompt.send`, before the first `prompt.delta`.
    public struct PromptAccepted: Sendable, Hashable, Codable {
        /// Names the stream in the notifications that follow and in `prompt.cancel`.
        public var sendID: Int
        public init(sendID: Int) { self.sendID = sendID }
        private enum CodingKeys: String, CodingKey { case sendID = "send_id" }
    }

    /// Parameters of `prompt.cancel`. The answer is an ``Empty``.
    public struct PromptCancelRequest: Sendable, Hashable, Codable {
        public var sendID: Int
        public init(sendID: Int) { self.sendID = sendID }
        private enum CodingKeys: String, CodingKey { case sendID = "send_id" }
    }

    /// A piece of the answer to a `prompt.send`.
    public struct PromptDelta: Sendable, Hashable, Codable {
        public var sendID: Int
        public var text: String
        public init(sendID: Int, text: String) {
            self.sendID = sendID
            self.text = text
        }
        private enum CodingKeys: String, CodingKey {
            case sendID = "send_id"
            case text
        }
    }

    /// The end of a `prompt.send`.
    public struct PromptCompleted: Sendable, Hashable, Codable {
        public var sendID: Int
        /// nil when it failed before there was an exchange.
        public var detail: ExchangeDetail?
        /// Why it failed or that it was cancelled; nil when it went well.
        public var error: String?
        public init(sendID: Int, detail: ExchangeDetail?, error: String?) {
            self.sendID = sendID
            self.detail = detail
            self.error = error
        }
        private enum CodingKeys: String, CodingKey {
            case sendID = "send_id"
            case detail
            case error
        }
    }

    /// An object without members: answer to `metrics.subscribe` and `prompt.cancel`.
    public struct Empty: Sendable, Hashable, Codable {
        public init() {}
    }
}
