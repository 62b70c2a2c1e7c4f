import Testing

@testable import GatewayCore

@Suite struct SurrogateTests {
    @Test(arguments: [
        (#"{"a":"\ud83d\udc1f \u00e9 é"}"#, #"{"a":"\ud83d\udc1f \u00e9 é"}"#),
        (#"["a\ud800b"]"#, #"["a\ufffdb"]"#),
        (#"["\uDC00","\uD800"]"#, #"["\ufffd","\ufffd"]"#),
        (#"["\ud800\ud83d\udc1f"]"#, #"["\ufffd\ud83d\udc1f"]"#),
        (#"["\ud83d\u0041"]"#, #"["\ufffd\u0041"]"#),
        (#"["\\ud800","\\\ud800"]"#, #"["\\ud800","\\\ufffd"]"#),
        (#"["\ud8"#, #"["\ud8"#),
        ("", ""),
    ])
    func loneHalvesAreReplaced(text: String, expected: String) {
        var bytes = Array(text.utf8)
        JSONText.mendLoneSurrogates(&bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }
}
