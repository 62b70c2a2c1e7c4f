import GatewayCore
import GatewayIO
import Logging
import ServiceLifecycle
import Shared
import Synchronization

/// The classifier and what it learns, put together from the settings.
struct ClassifierAssembly: Sendable {
    let classifier: LayeredClassifier
    let learning: Learning?
    private let examples: (list: [ExampleBank.Example], threshold: Double, bank: ExampleBank)?
    private let store: (any StateStore)?
    /// What a person should know about layers that are off.
    private(set) var warnings: [String] = []

    /// Between two looks at whether something is to be saved.
    static let saveSeconds: Int64 = 2

    /// What the `former` one has learned goes on to hold, and examples that are the same are not embedded again.
    ///
    /// Throws what is wrong with the examples' file or the sidecar's address, with the key that names it.
    init(
        settings: Settings,
        catalogue: Catalogue,
        embedder: any Embedder,
        embeddings: RememberedEmbeddings?,
        transport: Transport,
        clock: Clock,
        environment: [String: String],
        after former: ClassifierAssembly? = nil
    ) throws {
        var helpers = LayeredClassifier.Helpers()
        var warnings: [String] = []
        let usesMeaning = settings.classifier.usesEmbedding && settings.classifier.mode != .ruleBased
        helpers.embeddings = settings.classifier.usesEmbedding ? embeddings : nil
        if settings.learned.shadowRate > 0, !settings.learned.usesFeedback || !usesMeaning {
            warnings.append(
                "learned.shadow_rate has no effect: it needs learned.use_feedback and a classifier.mode with embeddings"
            )
        }
        let model = try RouterWeights.builtIn(embedderSHA256: MiniLM.weightsSHA256)
        let backends = ModelNames(settings.backends, catalogue: catalogue).backends
        if settings.classifier.asksModel, settings.classifier.mode != .ruleBased {
            do throws(SelfClassification.Unavailable) {
                let asked = try SelfClassification.backend(
                    among: backends,
                    choice: settings.classifier.model ?? settings.classifier.modelProvider?.rawValue,
                    unixSeconds: clock.unixMilliseconds() / 1_000
                )
                var options = SelfClassification.Options()
                options.timeoutMilliseconds = settings.classifier.modelTimeoutMilliseconds
                let call = ModelCall(transport: transport, clock: clock)
                helpers.asked = SelfClassification(asking: asked, by: call, options: options)
            } catch {
                warnings.append("no model is asked for classifications: \(error.description)")
            }
        }
        helpers.sidecar = try Self.sidecar(settings.learned, transport, clock)
        let list = try settings.classifier.examplesFile.map { try ExamplesFile.read($0) }
        let threshold = settings.classifier.exampleThreshold
        if let list, let known = former?.examples, known.list == list, known.threshold == threshold {
            examples = known
        } else {
            examples = list.map { list in
                let bank = ExampleBank(
                    list,
                    threshold: threshold,
                    embedder: embedder,
                    maximumTokens: model.maximumTokens
                )
                return (list, threshold, bank)
            }
        }
        helpers.examples = examples?.bank
        if settings.learned.usesFeedback {
            var calibration = CalibrationRule()
            calibration.targetQuality = settings.classifier.qualityTarget
            helpers.learned =
                former?.learning?.state
                ?? LearnedState(
                    scores: RouterWeights.fingerprint,
                    inputCount: RouterModel.rankingInputs,
                    calibration: calibration,
                    clock: clock
                )
        }
        let classifier = LayeredClassifier(
            settings: settings.classifier,
            model: model,
            helpers: helpers,
            stakes: Stakes(backends, clock: clock)
        )
        self.classifier = classifier
        learning = helpers.learned.map { Learning(state: $0, classifier: classifier) }
        store = StateFiles.standardDirectory(environment: environment).map {
            StateFiles(directory: $0, isDemo: settings.isDemo)
        }
        if learning != nil, store == nil {
            warnings.append("what feedback teaches is not kept: neither XDG_STATE_HOME nor HOME is set")
        }
        self.warnings = warnings
    }

    /// Embeds the examples, in the background. Those that are there already are left alone.
    func prepareExamples() {
        if let bank = examples?.bank { Task { await bank.prepare() } }
    }

    /// Takes up what an earlier daemon learned, and embeds the examples. What could not be taken up, a sentence each.
    func prepare() async -> [String] {
        prepareExamples()
        guard let learning, let store else { return [] }
        return await learning.state.load(from: store)
    }

    /// Saves what is due. Throws where the directory fails.
    func save(isForced: Bool = false) async throws(StateStoreError) {
        guard let learning, let store else { return }
        try await learning.state.save(to: store, isForced: isForced)
    }

    private static func sidecar(
        _ settings: Settings.Learned,
        _ transport: Transport,
        _ clock: Clock
    ) throws -> Sidecar? {
        guard let url = settings.sidecarURL else { return nil }
        var options = Sidecar.Options()
        options.timeoutMilliseconds = settings.sidecarTimeoutMilliseconds
        options.weight = settings.sidecarWeight
        options.threshold = settings.threshold
        do throws(ServiceAddress.Problem) {
            return try Sidecar(url: url, options: options, transport: transport, clock: clock)
        } catch {
            throw StartupProblem("learned.sidecar_url: \(error.description)")
        }
    }
}

/// Why the daemon cannot start, in a line that says what to do.
struct StartupProblem: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Keeps on disk what feedback teaches.
final class LearnedKeeper: Service {
    private let assembly: ClassifierAssembly
    private let logger: Logger
    private let hasFailed = Mutex(false)

    init(assembly: ClassifierAssembly, logger: Logger) {
        self.assembly = assembly
        self.logger = logger
    }

    func run() async throws {
        for notice in await assembly.prepare() { logger.warning("\(notice)") }
        await cancelWhenGracefulShutdown {
            // What the sleep throws is that the task was cancelled.
            while (try? await Task.sleep(for: .seconds(ClassifierAssembly.saveSeconds))) != nil {
                await self.save(isForced: false)
            }
        }
        await save(isForced: true)
    }

    /// Says once that saving fails, and once that it works again.
    private func save(isForced: Bool) async {
        do throws(StateStoreError) {
            try await assembly.save(isForced: isForced)
            let hadFailed = hasFailed.withLock { had in
                defer { had = false }
                return had
            }
            if hadFailed { logger.notice("what feedback teaches is kept again") }
        } catch {
            let hadFailed = hasFailed.withLock { had in
                defer { had = true }
                return had
            }
            if !hadFailed { logger.warning("what feedback teaches is kept in memory only: \(error.description)") }
        }
    }
}
