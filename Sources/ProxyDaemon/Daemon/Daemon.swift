import GatewayCore
import GatewayIO
import Glibc
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Shared
import Simulator
import UnixSignals

/// The parts put together, and nothing decided: settings in, services running.
struct Daemon {
    private let config: LoadedConfig
    private let logger: Logger
    private let writer = LogWriter()

    init(_ config: LoadedConfig) throws {
        self.config = config
        let log = config.settings.log
        let writer = writer
        LoggingSystem.bootstrap { LineLogHandler(label: $0, format: log.format, writer: writer) }
        var logger = Logger(label: "gatewayd")
        logger.logLevel = Logger.Level(rawValue: log.level) ?? .info
        self.logger = logger
    }

    func run() async throws {
        var settings = config.settings
        let tls = try ServerTLS(settings.server)
        let serving = MultiThreadedEventLoopGroup(numberOfThreads: Self.threads(settings.server.threads, share: 2))
        let side = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let simulator = try await startSimulator(&settings, side)
        let catalogue = try CatalogueFile.effective(overlay: settings.catalogueFile)
        let client = try UpstreamClient(
            settings: settings.upstream,
            threads: Self.threads(settings.upstream.threads, share: 4)
        )
        let clock = Clock(
            monotonicNanoseconds: { MonotonicTime.nanoseconds() },
            unixMilliseconds: { MonotonicTime.unixMilliseconds() }
        )
        let environment = Startup.environment()
        let embedder = EmbeddingEngine(
            directories: ModelDirectories.all(configured: settings.embedding.path, environment: environment),
            threads: settings.embedding.threads,
            maximumWaiting: settings.embedding.queue
        )
        let assembly = try ClassifierAssembly(
            settings: settings,
            catalogue: catalogue,
            embedder: embedder,
            transport: client.transport,
            clock: clock,
            environment: environment
        )
        let caches = try CacheAssembly(
            settings: settings,
            embedder: embedder,
            embeddings: assembly.embeddings,
            clock: clock,
            environment: environment,
            logger: logger
        )
        let skills = try SkillFiles.library(settings.skills, configPath: config.path, environment: environment)
        let keeper = StateKeeper(settings: settings, clock: clock, environment: environment, logger: logger)
        let keys = try await KeyKeeper(
            directory: StateFiles.standardDirectory(environment: environment),
            fixed: settings.hashedKeys,
            logger: logger
        )
        let limitsRedis = try SharedLimitsAssembly.client(settings, logger: logger)
        let gateway = Gateway(
            settings: settings,
            catalogue: catalogue,
            classifier: assembly.classifier,
            learning: assembly.learning,
            caching: caches.parts,
            skills: skills,
            outcomes: keeper.outcomes,
            exchanges: keeper.exchanges,
            boilerplate: try BoilerplateFile.effective(adding: settings.reduction.boilerplateFile),
            ring: keys.ring,
            sharedLimits: limitsRedis.map { RedisLimits($0) },
            transport: client.transport,
            clock: clock
        )
        let notices = config.warnings + assembly.warnings + caches.warnings + [keeper.warning].compactMap(\.self)
        for warning in notices { gateway.ledger.warn(warning) }
        // The gateway adds what holds at the moment, such as that the embedding model is not there.
        let warnings = gateway.snapshot().warnings
        gateway.ledger.logExchanges(to: logger)

        let workflows = WorkflowDesk(
            gateway: gateway,
            library: WorkflowLibrary(
                directory: WorkflowLibrary.directory(
                    configured: settings.workflows.path,
                    configPath: config.path,
                    environment: environment
                ),
                maxOps: settings.workflows.maxOps
            )
        )
        let readiness = Readiness()
        let server = HTTPServer(
            settings: settings.server,
            responder: Application(
                gateway: gateway,
                catalogue: catalogue,
                workflows: workflows,
                outcomes: keeper.outcomes,
                exchanges: keeper.exchanges,
                keys: keys.file,
                readiness: readiness
            ),
            readiness: readiness,
            tls: tls,
            group: serving,
            logger: logger
        )
        let path = settings.control.socket ?? SocketPath.standard(environment: environment, userID: getuid())
        // The socket's lock is taken before the port, so that a second daemon hears which process is running.
        let scheme = tls == nil ? "http" : "https"
        let baseURL = "\(scheme)://\(settings.server.host):\(settings.server.port)"
        let desk = ControlDesk(gateway: gateway, workflows: workflows, baseURL: baseURL, configPath: config.path)
        let control = try ControlSocket(path: path, desk: desk, group: side, logger: logger)
        let prepared = PreparedKeeper(
            gateway.prepared,
            directory: StateFiles.standardDirectory(environment: environment),
            logger: logger
        )
        await prepared.prepare()
        await keeper.exchanges?.restore(gateway.ledger)
        let budgets = BudgetKeeper(
            gateway.budgets,
            directory: StateFiles.standardDirectory(environment: environment),
            redis: limitsRedis,
            logger: logger
        )
        await budgets.prepare()
        let port = try await server.bind()
        desk.listening(on: "\(scheme)://\(settings.server.host):\(port)")
        try await control.bind()
        let notice = ServiceNotice(environment: environment)
        let announcement = Announcement(notice: notice) { [settings] in
            announce(settings, warnings, port: port, socket: path)
        }

        let services = ServiceGroup(
            configuration: .init(
                services: [
                    .init(service: LearnedKeeper(assembly: assembly, logger: logger)),
                    .init(service: prepared), .init(service: budgets), .init(service: keys),
                    .init(service: CacheKeeper(gateway: gateway, assembly: caches)), .init(service: keeper),
                    .init(service: control), .init(service: server), .init(service: announcement),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: quiet
            )
        )
        stopAtSecondSignal()
        try await services.run()
        client.stop()
        try await simulator?.stop()
        logger.notice("stopped")
        writer.flush()
        // Every connection is closed. The event loops end with the process: whatever still has one to its name on the way
        // out could else not even be freed.
        exit(0)
    }

    /// The first signal has what is under way finished; who sends a second one does not want to wait for that.
    private func stopAtSecondSignal() {
        let writer = writer
        // Ends with the process.
        Task {
            var isStopping = false
            for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) {
                guard isStopping else {
                    isStopping = true
                    continue
                }
                writer.flush()
                Startup.complain("a second signal: stopped without waiting for what was under way")
                _exit(1)
            }
        }
    }

    /// The lifecycle library tells of every step; a person wants to hear of its errors only.
    private var quiet: Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .error)
        return logger
    }

    /// Starts the simulator for the backends that have no server of their own, and gives them its address.
    private func startSimulator(_ settings: inout Settings, _ group: MultiThreadedEventLoopGroup) async throws
        -> SimulatorServer?
    {
        let wanting = settings.backends.indices.filter {
            settings.backends[$0].provider == .simulated && settings.backends[$0].baseURL.isEmpty
        }
        guard !wanting.isEmpty else { return nil }
        let server = try await SimulatorServer.start(
            host: "127.0.0.1",
            port: 0,
            group: group,
            options: SimulatorOptions()
        )
        for index in wanting {
            settings.backends[index].baseURL = "http://127.0.0.1:\(server.port)"
            settings.backends[index].apiKey = Secret("simulated")
        }
        return server
    }

    private func announce(_ settings: Settings, _ warnings: [String], port: Int, socket: String) {
        for warning in warnings { logger.warning("\(warning)") }
        let scheme = settings.server.tlsCertificate == nil ? "http" : "https"
        let mode = settings.isDemo ? "demo mode: every answer is simulated" : "live"
        logger.notice("\(GatewayVersion.headerValue) listens on \(scheme)://\(settings.server.host):\(port) (\(mode))")
        logger.notice("control socket \(socket), configuration \(config.path ?? "built in")")
    }

    /// The configured count, or a share of the cores, at least one.
    private static func threads(_ configured: Int, share: Int) -> Int {
        configured > 0 ? configured : max(1, NIOCore.System.coreCount / share)
    }
}

/// Tells people and the service manager that the gateway serves. A service, because signals are taken only once services run: whoever reads the line may
/// send one at once.
private struct Announcement: Service {
    let notice: ServiceNotice
    let announce: @Sendable () -> Void

    func run() async throws {
        announce()
        notice.tell(.ready)
        try await gracefulShutdown()
        notice.tell(.stopping)
    }
}

extension Ledger {
    /// Has failed exchanges logged as warnings, all others at debug.
    fileprivate func logExchanges(to logger: Logger) {
        observe { summary in
            let failed = summary.error != nil && summary.status >= 500
            logger.log(
                level: failed ? .warning : .debug,
                "exchange",
                metadata: [
                    "id": "\(summary.id)", "model": "\(summary.model)", "status": "\(summary.status)",
                    "cache": "\(summary.cache)", "cost_usd": "\(summary.cost)", "ms": "\(summary.latencyMilliseconds)",
                    "error": "\(PlainText.sanitized(summary.error ?? "-"))",
                ]
            )
        }
    }
}
