// Measures how fast the reducers go through a request of about 1 MB, on one thread:
//
//     reduction-bench
//
// Fails where one of them is slower than 200 MB/s.

import GatewayCore
import Shared

@main
enum ReductionBench {
    private static let rounds = 200
    private static let bar = 200.0

    static func main() throws {
        let body = request()
        let prompt = try Prompt(parsing: body)
        let megabytes = Double(body.count) / 1e6
        print("| reducers | MB/s | bytes left |\n|---|---|---|")
        var hasMissed = false
        for (name, change) in plans {
            var settings = Settings.Reduction()
            change(&settings)
            let run = ReductionRun(ReductionPlan(settings), Boilerplate(rules))
            var left = 0
            var best = Duration.seconds(1_000)
            let clock = ContinuousClock()
            for _ in 0..<rounds {
                let time = clock.measure { left = run.editedBytes(of: prompt) }
                best = min(best, time)
            }
            let seconds = Double(best.components.attoseconds) / 1e18 + Double(best.components.seconds)
            let rate = megabytes / seconds
            if rate < bar { hasMissed = true }
            print("| \(name) | \(Int(rate)) | \(left) of \(body.count) |")
        }
        if hasMissed { throw Missed() }
    }

    private struct Missed: Error, CustomStringConvertible {
        var description: String { "one of the reducers is slower than \(Int(bar)) MB/s" }
    }

    private static let rules = [
        BoilerplateRule(name: "a", place: .system, within: "Editor", from: "<manners>", to: "</manners>"),
        BoilerplateRule(name: "b", place: .user, from: "Below are some", to: "to respond"),
    ]

    private static var plans: [(String, (inout Settings.Reduction) -> Void)] {
        [
            ("limits that nothing exceeds", { $0.toolResultMaxCharacters = 1_000_000 }),
            ("limits that cut", limits),
            ("boilerplate", { $0.stripsBoilerplate = true }),
            ("files", { $0.deduplicatesFiles = true }),
            (
                "all of them",
                {
                    limits(&$0)
                    $0.stripsBoilerplate = true
                    $0.deduplicatesFiles = true
                }
            ),
        ]
    }

    private static func limits(_ settings: inout Settings.Reduction) {
        (settings.systemMaxCharacters, settings.userMaxCharacters, settings.toolResultMaxCharacters) =
            (40_000, 120_000, 20_000)
    }

    /// An agent's request: a system prompt, and tool results of code, some of them long and some sent twice.
    private static func request() -> [UInt8] {
        var messages = ["{\"role\":\"user\",\"content\":\"Below are some words to respond to. Mend it.\"}"]
        for number in 0..<40 {
            let lines = number % 8 == 7 ? 1_200 : 400
            let code = (0..<lines).map {
                "    let value\($0) = table[\"key\"] ?? <default>(\(number % 6), at: `\($0)`)"
            }
            messages.append(
                "{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t\(number)\",\"name\":\"r\",\"input\":{}}]}"
            )
            messages.append(
                "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t\(number)\",\"content\":"
                    + JSONText.quoted(code.joined(separator: "\n")) + "}]}"
            )
        }
        let system = "The Editor's helper. <manners>\(String(repeating: "Be kind. ", count: 200))</manners> Rules."
        let text =
            "{\"model\":\"m\",\"max_tokens\":9,\"system\":\(JSONText.quoted(system)),\"messages\":["
            + messages.joined(separator: ",") + "]}"
        return Array(text.utf8)
    }
}
