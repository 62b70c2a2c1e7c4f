package import Shared
import Synchronization

/// The third layer: a model is asked how hard a request is, where the first two layers are not sure.
///
/// It never fails for the client: without a label there is a reason why, and the layers before it decide. Every call costs
/// money, a failed one too; the outcome says how much. A service that fails is left out for a while, what was asked lately
/// is not asked again, and no more than a few calls are out at once. Two requests with the same text that come at the same
/// moment both ask.
package final class SelfClassification: Sendable {
    package struct Options: Sendable, Equatable {
        /// The client waits for so long at most.
        package var timeoutMilliseconds = 2_000
        /// Of the request's text, beginning and end together.
        package var maximumAskBytes = 2_000
        /// After so many failures in a row nobody is asked for a while.
        package var failureLimit = 3
        /// The first such while; each probe that fails doubles it, up to 16 times.
        package var pauseSeconds = 30
        package var cacheEntries = 1_024
        /// Calls out at once; what comes beyond is decided without.
        package var maximumInFlight = 16
        package init() {}
    }

    /// What became of one question.
    package struct Outcome: Sendable, Equatable {
        /// Nil where there is no usable answer.
        package var opinion: Opinion?
        /// What happened, for the explanation: a clause without a full stop.
        package var reason: String
        /// What it cost; nil where nobody was asked.
        package var overhead: Overhead?
        package var isFromCache = false
        package var milliseconds = 0.0
    }

    package struct Opinion: Sendable, Equatable {
        package var label: ComplexityLabel
        /// 0 to 1.
        package var confidence: Double

        package var tier: Tier { label.tier }
        /// 0 to 100.
        package var score: Int { label.score }
    }

    private struct State {
        var gate: CallGate
        var cache: LabelCache
    }

    /// Tokens that the longest accepted answer of a word takes, in JSON or in a short sentence.
    private static let answerTokens = 24

    /// Whom it asks.
    package let backend: Backend
    private let options: Options
    private let call: ModelCall
    private let state: Mutex<State>

    package init(asking backend: Backend, by call: ModelCall, options: Options = Options()) {
        self.backend = backend
        self.options = options
        self.call = call
        state = Mutex(
            State(
                gate: CallGate(
                    failureLimit: options.failureLimit,
                    pauseSeconds: options.pauseSeconds,
                    maximumInFlight: options.maximumInFlight
                ),
                cache: LabelCache(capacity: options.cacheEntries)
            )
        )
    }

    /// What a classification comes to on the backend, about: for weighing it against what it may save.
    package func estimatedCost(askBytes: Int) -> USD {
        let characters = ClassificationPrompt.system.utf8.count + 160 + min(askBytes, options.maximumAskBytes)
        let usage = TokenUsage(input: backend.estimatedTokens(characters: characters), output: 4)
        let seconds = call.clock.unixMilliseconds() / 1_000
        return Spending(usage, isEstimated: true, on: backend, unixSeconds: seconds).cost
    }

    /// What a classification costs at most.
    func mostCost(unixSeconds: Int64) -> USD {
        let question = Question(
            name: "classify",
            system: ClassificationPrompt.system,
            text: ClassificationPrompt.text(of: [], maximumBytes: 0),
            answerTokens: Self.answerTokens
        )
        // With the line in the place of what is left out.
        return question.mostCost(on: backend, moreBytes: options.maximumAskBytes + 64, unixSeconds: unixSeconds)
    }

    /// Asks about the text of a user's turn. Cancelling the task breaks the call off.
    package func classify(_ ask: [UInt8], partition: String = "") async -> Outcome {
        guard ask.contains(where: { $0 > 0x20 }) else { return Outcome(reason: "there is no text to ask about") }
        let key = LabelCache.Key(Array(partition.utf8) + [0] + ask)
        let clock = call.clock
        let started = clock.monotonicNanoseconds()
        let (known, refusal) = state.withLock { state -> (LabelCache.Entry?, CallGate.Refusal?) in
            if let known = state.cache[key] { return (known, nil) }
            return (nil, state.gate.admit(now: started))
        }
        if let known {
            let opinion = Opinion(label: known.label, confidence: known.confidence)
            let reason = "\(backend.name) called this text \(known.label.rawValue) before"
            return Outcome(opinion: opinion, reason: reason, isFromCache: true)
        }
        switch refusal {
        case .resting: return Outcome(reason: "\(backend.name) failed lately and is not asked for a while")
        case .busy: return Outcome(reason: "too many classifications are under way")
        case nil: break
        }
        let question = Question(
            name: "classify",
            system: ClassificationPrompt.system,
            text: ClassificationPrompt.text(of: ask, maximumBytes: options.maximumAskBytes),
            answerTokens: Self.answerTokens
        )
        let outcome: Outcome
        let end: CallGate.End
        do throws(ModelCall.Failure) {
            let bounds = ModelCall.Bounds(timeoutMilliseconds: options.timeoutMilliseconds)
            let answer = try await call.ask(question, of: backend, within: bounds)
            outcome = read(answer)
            end = outcome.opinion == nil ? .failure : .success
        } catch {
            outcome = Outcome(
                reason: error.detail,
                overhead: error.spending == .nothing ? nil : Overhead(.classifier, on: backend, error.spending),
                milliseconds: error.milliseconds
            )
            end = error.kind == .cancelled ? .withdrawn : .failure
        }
        let now = clock.monotonicNanoseconds()
        state.withLock { state in
            state.gate.ended(end, now: now)
            if let opinion = outcome.opinion {
                state.cache.store(.init(label: opinion.label, confidence: opinion.confidence), for: key)
            }
        }
        return outcome
    }

    private func read(_ answer: ModelCall.Answer) -> Outcome {
        let overhead = Overhead(.classifier, on: backend, answer.spending)
        guard let (label, confidence) = ComplexityLabel.read(answer.text) else {
            let reason = "\(backend.name) was asked and gave no label"
            return Outcome(reason: reason, overhead: overhead, milliseconds: answer.milliseconds)
        }
        return Outcome(
            opinion: Opinion(label: label, confidence: confidence),
            reason: "\(backend.name) was asked and called it \(label.rawValue)",
            overhead: overhead,
            milliseconds: answer.milliseconds
        )
    }
}

extension SelfClassification {
    /// Why nobody can be asked: a sentence that names the setting.
    package struct Unavailable: Error, Sendable, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// Whom to ask. By default the first backend of the fast tier, else the cheapest of all. `choice`, as
    /// `CLASSIFIER_LLM_PROVIDER` has it, is a provider's name (its first backend of the fast tier, else its cheapest) or
    /// a backend's. Where every backend is simulated, a provider's name stands for the simulator.
    package static func backend(
        among backends: [Backend],
        choice: String? = nil,
        unixSeconds: Int64
    ) throws(Unavailable) -> Backend {
        func pick(_ backends: [Backend]) -> Backend? {
            if let fast = backends.first(where: { $0.tier == .fast }) { return fast }
            let question = TokenUsage(input: 600, output: 4)
            return backends.min { left, right in
                let prices = [left, right].map { $0.price(promptTokens: 600, unixSeconds: unixSeconds).price }
                return prices[0].cost(of: question) < prices[1].cost(of: question)
            }
        }
        let word = choice?.lowercased() ?? ""
        guard let choice, !word.isEmpty else {
            guard let backend = pick(backends) else { throw Unavailable(description: "no backend is configured") }
            return backend
        }
        if let provider = Settings.ProviderKind(rawValue: word) {
            let isAllSimulated = backends.allSatisfy { $0.provider == .simulated }
            if let backend = pick(backends.filter { isAllSimulated || $0.provider == provider }) { return backend }
        }
        if let backend = backends.first(where: { $0.name == choice || $0.name.lowercased() == word }) { return backend }
        let names = backends.map(\.name).joined(separator: ", ")
        throw Unavailable(
            description: "CLASSIFIER_LLM_PROVIDER: no backend of the provider or name \(choice); there are \(names)"
        )
    }
}
