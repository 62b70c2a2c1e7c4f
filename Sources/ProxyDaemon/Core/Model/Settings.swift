package import Shared

/// Everything that can be configured, with the built-in defaults. `config.yaml` at the top of the repository says what
/// each key means; `IO/ConfigFile` reads it.
package struct Settings: Sendable, Equatable {
    package struct Server: Sendable, Equatable {
        package var host = "127.0.0.1"
        package var port = 8080
        /// Larger request bodies get a 413.
        package var maxBodyBytes = 33_554_432
        /// What larger bodies of requests under way may take together; nil for a quarter of the memory.
        package var maxHeldBodyBytes: Int?
        /// From a request's first byte to its last.
        package var readTimeoutSeconds = 30
        /// A client that takes no bytes for this long is let go.
        package var writeTimeoutSeconds = 600
        /// How long an idle connection is kept. Longer than the pools of the usual clients, which drop theirs after 5 s.
        package var keepAliveTimeoutSeconds = 75
        /// Connections beyond this are answered 503 and closed.
        package var maxConnections = 8_192
        /// Event loops that serve clients; 0 means half the cores, at least one.
        package var threads = 0
        /// From a connection's or a head's first byte to the head's last. A body has as long before its rate counts.
        package var headerTimeoutSeconds = 10
        /// A body that comes more slowly is cut; 0 for any rate.
        package var minBodyBytesPerSecond = 512
        /// Of a request's head. Larger ones get a 431.
        package var maxHeaderBytes = 65_536
        package var maxHeaders = 128
        /// Bytes of one answer held for a slow reader beside those that `upstream.bufferBytes` bounds.
        package var writeBufferBytes = 32_768
        /// How long requests under way may go on once the daemon is to stop.
        package var drainTimeoutSeconds = 30
        /// Paths of PEM files; nil for both: no TLS.
        package var tlsCertificate: String?
        package var tlsKey: String?
        package init() {}

        /// What clients call the server that listens on this port.
        package func url(port: Int) -> String {
            "\(tlsCertificate == nil ? "http" : "https")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        }
    }

    package struct Auth: Sendable, Equatable {
        /// Keys clients must present; none means that only this machine is served.
        package var keys: [Secret] = []
        /// Keys of which only the hash is known.
        package var hashedKeys: [KeyRecord] = []
        package var adminKey: Secret?
        package init() {}
    }

    package struct Control: Sendable, Equatable {
        /// Path of the Unix socket; nil means the standard place.
        package var socket: String?
        package init() {}
    }

    /// What kind of upstream a backend is.
    package enum ProviderKind: String, Sendable, CaseIterable {
        case anthropic
        /// OpenAI itself.
        case openai
        /// Any other server of Chat Completions: llama.cpp, vLLM, LM Studio…
        case openaiCompatible = "openai_compatible"
        case ollama
        case simulated

        package var wire: BackendWire {
            switch self {
            case .anthropic, .simulated: .anthropic
            case .openai, .openaiCompatible: .openai
            case .ollama: .ollama
            }
        }
    }

    /// One upstream deployment of one model.
    package struct Backend: Sendable, Equatable {
        /// The alias shown everywhere.
        package var name: String
        package var provider: ProviderKind
        /// The provider's model id.
        package var model: String
        /// Without a trailing slash or `/v1`. Empty for `simulated` without one: the daemon's own simulator.
        package var baseURL: String
        package var apiKey: Secret?
        package var tier: Tier
        /// Extra request headers, in the order of the file.
        package var headers: [HeaderField]
        /// Takes the place of the catalogue's prices.
        package var price: Price?
        /// Takes the place of the catalogue's limit of answer tokens.
        package var maxTokens: Int?
        /// Further models of the same server, for clients that ask for them by name.
        package var allowedModels: [String] = []
        /// Ollama's `num_ctx`: the window it is to run the model with.
        package var contextTokens: Int?
        /// The server understands `stream_options.include_usage`.
        package var reportsStreamUsage = true
        /// In the place of the timeouts for the first byte and between two bytes.
        package var timeoutSeconds: Int?
        /// Calls at once; further ones queue. nil for no bound.
        package var maxConcurrent: Int?

        package init(
            name: String,
            provider: ProviderKind,
            model: String,
            baseURL: String,
            apiKey: Secret? = nil,
            tier: Tier,
            headers: [HeaderField] = [],
            price: Price? = nil,
            maxTokens: Int? = nil
        ) {
            self.name = name
            self.provider = provider
            self.model = model
            self.baseURL = baseURL
            self.apiKey = apiKey
            self.tier = tier
            self.headers = headers
            self.price = price
            self.maxTokens = maxTokens
        }
    }

    package struct Upstream: Sendable, Equatable {
        package var connectTimeoutSeconds = 10
        /// From the request's last byte to the answer's first.
        package var firstByteTimeoutSeconds = 300
        /// Between two bytes of an answer.
        package var idleTimeoutSeconds = 300
        /// The whole call.
        package var totalTimeoutSeconds = 3_600
        /// A stream that is silent for this long gets a ping from the gateway.
        package var pingIntervalSeconds = 15
        /// Bytes of one answer held for a slow reader before the provider is made to wait.
        package var bufferBytes = 16_384
        /// Of one answer, streams included. A longer one is broken off.
        package var maxAnswerBytes = 67_108_864
        /// HTTPS_PROXY and its like hold for calls to providers.
        package var usesProxyEnvironment = false
        /// Threads that drive libcurl; 0 means a quarter of the cores, at least one.
        package var threads = 0
        /// A file of certificate authorities in PEM form; nil means the system's.
        package var caFile: String?
        package init() {}
    }

    package enum LogFormat: String, Sendable, CaseIterable {
        case text
        case json
    }

    package enum AccessLogFormat: String, Sendable, CaseIterable {
        case off
        case text
        case json
    }

    /// How much of a prompt is kept in logs, records and on the dashboard.
    package enum PromptLogging: String, Sendable, CaseIterable {
        case none
        /// About the first 120 bytes.
        case snippet
        case full
    }

    package struct Log: Sendable, Equatable {
        /// swift-log's names: trace, debug, info, notice, warning, error, critical.
        package var level = "info"
        package var format = LogFormat.text
        package var prompts = PromptLogging.snippet
        /// A line for each answered request.
        package var access = AccessLogFormat.off
        /// Where they go; nil for standard error.
        package var accessPath: String?
        package init() {}
    }

    package struct Metrics: Sendable, Equatable {
        /// `/admin/metrics` is there.
        package var servesPrometheus = true
        package init() {}
    }

    package var server = Server()
    package var auth = Auth()
    package var control = Control()
    package var backends: [Backend] = []
    package var routing = Routing()
    package var classifier = Classifier()
    package var learned = Learned()
    package var limits = RateLimits()
    package var budgets = Budgets()
    package var embedding = Embedding()
    package var projects: [Project] = []
    package var cache = Cache()
    package var coalesce = Coalesce()
    package var escalation = Escalation()
    package var cascade = Cascade()
    package var storage = Storage()
    package var skills = Skills()
    package var reduction = Reduction()
    package var upstream = Upstream()
    package var retry = Retry()
    package var breaker = Breaker()
    package var load = Load()
    /// The tiers that answer in a tier's place when all of that fails; for a tier without an entry the usual ones do.
    package var fallbacks: [Tier: [Tier]] = [:]
    package var log = Log()
    package var metrics = Metrics()
    package var workflows = Workflows()
    /// A field that a backend of another dialect has no counterpart for is refused rather than dropped with a warning.
    package var strictTranslation = false
    /// For requests without a limit, where the backend's dialect demands one.
    package var defaultMaxTokens = 4_096
    /// A file of models and prices that is laid over the built-in catalogue.
    package var catalogueFile: String?
    /// Every backend is simulated and no money moves.
    package var isDemo = false

    package init() {}

    /// The hashed keys of the file, those of projects included.
    package var hashedKeys: [KeyRecord] { auth.hashedKeys + projects.flatMap(\.hashedKeys) }
}

/// A header's name and value.
package struct HeaderField: Sendable, Hashable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}
