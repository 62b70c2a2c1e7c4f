import GatewayCore
import GatewayIO
import Logging
import ServiceLifecycle
import Synchronization

/// Keeps on disk what was spent, so that a restart does not begin the day anew, and sees to it that what several daemons spend
/// together is shared again after trouble.
final class BudgetKeeper: Service {
    private let budgets: Budgets
    private let store: StateFiles?
    private let redis: RedisClient?
    private let shared: RedisLimits?
    private let logger: Logger
    private let hasFailed = Mutex(false)

    /// `directory` nil: nothing is kept. `redis` is where limits and budgets are `shared`; it is let go of at the end.
    init(
        _ budgets: Budgets,
        directory: String?,
        isDemo: Bool,
        redis: RedisClient?,
        shared: RedisLimits?,
        logger: Logger
    ) {
        self.budgets = budgets
        self.shared = shared
        store = directory.map { StateFiles(directory: $0, isDemo: isDemo) }
        self.redis = redis
        self.logger = logger
    }

    /// Takes up what an earlier daemon spent. Before the first request.
    func prepare() async {
        guard let store, let notice = await budgets.load(from: store) else { return }
        logger.warning("\(notice)")
    }

    func run() async throws {
        defer { redis?.stop() }
        await cancelWhenGracefulShutdown {
            await withTaskGroup { group in
                group.addTask { await self.watch() }
                group.addTask { await self.keepSaving() }
            }
        }
        if let store { await save(to: store) }
        if let count = shared?.waitingCount, count > 0 {
            logger.warning(
                "\(count) amounts that were spent without Redis are not booked there: its budgets' sums are too low"
            )
        }
    }

    private func keepSaving() async {
        guard let store else { return }
        // What the sleep throws is that the task was cancelled.
        while (try? await Task.sleep(for: .seconds(1))) != nil { await save(to: store) }
    }

    /// Says in the log whenever limits and budgets begin or cease to be shared.
    private func watch() async {
        guard let shared, let redis else { return }
        await shared.watch { [logger] sharing in
            if let problem = sharing.problem {
                logger.warning("\(problem)")
            } else {
                logger.notice("limits and budgets are shared through Redis at \(redis.address)")
            }
        }
    }

    /// Says once that saving fails, and once that it works again.
    private func save(to store: StateFiles) async {
        var failure: String?
        do throws(StateStoreError) {
            try await budgets.save(to: store)
        } catch {
            failure = error.description
        }
        let hadFailed = hasFailed.withLock { had in
            defer { had = failure != nil }
            return had
        }
        if let failure, !hadFailed { logger.warning("what was spent is not kept: \(failure)") }
        if failure == nil, hadFailed { logger.notice("what was spent is kept again") }
    }
}

/// Where limits and budgets are shared with other daemons.
enum SharedLimitsAssembly {
    /// Limits wait for Redis no longer than this.
    private static let timeoutMilliseconds = 50

    /// nil where nothing is shared. Throws what is wrong with the server's address.
    static func client(_ settings: Settings) throws -> RedisClient? {
        guard settings.limits.isShared || settings.budgets.isShared, let url = settings.cache.redisURL?.exposed else {
            return nil
        }
        var address: RedisAddress
        do throws(RedisAddress.Malformed) {
            address = try RedisAddress(url)
        } catch {
            throw StartupProblem("cache.redis_url: \(error)")
        }
        address.certificateFile = settings.cache.redisCAFile
        var options = RedisClient.Options()
        options.timeoutMilliseconds = timeoutMilliseconds
        options.name = "llm-gateway-limits"
        return try RedisClient(address, options: options)
    }
}
