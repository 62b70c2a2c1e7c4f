import GatewayCore
import GatewayIO
import Logging
import NIOPosix
import Shared
import Simulator

/// What is made once and lives as long as the process: threads, files, and connections to neighbours.
///
/// What the configuration can change while the process runs is a ``Generation``'s; what it cannot, because it is made by
/// something here, is listed in `ConfigLoader.keysThatNeedRestart`.
struct LongLived: Sendable {
    let environment: [String: String]
    let clock: Clock
    let client: UpstreamClient
    let embedder: EmbeddingEngine
    /// nil where embeddings are switched off.
    let embeddings: RememberedEmbeddings?
    let caches: CacheAssembly
    let keeper: StateKeeper
    let keys: KeyKeeper
    /// nil where limits and budgets are this daemon's alone.
    let limitsRedis: RedisClient?
    let sharedLimits: RedisLimits?
    let simulator: SimulatorHost
    /// nil where it is switched off.
    let accessLog: AccessLog?
    let serverCounters = ServerCounters()
    let webFeed: WebFeed
    private let writer: LogWriter

    /// Throws what is wrong with a setting, with the key that names it.
    init(
        _ settings: Settings,
        environment: [String: String],
        side: MultiThreadedEventLoopGroup,
        writer: LogWriter,
        logger: Logger
    ) async throws {
        self.writer = writer
        accessLog = try AccessLog(settings.log)
        self.environment = environment
        let clock = Clock(
            monotonicNanoseconds: { MonotonicTime.nanoseconds() },
            unixMilliseconds: { MonotonicTime.unixMilliseconds() }
        )
        self.clock = clock
        client = try UpstreamClient(
            settings: settings.upstream,
            threads: Daemon.threads(settings.upstream.threads, share: 4)
        )
        embedder = EmbeddingEngine(
            directories: ModelDirectories.all(configured: settings.embedding.path, environment: environment),
            threads: settings.embedding.threads,
            maximumWaiting: settings.embedding.queue
        )
        embeddings =
            settings.embedding.isEnabled
            ? RememberedEmbeddings(
                embedder,
                timeoutMilliseconds: settings.embedding.timeoutMilliseconds,
                clock: clock
            ) : nil
        caches = try CacheAssembly(
            settings: settings,
            embedder: embedder,
            embeddings: embeddings,
            clock: clock,
            environment: environment,
            logger: logger
        )
        keeper = StateKeeper(settings: settings, clock: clock, environment: environment, logger: logger)
        keys = try await KeyKeeper(
            directory: StateFiles.standardDirectory(environment: environment),
            settings: settings,
            clock: clock,
            logger: logger
        )
        limitsRedis = try SharedLimitsAssembly.client(settings)
        sharedLimits = limitsRedis.map { RedisLimits($0, isDemo: settings.isDemo) }
        simulator = SimulatorHost(side)
        webFeed = WebFeed(loop: side.next())
    }

    /// Lines below are not logged from now on.
    func adopt(logLevel: String) {
        if let level = Logger.Level(rawValue: logLevel) { writer.level = level }
    }

    /// How the server and the logs are doing.
    var figures: DaemonFigures {
        let access = accessLog?.figures ?? (written: 0, dropped: 0)
        return DaemonFigures(
            server: serverCounters.figures,
            logs: LogFigures(accessWritten: access.written, accessDropped: access.dropped, dropped: writer.droppedLines)
        )
    }

    /// What a person should know about parts that are missing.
    var warnings: [String] { caches.warnings + [keeper.warning].compactMap(\.self) }
}

/// The simulator inside of the daemon, started when a backend needs it.
actor SimulatorHost {
    private let group: MultiThreadedEventLoopGroup
    private var server: SimulatorServer?

    init(_ group: MultiThreadedEventLoopGroup) { self.group = group }

    /// Gives its address to the simulated backends that have no server of their own.
    func serve(_ settings: inout Settings) async throws {
        let wanting = settings.backends.indices.filter {
            settings.backends[$0].provider == .simulated && settings.backends[$0].baseURL.isEmpty
        }
        guard !wanting.isEmpty else { return }
        let running: SimulatorServer
        if let server {
            running = server
        } else {
            running = try await SimulatorServer.start(
                host: "127.0.0.1",
                port: 0,
                group: group,
                options: SimulatorOptions()
            )
            server = running
        }
        for index in wanting {
            settings.backends[index].baseURL = "http://127.0.0.1:\(running.port)"
            settings.backends[index].apiKey = Secret("simulated")
        }
    }

    func stop() async throws { try await server?.stop() }
}
