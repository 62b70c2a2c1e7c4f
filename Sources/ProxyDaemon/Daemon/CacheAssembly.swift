import GatewayCore
import GatewayIO
import Logging
import ServiceLifecycle

/// Where answers and questions outlive the daemon, put together from the settings.
struct CacheAssembly: Sendable {
    let parts: CachingParts
    /// What a person should know at the start.
    let warnings: [String]
    private let database: DiskDatabase?
    private let redis: RedisClient?

    /// Throws what is wrong with the server's address, with the key that names it.
    init(
        settings: Settings,
        embedder: EmbeddingEngine,
        embeddings: RememberedEmbeddings?,
        clock: Clock,
        environment: [String: String],
        logger: Logger
    ) throws {
        var parts = CachingParts()
        var warnings: [String] = []
        var database: DiskDatabase?
        var redis: RedisClient?
        parts.embeddings = embeddings
        parts.isKnownWord = { embedder.isKnownWord($0) }
        parts.scanner = .native
        let cache = settings.cache
        let signingKey = Array((cache.signingKey?.exposed ?? "").utf8)
        if !cache.isEnabled {
            // Nothing is kept anywhere.
        } else if let url = cache.redisURL?.exposed {
            let client = try Self.connect(url, cache, logger)
            parts.home = RedisAnswers(client, sealKey: signingKey)
            if cache.semantic.isEnabled {
                parts.journal = try RedisJournal(
                    client,
                    sealKey: signingKey,
                    maximumEntries: cache.semantic.maxEntries
                )
            }
            redis = client
        } else if cache.usesDisk {
            if let directory = StoragePlace.directory(settings.storage, environment: environment) {
                let opened = DiskDatabase(cache: "\(directory)/cache.db", clock: clock) { logger.warning("\($0)") }
                let journal =
                    cache.semantic.isEnabled
                    ? DiskJournal(database: opened, maxEntries: cache.semantic.maxEntries, clock: clock) : nil
                let seal = ValueSeal(key: signingKey)
                var limits = DiskAnswers.Limits()
                limits.readMilliseconds = cache.homeTimeoutMilliseconds
                parts.home = DiskAnswers(
                    database: opened,
                    journal: journal,
                    maxBytes: cache.diskMaxBytes,
                    clock: clock,
                    limits: limits,
                    seal: { seal.seal($0, for: $1, owner: $2) },
                    open: { seal.open($0, for: $1) }
                )
                parts.journal = journal
                database = opened
            } else {
                warnings.append("answers are kept in memory only: neither storage.path, XDG_STATE_HOME nor HOME is set")
            }
        }
        self.parts = parts
        self.warnings = warnings
        self.database = database
        self.redis = redis
    }

    private static func connect(_ url: String, _ cache: Settings.Cache, _ logger: Logger) throws -> RedisClient {
        var address: RedisAddress
        do throws(RedisAddress.Malformed) {
            address = try RedisAddress(url)
        } catch {
            throw StartupProblem("cache.redis_url: \(error)")
        }
        address.certificateFile = cache.redisCAFile
        var options = RedisClient.Options()
        options.timeoutMilliseconds = cache.homeTimeoutMilliseconds
        let name = "\(address)"
        return try RedisClient(address, options: options) { state in
            switch state {
            case .ok: logger.notice("the cache uses Redis at \(name)")
            case .down(let why): logger.warning("the cache goes on without Redis at \(name): \(why)")
            }
        }
    }

    /// Writes what waits and lets go of files and connections.
    func close() async {
        await database?.close()
        redis?.stop()
    }
}

/// Takes up the questions that earlier and other daemons wrote down.
final class CacheKeeper: Service {
    private let gateway: Gateway
    private let assembly: CacheAssembly

    init(gateway: Gateway, assembly: CacheAssembly) {
        self.gateway = gateway
        self.assembly = assembly
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { await self.gateway.caching.follow() }
        // A gateway without a journal has nothing to follow, and must not end for it.
        try await gracefulShutdown()
        await assembly.close()
    }
}
