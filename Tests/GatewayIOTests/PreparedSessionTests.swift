import Foundation
import GatewayCore
import GatewayIO
import Shared
import Synchronization
import Testing

/// A gateway with the built-in rules and one model, which always gives the same answer.
private final class ReducingGateway: Sendable {
    let gateway: Gateway
    private let bodies: Recorder

    /// What was sent.
    private final class Recorder: Sendable {
        let all = Mutex<[[UInt8]]>([])
        /// Nanoseconds on a clock that goes on when it is looked at.
        let now = Mutex(Int64(1))
    }

    /// A body that comes in one piece.
    private final class Whole: UpstreamBodySource {
        private let rest: Mutex<[UInt8]?>

        init(_ bytes: [UInt8]) { rest = Mutex(bytes) }

        func next(patienceSeconds: Int?, endsWithTask: Bool) async throws(UpstreamError) -> UpstreamBody.Event {
            let bytes = rest.withLock { rest in
                defer { rest = nil }
                return rest
            }
            return bytes.map { .bytes($0) } ?? .end
        }

        var hasMore: Bool { rest.withLock { $0 != nil } }
        func nudge() {}
        func letGo() {}
        func cancel() {}
    }

    init(_ rules: [BoilerplateRule], skills: [Skill] = [], _ change: (inout Settings) -> Void) throws {
        let recorder = Recorder()
        bodies = recorder
        var settings = try loadConfig("").settings
        settings.routing.mode = .off
        settings.cache.isEnabled = false
        change(&settings)
        gateway = Gateway(
            settings: settings,
            catalogue: try CatalogueFile.effective(overlay: nil),
            classifier: Easy(),
            skills: skills.isEmpty ? nil : SkillLibrary(skills),
            boilerplate: rules,
            transport: Transport { request throws(UpstreamError) in
                recorder.all.withLock { $0.append(request.body) }
                // Four bytes are about a token.
                let answer = Array(
                    #"{"id":"m","type":"message","role":"assistant","model":"x","content":[{"type":"text","text":"ok"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":\#(request.body.count / 4),"output_tokens":2}}"#
                        .utf8
                )
                return UpstreamResponse(
                    status: 200,
                    headers: [HeaderField("content-type", "application/json")],
                    body: UpstreamBody(Whole(answer))
                )
            },
            clock: Clock(
                monotonicNanoseconds: {
                    recorder.now.withLock { now in
                        now += 1_000_000
                        return now
                    }
                },
                unixMilliseconds: { 1_790_000_000_000 }
            )
        )
    }

    private struct Easy: Classifying {
        func classify(_ request: ClassifierRequest) async -> Classification {
            Classification(
                score: 10,
                tier: .fast,
                taskType: .general,
                confidence: 0.9,
                layer: .features,
                thresholds: ScoreThresholds(fastMaximum: 30, balancedMaximum: 70)
            )
        }
    }

    /// What is sent for a request.
    func sent(_ body: String, _ headers: [HeaderField] = []) async throws -> String {
        let before = bodies.all.withLock { $0.count }
        let reply = await gateway.answer(
            ClientRequest(
                id: "0123456789abcdef",
                method: "POST",
                path: "/v1/messages",
                headers: headers,
                body: Array(body.utf8),
                unixMilliseconds: 1_790_000_000_000
            )
        )
        #expect(reply.status == 200)
        let all = bodies.all.withLock { $0 }
        #expect(all.count == before + 1)
        return String(decoding: try #require(all.last), as: UTF8.self)
    }
}

@Suite struct `An editor's session over the gateway` {
    private static let marker = "\"cache_control\":{\"type\":\"ephemeral\"}"

    /// An editor's system prompt with sections that the built-in rules know, and one that they do not.
    private static let system =
        "You are an assistant in Cursor.\n<communication>\n" + String(repeating: "Be kind. ", count: 60)
        + "</communication>\n<tool_calling>\n" + String(repeating: "Call tools well. ", count: 900)
        + "</tool_calling>\n<debugging>\nLook twice.\n</debugging>\n"

    /// Each question brings a file, which changes now and then, and a letter of several code points where it may be cut.
    private static func question(_ turn: Int) -> String {
        let lines = (0..<90).map { "    let value\($0) = compute(\(turn / 4), \"👩‍💻🇩🇪\")" }.joined(separator: "\n")
        return "```swift src/main.swift\n\(lines)\n```\nQuestion number \(turn)? Mend the function."
    }

    private static func body(_ messages: [String]) -> String {
        let list = messages.enumerated().map { number, text in
            "{\"role\":\"\(number % 2 == 0 ? "user" : "assistant")\",\"content\":\(JSONText.quoted(text))}"
        }
        return
            "{\"model\":\"sonnet\",\"max_tokens\":99,\"system\":\(JSONText.quoted(system)),\"messages\":[\(list.joined(separator: ","))]}"
    }

    /// Without the markers, which move, and the form that a string takes to carry one.
    private static func unmarked(_ body: String) -> String {
        body.replacing(",\(marker)", with: "").replacing("\(marker),", with: "")
            .replacing("[{\"type\":\"text\",\"text\":", with: "").replacing("}],", with: ",").replacing(
                "}]}",
                with: "}"
            )
    }

    private static let skill = Skill(id: "brief", purpose: "p", text: "Answer briefly.")

    /// The built-in rules, diffs, limits, files, markers and a skill from the tenth turn on.
    @Test func `sends what it sent before, and then more, for fifty turns`() async throws {
        let it = try ReducingGateway(try BoilerplateFile.builtIn(), skills: [Self.skill]) {
            $0.reduction.stripsBoilerplate = true
            $0.reduction.asksForDiffs = true
            $0.reduction.deduplicatesFiles = true
            $0.reduction.userMaxCharacters = 3_000
            $0.reduction.marksCache = true
        }
        var messages: [String] = []
        var before = ""
        for turn in 0..<50 {
            messages.append(Self.question(turn))
            let headers = turn >= 10 ? [HeaderField("x-gateway-skill", "brief")] : []
            let sent = try await it.sent(Self.body(messages), headers)
            #expect(sent.split(separator: Self.marker, omittingEmptySubsequences: false).count <= 5, "turn \(turn)")
            if turn > 0 { #expect(sent.contains(Self.marker), "turn \(turn)") }
            let plain = Self.unmarked(sent)
            // All but the brackets at the end.
            #expect(plain.hasPrefix(before.dropLast(3)), "turn \(turn)")
            before = plain
            messages.append("Answer number \(turn).")
        }
        #expect(!before.contains("Be kind.") && before.contains("Call tools well."))
        #expect(before.contains("a unified diff") && before.contains("Answer briefly."))
        #expect(before.contains("characters were left out here"))
        #expect(it.gateway.snapshot().reducersDisabled == 0)
    }

    /// The words that ask for diffs, once, at the end of the system prompt: about 70 tokens, whatever the conversation's length.
    @Test func `costs the words that ask for diffs, and no more of them with every turn`() async throws {
        let plain = try ReducingGateway([]) { $0.reduction.marksCache = false }
        let asking = try ReducingGateway([]) {
            $0.reduction.marksCache = false
            $0.reduction.asksForDiffs = true
        }
        var messages: [String] = []
        var added: Set<Int> = []
        for turn in 0..<5 {
            messages.append(Self.question(turn))
            let body = Self.body(messages)
            added.insert(try await asking.sent(body).utf8.count - plain.sent(body).utf8.count)
            messages.append("Answer.")
        }
        #expect(added.count == 1)
        // At four characters a token, with the form of a block around them.
        #expect((240...400).contains(added.first ?? 0), "\(added)")
    }

    @Test func `leaves out what the operator's own file names, too`() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "rules-\(UUID()).yaml")
        defer { try? FileManager.default.removeItem(at: file) }
        let rule =
            "rules: [{name: mine, in: system, from: \"<tool_calling>\", to: \"</tool_calling>\", max_bytes: 60000}]"
        try Data(rule.utf8).write(to: file)
        let config = "reduction: {strip_ide_boilerplate: true, boilerplate_file: \(file.path())}"
        let path = try loadConfig(config).settings.reduction.boilerplateFile
        let rules = try BoilerplateFile.effective(adding: path)
        let builtIn = try BoilerplateFile.builtIn()
        #expect(rules.count == builtIn.count + 1)
        let body = Self.body([Self.question(0)])
        let usual = try await ReducingGateway(builtIn) { $0.reduction.stripsBoilerplate = true }.sent(body)
        #expect(!usual.contains("Be kind.") && usual.contains("Call tools well."))
        let own = try await ReducingGateway(rules) { $0.reduction.stripsBoilerplate = true }.sent(body)
        #expect(!own.contains("Be kind.") && !own.contains("Call tools well."))
    }
}
