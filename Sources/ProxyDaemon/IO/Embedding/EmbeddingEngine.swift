package import GatewayCore
import Glibc
import Synchronization

/// Embeds texts with all-MiniLM-L6-v2 in this process, on threads of its own.
///
/// The model is read at the first use. Each thread works on one batch at a time: what waits when it becomes free, up to a
/// bound of tokens. Where too many texts wait already, a further one is refused at once.
package final class EmbeddingEngine: Embedder {
    /// Texts that may wait, unless said otherwise.
    package static let defaultMaximumWaiting = 64

    private let work: EmbeddingWork

    package var model: String { MiniLM.name }
    package var state: EmbedderState { work.state }

    /// Whether a word in lower case is one of the model's. Before the model has been read, every word is.
    package func isKnownWord(_ word: ArraySlice<UInt8>) -> Bool { work.isKnownWord(word) }

    /// Looks where the model is; does not read it yet.
    ///
    /// - Parameters:
    ///   - directories: where it may be; the first one that has its files is taken. See ``ModelDirectories``.
    ///   - threads: texts that are embedded at once, each on one thread; at least 1.
    ///   - maximumWaiting: texts that may wait for a thread; at least 1.
    ///   - kernels: for another path than the fastest one of this CPU.
    package init(
        directories: [String],
        threads: Int = 1,
        maximumWaiting: Int = EmbeddingEngine.defaultMaximumWaiting,
        kernels: EncoderKernels? = .best
    ) {
        let directory = directories.first(where: ModelDirectories.hasModel)
        let phase: EmbeddingWork.Queue.Phase =
            if directory == nil {
                .off(
                    "\(MiniLM.name) is not installed (looked in \(directories.joined(separator: ", "))): "
                        + ModelDirectories.remedy
                )
            } else if kernels == nil {
                .off("there are no kernels for this CPU")
            } else {
                .idle
            }
        work = EmbeddingWork(
            directory: directory ?? "",
            kernels: kernels,
            threads: max(1, threads),
            queue: EmbeddingWork.Queue(phase, maximumWaiting: max(1, maximumWaiting))
        )
    }

    deinit { work.stop() }

    /// The embedding of a UTF-8 text; bytes that are no UTF-8 are left out. `maximumTokens` counts the two that begin and
    /// end every text, and is taken as 2 to 512. Nil where the engine is off, the queue is full, or the caller's task is
    /// cancelled while the text waits.
    package func embedText(_ text: [UInt8], maximumTokens: Int) async -> EmbeddedText? {
        let request = EmbeddingRequest(text: text, maximumTokens: maximumTokens)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { work.add(request, $0) }
        } onCancel: {
            request.isCancelled.store(true, ordering: .releasing)
            work.withdraw(request)
        }
    }
}

/// What the engine and its threads share. The threads hold it, not the engine, so that they end when that goes.
final class EmbeddingWork: Sendable {
    typealias Waiter = CheckedContinuation<EmbeddedText?, Never>
    typealias Queue = EmbeddingQueue<Waiter>

    /// A worker stops adding to a batch when it has that many tokens: from there on a larger one is hardly faster.
    static let batchTokens = 256
    static let batchTexts = 32

    private let directory: String
    private let kernels: EncoderKernels?
    private let threads: Int
    private let queue: Mutex<Queue>
    private let wakeUps = Semaphore()
    /// Once it has been read.
    private let model = Mutex<MiniLM?>(nil)

    init(directory: String, kernels: EncoderKernels?, threads: Int, queue: consuming sending Queue) {
        self.directory = directory
        self.kernels = kernels
        self.threads = threads
        self.queue = Mutex(queue)
        ThreadRank.prepare()
    }

    var state: EmbedderState {
        queue.withLock { queue in
            switch queue.phase {
            case .idle, .loading: .idle
            case .ready: .ready
            case .off(let reason): .off(reason)
            }
        }
    }

    func isKnownWord(_ word: ArraySlice<UInt8>) -> Bool { model.withLock { $0 }?.isWord(word) ?? true }

    func add(_ request: EmbeddingRequest, _ waiter: Waiter) {
        switch queue.withLock({ $0.offer(request, waiter) }) {
        case .refused: waiter.resume(returning: nil)
        case .waits: break
        case .wakes: wakeUps.post()
        case .starts: startThread { $0.loadAndRun() }
        }
    }

    func withdraw(_ request: EmbeddingRequest) { queue.withLock { $0.withdraw(request) }?.resume(returning: nil) }

    func stop() { turnOff("the engine was stopped") }

    private func turnOff(_ reason: String) {
        let (waiters, sleepers) = queue.withLock { $0.turnOff(reason) }
        for waiter in waiters { waiter.resume(returning: nil) }
        for _ in 0..<sleepers { wakeUps.post() }
    }

    // MARK: On the threads

    private func loadAndRun() {
        guard let kernels else { return }
        let model: MiniLM
        do throws(ModelProblem) {
            model = try MiniLM(directory: directory, kernels: kernels)
        } catch {
            return turnOff("\(error): \(ModelDirectories.remedy)")
        }
        self.model.withLock { $0 = model }
        queue.withLock { $0.becomeReady() }
        for _ in 1..<threads { startThread { $0.run(model) } }
        run(model)
    }

    private func run(_ model: MiniLM) {
        ThreadRank.standBack()
        let scratch = Encoder.Scratch(for: model.encoder, tokens: Self.batchTokens + Encoder.maximumTokens)
        while var (request, waiter) = waitForRequest() {
            var waiters: [Waiter] = []
            var sequences: [[Int32]] = []
            var areWhole: [Bool] = []
            var tokens = 0
            while true {
                let (sequence, isWhole) = Self.tokens(of: request, model)
                waiters.append(waiter)
                sequences.append(sequence)
                areWhole.append(isWhole)
                tokens += sequence.count
                guard tokens < Self.batchTokens, sequences.count < Self.batchTexts,
                    case .request(let another, let itsWaiter) = queue.withLock({ $0.next(orSleep: false) })
                else { break }
                (request, waiter) = (another, itsWaiter)
            }
            let embeddings = model.encoder.embed(sequences, scratch)
            ThreadRank.handOver { [waiters, areWhole] in
                for (at, waiter) in waiters.enumerated() {
                    waiter.resume(returning: embeddings.map { EmbeddedText(embedding: $0[at], isWhole: areWhole[at]) })
                }
            }
        }
    }

    /// The tokens of a text, and whether they are all that it has.
    private static func tokens(of request: EmbeddingRequest, _ model: MiniLM) -> ([Int32], isWhole: Bool) {
        let most = min(max(2, request.maximumTokens), Encoder.maximumTokens)
        // One more than is wanted tells whether there are more; at the encoder's own limit nobody can tell.
        var tokens = model.tokens(of: request.text, maximumTokens: most + 1)
        guard tokens.count > most || most == Encoder.maximumTokens && tokens.count == most else {
            return (tokens, true)
        }
        if tokens.count > most { tokens.remove(at: most - 1) }
        return (tokens, false)
    }

    /// Sleeps until there is one; nil where the thread is to end.
    private func waitForRequest() -> (EmbeddingRequest, Waiter)? {
        while true {
            switch queue.withLock({ $0.next(orSleep: true) }) {
            case .request(let request, let waiter): return (request, waiter)
            case .nothing: wakeUps.wait()
            case .stop: return nil
            }
        }
    }

    private final class ThreadStart: Sendable {
        let work: EmbeddingWork
        let body: @Sendable (EmbeddingWork) -> Void

        init(_ work: EmbeddingWork, _ body: @escaping @Sendable (EmbeddingWork) -> Void) {
            self.work = work
            self.body = body
        }
    }

    private func startThread(_ body: @escaping @Sendable (EmbeddingWork) -> Void) {
        let start = Unmanaged.passRetained(ThreadStart(self, body))
        var thread = pthread_t()
        let result = pthread_create(
            &thread,
            nil,
            { context in
                guard let context else { return nil }
                let start = Unmanaged<ThreadStart>.fromOpaque(context).takeRetainedValue()
                start.body(start.work)
                return nil
            },
            start.toOpaque()
        )
        guard result == 0 else {
            start.release()
            return turnOff("\(SystemError(doing: "pthread_create", result))")
        }
        pthread_detach(thread)
    }
}
