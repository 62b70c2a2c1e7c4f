import Shared
import Synchronization
import Testing

@testable import GatewayCore

final class OutcomeList: OutcomeLog {
    private let outcomes = Mutex<[RoutingOutcome]>([])
    private let reports = Mutex<[KeptFeedback]>([])
    var all: [RoutingOutcome] { outcomes.withLock { $0 } }
    var feedback: [KeptFeedback] { reports.withLock { $0 } }
    func record(_ outcome: RoutingOutcome) { outcomes.withLock { $0.append(outcome) } }
    func record(_ feedback: KeptFeedback) { reports.withLock { $0.append(feedback) } }
}

@Suite struct `A tool loop that stands still` {
    /// A history with so many rounds of a call and its result.
    private func history(_ rounds: [(call: String, hasFailed: Bool)]) -> String {
        var messages = [#"{"role":"user","content":"Fix the failing build of this project, please."}"#]
        for (number, round) in rounds.enumerated() {
            messages.append(
                #"{"role":"assistant","content":[{"type":"tool_use","id":"t\#(number)","name":"run","input":{"c":"\#(round.call)"}}]}"#
            )
            messages.append(
                #"{"role":"user","content":[{"type":"tool_result","tool_use_id":"t\#(number)","is_error":\#(round.hasFailed),"content":"x"}]}"#
            )
        }
        return
            #"{"model":"auto","max_tokens":500,"tools":[{"name":"run","input_schema":{"type":"object"}}],"messages":[\#(messages.joined(separator: ","))]}"#
    }

    private func stall(_ rounds: [(call: String, hasFailed: Bool)], from first: Int = 0) throws -> Stall {
        Stall(try Prompt(parsing: Array(history(rounds).utf8)), from: first)
    }

    @Test func `is known by equal calls and by failures in a row`() throws {
        #expect(try stall([("a", false), ("a", false), ("a", false)]) == Stall(equalCalls: 3, failures: 0))
        #expect(try stall([("a", true), ("b", true), ("c", true)]) == Stall(equalCalls: 1, failures: 3))
        #expect(try stall([("a", true), ("b", true), ("c", false)]) == Stall(equalCalls: 1, failures: 0))
        #expect(try stall([("a", false), ("a", false), ("b", false)]) == Stall(equalCalls: 1, failures: 0))
        #expect(try stall([("a", true), ("a", true), ("a", true)], from: 5) == Stall(equalCalls: 1, failures: 1))
        #expect(Stall(equalCalls: 2, failures: 2).reason(atLeast: 3) == nil)
        #expect(Stall(equalCalls: 3).reason(atLeast: 3) == "the same tool call was made 3 times in a row")
        #expect(Stall(failures: 9).reason(atLeast: 0) == nil)
    }

    @Test func `is known in OpenAI's dialect`() throws {
        func round(_ number: Int, _ result: String) -> String {
            #"{"role":"assistant","content":null,"tool_calls":[{"id":"c\#(number)","type":"function","function":{"name":"run","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c\#(number)","content":"\#(result)"}"#
        }
        let body =
            #"{"model":"auto","messages":[{"role":"user","content":"go"},\#(round(1, "Error: no")),\#(round(2, "[error] no")),\#(round(3, "Traceback (most"))]}"#
        #expect(
            Stall(try Prompt(parsing: Array(body.utf8), dialect: .openai)) == Stall(equalCalls: 3, failures: 3)
        )
    }

    @Test(arguments: Dialect.allCases) func `is not what a user asks for again and again`(dialect: Dialect) throws {
        let runs = (0..<3).map { Loop.round(dialect, $0, "make test", "ok") }
        func stall(_ between: String) throws -> Stall {
            let messages = [Loop.said("Run the tests."), runs[0], between, runs[1], between, runs[2]].filter {
                !$0.isEmpty
            }
            return Stall(try Prompt(parsing: Array(Loop.body(dialect, messages).utf8), dialect: dialect))
        }
        #expect(try stall("") == Stall(equalCalls: 3))
        let again = Loop.answered("They pass.") + "," + Loop.said("Run them again.")
        #expect(try stall(again) == Stall(equalCalls: 1))
        let blocks = Loop.answered("They pass.") + #",{"role":"user","content":[{"type":"text","text":"Again."}]}"#
        #expect(try stall(blocks) == Stall(equalCalls: 1))
    }

    @Test func `goes on where a client puts its own words beside a result`() throws {
        let reminder = #"{"type":"text","text":"<system-reminder>Mind the time.</system-reminder>"}"#
        let rounds = (0..<3).map {
            Loop.round(.anthropic, $0, "make test", "ok").replacing(
                #""content":"ok"}]"#,
                with: #""content":"ok"},\#(reminder)]"#
            )
        }
        let body = Loop.body(.anthropic, [Loop.said("Run the tests.")] + rounds)
        #expect(body.contains("Mind the time"))
        #expect(Stall(try Prompt(parsing: Array(body.utf8))) == Stall(equalCalls: 3))
    }

    /// The user asks three times for the same; then the model makes the same call three times by itself.
    @Test(arguments: Dialect.allCases) func `by the same call lifts the tier, and keeps it`(dialect: Dialect) async {
        let gateway = gateway()
        func tier(_ messages: [String]) async -> String? {
            let reply = await gateway.answer(.messages(Loop.body(dialect, messages)), in: dialect)
            return reply.header("X-Gateway-Tier")
        }
        var messages = [Loop.said("Say hello and run the tests.")]
        #expect(await tier(messages) == "fast")
        for number in 0..<3 {
            messages.append(Loop.round(dialect, number, "make test", "ok"))
            #expect(await tier(messages) == "fast")
            messages += [Loop.answered("They pass."), Loop.said("Run them again.")]
            #expect(await tier(messages) == "fast", "asked for \(number + 1) times")
        }
        #expect(gateway.snapshot().escalation?.lifted == 0)
        for number in 3..<6 {
            messages.append(Loop.round(dialect, number, "make test", "ok"))
            #expect(await tier(messages) == (number < 5 ? "fast" : "balanced"), "call \(number)")
        }
        messages.append(Loop.round(dialect, 6, "ls", "ok"))
        #expect(await tier(messages) == "balanced")
        messages += [Loop.answered("Done."), Loop.said("Thanks. Now say hello.")]
        #expect(await tier(messages) == "balanced")
        #expect(gateway.snapshot().escalation?.lifted == 1)
    }

    /// Every prompt is an easy one, and every answer the same.
    private func gateway(_ change: (inout Settings) -> Void = { _ in }) -> Gateway {
        let answer = ScriptedUpstream.Answer.json(Said.answer("Trying."))
        var settings = Settings.threeTiers
        settings.cache.isEnabled = false
        change(&settings)
        return Gateway(
            settings: settings,
            catalogue: .threeTiers,
            classifier: ScriptedClassifier(),
            transport: ScriptedUpstream(Array(repeating: answer, count: 30)).transport,
            clock: TestClock().port
        )
    }

    @Test func `lifts the conversation's tier once, and keeps it`() async throws {
        let gateway = gateway()
        func tier(_ rounds: [(call: String, hasFailed: Bool)], adding end: String = "") async -> String? {
            var body = history(rounds)
            if !end.isEmpty { body = String(body.dropLast(2)) + "," + end + "]}" }
            return await gateway.answer(.messages(body)).header("X-Gateway-Tier")
        }
        var rounds: [(call: String, hasFailed: Bool)] = []
        #expect(await tier(rounds) == "fast")
        rounds = [("a", true), ("b", true)]
        #expect(await tier(rounds) == "fast")
        rounds.append(("c", true))
        #expect(await tier(rounds) == "balanced")
        rounds.append(("d", true))
        #expect(await tier(rounds) == "balanced", "what lifted it does not lift it again")
        rounds += [("e", true), ("f", true)]
        #expect(await tier(rounds) == "premium")
        rounds.append(("g", false))
        #expect(await tier(rounds) == "premium")
        let said = #"{"role":"assistant","content":"Done."},{"role":"user","content":"Thanks. Now say hello."}"#
        #expect(await tier(rounds, adding: said) == "premium", "the next user turn keeps it, too")
        #expect(gateway.snapshot().escalation?.lifted == 2)
    }

    @Test func `is left alone where that is configured`() async {
        let gateway = gateway { $0.escalation.stallAfter = 0 }
        _ = await gateway.answer(.messages(history([])))
        let reply = await gateway.answer(.messages(history([("a", true), ("a", true), ("a", true)])))
        #expect(reply.header("X-Gateway-Tier") == "fast")
    }
}

/// Rounds of a tool loop in either dialect.
private enum Loop {
    static func said(_ text: String) -> String { #"{"role":"user","content":"\#(text)"}"# }

    static func answered(_ text: String) -> String { #"{"role":"assistant","content":"\#(text)"}"# }

    /// The call of a command and what came of it.
    static func round(_ dialect: Dialect, _ number: Int, _ command: String, _ result: String) -> String {
        switch dialect {
        case .anthropic:
            #"{"role":"assistant","content":[{"type":"tool_use","id":"t\#(number)","name":"run","input":{"c":"\#(command)"}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t\#(number)","content":"\#(result)"}]}"#
        case .openai:
            #"{"role":"assistant","content":null,"tool_calls":[{"id":"c\#(number)","type":"function","function":{"name":"run","arguments":"{\"c\":\"\#(command)\"}"}}]},{"role":"tool","tool_call_id":"c\#(number)","content":"\#(result)"}"#
        }
    }

    static func body(_ dialect: Dialect, _ messages: [String]) -> String {
        let tools =
            dialect == .anthropic
            ? #"{"name":"run","input_schema":{"type":"object"}}"#
            : #"{"type":"function","function":{"name":"run","parameters":{"type":"object"}}}"#
        return
            #"{"model":"auto","max_tokens":500,"tools":[\#(tools)],"messages":[\#(messages.joined(separator: ","))]}"#
    }
}

@Suite struct `The result of a tool call in OpenAI's dialect` {
    @Test(arguments: [
        "Error: no such file", "ERROR", "[error] no", "error TS2304: Cannot find name",
        "error[E0382]: use of moved value",
        "Error - file not found", "Error reading file /x", "Error 404", "An error occurred while running it",
        "Traceback (most recent call last):\n  File", "Exception in thread \"main\"", "fatal: not a git repository",
        "Failed to connect", "FAILED", "Failures: 3, passed 2", "3 failures, 2 passed", "Failures: 0, errors: 2",
        "0 failures, 1 error", "Failed tests: 1", "Build failed with 3 errors", "npm ERR! code E404",
        "panic: index out of range",
        "Tool call failed: timed out", "{\"error\": \"not found\"}", "{\"error\":{\"code\":5}}",
        "error: none of the files matched", "Exit code: 1\nnothing", "exit status 2",
        "Command failed with exit code 127",
        "Wall time: 1 s\nProcess exited with code 1\nOutput: 0 failures", "\n\nError: late",
        "{\"output\":\"x\",\"metadata\":{\"exit_code\":1}}", "returncode=-9",
    ])
    func `tells of a failure`(text: String) { #expect(ToolFailure.isTold(text)) }

    @Test(arguments: [
        "Failures: 0, passed 2", "0 failures", "0 errors, 0 failures", "No errors", "no errors found", "Errors: none",
        "Failed tests: 0", "{\"error\": null, \"result\": 1}", "{\"error\":\"\",\"result\":1}", "{\"error\":false}",
        "Error handling in Swift", "Error-free since May", "Errors and how to read them", "Failed logins by hour",
        "Exit code: 0\nError: that is what the log says", "Process exited with code 0", "exit_code: 0",
        "status code: 200",
        "passed", "", " \n ", "\u{1F600}", "2 passed", "{\"exit_code\":0,\"error\":\"x\"}", "The build passed",
    ])
    func `tells of none`(text: String) { #expect(!ToolFailure.isTold(text)) }

    @Test func `may come in parts`() throws {
        func failures(_ content: String) throws -> Int {
            let body =
                #"{"model":"auto","messages":[{"role":"user","content":"go"},{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"run","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":\#(content)}]}"#
            return Stall(try Prompt(parsing: Array(body.utf8), dialect: .openai)).failures
        }
        #expect(try failures(#"[{"type":"text","text":"Error: no such file"},{"type":"text","text":"x"}]"#) == 1)
        #expect(try failures(#"[{"type":"text","text":"Failures: 0, passed 2"}]"#) == 0)
        #expect(try failures("[]") == 0)
        #expect(try failures("null") == 0)
        #expect(try failures(#""Err\u006fr: x""#) == 1)
    }
}
