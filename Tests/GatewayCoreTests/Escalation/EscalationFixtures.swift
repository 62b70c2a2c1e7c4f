import GatewayCore
import Shared
import Synchronization
import Testing

/// Time that passes for those who sleep when a test says so.
final class SleepClock: Sendable {
    private struct Sleeper {
        let milliseconds: Int
        let waiter: CheckedContinuation<Void, Never>
    }

    private struct State {
        var next = 0
        var sleepers: [Int: Sleeper] = [:]
        var cancelled: Set<Int> = []
    }

    private let state = Mutex(State())

    /// How long those sleep who sleep.
    var sleeps: [Int] { state.withLock { $0.sleepers.values.map(\.milliseconds) } }

    /// Wakes all who sleep so long.
    func pass(_ milliseconds: Int) {
        let awake = state.withLock { state in
            let awake = state.sleepers.filter { $0.value.milliseconds == milliseconds }
            for id in awake.keys { state.sleepers[id] = nil }
            return awake.values.map(\.waiter)
        }
        for waiter in awake { waiter.resume() }
    }

    private func sleep(_ milliseconds: Int) async {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: CheckedContinuation<Void, Never>) in
                let mayWait = state.withLock { state in
                    guard !state.cancelled.contains(id) else { return false }
                    state.sleepers[id] = Sleeper(milliseconds: milliseconds, waiter: waiter)
                    return true
                }
                if !mayWait { waiter.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.cancelled.insert(id)
                return state.sleepers.removeValue(forKey: id)?.waiter
            }
            waiter?.resume()
        }
    }

    var port: Clock {
        var clock = TestClock().port
        clock.sleep = { await self.sleep($0) }
        return clock
    }
}

/// Three tiers at $1/$5, $3/$15 and $5/$25 a million tokens; every prompt is classified as easy.
struct EscalationBench {
    let gateway: Gateway
    let upstream = GatedUpstream()
    let clock = SleepClock()

    init(_ change: (inout Settings) -> Void = { _ in }) {
        var settings = Settings.threeTiers
        settings.cache.isEnabled = false
        settings.coalesce.isEnabled = false
        change(&settings)
        gateway = Gateway(
            settings: settings,
            catalogue: .threeTiers,
            classifier: ScriptedClassifier(),
            transport: upstream.transport,
            clock: clock.port
        )
    }

    static let question = "Explain how a B-tree splits a full node when a key is inserted, and why it stays balanced."

    func client(
        _ text: String = question,
        number: Int = 0,
        stream: Bool = false,
        headers: [(String, String)] = [],
        extra: String = "",
        dialect: Dialect = .anthropic
    ) -> WaitingClient {
        let body =
            #"{"model":"opus","max_tokens":500,"stream":\#(stream)\#(extra),"messages":[{"role":"user","content":"\#(text)"}]}"#
        let digits = String(number, radix: 16)
        let id = String(repeating: "0", count: 16 - digits.count) + digits
        return WaitingClient(gateway, .messages(body, headers, id: id), in: dialect)
    }

    /// The one exchange that has ended.
    var row: ExchangeSummary? { gateway.ledger.recent(1).first }

    func detail(_ id: String) -> ExchangeDetail? { gateway.ledger.entry(id: id)?.detail }
}

/// What models say.
enum Said {
    /// More than the window's 160 characters.
    static let unsure = """
        I'm not sure. I don't have enough information to answer that. I cannot say how such a tree behaves, and I'm \
        unable to find out. I don't know what else to tell you about this, I'm afraid, so please ask somebody else.
        """
    static let good = """
        A full node is split around its median key. The median moves up into the parent, and the two halves become \
        separate children to its left and right. If the parent is full as well, it is split in the same way, up to the \
        root. A new root is made only there, so every leaf stays at the same depth and the tree remains balanced.
        """

    /// 100 tokens in, 20 out.
    static func answer(_ text: String, stop: String = "end_turn") -> String {
        """
        {"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text",\
        "text":\(JSONText.quoted(text))}],"stop_reason":"\(stop)","stop_sequence":null,\
        "usage":{"input_tokens":100,"output_tokens":20}}
        """
    }

    static let start =
        event(
            "message_start",
            #"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":100,"output_tokens":1}}}"#
        )
        + event(
            "content_block_start",
            #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#
        )

    static func piece(_ text: String) -> String {
        event(
            "content_block_delta",
            #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":\#(JSONText.quoted(text))}}"#
        )
    }

    static func end(_ stop: String = "end_turn") -> String {
        event("content_block_stop", #"{"type":"content_block_stop","index":0}"#)
            + event(
                "message_delta",
                #"{"type":"message_delta","delta":{"stop_reason":"\#(stop)","stop_sequence":null},"usage":{"output_tokens":20}}"#
            ) + event("message_stop", #"{"type":"message_stop"}"#)
    }

    private static func event(_ name: String, _ data: String) -> String { "event: \(name)\ndata: \(data)\n\n" }
}
