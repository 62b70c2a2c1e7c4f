import Shared

/// Puts a prompt of the gateway's own to a backend of any provider and waits for the whole answer: how the gateway asks a
/// model to classify, to judge, or to answer what another model has answered already.
///
/// Neither routed nor cached nor settled: whoever calls sees to the cost, which comes with every outcome.
package struct ModelCall: Sendable {
    /// A model's whole answer.
    package struct Answer: Sendable, Equatable {
        /// Its text blocks, joined; thinking and tool calls are left out.
        package var text: String
        /// In Anthropic's words: `end_turn`, `max_tokens`…
        package var stopReason: String?
        package var spending: Spending
        package var milliseconds: Double
    }

    /// Why there is no answer, and what was paid nevertheless.
    package struct Failure: Error, Sendable, Equatable {
        package enum Kind: Sendable, Equatable {
            /// The deadline passed, or the transport's own.
            case timeout
            /// No connection, or one that broke.
            case unreachable
            /// The provider answered with an error.
            case refused
            /// What came is no answer, or too long a one.
            case notAnAnswer
            /// The prompt cannot be said in the backend's wire format.
            case unsuitable
            /// The caller's task was cancelled.
            case cancelled
        }

        package var kind: Kind
        /// For a person, without a full stop and without anything that the provider wrote.
        package var detail: String
        package var spending: Spending
        package var milliseconds: Double
    }

    /// Bounds of a call.
    package struct Bounds: Sendable, Equatable {
        /// From the call to the answer's last byte.
        package var timeoutMilliseconds: Int
        /// A longer body is given up.
        package var maximumAnswerBytes: Int

        package init(timeoutMilliseconds: Int, maximumAnswerBytes: Int = 65_536) {
            self.timeoutMilliseconds = timeoutMilliseconds
            self.maximumAnswerBytes = maximumAnswerBytes
        }
    }

    private let transport: Transport
    let clock: Clock

    package init(transport: Transport, clock: Clock) {
        self.transport = transport
        self.clock = clock
    }

    /// Asks one short question. Cancelling the task breaks the call off.
    package func ask(
        _ question: Question,
        of backend: Backend,
        within bounds: Bounds
    ) async throws(Failure) -> Answer {
        let request = ClientRequest(
            id: question.name,
            method: "POST",
            path: "/v1/messages",
            body: question.body(for: backend),
            unixMilliseconds: clock.unixMilliseconds()
        )
        let prompt: Prompt
        do throws(GatewayError) { prompt = try Prompt(parsing: request.body) } catch {
            throw Failure(kind: .unsuitable, detail: error.message, spending: .nothing, milliseconds: 0)
        }
        return try await send(prompt, of: request, to: backend, within: bounds)
    }

    /// Sends a client's prompt, which must not ask for a stream. Of the request that brought it count path, query,
    /// headers, id and time.
    package func send(
        _ prompt: Prompt,
        of request: ClientRequest,
        to backend: Backend,
        adaptations: [Adaptation] = [],
        within bounds: Bounds
    ) async throws(Failure) -> Answer {
        let started = clock.monotonicNanoseconds()
        let traits = prompt.traits
        let estimatedInput = backend.estimatedTokens(
            characters: traits.systemBytes + traits.messageBytes + traits.toolBytes
        )
        let outgoing: Outgoing
        do throws(GatewayError) {
            outgoing = try Outgoing(
                request,
                prompt,
                backend,
                adaptations: adaptations,
                estimatedInputTokens: estimatedInput,
                isStrict: false,
                defaultMaxTokens: Self.defaultMaxTokens
            )
        } catch {
            throw Failure(kind: .unsuitable, detail: error.message, spending: .nothing, milliseconds: 0)
        }
        let asked = Asked(
            backend: backend,
            context: outgoing.context,
            estimate: TokenUsage(input: estimatedInput, output: min(prompt.maxTokens ?? 1_024, 600)),
            unixSeconds: clock.unixMilliseconds() / 1_000
        )
        var call = outgoing.call
        // Whole seconds, for the transport's own clean-up; the deadline proper is counted here.
        call.timeoutSeconds = max(1, (bounds.timeoutMilliseconds + 999) / 1_000)
        let outcome = await Deadline.run(milliseconds: bounds.timeoutMilliseconds, clock: clock) { [transport, call] in
            await Self.exchange(call, transport, limitBytes: bounds.maximumAnswerBytes)
        }
        let milliseconds = Double(clock.monotonicNanoseconds() - started) / 1e6
        func failure(_ kind: Failure.Kind, _ detail: String, isBilled: Bool) -> Failure {
            let spending = isBilled ? asked.estimated : .nothing
            return Failure(kind: kind, detail: detail, spending: spending, milliseconds: milliseconds)
        }
        switch outcome.value {
        case .success(let body): return try asked.read(body, milliseconds)
        case .failure(.status(let status)):
            throw failure(.refused, "\(backend.name) answered HTTP \(status)", isBilled: false)
        case .failure(.tooLong):
            throw failure(.notAnAnswer, "the answer of \(backend.name) is too long", isBilled: true)
        case .failure(.unreachable):
            throw failure(.unreachable, "\(backend.name) could not be reached", isBilled: false)
        case .failure(.timeout), .failure(.cancelled), nil:
            // The provider may well have read the prompt, and bills it though nobody waits for the answer.
            if Task.isCancelled { throw failure(.cancelled, "the client left", isBilled: true) }
            let detail = "\(backend.name) did not answer within \(bounds.timeoutMilliseconds) ms"
            throw failure(.timeout, detail, isBilled: true)
        }
    }

    /// For clients' prompts without a limit, where the wire demands one.
    private static let defaultMaxTokens = 4_096

    private enum CallProblem: Error {
        case status(Int)
        case tooLong
        case unreachable
        case timeout
        case cancelled
    }

    private static func exchange(
        _ call: UpstreamRequest,
        _ transport: Transport,
        limitBytes: Int
    ) async -> Result<[UInt8], CallProblem> {
        do throws(UpstreamError) {
            let response = try await transport.send(call)
            guard response.status == 200 else {
                response.body.cancel()
                return .failure(.status(response.status))
            }
            return .success(try await response.body.collect(limitBytes: limitBytes))
        } catch {
            switch error {
            case .cannotConnect, .broken: return .failure(.unreachable)
            case .timeout: return .failure(.timeout)
            case .tooLarge: return .failure(.tooLong)
            case .cancelled: return .failure(.cancelled)
            }
        }
    }

    /// A call that went out, with what is needed to read its answer.
    private struct Asked {
        let backend: Backend
        let context: TranslationContext
        let estimate: TokenUsage
        let unixSeconds: Int64

        var estimated: Spending { Spending(estimate, isEstimated: true, on: backend, unixSeconds: unixSeconds) }

        func read(_ body: [UInt8], _ milliseconds: Double) throws(Failure) -> Answer {
            let answer: TranslatedAnswer
            do throws(AnswerProblem) {
                // Whatever dialect the prompt came in, its answer is read in one.
                answer = try AnswerTranslation.whole(body, from: backend.wire, to: .anthropic, context: context)
            } catch {
                switch error {
                case .providerError:
                    let detail = "\(backend.name) answered with an error"
                    throw Failure(kind: .refused, detail: detail, spending: .nothing, milliseconds: milliseconds)
                case .notAnAnswer:
                    let detail = "what \(backend.name) sent is no answer"
                    throw Failure(
                        kind: .notAnAnswer,
                        detail: detail,
                        spending: estimated,
                        milliseconds: milliseconds
                    )
                }
            }
            let text = AnthropicAnswer.text(of: answer.body)
            var usage = answer.usage
            if !answer.hasUsage {
                usage = TokenUsage(
                    input: estimate.input,
                    output: max(1, backend.estimatedTokens(characters: text.utf8.count))
                )
            }
            let isEstimated = !answer.hasUsage || answer.inputIsEstimated
            return Answer(
                text: text,
                stopReason: answer.stopReason,
                spending: Spending(usage, isEstimated: isEstimated, on: backend, unixSeconds: unixSeconds),
                milliseconds: milliseconds
            )
        }
    }
}
