package import Shared

/// Where a request belongs in a run of a workflow. Made by the gateway alone: no header says it, and none tells of it.
package struct WorkflowPlace: Sendable, Hashable {
    package var step: WorkflowStep
    /// The op's own words, without what it was given: of its message, what tells a person which it is.
    package var task: String
    /// The backend whose prompt cache an earlier step has warmed, to be taken where it is able.
    package var backend: String?
    /// What of its message other steps send, too; nil for nothing that is worth a place in the prompt cache.
    package var shared: SharedBlocks?

    package init(step: WorkflowStep, task: String = "", backend: String? = nil, shared: SharedBlocks? = nil) {
        self.step = step
        self.task = task
        self.backend = backend
        self.shared = shared
    }
}

/// The blocks of a step's message at whose ends the provider's prompt cache is to keep it.
package struct SharedBlocks: Sendable, Hashable {
    /// Positions in the message, ascending; at most ``most``.
    package let ends: [Int]
    /// UTF-8 bytes of the message up to the last of them.
    package let bytes: Int

    /// Of the four markers that a request may have, one is for its tools and system prompt.
    package static let most = 3

    package init(ends: [Int], bytes: Int) {
        self.ends = Array(ends.prefix(Self.most))
        self.bytes = bytes
    }
}

/// One HTTP request as it came in, its body whole. A reference: it goes from stage to stage, and copies of its members
/// would each be counted.
package final class ClientRequest: Sendable {
    /// The query id: 16 hexadecimal digits.
    package let id: String
    package let method: String
    /// Without the query string.
    package let path: String
    /// What follows the `?`; nil without one.
    package let query: String?
    package let headers: [HeaderField]
    package let body: [UInt8]
    /// The client is on this machine.
    package let isFromLoopback: Bool
    /// It came over the control socket, whose peer is the daemon's own user: no key is asked for.
    package let isTrusted: Bool
    /// When the body had been read, on the monotonic clock.
    package let arrivedNanoseconds: Int64
    /// The same moment in milliseconds since 1970.
    package let unixMilliseconds: Int64
    /// It is a step of a workflow that the gateway runs for the client.
    package let step: WorkflowPlace?
    /// Is told what becomes of it; nil where nobody wants to know.
    package let trace: RequestTrace?
    /// Whether the gateway ends it; nil where only its client can.
    package let cutOff: CutOff?
    /// Who asks for the tier that its header names, where that is not the client by that header.
    package let tierAsker: TierAsker?
    /// Its answer is compared with others to the same prompt. Only front ends of the operator's say so, no header does.
    package let isComparison: Bool

    package init(
        id: String,
        method: String,
        path: String,
        query: String? = nil,
        headers: [HeaderField] = [],
        body: [UInt8] = [],
        isFromLoopback: Bool = true,
        isTrusted: Bool = false,
        arrivedNanoseconds: Int64 = 0,
        unixMilliseconds: Int64 = 0,
        step: WorkflowPlace? = nil,
        trace: RequestTrace? = nil,
        cutOff: CutOff? = nil,
        tierAsker: TierAsker? = nil,
        isComparison: Bool = false
    ) {
        self.isComparison = isComparison
        self.trace = trace
        self.cutOff = cutOff
        self.id = id
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.isFromLoopback = isFromLoopback
        self.isTrusted = isTrusted
        self.arrivedNanoseconds = arrivedNanoseconds
        self.unixMilliseconds = unixMilliseconds
        self.step = step
        self.tierAsker = tierAsker
    }

    /// What the gateway itself asks a model in the client's place: without the query string, which was for the gateway.
    package func asking(
        _ path: String,
        body: [UInt8],
        adding extra: [HeaderField],
        tierBy asker: TierAsker? = nil
    ) -> ClientRequest {
        ClientRequest(
            id: id,
            method: method,
            path: path,
            headers: headers + extra,
            body: body,
            isFromLoopback: isFromLoopback,
            isTrusted: isTrusted,
            arrivedNanoseconds: arrivedNanoseconds,
            unixMilliseconds: unixMilliseconds,
            step: step,
            trace: trace,
            cutOff: cutOff,
            tierAsker: asker,
            isComparison: isComparison
        )
    }

    /// The same request under another path, or with another body.
    package func at(_ path: String, body: [UInt8]? = nil) -> ClientRequest {
        guard path != self.path || body != nil else { return self }
        return ClientRequest(
            id: id,
            method: method,
            path: path,
            query: query,
            headers: headers,
            body: body ?? self.body,
            isFromLoopback: isFromLoopback,
            isTrusted: isTrusted,
            arrivedNanoseconds: arrivedNanoseconds,
            unixMilliseconds: unixMilliseconds,
            step: step,
            trace: trace,
            cutOff: cutOff,
            tierAsker: tierAsker,
            isComparison: isComparison
        )
    }

    /// The first value of a header; names are compared without regard to case.
    package func header(_ name: StaticString) -> String? {
        headers.first { $0.isNamed(name) }?.value
    }
}

extension HeaderField {
    /// Whether the name is this one. `lowercase` must be ASCII in lower case.
    package func isNamed(_ lowercase: StaticString) -> Bool {
        name.utf8.count == lowercase.utf8CodeUnitCount && name.begins(with: lowercase)
    }
}

extension String {
    /// Whether it begins like this, ASCII letters in either case. `lowercase` must be ASCII in lower case.
    func begins(with lowercase: StaticString) -> Bool {
        let count = lowercase.utf8CodeUnitCount
        // Read where they are: the iterator of a string's bytes takes ten times as long.
        var text = self
        return text.withUTF8 { bytes in
            guard bytes.count >= count else { return false }
            for at in 0..<count {
                let byte = bytes[at]
                let lower = byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
                if lower != lowercase.utf8Start[at] { return false }
            }
            return true
        }
    }
}

extension [HeaderField] {
    /// They announce a stream of events.
    var tellOfEvents: Bool {
        first { $0.isNamed("content-type") }?.value.hasPrefix("text/event-stream") ?? false
    }
}

/// What the client gets: a whole body, or a stream that is read on as it is sent.
package struct Reply {
    package enum Body {
        case bytes([UInt8])
        case stream(any AnswerStream)
    }

    package var status: Int
    package var headers: [HeaderField]
    package var body: Body

    package init(status: Int, headers: [HeaderField], body: Body) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
