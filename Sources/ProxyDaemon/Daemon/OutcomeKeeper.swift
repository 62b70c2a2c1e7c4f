import GatewayCore
import GatewayIO
import Logging
import ServiceLifecycle

/// Where it is written what routing decisions came to, put together from the settings.
final class OutcomeKeeper: Service {
    /// nil where outcomes are not kept.
    let outcomes: OutcomeDatabase?
    /// What a person should know at the start; nil where there is nothing.
    let warning: String?

    init(settings: Settings, clock: Clock, environment: [String: String], logger: Logger) {
        var outcomes: OutcomeDatabase?
        var warning: String?
        if !settings.cascade.logsOutcomes {
            // Nothing is kept.
        } else if StoragePlace.isCache(settings.storage) {
            warning =
                "outcomes of routing are not kept: storage.path is the file that the cache uses; choose another name"
        } else if let path = StoragePlace.database(settings.storage, environment: environment) {
            outcomes = OutcomeDatabase(path: path, clock: clock) { logger.warning("\($0)") }
        } else {
            warning = "outcomes of routing are not kept: neither storage.path, XDG_STATE_HOME nor HOME is set"
        }
        (self.outcomes, self.warning) = (outcomes, warning)
    }

    func run() async throws {
        try await gracefulShutdown()
        await outcomes?.close()
    }
}
