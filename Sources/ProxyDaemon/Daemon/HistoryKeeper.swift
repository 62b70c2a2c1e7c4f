import GatewayCore
import GatewayIO
import ServiceLifecycle

/// Fills the history of the last day from the books, once the server listens: whoever starts the daemon does not wait for that.
struct HistoryKeeper: Service {
    let ledger: Ledger
    /// nil where exchanges are not kept.
    let exchanges: ExchangeDatabase?

    init(ledger: Ledger, _ exchanges: ExchangeDatabase?) {
        self.ledger = ledger
        self.exchanges = exchanges
    }

    func run() async throws {
        if let exchanges {
            await cancelWhenGracefulShutdown { await exchanges.recall(in: ledger) }
        }
        // A service that returns ends the others.
        try await gracefulShutdown()
    }
}
