import Shared
import Synchronization

@testable import GatewayCore

/// A provider that answers a prompt by the word that follows `Do `.
final class TaskUpstream: Sendable {
    struct Script: Sendable {
        /// Statuses to answer with first, each used up.
        var failures: [Int] = []
        var headers: [HeaderField] = []
        var text: String?
        /// Never answers, until it is cancelled.
        var hangs = false
    }

    private let scripts: Mutex<[String: Script]>
    private let calls = Mutex<[(task: String, body: String, headers: [HeaderField])]>([])
    private let underWay = Mutex<(now: Int, most: Int, cancelled: Int)>((0, 0, 0))
    /// Resumed when a call hangs.
    let hanging = AsyncStream<Void>.makeStream()

    init(_ scripts: [String: Script] = [:]) { self.scripts = Mutex(scripts) }

    var tasks: [String] { calls.withLock { $0.map(\.task) } }
    var bodies: [String] { calls.withLock { $0.map(\.body) } }
    var headers: [[HeaderField]] { calls.withLock { $0.map(\.headers) } }
    var most: Int { underWay.withLock { $0.most } }
    var cancelled: Int { underWay.withLock { $0.cancelled } }

    var transport: Transport {
        Transport { request throws(UpstreamError) in
            let body = String(decoding: request.body, as: UTF8.self)
            let task = String(body[(body.firstRange(of: "Do ")?.upperBound ?? body.endIndex)...].prefix { $0 != "." })
            self.calls.withLock { $0.append((task, body, request.headers)) }
            self.underWay.withLock { state in
                state.now += 1
                state.most = max(state.most, state.now)
            }
            defer { self.underWay.withLock { $0.now -= 1 } }
            let script = self.scripts.withLock { scripts -> Script in
                let script = scripts[task] ?? Script()
                if !script.failures.isEmpty { scripts[task]?.failures.removeFirst() }
                return script
            }
            if script.hangs {
                self.hanging.continuation.yield()
                let never = AsyncStream<Void>.makeStream()
                for await _ in never.stream {}
                self.underWay.withLock { $0.cancelled += 1 }
                throw .cancelled
            }
            let status = script.failures.first ?? 200
            let answer = Self.answer(script.text ?? "[\(task)]")
            if status == 200, body.contains(#""stream":true"#) {
                let events = AnthropicReplay.stream(fromJSON: Array(answer.utf8)) ?? []
                return UpstreamResponse(
                    status: 200,
                    headers: [HeaderField("content-type", "text/event-stream")],
                    body: UpstreamBody(OnePiece(String(decoding: events, as: UTF8.self)))
                )
            }
            let text = status == 200 ? answer : #"{"error":{"message":"later"}}"#
            return UpstreamResponse(
                status: status,
                headers: [HeaderField("content-type", "application/json")] + (status == 200 ? [] : script.headers),
                body: UpstreamBody(OnePiece(text))
            )
        }
    }

    /// 1,000 tokens in and 100 out: on the fast tier $0.001 and $0.0005.
    static func answer(_ text: String) -> String {
        """
        {"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"\(text)"}],\
        "stop_reason":"end_turn","usage":{"input_tokens":1000,"output_tokens":100}}
        """
    }

    private final class OnePiece: UpstreamBodySource {
        private let piece: Mutex<[UInt8]?>
        init(_ text: String) { piece = Mutex(Array(text.utf8)) }
        func next(patienceSeconds: Int?, endsWithTask: Bool) async throws(UpstreamError) -> UpstreamBody.Event {
            let bytes = piece.withLock { piece in
                defer { piece = nil }
                return piece
            }
            return bytes.map { .bytes($0) } ?? .end
        }
        var hasMore: Bool { piece.withLock { $0 != nil } }
        func nudge() {}
        func letGo() {}
        func cancel() {}
    }
}
