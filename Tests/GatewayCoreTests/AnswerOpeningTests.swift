import Shared
import Testing

@testable import GatewayCore

@Suite("The beginning of an answer")
struct AnswerOpeningTests {
    private func text(
        _ answer: String,
        _ dialect: Dialect = .anthropic,
        prompts: Settings.PromptLogging = .snippet
    ) -> String? {
        AnswerOpening(Array(answer.utf8), dialect: dialect, prompts: prompts)?.text
    }

    private func delta(_ text: String) -> String {
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
            + "{\"type\":\"text_delta\",\"text\":\"\(text)\"}}\n\n"
    }

    @Test("is put together from a stream's events")
    func stream() {
        let start = #"data: {"type":"message_start","message":{"content":[],"usage":{"input_tokens":5}}}"# + "\n\n"
        let block = #"data: {"type":"content_block_start","content_block":{"type":"text","text":""}}"# + "\n\n"
        #expect(text(start + block + delta("Hel") + delta("lo,\\n") + delta("w\\u00f6rld")) == "Hello,\nwörld")
        let chunk = #"data: {"choices":[{"delta":{"role":"assistant","content":null}}]}"# + "\n\n"
        let word = #"data: {"choices":[{"delta":{"content":"Hi"}}]}"# + "\n\n"
        #expect(text(chunk + word + word, .openai) == "HiHi")
    }

    @Test("is found in a whole answer, behind what was thought")
    func whole() {
        let thought = #"{"type":"thinking","thinking":"say \"text\": \"no\""}"#
        #expect(text(#"{"id":"x","content":[\#(thought),{"type":"text", "text": "Yes."}]}"#) == "Yes.")
        let tool = #"{"type":"tool_use","name":"f","input":{}}"#
        #expect(text(#"{"content":[\#(tool)]}"#) == nil)
        #expect(text(#"{"choices":[{"message":{"role":"assistant","content":"Si"}}]}"#, .openai) == "Si")
    }

    @Test("is the same, only shorter, wherever it was cut off")
    func cutAnywhere() throws {
        let answer = delta("é\\u00e9\\\"x") + delta("\\ud83d") + delta("\\ude00 done \\\\ 日本")
        let whole = try #require(text(answer))
        #expect(whole == "éé\"x\u{1F600} done \\ 日本")
        let bytes = Array(answer.utf8)
        for end in 0...bytes.count {
            let opening = AnswerOpening(Array(bytes[..<end]), dialect: .anthropic, prompts: .snippet)
            // Half of a pair of surrogates is no character yet.
            let part = (opening?.text ?? "").replacing("\u{FFFD}", with: "")
            #expect(whole.hasPrefix(part), "cut at \(end): \(part)")
        }
    }

    @Test("is as long as prompts may be")
    func lengths() {
        let long = delta(String(repeating: "ä", count: 400))
        #expect(text(long)?.count == 120)
        #expect(text(delta(String(repeating: "\\ud83d\\ude00", count: 150)))?.count == 120)
        #expect(text(long, prompts: .full)?.count == 400)
        #expect(text(long, prompts: .none) == nil)
    }

    @Test("Headers that let somebody in are not remembered")
    func headers() {
        let request = [
            HeaderField("X-Api-Key", "sk-secret"), HeaderField("Authorization", "Bearer sk-secret"),
            HeaderField("Cookie", "a=b"), HeaderField("X-Forwarded-For", "10.0.0.1"),
            HeaderField("User-Agent", "sdk/1"), HeaderField("Anthropic-Version", "2023-06-01"),
            HeaderField("X-Stainless-Lang", "python"), HeaderField("x-gateway-tier", "fast"),
            HeaderField("X-Gateway-Api-Key", "sk-secret"), HeaderField("X-Gateway-Token", "sk-secret"),
        ]
        let kept = KeptHeaders.ofRequest(request).map(\.name)
        #expect(kept == ["User-Agent", "Anthropic-Version", "X-Stainless-Lang", "x-gateway-tier"])
        let answer = [
            HeaderField("Set-Cookie", "session=1"), HeaderField("Request-ID", "req_1"),
            HeaderField("x", String(repeating: "y", count: 300)),
        ]
        #expect(KeptHeaders.cut(answer).map(\.value.utf8.count).max() == 259, "256 bytes and an ellipsis")
        let told = KeptHeaders.ofAnswer(KeptHeaders.cut(answer))
        #expect(told.map(\.name) == ["request-id", "x"])
        #expect(told.last?.value == String(repeating: "y", count: 256) + "…")
    }

    @Test(
        "What looks like a key is masked in any header",
        arguments: [
            ("sk-ant-api03-abcdefgh", "…efgh"), ("web, gw-7dKq0ZbT1234/x", "web, …1234/x"),
            ("desk-top-gw-1", "desk-top-gw-1"),
            ("sk-short", "sk-short"), ("", ""), ("Claude-Code/1.0 (sk-abcdefghijkl)", "Claude-Code/1.0 (…ijkl)"),
        ]
    )
    func keysInOtherHeaders(value: String, shown: String) {
        #expect(KeptHeaders.report(HeaderField("X-Gateway-Project", value)).value == shown)
    }
}
