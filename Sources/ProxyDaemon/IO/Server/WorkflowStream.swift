import FoundationEssentials
import GatewayCore
import Shared
import Synchronization

/// The events of a run as a stream for its client. The run is cancelled when the client leaves.
final class WorkflowStream: AnswerStream {
    typealias Tell = @Sendable (WorkflowEvent) -> Void

    private let task: Task<Void, Never>
    private var events: AsyncStream<[UInt8]>.AsyncIterator
    /// Events that nobody has taken yet.
    private let waiting: Waiting
    private(set) var isFinished = false

    private final class Waiting: Sendable {
        let count = Atomic<Int>(0)
    }

    private static let ping = Array("event: ping\ndata: {\"type\":\"ping\"}\n\n".utf8)

    /// Begins the run. Whoever reads the stream ends it: with its last event, or with ``abandon()``.
    init(pingSeconds: Int, _ run: @escaping @Sendable (@escaping Tell) async -> Void) {
        let (stream, continuation) = AsyncStream<[UInt8]>.makeStream()
        let waiting = Waiting()
        self.waiting = waiting
        events = stream.makeAsyncIterator()
        let hand: @Sendable ([UInt8]) -> Void = { bytes in
            waiting.count.add(1, ordering: .relaxed)
            continuation.yield(bytes)
        }
        task = Self.begin(run, pingSeconds: pingSeconds, hand) { continuation.finish() }
    }

    // A function of its own: the same closure inside of `init` is more than the 6.3 compiler can check.
    private static func begin(
        _ run: @escaping @Sendable (@escaping Tell) async -> Void,
        pingSeconds: Int,
        _ hand: @escaping @Sendable ([UInt8]) -> Void,
        _ finish: @escaping @Sendable () -> Void
    ) -> Task<Void, Never> {
        Task(executorPreference: globalConcurrentExecutor) {
            await drive(run, pingSeconds: pingSeconds, hand)
            finish()
        }
    }

    private static func drive(
        _ run: @escaping @Sendable (@escaping Tell) async -> Void,
        pingSeconds: Int,
        _ hand: @escaping @Sendable ([UInt8]) -> Void
    ) async {
        await withTaskGroup(of: Void.self) { group in
            // Proxies close what is silent for long.
            group.addTask {
                while !Task.isCancelled {
                    do { try await Task.sleep(for: .seconds(pingSeconds)) } catch { return }
                    hand(Self.ping)
                }
            }
            await run { event in hand(Self.bytes(of: event)) }
            group.cancelAll()
        }
    }

    deinit { task.cancel() }

    private static func bytes(of event: WorkflowEvent) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        do {
            return Array("event: \(event.kind.rawValue)\ndata: ".utf8) + (try encoder.encode(event)) + [0x0A, 0x0A]
        } catch {
            return AnthropicErrors.event(GatewayError(.internalFault("\(error)")), requestID: "req_gw_\(event.id)")
        }
    }

    // MARK: Reading

    var hasMore: Bool { waiting.count.load(ordering: .relaxed) > 0 }

    func next() async -> [UInt8]? {
        guard let bytes = await events.next(isolation: #isolation) else {
            isFinished = true
            return nil
        }
        waiting.count.subtract(1, ordering: .relaxed)
        return bytes
    }

    func abandon() { task.cancel() }

    // Nothing of it is kept, and it is its steps that are settled.
    func capture(limitBytes: Int) {}
    func whenEnded(_ action: @escaping @Sendable (StreamOutcome) -> Void) {}
    func whenFirstEvent(_ action: @escaping @Sendable () -> Void) {}
}
