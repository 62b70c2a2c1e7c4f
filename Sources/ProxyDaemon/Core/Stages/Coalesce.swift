import Shared

/// Has identical requests that are in flight share one call: the first makes it, the others follow.
///
/// A follower gets what has come so far and then the rest as it comes. It pays nothing and keeps nothing. An error that
/// another call may not bring is the first one's alone: the followers have one of them try again, once.
package final class Coalesce: Stage {
    package static let name = "coalesce"
    /// At least so much of a stream is kept for those who join late.
    private static let keptBytes = 4_194_304
    /// A longer stream is not put together for a client that asked for no stream.
    private static let maximumAnswerBytes = 67_108_864

    private let flights: Flights
    private let settings: Settings.Coalesce
    private let keptBytes: Int
    private let clock: Clock

    init(settings: Settings, flights: Flights, clock: Clock) {
        self.flights = flights
        self.settings = settings.coalesce
        keptBytes = max(Self.keptBytes, settings.cache.isEnabled ? settings.cache.maxEntryBytes : 0)
        self.clock = clock
    }

    package func handle(_ exchange: inout Exchange, next: @escaping Next) async throws(GatewayError) -> Reply {
        guard let prompt = exchange.prompt, let key = key(exchange, prompt) else { return try await next(&exchange) }
        let origin = exchange.request.id
        var failed: Flight?
        while true {
            let place = failed.map { flights.joinSecond(key, after: $0, origin: origin) }
            switch place ?? flights.join(key, origin: origin) {
            case .leader(let flight): return try await lead(flight, &exchange, next)
            case .follower(let flight, let seat):
                let mayTryAgain = failed == nil && !flight.isSecond
                switch try await follow(flight, seat, mayTryAgain: mayTryAgain, prompt, &exchange) {
                case .reply(let reply): return reply
                case .tryAgain: failed = flight
                case .goAlone: return try await next(&exchange)
                }
            }
        }
    }

    /// nil for what is not shared.
    private func key(_ exchange: Exchange, _ prompt: Prompt) -> FlightKey? {
        guard settings.isEnabled, let key = exchange.cacheKey, exchange.directives.mayReadCache,
            exchange.directives.mayWriteCache, exchange.isUserTurn(prompt),
            !settings.isDeterministicOnly || prompt.hasZeroTemperature
        else { return nil }
        return FlightKey(key, prompt)
    }

    // MARK: Leading

    private func lead(_ flight: Flight, _ exchange: inout Exchange, _ next: @escaping Next) async throws(GatewayError)
        -> Reply
    {
        if let again = exchange.lookUpAgain, let reply = again(&exchange) {
            flight.land(exchange, .success(reply), keptBytes: keptBytes)
            exchange.flight = flight
            return reply
        }
        let (copy, keptBytes) = (exchange, keptBytes)
        // A task of its own, as it goes on for the others when the leader's client leaves. Everyone who is there waits for
        // it, and the last to leave cancels it. It starts on this thread and stays where the request is at home.
        let home = withUnsafeCurrentTask { $0?.unownedTaskExecutor?.asTaskExecutor() }
        let task = Task.immediate(executorPreference: home) {
            var exchange = copy
            let result: Result<Reply, GatewayError>
            do throws(GatewayError) {
                result = .success(try await next(&exchange))
            } catch {
                result = .failure(error)
            }
            flight.land(exchange, result, keptBytes: keptBytes)
        }
        flight.holds(task)
        guard let landing = await flight.landing(seat: Flight.leader) else {
            throw GatewayError(.internalFault("a shared call ended without an answer"))
        }
        exchange = landing.exchange
        exchange.flight = flight
        exchange.clientHasLeft = landing.leaderHasLeft
        let answer = try landing.answer.get()
        switch answer.body {
        case .bytes(let body): return Reply(status: answer.status, headers: answer.headers, body: .bytes(body))
        case .stream(let stream):
            let reader = SharedReader(
                stream,
                seat: Flight.leader,
                dialect: exchange.dialect,
                exchangeID: exchange.request.id
            )
            return Reply(status: answer.status, headers: answer.headers, body: .stream(reader))
        }
    }

    // MARK: Following

    private enum Following {
        case reply(Reply)
        /// The call failed in a way that another may not.
        case tryAgain
        /// The answer cannot be carried over to what this client asked for.
        case goAlone
    }

    private func follow(
        _ flight: Flight,
        _ seat: Int,
        mayTryAgain: Bool,
        _ prompt: Prompt,
        _ exchange: inout Exchange
    ) async throws(GatewayError) -> Following {
        guard let landing = await flight.landing(seat: seat) else {
            exchange.sharing = .coalesced
            throw GatewayError(.cancelled)
        }
        do throws(GatewayError) {
            let answer = try landing.answer.get()
            switch answer.body {
            case .bytes(let body):
                guard answer.status == 200 else {
                    if mayTryAgain, answer.mayHelpToTryAgain { return .tryAgain }
                    share(landing, of: flight, &exchange)
                    return .reply(Reply(status: answer.status, headers: answer.headers, body: .bytes(body)))
                }
                let own = landing.exchange
                guard let shown = Self.replay(body, isStream: answer.isStream, own.usage, prompt, exchange) else {
                    return .goAlone
                }
                share(landing, of: flight, &exchange)
                return .reply(reply(prompt, exchange, .bytes(shown)))
            case .stream(let stream):
                let id = exchange.request.id
                let reader = SharedReader(stream, seat: seat, dialect: prompt.dialect, exchangeID: id)
                if prompt.isStream {
                    if let problem = await reader.problem() { throw problem }
                    share(landing, of: flight, &exchange)
                    return .reply(reply(prompt, exchange, .stream(reader)))
                }
                let (body, outcome) = try await reader.collect(limitBytes: Self.maximumAnswerBytes)
                guard let shown = Self.replay(body, isStream: true, outcome.usage, prompt, exchange) else {
                    return .goAlone
                }
                share(landing, of: flight, &exchange)
                exchange.usage = outcome.usage
                exchange.usageIsEstimated = outcome.usageIsEstimated
                exchange.stopReason = outcome.stopReason
                return .reply(reply(prompt, exchange, .bytes(shown)))
            }
        } catch {
            if mayTryAgain, error.mayHelpToTryAgain, !Task.isCancelled { return .tryAgain }
            share(landing, of: flight, &exchange)
            throw error
        }
    }

    /// Books another's answer on a follower's exchange.
    private func share(_ landing: Flight.Landing, of flight: Flight, _ exchange: inout Exchange) {
        let own = landing.exchange
        exchange.sharing = .coalesced
        exchange.decision?.reuse = Reuse(sharing: .coalesced, origin: flight.origin)
        exchange.firstByteNanoseconds = clock.monotonicNanoseconds()
        if let backend = own.decision?.backend { exchange.decision?.backend = backend }
        exchange.warnings += own.warnings.filter { !exchange.warnings.contains($0) }
        guard case .success(let answer) = landing.answer, answer.status == 200 else { return }
        exchange.usage = own.usage
        exchange.usageIsEstimated = own.usageIsEstimated
        exchange.stopReason = own.stopReason
    }

    /// An answer in the form that a client asked for; nil for what cannot be carried over.
    private static func replay(
        _ body: [UInt8],
        isStream: Bool,
        _ usage: TokenUsage,
        _ prompt: Prompt,
        _ exchange: Exchange
    ) -> [UInt8]? {
        AnswerTranslation.replay(
            body,
            in: prompt.dialect,
            isStream: isStream,
            asStream: prompt.isStream,
            usage: usage,
            context: AnswerReplay.context(
                prompt,
                exchange.request,
                model: exchange.decision?.backend.model ?? prompt.model
            )
        )
    }

    /// A follower's answer. What the provider said of its one request, such as rate limits, is the leader's.
    private func reply(_ prompt: Prompt, _ exchange: Exchange, _ body: Reply.Body) -> Reply {
        var headers = AnswerReplay.headers(prompt, exchange.request)
        if prompt.isStream { headers.append(HeaderField("x-accel-buffering", "no")) }
        return Reply(status: 200, headers: headers, body: body)
    }
}

extension GatewayError {
    /// Whether the same call may go well the next time.
    fileprivate var mayHelpToTryAgain: Bool {
        switch kind {
        // What stands against the first one's key need not stand against another's.
        case .unreachable, .upstreamTimeout, .upstreamBroken, .overloaded, .cancelled, .rateLimited, .budgetExhausted:
            true
        default: false
        }
    }
}

extension Flight.Landing.Answer {
    /// Whether the same call may go well the next time, by the provider's word where it gives one, else by the status that
    /// the SDKs of both dialects try again after.
    fileprivate var mayHelpToTryAgain: Bool {
        if let word = headers.first(where: { $0.isNamed("x-should-retry") })?.value { return word == "true" }
        return status == 408 || status == 409 || status == 429 || status >= 500
    }

    /// A server that has no streams gave a whole answer, which was made a stream.
    fileprivate var isStream: Bool { headers.tellOfEvents }
}

extension Prompt {
    /// A temperature is given, and is zero in whatever spelling.
    fileprivate var hasZeroTemperature: Bool {
        body.withUnsafeBufferPointer { bytes in
            index.withRoot(bytes) { root in
                guard let value = root["temperature"], value.kind == .number else { return false }
                let digits = value.raw.prefix { $0 | 0x20 != UInt8(ascii: "e") }
                return digits.allSatisfy { !(UInt8(ascii: "1")...UInt8(ascii: "9")).contains($0) }
            }
        }
    }
}
