import GatewayCore
import GatewayIO
import Logging
import ServiceLifecycle
import Synchronization

/// Keeps on disk what holds for the prompts of running conversations, so that a restart changes none of them.
final class PreparedKeeper: Service {
    private let conversations: PreparedConversations
    private let store: StateFiles?
    private let logger: Logger
    private let hasFailed = Mutex(false)

    /// `directory` nil: nothing is kept.
    init(_ conversations: PreparedConversations, directory: String?, isDemo: Bool, logger: Logger) {
        self.conversations = conversations
        store = directory.map { StateFiles(directory: $0, isDemo: isDemo) }
        self.logger = logger
    }

    /// Takes up what an earlier daemon knew. Before the first request, which may belong to a running conversation.
    func prepare() async {
        guard let store, let notice = await conversations.load(from: store) else { return }
        logger.warning("\(notice)")
    }

    func run() async throws {
        guard let store else { return try await gracefulShutdown() }
        await cancelWhenGracefulShutdown {
            // What the sleep throws is that the task was cancelled.
            while (try? await Task.sleep(for: .seconds(ClassifierAssembly.saveSeconds))) != nil {
                await self.save(to: store, isForced: false)
            }
        }
        await save(to: store, isForced: true)
    }

    /// Says once that saving fails, and once that it works again.
    private func save(to store: StateFiles, isForced: Bool) async {
        var failure: String?
        do throws(StateStoreError) {
            try await conversations.save(to: store, isForced: isForced)
        } catch {
            failure = error.description
        }
        let hadFailed = hasFailed.withLock { had in
            defer { had = failure != nil }
            return had
        }
        if let failure, !hadFailed { logger.warning("what holds for running conversations is not kept: \(failure)") }
        if failure == nil, hadFailed { logger.notice("what holds for running conversations is kept again") }
    }
}
