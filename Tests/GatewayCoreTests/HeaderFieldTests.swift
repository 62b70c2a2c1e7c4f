import Testing

@testable import GatewayCore

@Suite("Names of headers")
struct HeaderFieldTests {
    @Test(
        "are compared whole and without regard to case",
        arguments: [
            ("x-api-key", true), ("X-API-Key", true), ("x-api-ke", false), ("x-api-keys", false), ("", false),
            ("x-api_key", false), ("x-api-\u{212A}ey", false),
        ]
    )
    func named(name: String, isNamed: Bool) {
        #expect(HeaderField(name, "value").isNamed("x-api-key") == isNamed)
    }

    @Test(
        "a beginning is compared without regard to case, and nothing beyond it",
        arguments: [
            ("anthropic-beta", true), ("ANTHROPIC-", true), ("Anthropic-Version", true), ("anthropic", false),
            ("openai-project", false), ("", false), ("änthropic-", false),
        ]
    )
    func begins(text: String, begins: Bool) {
        #expect(text.begins(with: "anthropic-") == begins)
    }
}
