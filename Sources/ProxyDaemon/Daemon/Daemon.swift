import GatewayCore
import GatewayIO
import Glibc
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Shared

/// The parts put together, and nothing decided: settings in, services running.
struct Daemon {
    private let config: LoadedConfig
    private let read: @Sendable () throws -> LoadedConfig
    private let logger: Logger
    private let writer = LogWriter()
    private let tail = LogTail()

    /// `read` reads the configuration as it was read at the start.
    init(_ read: @escaping @Sendable () throws -> LoadedConfig) throws {
        config = try read()
        self.read = read
        let log = config.settings.log
        let (writer, tail) = (writer, tail)
        LoggingSystem.bootstrap { LineLogHandler(label: $0, format: log.format, writer: writer, tail: tail) }
        writer.level = Logger.Level(rawValue: log.level) ?? .info
        logger = Logger(label: "gatewayd")
    }

    func run() async throws {
        let settings = config.settings
        let hangups = await Hangups()
        let environment = Startup.environment()
        let inherited = try InheritedSocket(environment: environment)
        let serving = MultiThreadedEventLoopGroup(numberOfThreads: Self.threads(settings.server.threads, share: 2))
        let side = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let parts = try await LongLived(settings, environment: environment, side: side, writer: writer, logger: logger)
        let readiness = Readiness()
        let first = try await Generation(config, parts, readiness: readiness)
        let gateway = first.gateway
        // The gateway adds what holds at the moment, such as that the embedding model is not there.
        let warnings = gateway.snapshot().warnings
        gateway.ledger.logExchanges(to: logger)

        let server = HTTPServer(
            first.terms,
            readiness: readiness,
            accessLog: parts.accessLog,
            counters: parts.serverCounters,
            group: serving,
            logger: logger
        )
        let path = settings.control.socket ?? SocketPath.standard(environment: environment, userID: getuid())
        // The socket's lock is taken before the port, so that a second daemon hears which process is running.
        let desk = ControlDesk(
            gateway: gateway,
            workflows: first.workflows,
            baseURL: settings.server.url(port: settings.server.port),
            configPath: config.path,
            exchanges: parts.keeper.exchanges,
            log: tail
        )
        let control = try ControlSocket(path: path, desk: desk, group: side, logger: logger)
        let directory = StateFiles.standardDirectory(environment: environment)
        let prepared = PreparedKeeper(
            gateway.prepared,
            directory: directory,
            isDemo: settings.isDemo,
            logger: logger
        )
        await prepared.prepare()
        await parts.keeper.exchanges?.restore(gateway.ledger)
        parts.webFeed.start(gateway, readiness: readiness)
        let budgets = BudgetKeeper(
            gateway.budgets,
            directory: directory,
            isDemo: settings.isDemo,
            redis: parts.limitsRedis,
            shared: parts.sharedLimits,
            logger: logger
        )
        await budgets.prepare()
        let port = try await server.bind(inherited)
        desk.listening(on: settings.server.url(port: port))
        let reloader = Reloader(
            first,
            parts: parts,
            readiness: readiness,
            users: .init(server: server, desk: desk),
            logger: logger,
            read: read
        )
        desk.reloads { () throws(JSONRPC.Failure) in
            do throws(Reloader.Refusal) {
                return try await reloader.reload()
            } catch {
                throw .invalidParams(error.description)
            }
        }
        try await control.bind()
        let notice = ServiceNotice(environment: environment)
        let writer = writer
        let stops = await Stops {
            writer.flush()
            Startup.complain("a second signal: stopped without waiting for what was under way")
            _exit(1)
        }
        let announcement = Announcement(notice: notice) {
            announce(settings, warnings, asksForKeys: gateway.asksForKeys, port: port, socket: path)
        }

        let services = ServiceGroup(
            configuration: .init(
                services: [
                    .init(service: LearnedKeeper(assembly: first.assembly, logger: logger)),
                    .init(service: prepared), .init(service: budgets), .init(service: parts.keys),
                    .init(service: CacheKeeper(gateway: gateway, assembly: parts.caches)),
                    .init(service: parts.keeper),
                    .init(service: HistoryKeeper(ledger: gateway.ledger, parts.keeper.exchanges)),
                    .init(service: control), .init(service: server), .init(service: announcement),
                    .init(service: HangupKeeper(hangups: hangups, reloader: reloader, notice: notice)),
                    .init(service: StopKeeper(stops: stops), successTerminationBehavior: .gracefullyShutdownGroup),
                ],
                logger: quiet
            )
        )
        try await services.run()
        parts.client.stop()
        try await parts.simulator.stop()
        logger.notice("stopped")
        parts.accessLog?.flush()
        writer.flush()
        // Every connection is closed. The event loops end with the process: whatever still has one to its name on the way
        // out could else not even be freed.
        exit(0)
    }

    /// The lifecycle library tells of every step; a person wants to hear of its errors only.
    private var quiet: Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .error)
        return logger
    }

    private func announce(
        _ settings: Settings,
        _ warnings: [String],
        asksForKeys: Bool,
        port: Int,
        socket: String
    ) {
        for warning in warnings { logger.warning("\(warning)") }
        let address = settings.server.url(port: port)
        let mode = settings.isDemo ? "demo mode: every answer is simulated" : "live"
        logger.notice("\(GatewayVersion.headerValue) listens on \(address) (\(mode))")
        logger.notice("control socket \(socket), configuration \(config.path ?? "built in")")
        let isClosed = settings.auth.adminKey == nil && asksForKeys
        logger.notice("web dashboard \(isClosed ? "closed: set ADMIN_KEY (auth.admin_key)" : "\(address)/dashboard")")
    }

    /// The configured count, or a share of the cores, at least one.
    static func threads(_ configured: Int, share: Int) -> Int {
        configured > 0 ? configured : max(1, NIOCore.System.coreCount / share)
    }
}

/// Tells people and the service manager that the gateway serves. A service, because signals are heeded only once services run: whoever reads the line may
/// send one at once.
private struct Announcement: Service {
    let notice: ServiceNotice
    let announce: @Sendable () -> Void

    func run() async throws {
        announce()
        notice.tell(.ready)
        // Databases are opened and histories read for a little longer.
        Task {
            try? await Task.sleep(for: .seconds(2))
            ProgramCode.release()
        }
        try await gracefulShutdown()
        notice.tell(.stopping)
    }
}

extension String {
    /// What stands before a word, with the word itself but for its colon; all of it where the word is not there.
    fileprivate func prefix(before word: String) -> Substring {
        firstRange(of: word).map { self[..<$0.lowerBound] + word.prefix { $0 != ":" } } ?? self[...]
    }
}

extension Ledger {
    /// Has failed exchanges logged as warnings, all others at debug.
    fileprivate func logExchanges(to logger: Logger) {
        observe { summary in
            let failed = summary.error != nil && summary.status >= 500
            // What follows may be the provider's own words, which may hold some of the prompt.
            let error = summary.error.map { failed ? $0.prefix(before: " broke off: ") : $0[...] }
            logger.log(
                level: failed ? .warning : .debug,
                "exchange",
                metadata: [
                    "query_id": "\(summary.id)", "model": "\(summary.model)", "status": "\(summary.status)",
                    "cache": "\(summary.cache)", "cost_usd": "\(summary.cost)", "ms": "\(summary.latencyMilliseconds)",
                    "error": "\(PlainText.sanitized(error ?? "-"))",
                ]
            )
        }
    }
}
