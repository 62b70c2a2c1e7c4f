package import GatewayCore
import Shared

/// What the command line says about the settings; nil where it says nothing.
package struct ConfigOverrides: Sendable, Equatable {
    package var host: String?
    package var port: Int?
    package var socket: String?
    /// True: only pretend. False: never pretend, rather fail.
    package var demo: Bool?
    package var logLevel: String?

    package init(
        host: String? = nil,
        port: Int? = nil,
        socket: String? = nil,
        demo: Bool? = nil,
        logLevel: String? = nil
    ) {
        self.host = host
        self.port = port
        self.socket = socket
        self.demo = demo
        self.logLevel = logLevel
    }
}

/// The settings in force and where they came from.
package struct LoadedConfig: Sendable, Equatable {
    package var settings: Settings
    /// The file that was read; nil for the built-in defaults.
    package var path: String?
    /// What a person should know, a line each.
    package var warnings: [String]
}

/// Reads the settings: built-in, then the file, then the environment, then the command line. The last one wins.
package enum ConfigLoader {
    /// Reads the whole configuration or none of it. Without a path the first file of ``standardPaths(environment:)`` that
    /// is there counts; where none is, the built-in defaults hold.
    ///
    /// - Throws: ``ConfigError`` that names the place, what was expected and, for a word, the nearest known one.
    package static func load(
        path: String?,
        environment: [String: String],
        overrides: ConfigOverrides
    ) throws(ConfigError) -> LoadedConfig {
        try load(
            path: path,
            environment: environment,
            overrides: overrides,
            standardPaths: standardPaths(environment: environment)
        )
    }

    /// Where a configuration file is looked for, in this order.
    package static func standardPaths(environment: [String: String]) -> [String] {
        var paths = ["config.yaml"]
        if let directory = environment["XDG_CONFIG_HOME"], directory.hasPrefix("/") {
            paths.append("\(directory)/llm-gateway/config.yaml")
        } else if let home = environment["HOME"], home.hasPrefix("/") {
            paths.append("\(home)/.config/llm-gateway/config.yaml")
        }
        return paths + ["/etc/llm-gateway/config.yaml"]
    }

    static func load(
        path: String?,
        environment: [String: String],
        overrides: ConfigOverrides,
        standardPaths: [String]
    ) throws(ConfigError) -> LoadedConfig {
        guard let file = try find(path, in: standardPaths) else {
            return try load(text: "", path: nil, environment: environment, overrides: overrides)
        }
        var loaded = try load(text: file.text, path: file.path, environment: environment, overrides: overrides)
        if let warning = try OpenSecrets.warning(file.text, path: file.path) { loaded.warnings.append(warning) }
        return loaded
    }

    /// The same for a file's text.
    static func load(
        text: String,
        path: String?,
        environment: [String: String],
        overrides: ConfigOverrides = ConfigOverrides()
    ) throws(ConfigError) -> LoadedConfig {
        let variables = EnvironmentReader(environment)
        var settings = Settings()
        let builtIn = BuiltInBackends(variables)
        var drafts = try builtIn.lineUp()
        var fields: [String: LocatedValue] = [:]
        var warnings: [String] = []
        if let path {
            let tree = try YAMLTree.parse(text, file: path)
            let expansion = Expansion(environment: environment)
            warnings = UnsetVariables(expansion: expansion).warnings(tree, file: path)
            let root = LocatedValue(root: tree, file: path, expansion: expansion)
            let file = try FileReader.read(root, into: &settings)
            fields = file.fields
            drafts = file.drafts ?? drafts
        }
        try variables.apply(to: &settings)
        try builtIn.addLocal(to: &drafts)
        try apply(overrides, to: &settings)
        try checkThresholds(settings, fields)
        let demo = try DemoMode.settle(
            &settings,
            drafts: drafts,
            asked: overrides.demo,
            environment: environment,
            path: path
        )
        // In demo mode the backends of the file are not those in force.
        let inForce = settings.backends.map(\.name)
        let names = inForce + drafts.map(\.backend.name).filter { !inForce.contains($0) }
        try checkNames(settings, fields, known: names)
        try checkShared(settings, fields)
        let isAdminKeyFromEnvironment = variables.value("ADMIN_KEY") != nil
        try refuseSharedAdminKey(settings, fields, isFromEnvironment: isAdminKeyFromEnvironment)
        try refuseUnguarded(settings)
        let proxy = unusedProxy(settings, environment)
        let unsigned = unsignedAnswers(settings)
        return LoadedConfig(
            settings: settings,
            path: path,
            warnings: [demo, proxy, unsigned].compactMap(\.self) + warnings
        )
    }

    private static func find(
        _ path: String?,
        in standardPaths: [String]
    ) throws(ConfigError) -> (text: String, path: String)? {
        for candidate in path.map({ [$0] }) ?? standardPaths {
            do throws(TextFile.Failure) {
                return (try TextFile.read(candidate), candidate)
            } catch {
                if path == nil, error.isAbsent { continue }
                throw ConfigError(source: candidate, problem: error.problem)
            }
        }
        return nil
    }

    private static func apply(_ overrides: ConfigOverrides, to settings: inout Settings) throws(ConfigError) {
        func error(_ option: String, _ problem: String) -> ConfigError {
            ConfigError(source: "command line", key: option, problem: problem)
        }
        if let host = overrides.host {
            guard ConfigKey.isHost(host) else {
                throw error("--host", "expected a host name or an address, without a port")
            }
            settings.server.host = host
        }
        if let port = overrides.port {
            guard (0...65_535).contains(port) else {
                throw error("--port", "expected \(LocatedValue.describe(0...65_535)), got \"\(port)\"")
            }
            settings.server.port = port
        }
        if let socket = overrides.socket {
            guard !socket.isEmpty else { throw error("--socket", "expected a path") }
            guard socket.utf8.count <= SocketPath.maximumBytes else {
                let problem = "expected a path of at most \(SocketPath.maximumBytes) bytes; set a shorter one"
                throw error("--socket", problem)
            }
            settings.control.socket = socket
        }
        if let level = overrides.logLevel {
            guard ConfigKey.logLevels.contains(level.lowercased()) else {
                let list = ConfigKey.logLevels.joined(separator: ", ")
                throw error("--log-level", "expected one of \(list), got \"\(level.prefix(60))\"")
            }
            settings.log.level = level.lowercased()
        }
    }

    private static func checkThresholds(
        _ settings: Settings,
        _ fields: [String: LocatedValue]
    ) throws(ConfigError) {
        guard let low = settings.classifier.tier1Max, let high = settings.classifier.tier2Max, low >= high else {
            return
        }
        let problem = "expected less than tier2_max, which is \(high), got \"\(low)\""
        throw fields["classifier.tier1_max"]?.error(problem) ?? ConfigError(source: "classifier", problem: problem)
    }

    /// Every backend that the routing speaks of has to be there.
    private static func checkNames(
        _ settings: Settings,
        _ fields: [String: LocatedValue],
        known names: [String]
    ) throws(ConfigError) {
        func check(_ name: String, _ field: String) throws(ConfigError) {
            guard !names.contains(name) else { return }
            let hint = EditDistance.nearest(to: name, among: names).map { "did you mean \($0)? " } ?? ""
            let problem = "no backend is named \(name) (\(hint)there are \(names.joined(separator: ", ")))"
            throw fields[field]?.error(problem) ?? ConfigError(source: field, problem: problem)
        }
        for project in settings.projects where project.keys.contains(where: settings.auth.keys.contains) {
            let problem = "a key of \(project.name) is one of auth.keys, too; a key belongs to a project or to none"
            throw fields["projects"]?.error(problem) ?? ConfigError(source: "projects", problem: problem)
        }
        if let name = settings.classifier.model { try check(name, "classifier.model") }
        for name in settings.routing.bounds.prefer.flatMap(\.models) { try check(name, "routing.prefer") }
        for name in settings.projects.flatMap(\.bounds.prefer).flatMap(\.models) { try check(name, "projects") }
        for name in settings.projects.flatMap(\.bounds.allowedModels) { try check(name, "projects") }
        let bounds = [settings.routing.bounds] + settings.projects.map { $0.bounds.over(settings.routing.bounds) }
        for bounds in bounds {
            guard let least = bounds.minTier, let most = bounds.maxTier, least > most else { continue }
            let problem = "min_tier \(least.name) is above max_tier \(most.name)"
            let field = fields["routing.min_tier"] ?? fields["projects"]
            throw field?.error(problem) ?? ConfigError(source: "routing", problem: problem)
        }
    }

    /// Whoever needs a proxy expects the usual variables to hold, and would only see providers that cannot be reached.
    private static func unusedProxy(_ settings: Settings, _ environment: [String: String]) -> String? {
        let isFar = settings.backends.contains { backend in
            (try? BaseURL(backend.baseURL)).map { !$0.isLoopback } ?? false
        }
        let names = ["https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"]
        guard !settings.upstream.usesProxyEnvironment, isFar,
            let name = names.first(where: { environment[$0]?.isEmpty == false })
        else { return nil }
        return
            "\(name) is set and not used: providers are called directly. To use it: upstream.use_proxy_environment: true"
    }

    /// Without keys anybody in the network could spend the owner's money.
    private static func refuseUnguarded(_ settings: Settings) throws(ConfigError) {
        let host = settings.server.host
        let isLocal = (try? BaseURL(settings.server.url(port: 80)))?.isLoopback ?? false
        let hasKeys =
            !settings.auth.keys.isEmpty || !settings.hashedKeys.isEmpty
            || settings.projects.contains { !$0.keys.isEmpty }
        guard !hasKeys, !isLocal else { return }
        throw ConfigError(
            source: "server.host",
            problem:
                "\(host) can be reached from other machines: set GATEWAY_API_KEY or auth.keys first, or use 127.0.0.1"
        )
    }
}
