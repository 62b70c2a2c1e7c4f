import Testing

@testable import Simulator

@Suite struct `What a request may ask for` {
    private let sample = Sample()

    @Test func `a marker is read and leaves no trace in the question`() throws {
        let split = Directives.split("Say [[simulate: stall=20 tool]]hello")
        #expect(split.rest == "Say hello")
        let directives = try Directives(words: split.words ?? "")
        #expect(directives.stall == 20)
        #expect(directives.usesTool)
    }

    @Test(arguments: ["nonsense", "status=200", "delay=soon", "cut=-1", "tokens"])
    func `what it does not know is refused`(word: String) {
        #expect(sample.ask("x [[simulate: \(word)]]").status == 400)
    }

    @Test(arguments: [
        (400, "invalid_request_error"), (401, "authentication_error"), (403, "permission_error"),
        (404, "not_found_error"), (429, "rate_limit_error"), (500, "api_error"), (503, "api_error"),
        (529, "overloaded_error"),
    ])
    func `a status has its error type`(status: Int, type: String) {
        let reply = sample.ask("x [[simulate: status=\(status) retry-after=9]]", [("stream", true)])
        #expect(reply.status == status)
        #expect(reply.json?["error"]?["type"]?.string == type)
        #expect(reply.json?["request_id"]?.string == reply.header("request-id"))
        #expect(reply.header("retry-after") == "9")
    }

    @Test func `the header wins over the marker`() {
        let headers = [("x-api-key", "k"), ("anthropic-version", "2023-06-01"), ("x-simulate", "refuse")]
        let reply = sample.send(Sample.body("x [[simulate: status=500]]"), headers: headers)
        #expect(reply.status == 200)
        #expect(reply.json?["stop_reason"]?.string == "refusal")
        #expect(reply.json?["stop_details"]?["type"]?.string == "refusal")
    }

    @Test func `hedge and truncate`() {
        #expect(
            sample.ask("Is it so? [[simulate: hedge]]").text.contains(/[Pp]erhaps|[Pp]ossibly|[Mm]aybe|might|not sure/)
        )
        #expect(sample.ask("Go on [[simulate: truncate]]").json?["stop_reason"]?.string == "max_tokens")
    }

    @Test func `tokens sets the length`() {
        let reply = sample.ask("Tell me of boats [[simulate: tokens=300]]")
        #expect(reply.json?["usage"]?["output_tokens"]?.int == 300)
    }

    @Test func `pings, stall and delay`() {
        let reply = sample.ask("x [[simulate: pings=3 stall=40 delay=30]]", [("stream", true)])
        #expect(reply.delay == 30)
        #expect(reply.events.count { $0["type"]?.string == "ping" } == 3)
        #expect(reply.steps[4] == .wait(40))
    }

    @Test(arguments: [0, 1, 4]) func `cut leaves out all that follows`(count: Int) {
        let reply = sample.ask("x [[simulate: cut=\(count)]]", [("stream", true)])
        #expect(reply.events.count == count)
        #expect(reply.steps.last == .cut)
        let plain = sample.ask("x [[simulate: cut=\(count)]]")
        #expect(plain.steps.last == .cut)
        #expect(plain.json == nil)
    }

    @Test func `error ends a stream with an error event`() {
        let reply = sample.ask("x [[simulate: error=4]]", [("stream", true)])
        #expect(reply.events.count == 5)
        #expect(reply.events.last?["error"]?["type"]?.string == "overloaded_error")
    }

    @Test func `huge is planned, not held`() {
        let reply = sample.ask("x [[simulate: huge=1000]]", [("stream", true)])
        #expect(reply.steps.reduce(0) { $0 + $1.bytes.count } < 100_000)
        #expect(reply.steps.reduce(0) { $0 + $1.events } > 60_000)
    }

    @Test func `garbage is no JSON`() {
        let reply = sample.ask("x [[simulate: garbage]]")
        #expect(reply.status == 502)
        #expect(reply.json == nil)
    }
}
