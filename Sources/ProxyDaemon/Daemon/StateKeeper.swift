import GatewayCore
import GatewayIO
import Logging
import ServiceLifecycle

/// The state database, put together from the settings: every exchange, and what routing decisions came to.
final class StateKeeper: Service {
    /// nil where exchanges are not kept.
    let exchanges: ExchangeDatabase?
    /// nil where outcomes are not kept.
    let outcomes: OutcomeDatabase?
    /// What a person should know at the start; nil where there is nothing.
    let warning: String?
    private let database: DiskDatabase?
    private let archive: PostgresArchive?

    init(settings: Settings, clock: Clock, environment: [String: String], logger: Logger) {
        guard let path = StoragePlace.database(settings.storage, environment: environment),
            !StoragePlace.isCache(settings.storage)
        else {
            let why =
                StoragePlace.isCache(settings.storage)
                ? "storage.path is the file that the cache uses; choose another name"
                : "neither storage.path, XDG_STATE_HOME nor HOME is set"
            warning = "exchanges and outcomes of routing are not kept: \(why)"
            (database, archive, exchanges, outcomes) = (nil, nil, nil, nil)
            return
        }
        let notify: @Sendable (String) -> Void = { logger.warning("\($0)") }
        let storage = settings.storage
        let database = DiskDatabase(
            state: path,
            clock: clock,
            syncsAll: storage.synchronous == .full,
            notify: notify
        )
        var limits = ExchangeDatabase.Limits()
        limits.waitingRows = storage.maxWaiting
        limits.isStrict = storage.isStrict
        limits.gatherMilliseconds = storage.synchronous == .full ? 0 : 200
        limits.confirms = storage.synchronous == .full
        limits.retentionDays = storage.retentionDays
        limits.fileBytes = storage.maxBytes
        limits.hasArchive = storage.databaseURL != nil
        let exchanges = ExchangeDatabase(
            database: database,
            clock: clock,
            isDemo: settings.isDemo,
            limits: limits,
            shared: storage.databaseURL.map { SharedUsage(url: $0) },
            notify: notify
        )
        var outcomeLimits = OutcomeDatabase.Limits()
        outcomeLimits.bytes = storage.maxBytes
        outcomeLimits.retentionDays = storage.retentionDays
        outcomeLimits.hasArchive = storage.databaseURL != nil
        let outcomes =
            settings.cascade.logsOutcomes
            ? OutcomeDatabase(
                database: database,
                clock: clock,
                isDemo: settings.isDemo,
                limits: outcomeLimits,
                notify: notify
            ) : nil
        (self.exchanges, self.outcomes) = (exchanges, outcomes)
        archive = storage.databaseURL.map { url in
            PostgresArchive(
                exchanges: exchanges,
                outcomes: outcomes,
                url: url,
                retentionDays: storage.retentionDays,
                clock: clock,
                notify: notify
            )
        }
        self.database = database
        warning = nil
    }

    func run() async throws {
        if let archive {
            // What is not sent by the end is sent after the next start.
            await cancelWhenGracefulShutdown { await archive.run() }
        } else {
            try await gracefulShutdown()
        }
        await database?.close()
    }
}
