import GatewayCore
import Shared
import Synchronization
import Testing

/// A provider whose every answer comes when a test says so.
final class GatedUpstream: Sendable {
    /// One call, from its arrival to its end.
    final class Call: UpstreamBodySource {
        private struct State {
            var head: Result<[HeaderField], UpstreamError>?
            var status = 200
            var events: [Result<UpstreamBody.Event, UpstreamError>] = []
            var waiter: CheckedContinuation<Void, Never>?
            var isCancelled = false
            var taken = 0
        }

        let request: UpstreamRequest
        private let state = Mutex(State())

        init(_ request: UpstreamRequest) { self.request = request }

        // What a test does.

        var isCancelled: Bool { state.withLock { $0.isCancelled } }
        /// Whether a reader waits for the body.
        var isAwaited: Bool { state.withLock { $0.waiter != nil } }
        /// How many pieces of the body were taken.
        var taken: Int { state.withLock { $0.taken } }

        func answer(_ json: String, status: Int = 200, _ headers: [HeaderField] = []) {
            change { state in
                state.status = status
                state.head = .success([HeaderField("content-type", "application/json")] + headers)
                state.events = [.success(.bytes(Array(json.utf8))), .success(.end)]
            }
        }

        func beginStream() {
            change {
                $0.head = .success([
                    HeaderField("content-type", "text/event-stream"), HeaderField("request-id", "req_of_provider"),
                ])
            }
        }

        func send(_ events: String...) {
            change { $0.events += events.map { .success(.bytes(Array($0.utf8))) } }
        }

        func keepSilent() { change { $0.events.append(.success(.silence)) } }

        func fail(_ error: UpstreamError) {
            change { state in
                if state.head == nil { state.head = .failure(error) } else { state.events.append(.failure(error)) }
            }
        }

        private func change(_ change: (inout State) -> Void) {
            let waiter = state.withLock { state in
                change(&state)
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume()
        }

        // What the gateway sees.

        func head() async throws(UpstreamError) -> (status: Int, headers: [HeaderField]) {
            await wait(endsWithTask: true) { $0.head != nil }
            let (head, status) = state.withLock { ($0.isCancelled ? .failure(.cancelled) : $0.head, $0.status) }
            guard let head else { throw .broken("no head") }
            return (status, try head.get())
        }

        func next(patienceSeconds: Int?, endsWithTask: Bool) async throws(UpstreamError) -> UpstreamBody.Event {
            await wait(endsWithTask: endsWithTask) { !$0.events.isEmpty }
            let event = state.withLock { state -> Result<UpstreamBody.Event, UpstreamError> in
                if state.isCancelled { return .failure(.cancelled) }
                state.taken += 1
                return state.events.removeFirst()
            }
            return try event.get()
        }

        private func wait(endsWithTask: Bool, _ isThere: @escaping @Sendable (State) -> Bool) async {
            @Sendable func wait() async {
                await withCheckedContinuation { (waiter: CheckedContinuation<Void, Never>) in
                    let mustWait = state.withLock { state in
                        guard !state.isCancelled, !isThere(state) else { return false }
                        state.waiter = waiter
                        return true
                    }
                    if !mustWait { waiter.resume() }
                }
            }
            guard endsWithTask else { return await wait() }
            await withTaskCancellationHandler {
                await wait()
            } onCancel: {
                cancel()
            }
        }

        var hasMore: Bool { state.withLock { !$0.events.isEmpty } }
        func nudge() { keepSilent() }
        func letGo() {}
        func cancel() { change { $0.isCancelled = true } }
    }

    private let made = Mutex<[Call]>([])

    var calls: [Call] { made.withLock { $0 } }

    /// One of the calls. One that was not made is a failed test, and stands for nothing.
    func call(_ number: Int) -> Call {
        let calls = calls
        if number < calls.count { return calls[number] }
        Issue.record("call \(number) was not made; there are \(calls.count)")
        return Call(UpstreamRequest(method: "POST", url: "", headers: []))
    }

    var transport: Transport {
        Transport { request throws(UpstreamError) in
            let call = Call(request)
            self.made.withLock { $0.append(call) }
            let head = try await call.head()
            return UpstreamResponse(status: head.status, headers: head.headers, body: UpstreamBody(call))
        }
    }
}

/// A client that asks at once and keeps what it gets. By the time it is made, its request waits for the provider or for
/// another's call, as nothing on a request's way but those waits where routing is off.
final class WaitingClient: Sendable {
    private struct State {
        var status: Int?
        var headers: [HeaderField] = []
        var text = ""
        var isDone = false
        var mayRead = true
        var reader: CheckedContinuation<Void, Never>?
        var task: Task<Void, Never>?
    }

    let id: String
    private let state = Mutex(State())

    init(_ gateway: Gateway, _ request: ClientRequest, in dialect: Dialect = .anthropic, reads: Bool = true) {
        id = request.id
        state.withLock { $0.mayRead = reads }
        let task = Task.immediate { [self] in
            let reply = await gateway.answer(request, in: dialect)
            state.withLock { state in
                state.status = reply.status
                state.headers = reply.headers
            }
            switch reply.body {
            case .bytes(let bytes): add(bytes)
            case .stream(let stream):
                while await isAllowedToRead(), let bytes = await stream.next() {
                    add(bytes)
                    if stream.isFinished { break }
                }
                if Task.isCancelled { stream.abandon() }
            }
            state.withLock { $0.isDone = true }
        }
        state.withLock { $0.task = task }
    }

    private func add(_ bytes: [UInt8]) { state.withLock { $0.text += String(decoding: bytes, as: UTF8.self) } }

    private func isAllowedToRead() async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: CheckedContinuation<Void, Never>) in
                let mustWait = state.withLock { state in
                    guard !state.mayRead else { return false }
                    state.reader = waiter
                    return true
                }
                if !mustWait { waiter.resume() }
            }
        } onCancel: {
            read()
        }
        return !Task.isCancelled
    }

    /// Begins to read, if it was told not to.
    func read() {
        let reader = state.withLock { state in
            state.mayRead = true
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume()
    }

    /// Leaves, as a client does that closes its connection.
    func leave() { state.withLock { $0.task }?.cancel() }

    var status: Int? { state.withLock { $0.status } }
    var text: String { state.withLock { $0.text } }
    var isDone: Bool { state.withLock { $0.isDone } }

    /// The end of its exchange.
    func done() async { await state.withLock { $0.task }?.value }

    func header(_ name: String) -> String? {
        state.withLock { $0.headers.first { $0.name.lowercased() == name.lowercased() }?.value }
    }
}

/// A gateway with one backend, priced at $1 and $5 a million tokens, behind a gated provider.
struct CoalescingBench {
    let gateway: Gateway
    let upstream = GatedUpstream()

    static let model = "claude-haiku-4-5-20251001"

    init(_ provider: Settings.ProviderKind = .anthropic, _ change: (inout Settings) -> Void = { _ in }) {
        var settings = Settings()
        settings.backends = [
            Settings.Backend(
                name: "one",
                provider: provider,
                model: Self.model,
                baseURL: "http://127.0.0.1:1",
                tier: .fast
            )
        ]
        settings.routing.mode = .off
        // What is to be seen is who calls again, not the calls that a failed one leads to.
        settings.retry.isEnabled = false
        change(&settings)
        gateway = Gateway(
            settings: settings,
            catalogue: .threeTiers,
            classifier: ScriptedClassifier(),
            transport: upstream.transport,
            clock: TestClock().port
        )
    }

    /// A request that is asked at once. Two with the same text are identical.
    func client(
        _ text: String = "What is the capital of France?",
        number: Int = 0,
        stream: Bool = false,
        headers: [(String, String)] = [],
        extra: String = "",
        reads: Bool = true
    ) -> WaitingClient {
        let body =
            #"{"model":"one","max_tokens":50,"stream":\#(stream)\#(extra),"messages":[{"role":"user","content":"\#(text)"}]}"#
        let digits = String(number, radix: 16)
        let id = String(repeating: "0", count: 16 - digits.count) + digits
        return WaitingClient(gateway, .messages(body, headers, id: id), reads: reads)
    }

    /// The ledger's row of a client's exchange.
    func row(_ client: WaitingClient) -> ExchangeSummary? { gateway.ledger.entry(id: client.id)?.summary }

    var totals: MetricsSnapshot.Totals { gateway.snapshot().sinceStart }
}

/// Waits until something is so, at most a minute.
func eventually(_ condition: () -> Bool) async -> Bool {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(60)
    while clock.now < deadline {
        if condition() { return true }
        // The threads are the others' as well: who yields alone keeps them from what is waited for.
        try? await Task.sleep(for: .milliseconds(1))
    }
    return condition()
}

/// The provider's words. 1,000 tokens in and 200 out: $0.001 and $0.001 at the bench's prices.
enum Spoken {
    static let answer = #"""
        {"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Paris"}],\#
        "stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1000,"output_tokens":200}}
        """#
    static let cost = USD(nanodollars: 2_000_000)

    static let start =
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_2\",\"type\":\"message\",\"role\":"
        + "\"assistant\",\"model\":\"m\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":"
        + "{\"input_tokens\":1000,\"output_tokens\":1}}}\n\n"
    static let block =
        "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":"
        + "{\"type\":\"text\",\"text\":\"\"}}\n\n"
    static let end =
        "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
        + "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\","
        + "\"stop_sequence\":null},\"usage\":{\"output_tokens\":200}}\n\nevent: message_stop\ndata: "
        + "{\"type\":\"message_stop\"}\n\n"

    static func text(_ text: String) -> String {
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
            + "{\"type\":\"text_delta\",\"text\":\"\(text)\"}}\n\n"
    }

    static func error(_ type: String) -> String {
        #"{"type":"error","error":{"type":"\#(type)","message":"no luck this time"},"request_id":"req_of_provider"}"#
    }
}
