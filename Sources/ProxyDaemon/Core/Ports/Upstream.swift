/// A call to a provider, ready to be sent.
package struct UpstreamRequest: Sendable {
    package var method: String
    package var url: String
    package var headers: [HeaderField]
    package var body: [UInt8]
    /// For the first byte and between two bytes, in the place of the configured bounds.
    package var timeoutSeconds: Int?

    package init(
        method: String,
        url: String,
        headers: [HeaderField],
        body: [UInt8] = [],
        timeoutSeconds: Int? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeoutSeconds = timeoutSeconds
    }
}

/// A provider's answer: the head is here, the body may still be on its way.
package struct UpstreamResponse: Sendable {
    package var status: Int
    /// All headers as they came, in order.
    package var headers: [HeaderField]
    package var body: UpstreamBody

    package init(status: Int, headers: [HeaderField], body: UpstreamBody) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first value of a header; `lowercase` must be in lower case.
    package func header(_ lowercase: StaticString) -> String? {
        headers.first { $0.isNamed(lowercase) }?.value
    }
}

/// Why a call to a provider failed on the way.
package enum UpstreamError: Error, Sendable, Equatable {
    /// No connection: nothing was sent.
    case cannotConnect(String)
    case timeout(String)
    /// The connection broke, or what came was no HTTP.
    case broken(String)
    /// The body is larger than what may be held.
    case tooLarge(limitBytes: Int)
    /// The caller's task was cancelled.
    case cancelled
}

/// The bytes of a body as they arrive, in pieces of any size. For one reader.
package struct UpstreamBody: AsyncSequence, Sendable {
    package typealias Element = [UInt8]

    /// What waiting for a body can bring.
    package enum Event: Sendable, Equatable {
        case bytes([UInt8])
        /// Nothing came within the patience given.
        case silence
        case end
    }

    private let source: any UpstreamBodySource

    package init(_ source: any UpstreamBodySource) { self.source = source }

    /// Waits for what comes next, at most about `patienceSeconds` when one is given.
    ///
    /// Cancelling the task that waits breaks the call off, unless `endsWithTask` is false: then only ``cancel()`` does.
    package func next(patienceSeconds: Int? = nil, endsWithTask: Bool = true) async throws(UpstreamError) -> Event {
        try await source.next(patienceSeconds: patienceSeconds, endsWithTask: endsWithTask)
    }

    /// Whether something is there already, so that ``next(patienceSeconds:)`` would not wait.
    package var hasMore: Bool { source.hasMore }

    /// Has whoever waits for bytes look up: they get a silence, unless something has come.
    package func nudge() { source.nudge() }

    /// Nobody reads on. What little may still come is thrown away, so that the connection can be used again.
    package func letGo() { source.letGo() }

    /// Breaks the call off; nothing more will come.
    package func cancel() { source.cancel() }

    /// The whole body.
    ///
    /// Throws `tooLarge` beyond the limit, and whatever breaks the call.
    package func collect(limitBytes: Int) async throws(UpstreamError) -> [UInt8] {
        var whole: [UInt8] = []
        while case .bytes(let piece) = try await source.next(patienceSeconds: nil, endsWithTask: true) {
            if whole.count + piece.count > limitBytes {
                source.cancel()
                throw .tooLarge(limitBytes: limitBytes)
            }
            if whole.isEmpty { whole = piece } else { whole.append(contentsOf: piece) }
        }
        return whole
    }

    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let source: any UpstreamBodySource

        package mutating func next() async throws(UpstreamError) -> [UInt8]? {
            while true {
                switch try await source.next(patienceSeconds: nil, endsWithTask: true) {
                case .bytes(let piece): return piece
                case .silence: continue
                case .end: return nil
                }
            }
        }
    }

    package func makeAsyncIterator() -> Iterator { Iterator(source: source) }
}

/// Where an ``UpstreamBody`` gets its bytes.
package protocol UpstreamBodySource: Sendable {
    /// See ``UpstreamBody/next(patienceSeconds:endsWithTask:)``.
    func next(patienceSeconds: Int?, endsWithTask: Bool) async throws(UpstreamError) -> UpstreamBody.Event
    var hasMore: Bool { get }
    func nudge()
    func letGo()
    func cancel()
}

/// Sends calls to providers. libcurl in the daemon, a closure in tests.
package struct Transport: Sendable {
    /// Sends and waits for the answer's head. Cancelling the task breaks the call off.
    package var send: @Sendable (UpstreamRequest) async throws(UpstreamError) -> UpstreamResponse

    package init(send: @escaping @Sendable (UpstreamRequest) async throws(UpstreamError) -> UpstreamResponse) {
        self.send = send
    }
}

extension GatewayError {
    /// A failed call in the words of the gateway.
    package init(_ error: UpstreamError, backend: String) {
        switch error {
        case .cannotConnect(let detail): self.init(.unreachable(backend: backend, detail: detail))
        case .timeout(let detail): self.init(.upstreamTimeout(backend: backend, detail: detail))
        case .broken(let detail): self.init(.upstreamBroken(backend: backend, detail: detail))
        case .tooLarge(let limit):
            self.init(.upstreamBroken(backend: backend, detail: "its answer is larger than \(limit) bytes"))
        case .cancelled: self.init(.cancelled)
        }
    }
}
