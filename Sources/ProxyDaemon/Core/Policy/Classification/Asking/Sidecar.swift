package import Shared
import Synchronization

/// A scorer of the operator's own beside the gateway, such as RouteLLM's classifier behind HTTP: it gets a request's text
/// and says how likely only the strong model answers it well.
///
/// `POST` of `{"prompt": text, "text": text, "features": {name: number…}}`; the answer is a JSON object with one of
/// `strong_probability`, `win_rate` or `score` (0 to 1), or with `tier` (1 to 3, or a tier's name) and `confidence`
/// (0 to 1). It never fails for the client: without an answer in time the built-in score stands.
package final class Sidecar: Sendable {
    package struct Options: Sendable, Equatable {
        /// The sidecar's part in the blended score, 0 to 1.
        package var weight = 0.7
        /// The strong model is wanted where its probability is above this, 0 to 1.
        package var threshold = 0.5
        package var timeoutMilliseconds = 300
        /// A longer text is cut to its beginning and its end.
        package var maximumAskBytes = 16_384
        package var failureLimit = 3
        package var pauseSeconds = 10
        package var maximumInFlight = 64
        /// `http` to other machines, too: prompts then cross the network in the clear.
        package var allowsUnencrypted = false
        package init() {}
    }

    /// What became of one question.
    package struct Outcome: Sendable, Equatable {
        /// How likely only the strong model answers well, 0 to 1; nil where there is no usable answer.
        package var strongProbability: Double?
        /// What happened, for the explanation: a clause without a full stop.
        package var reason: String
        package var milliseconds = 0.0
    }

    private static let maximumAnswerBytes = 65_536

    private let url: String
    private let options: Options
    private let transport: Transport
    private let clock: Clock
    private let gate: Mutex<CallGate>

    /// Throws where the address is none, or where prompts would cross a network unencrypted.
    package init(
        url: String,
        options: Options = Options(),
        transport: Transport,
        clock: Clock
    ) throws(ServiceAddress.Problem) {
        let address = try ServiceAddress(url)
        guard address.isEncrypted || address.isLoopback || options.allowsUnencrypted else {
            throw ServiceAddress.Problem(
                description: "would send prompts unencrypted to another machine; use https://"
            )
        }
        self.url = address.text
        self.options = options
        self.transport = transport
        self.clock = clock
        gate = Mutex(
            CallGate(
                failureLimit: options.failureLimit,
                pauseSeconds: options.pauseSeconds,
                maximumInFlight: options.maximumInFlight
            )
        )
    }

    /// Asks about the text of a user's turn. Cancelling the task breaks the call off.
    package func score(_ ask: [UInt8], features: [(name: String, value: Double)] = []) async -> Outcome {
        let started = clock.monotonicNanoseconds()
        switch gate.withLock({ $0.admit(now: started) }) {
        case .resting: return Outcome(reason: "the sidecar failed lately and is not asked for a while")
        case .busy: return Outcome(reason: "too many questions to the sidecar are under way")
        case nil: break
        }
        let call = UpstreamRequest(
            method: "POST",
            url: url,
            headers: [HeaderField("content-type", "application/json"), HeaderField("accept", "application/json")],
            body: Self.body(ClassificationPrompt.excerpt(of: ask, maximumBytes: options.maximumAskBytes), features),
            timeoutSeconds: max(1, (options.timeoutMilliseconds + 999) / 1_000)
        )
        let outcome = await Deadline.run(milliseconds: options.timeoutMilliseconds, clock: clock) { [transport] in
            await Self.exchange(call, transport)
        }
        let now = clock.monotonicNanoseconds()
        let milliseconds = Double(now - started) / 1e6
        let isCancelled = Task.isCancelled
        let result = outcome.value ?? .failure(.tooLate)
        let isSuccess = (try? result.get()) != nil
        gate.withLock { $0.ended(isSuccess ? .success : isCancelled ? .withdrawn : .failure, now: now) }
        switch result {
        case .success(let probability):
            let percent = Int((probability * 100).rounded())
            let reason = "the sidecar holds it for \(percent) % likely that only the strong model answers it well"
            return Outcome(strongProbability: probability, reason: reason, milliseconds: milliseconds)
        case .failure(let problem):
            let reason = problem.reason(milliseconds: options.timeoutMilliseconds)
            return Outcome(reason: reason, milliseconds: milliseconds)
        }
    }

    private enum Problem: Error {
        case tooLate
        case unreachable
        case status(Int)
        case notAnAnswer

        func reason(milliseconds: Int) -> String {
            switch self {
            case .tooLate: "the sidecar did not answer within \(milliseconds) ms"
            case .unreachable: "the sidecar could not be reached"
            case .status(let status): "the sidecar answered HTTP \(status)"
            case .notAnAnswer: "the sidecar's answer holds no score"
            }
        }
    }

    private static func exchange(_ call: UpstreamRequest, _ transport: Transport) async -> Result<Double, Problem> {
        do throws(UpstreamError) {
            let response = try await transport.send(call)
            guard response.status == 200 else {
                response.body.cancel()
                return .failure(.status(response.status))
            }
            let body = try await response.body.collect(limitBytes: maximumAnswerBytes)
            return SidecarAnswer.strongProbability(body).map { .success($0) } ?? .failure(.notAnAnswer)
        } catch {
            switch error {
            case .cannotConnect, .broken: return .failure(.unreachable)
            case .timeout, .cancelled: return .failure(.tooLate)
            case .tooLarge: return .failure(.notAnAnswer)
            }
        }
    }

    private static func body(_ text: String, _ features: [(name: String, value: Double)]) -> [UInt8] {
        let quoted = JSONText.quoted(text)
        var body = "{\"prompt\":\(quoted),\"text\":\(quoted)"
        // JSON has no word for the others.
        let numbers = features.filter(\.value.isFinite)
        if !numbers.isEmpty {
            let members = numbers.map { "\(JSONText.quoted($0.name)):\($0.value)" }
            body += ",\"features\":{\(members.joined(separator: ","))}"
        }
        return Array((body + "}").utf8)
    }
}

extension Sidecar {
    /// The built-in score with the sidecar's in it: `weight · 100 · p + (1 − weight) · score`.
    ///
    /// `p` is the probability, stretched so that `threshold` becomes one half: `p / 2t` up to the threshold `t`,
    /// `1/2 + (p − t) / 2(1 − t)` above. At the default of 0.5 it is the probability itself. So whichever way the scale is
    /// cut, the threshold lies in the middle of it: of two tiers the strong one is wanted above it; of three the middle one
    /// is wanted around it, where a mistake to either side is cheapest, and the strong one well above.
    package static func blend(
        strongProbability: Double,
        builtInScore: Double,
        weight: Double,
        threshold: Double
    ) -> Double {
        let share = clamp(weight)
        let score = max(0, min(100, builtInScore))
        return share * 100 * stretched(strongProbability, threshold) + (1 - share) * score
    }

    /// The score after this sidecar was asked.
    package func blended(_ strongProbability: Double, with builtInScore: Double) -> Double {
        Self.blend(
            strongProbability: strongProbability,
            builtInScore: builtInScore,
            weight: options.weight,
            threshold: options.threshold
        )
    }

    /// The tier that the sidecar alone would take, of those there are (local ones left out): with two the upper one above
    /// the threshold; with three by the cuts of the score, `tier1Max` and `tier2Max`; with one that one. Nil without any.
    package static func tier(
        strongProbability: Double,
        threshold: Double,
        among tiers: Set<Tier>,
        tier1Max: Int = 30,
        tier2Max: Int = 70
    ) -> Tier? {
        let ladder = tiers.filter { $0 != .local }.sorted()
        guard let lowest = ladder.first, let highest = ladder.last else { return nil }
        guard ladder.count > 2 else { return clamp(strongProbability) > threshold ? highest : lowest }
        let score = stretched(strongProbability, threshold) * 100
        return score <= Double(tier1Max) ? .fast : score <= Double(tier2Max) ? .balanced : .premium
    }

    private static func stretched(_ probability: Double, _ threshold: Double) -> Double {
        let p = clamp(probability)
        let t = clamp(threshold)
        if p <= t { return t == 0 ? 0 : p / (2 * t) }
        return 0.5 + (p - t) / (2 * (1 - t))
    }

    private static func clamp(_ value: Double) -> Double { value.isNaN ? 0.5 : max(0, min(1, value)) }
}
