import Crypto
import Shared
import Synchronization

/// Has a small share of the requests answered by another tier too, after the client has its answer, so that the two
/// answers can be compared: labels for learning which requests the cheap tier does as well.
///
/// In the background and bounded: a few at once, a short queue, and what comes beyond is dropped and counted. No client
/// ever waits for it or sees it. What it costs goes to `spent`, whether it came to a pair or not.
package final class ShadowRunner: Sendable {
    package struct Options: Sendable, Equatable {
        /// The share of fitting requests, 0 to 1.
        package var rate = 0.0
        package var concurrency = 2
        package var queueBound = 8
        package var timeoutMilliseconds = 120_000
        package var maximumAnswerBytes = 1_048_576
        /// A larger request is left alone: it costs much, and the queue holds it.
        package var maximumPromptBytes = 262_144
        package init() {}
    }

    /// An exchange that has been answered well.
    package struct Answered: Sendable {
        package var request: ClientRequest
        package var prompt: Prompt
        package var project: String
        /// Who answered.
        package var backend: Backend
        /// The answer's text.
        package var answer: String
        /// No fresh turn of a user: a token count, a safety check, a title.
        package var isSideQuery: Bool
        /// An agent's session, which goes on from this answer and no other.
        package var isAgent: Bool

        package init(
            request: ClientRequest,
            prompt: Prompt,
            project: String,
            backend: Backend,
            answer: String,
            isSideQuery: Bool = false,
            isAgent: Bool = false
        ) {
            self.request = request
            self.prompt = prompt
            self.project = project
            self.backend = backend
            self.answer = answer
            self.isSideQuery = isSideQuery
            self.isAgent = isAgent
        }
    }

    /// One of two answers to a request.
    package struct Side: Sendable {
        package var backend: Backend
        package var answer: String
        /// By the judge, 0 to 1.
        package var quality: Double
    }

    package struct Pair: Sendable {
        package var queryID: String
        package var project: String
        package var prompt: Prompt
        /// What the client got.
        package var answered: Side
        /// What the other backend said.
        package var shadow: Side

        /// The side of the lower tier; of one tier, what the client got.
        package var cheap: Side { shadow.backend.tier < answered.backend.tier ? shadow : answered }
        /// The side of the higher tier.
        package var strong: Side { shadow.backend.tier < answered.backend.tier ? answered : shadow }
    }

    /// How good an answer is, 0 to 1; nil where it cannot be told.
    package typealias Judge = @Sendable (_ prompt: Prompt, _ answer: String) async -> Double?

    /// What became of an offer.
    package enum Admission: Sendable, Equatable {
        /// The share did not fall on it.
        case notPicked
        /// Why it is not to be asked again.
        case unfit(String)
        case begun
        case queued
        /// The queue is full, or the runner has been stopped.
        case dropped
    }

    package struct Counts: Sendable, Equatable {
        /// Pairs that were handed over.
        package var pairs = 0
        /// Calls that brought no answer, or an answer that could not be judged.
        package var failures = 0
        package var dropped = 0
        package var running = 0
        package var waiting = 0

        package init(pairs: Int = 0, failures: Int = 0, dropped: Int = 0, running: Int = 0, waiting: Int = 0) {
            self.pairs = pairs
            self.failures = failures
            self.dropped = dropped
            self.running = running
            self.waiting = waiting
        }
    }

    private struct Job {
        let answered: Answered
        let other: Backend
        let prompt: Prompt
        let adaptations: [Adaptation]
    }

    private struct State {
        var counts = Counts()
        var queue: [Job] = []
        var workers: [Int: Task<Void, Never>] = [:]
        var nextWorker = 0
        var isStopped = false
    }

    private let options: Options
    private let call: ModelCall
    private let judge: Judge
    private let spent: @Sendable (Overhead) -> Void
    private let deliver: @Sendable (Pair) async -> Void
    private let state = Mutex(State())

    package init(
        options: Options,
        call: ModelCall,
        judge: @escaping Judge,
        spent: @escaping @Sendable (Overhead) -> Void,
        deliver: @escaping @Sendable (Pair) async -> Void
    ) {
        self.options = options
        self.call = call
        self.judge = judge
        self.spent = spent
        self.deliver = deliver
    }

    package var counts: Counts { state.withLock { $0.counts } }

    /// Offers an exchange after its answer went out, and the backend to compare with. Returns at once.
    package func offer(_ answered: Answered, to other: Backend) -> Admission {
        guard Self.isPicked(answered.request.id, rate: options.rate) else { return .notPicked }
        let prepared = ShadowFitness.prepare(answered, for: other, maximumBytes: options.maximumPromptBytes)
        switch prepared {
        case .unfit(let reason): return .unfit(reason)
        case .fit(let prompt, let adaptations):
            return admit(Job(answered: answered, other: other, prompt: prompt, adaptations: adaptations))
        }
    }

    /// Breaks off what is under way and forgets what waits. Nothing is taken on after it.
    package func stop() {
        let workers = state.withLock { state in
            state.isStopped = true
            state.counts.dropped += state.queue.count
            state.counts.waiting = 0
            state.queue = []
            return Array(state.workers.values)
        }
        for worker in workers { worker.cancel() }
    }

    /// Waits until nothing is under way and nothing waits.
    package func finish() async {
        while let worker = state.withLock({ $0.workers.values.first }) { await worker.value }
    }

    /// Whether the share falls on this request: the same for the same id, on every machine.
    package static func isPicked(_ queryID: String, rate: Double) -> Bool {
        guard rate > 0 else { return false }
        let word = SHA256.hash(data: Array(queryID.utf8)).prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        // 53 bits are what a Double holds exactly.
        return Double(word >> 11) * 0x1p-53 < rate
    }

    private func admit(_ job: Job) -> Admission {
        state.withLock { state in
            guard !state.isStopped else {
                state.counts.dropped += 1
                return .dropped
            }
            guard state.counts.running >= max(1, options.concurrency) else {
                state.counts.running += 1
                let number = state.nextWorker
                state.nextWorker += 1
                // `stop` and `finish` hold on to it; its client has gone.
                state.workers[number] = Task.detached { [self] in await work(job, number) }
                return .begun
            }
            guard state.queue.count < options.queueBound else {
                state.counts.dropped += 1
                return .dropped
            }
            state.queue.append(job)
            state.counts.waiting = state.queue.count
            return .queued
        }
    }

    private func work(_ first: Job, _ number: Int) async {
        var job: Job? = first
        while let current = job {
            await run(current)
            job = state.withLock { state in
                guard !state.queue.isEmpty else {
                    state.counts.running -= 1
                    state.workers[number] = nil
                    return nil
                }
                let next = state.queue.removeFirst()
                state.counts.waiting = state.queue.count
                return next
            }
        }
    }

    private func run(_ job: Job) async {
        let shadow: ModelCall.Answer
        do throws(ModelCall.Failure) {
            let bounds = ModelCall.Bounds(
                timeoutMilliseconds: options.timeoutMilliseconds,
                maximumAnswerBytes: options.maximumAnswerBytes
            )
            shadow = try await call.send(
                job.prompt,
                of: job.answered.request,
                to: job.other,
                adaptations: job.adaptations,
                within: bounds
            )
        } catch {
            if error.spending != .nothing { spent(Overhead(.shadow, on: job.other, error.spending)) }
            return state.withLock { $0.counts.failures += 1 }
        }
        spent(Overhead(.shadow, on: job.other, shadow.spending))
        // A cut answer is no worse an answer, only less of one.
        let isWhole = shadow.stopReason != "max_tokens"
        guard isWhole, let quality = await judged(job, job.answered.answer),
            let shadowQuality = await judged(job, shadow.text)
        else { return state.withLock { $0.counts.failures += 1 } }
        let answered = job.answered
        await deliver(
            Pair(
                queryID: answered.request.id,
                project: answered.project,
                prompt: answered.prompt,
                answered: Side(backend: answered.backend, answer: answered.answer, quality: quality),
                shadow: Side(backend: job.other, answer: shadow.text, quality: shadowQuality)
            )
        )
        state.withLock { $0.counts.pairs += 1 }
    }

    private func judged(_ job: Job, _ answer: String) async -> Double? {
        guard let quality = await judge(job.answered.prompt, answer), quality.isFinite else { return nil }
        return max(0, min(1, quality))
    }
}
