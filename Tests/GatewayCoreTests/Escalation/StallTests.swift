import GatewayCore
import Shared
import Synchronization
import Testing

final class OutcomeList: OutcomeLog {
    private let outcomes = Mutex<[RoutingOutcome]>([])
    var all: [RoutingOutcome] { outcomes.withLock { $0 } }
    func record(_ outcome: RoutingOutcome) { outcomes.withLock { $0.append(outcome) } }
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
            transport: ScriptedUpstream(Array(repeating: answer, count: 12)).transport,
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
