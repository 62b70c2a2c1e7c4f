import GatewayCore
import Shared

/// Lays the environment's variables over the settings.
struct EnvironmentReader {
    private let environment: [String: String]

    init(_ environment: [String: String]) { self.environment = environment }

    /// Applies every variable that is set; an empty one counts as unset.
    func apply(to settings: inout Settings) throws(ConfigError) {
        if let key = try secret("GATEWAY_API_KEY"), !settings.auth.keys.contains(key) { settings.auth.keys.append(key) }
        if let key = try secret("ADMIN_KEY") { settings.auth.adminKey = key }
        if let socket = value("GATEWAY_SOCKET") { settings.control.socket = socket }
        if let port = try integer("PORT", in: 0...65_535) { settings.server.port = port }
        if let seconds = try integer("CACHE_TTL_SECONDS", in: 0...315_360_000) {
            settings.cache.exactTTLSeconds = seconds
        }
        if let url = try secret("REDIS_URL") { settings.cache.redisURL = url }
        if let url = try secret("DATABASE_URL") {
            guard ConfigKey.isPostgres(url) else {
                throw error("DATABASE_URL", "expected postgresql://user:password@host:port/database")
            }
            settings.storage.databaseURL = url
        }
        if let tokens = try integer("DEFAULT_MAX_TOKENS", in: 1...10_000_000) { settings.defaultMaxTokens = tokens }
        try applyCascade(to: &settings)
        if try flag("ENABLE_MULTI_PROJECT") == false { settings.mergeProjects() }
        if let flag = try flag("RATE_LIMIT_ENABLED") { settings.limits.isEnabled = flag }
        if let most = try integer("RATE_LIMIT_RPM", in: LocatedValue.rates) {
            settings.limits.eachKey.requestsPerMinute = most
        }
        if let text = value("SMART_ROUTING_MODE") {
            try apply(routingMode: text, to: &settings)
        }
        if let text = value("CLASSIFIER_LLM_PROVIDER") {
            guard let provider = Settings.ProviderKind(rawValue: text.lowercased()) else {
                let list = Settings.ProviderKind.allCases.map(\.rawValue).joined(separator: ", ")
                throw error("CLASSIFIER_LLM_PROVIDER", "expected one of \(list), got \"\(text.prefix(60))\"")
            }
            settings.classifier.modelProvider = provider
        }
        try applyReduction(to: &settings.reduction)
        if try flag("ENABLE_SMART_ROUTING") == false { settings.routing.mode = .off }
        if let flag = try flag("RETRY_ENABLED") { settings.retry.isEnabled = flag }
        if let flag = try flag("CIRCUIT_BREAKER_ENABLED") { settings.breaker.isEnabled = flag }
        if let flag = try flag("ENABLE_SKILLS") { settings.skills.isEnabled = flag }
        if let flag = try flag("ENABLE_SEMANTIC_ROUTING_SIGNAL") { settings.classifier.usesEmbedding = flag }
        if let flag = try flag("PROMETHEUS_ENABLED") { settings.metrics.servesPrometheus = flag }
    }

    private func applyCascade(to settings: inout Settings) throws(ConfigError) {
        if let flag = try flag("ENABLE_CASCADE_ROUTING") { settings.cascade.isEnabled = flag }
        if let flag = try flag("CASCADE_LOG_OUTCOMES") { settings.cascade.logsOutcomes = flag }
        if let text = value("CASCADE_QUALITY_CHECK_MODE") {
            guard let check = Settings.QualityCheck(rawValue: text.lowercased()) else {
                let list = Settings.QualityCheck.allCases.map(\.rawValue).joined(separator: ", ")
                throw error("CASCADE_QUALITY_CHECK_MODE", "expected one of \(list), got \"\(text.prefix(60))\"")
            }
            settings.escalation.check = check
        }
        if let characters = try integer("CASCADE_MIN_RESPONSE_LENGTH", in: 0...100_000) {
            settings.escalation.rules.minimumLength = characters
        }
    }

    /// `local_first` and `keyword` are further ways to route, `always`, `auto` and `off` say for which names.
    private func apply(routingMode text: String, to settings: inout Settings) throws(ConfigError) {
        switch text.lowercased() {
        case "local_first": settings.routing.isLocalFirst = true
        case "keyword": settings.classifier.mode = .ruleBased
        case let word:
            guard let mode = Settings.RoutingMode(rawValue: word) else {
                let expected = "expected always, auto, off, local_first or keyword"
                throw error("SMART_ROUTING_MODE", "\(expected), got \"\(text.prefix(60))\"")
            }
            settings.routing.mode = mode
        }
    }

    /// Setting one of the limits switches it on.
    private func applyReduction(to reduction: inout Settings.Reduction) throws(ConfigError) {
        let limits: [(String, WritableKeyPath<Settings.Reduction, Int>)] = [
            ("SYSTEM_MAX_CHARS", \.systemMaxCharacters), ("USER_MSG_MAX_CHARS", \.userMaxCharacters),
            ("TOOL_RESULT_MAX_CHARS", \.toolResultMaxCharacters),
        ]
        for (name, member) in limits {
            guard let text = value(name) else { continue }
            guard let number = ConfigKey.textLimit(text) else {
                throw error(name, "expected \(ConfigKey.textLimitRule), got \"\(text.prefix(60))\"")
            }
            reduction[keyPath: member] = number
        }
        let switches: [(String, WritableKeyPath<Settings.Reduction, Bool>)] = [
            ("ENABLE_ANTHROPIC_CACHE_CONTROL", \.marksCache), ("STRIP_IDE_BOILERPLATE", \.stripsBoilerplate),
            ("ENABLE_FILE_HASH_CACHE", \.deduplicatesFiles), ("ENFORCE_DIFF_FIRST", \.asksForDiffs),
        ]
        for (name, member) in switches {
            guard let text = value(name) else { continue }
            guard let flag = LocatedValue.flag(text) else {
                throw error(name, "expected true or false, got \"\(text.prefix(60))\"")
            }
            reduction[keyPath: member] = flag
        }
    }

    /// The text of a variable; nil where it is unset or empty.
    func value(_ name: String) -> String? {
        let text = environment[name]?.trimmingWhitespace() ?? ""
        return text.isEmpty ? nil : String(text)
    }

    func flag(_ name: String) throws(ConfigError) -> Bool? {
        guard let text = value(name) else { return nil }
        guard let flag = LocatedValue.flag(text) else {
            throw error(name, "expected true or false, got \"\(text.prefix(60))\"")
        }
        return flag
    }

    func integer(_ name: String, in range: ClosedRange<Int>) throws(ConfigError) -> Int? {
        guard let text = value(name) else { return nil }
        guard let number = LocatedValue.integer(text), range.contains(number) else {
            throw error(name, "expected \(LocatedValue.describe(range)), got \"\(text.prefix(60))\"")
        }
        return number
    }

    func secret(_ name: String) throws(ConfigError) -> Secret? {
        guard let text = value(name) else { return nil }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw error(name, "holds a space or another character that no HTTP header may carry")
        }
        return Secret(text)
    }

    func error(_ name: String, _ problem: String) -> ConfigError {
        ConfigError(source: "environment", key: name, problem: problem)
    }
}
