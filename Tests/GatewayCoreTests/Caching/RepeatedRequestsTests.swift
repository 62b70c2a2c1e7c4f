import GatewayCore
import Testing

@Suite struct `Repeated requests` {
    private let client = ClientIdentity(project: "p", keyFingerprint: "k")

    private func known(_ body: String, client: ClientIdentity? = nil) throws -> KnownRequest {
        let request = try Prompt(parsing: Array(body.utf8))
        let content = CanonicalRequest.content(of: request)
        let decision = try Router(settings: .threeTiers, catalogue: .capableTiers).decide(request)
        return KnownRequest(
            client: client ?? self.client,
            request: request,
            decision: decision,
            directives: Directives(),
            betas: [],
            content: content
        )
    }

    private static func body(_ text: String) -> String {
        #"{"model":"haiku","messages":[{"role":"user","content":"\#(text)"}]}"#
    }

    @Test func `are known by their bytes and their client`() throws {
        let repeated = RepeatedRequests()
        let bytes = Array(Self.body("hello").utf8)
        #expect(repeated.known(bytes, .anthropic, from: client) == nil)
        let first = try known(Self.body("hello"))
        repeated.remember(first)
        #expect(repeated.known(bytes, .anthropic, from: client)?.request === first.request)
        #expect(repeated.known(Array(Self.body("hellp").utf8), .anthropic, from: client) == nil)
        #expect(repeated.known(Array(Self.body("hello ").utf8), .anthropic, from: client) == nil)
        #expect(repeated.known(bytes, .openai, from: client) == nil)
        #expect(repeated.known(bytes, .anthropic, from: ClientIdentity(project: "p", keyFingerprint: "other")) == nil)
    }

    @Test func `take each other's places and never each other's answers`() throws {
        let repeated = RepeatedRequests()
        // Far more than there are places.
        for number in 0..<1_000 { repeated.remember(try known(Self.body("question \(number)"))) }
        var found = 0
        for number in 0..<1_000 {
            let bytes = Array(Self.body("question \(number)").utf8)
            guard let known = repeated.known(bytes, .anthropic, from: client) else { continue }
            found += 1
            #expect(known.request.body == bytes)
        }
        #expect(found > 0)
        #expect(found <= 128)
    }

    @Test func `are not kept where they are long or finely divided`() throws {
        let repeated = RepeatedRequests()
        let long = Self.body(String(repeating: "x", count: 20_000))
        repeated.remember(try known(long))
        #expect(repeated.known(Array(long.utf8), .anthropic, from: client) == nil)
        let values = [String](repeating: "1", count: 2_000).joined(separator: ",")
        let fine = #"{"model":"m","x":[\#(values)],"messages":[{"role":"user","content":"y"}]}"#
        repeated.remember(try known(fine))
        #expect(repeated.known(Array(fine.utf8), .anthropic, from: client) == nil)
    }
}
