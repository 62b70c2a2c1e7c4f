import Shared
import Synchronization
import Testing

@testable import GatewayCore

/// What a client has seen the end of is in the books.
@Suite struct `An answer under a log that confirms` {
    /// Counts the rows, and how many of them were safe when somebody waited for that.
    private final class Slow: ExchangeLog {
        let confirms: Bool
        private let state = Mutex((recorded: 0, committed: 0))

        init(confirms: Bool) { self.confirms = confirms }

        var isFull: Bool { false }
        var report: StorageReport { StorageReport() }
        var recorded: Int { state.withLock { $0.recorded } }
        /// Rows that are safe.
        var committed: Int { state.withLock { $0.committed } }

        func record(_ row: ExchangeRow) { state.withLock { $0.recorded += 1 } }

        func committed() async {
            await Task.yield()
            state.withLock { $0.committed = $0.recorded }
        }
    }

    private static let whole = """
        {"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Hi."}],\
        "stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":10,"output_tokens":3}}
        """
    private static let events = [
        """
        event: message_start
        data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],\
        "stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":10,"output_tokens":1}}}


        """,
        """
        event: content_block_delta
        data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi."}}


        """,
        """
        event: message_stop
        data: {"type":"message_stop"}


        """,
    ]

    private func gateway(_ answer: ScriptedUpstream.Answer, _ log: Slow) -> Gateway {
        var settings = Settings()
        settings.backends = [
            Settings.Backend(
                name: "haiku",
                provider: .anthropic,
                model: "claude-haiku-4-5-20251001",
                baseURL: "http://127.0.0.1:1",
                apiKey: Secret("sk-up"),
                tier: .fast
            )
        ]
        settings.routing.mode = .off
        return Gateway(
            settings: settings,
            catalogue: .threeTiers,
            classifier: ScriptedClassifier(),
            exchanges: log,
            transport: ScriptedUpstream([answer]).transport,
            clock: TestClock().port
        )
    }

    private func request(isStream: Bool) -> ClientRequest {
        .messages(
            """
            {"model":"haiku","max_tokens":10,"stream":\(isStream),"messages":[{"role":"user","content":"Hello"}]}
            """
        )
    }

    @Test(arguments: [true, false])
    func `is handed out when its row is safe`(confirms: Bool) async {
        let log = Slow(confirms: confirms)
        let reply = await gateway(.json(Self.whole), log).answer(request(isStream: false))
        #expect(reply.status == 200)
        #expect(log.recorded == 1 && log.committed == (confirms ? 1 : 0))
    }

    @Test func `is confirmed even where it is an error`() async {
        let log = Slow(confirms: true)
        let reply = await gateway(.failing(.cannotConnect("no")), log).answer(request(isStream: false))
        #expect(reply.status == 502 && log.committed == 1)
    }

    @Test(arguments: [true, false])
    func `has the end of a stream held back for its row, and nothing before`(confirms: Bool) async throws {
        let log = Slow(confirms: confirms)
        let reply = await gateway(.stream(Self.events), log).answer(request(isStream: true))
        guard case .stream(let stream) = reply.body else {
            Issue.record("no stream")
            return
        }
        var text = ""
        while let bytes = await stream.next() {
            text += String(decoding: bytes, as: UTF8.self)
            let isOver = text.contains("message_stop")
            #expect(log.committed == (confirms && isOver ? 1 : 0))
            #expect(log.recorded == (isOver ? 1 : 0))
            if stream.isFinished { break }
        }
        #expect(text.contains("message_stop"))
    }

    @Test func `is given up by a client that leaves, and booked all the same`() async {
        let log = Slow(confirms: true)
        let reply = await gateway(.stream(Self.events), log).answer(request(isStream: true))
        if case .stream(let stream) = reply.body {
            _ = await stream.next()
            stream.abandon()
        }
        #expect(log.recorded == 1)
    }
}
