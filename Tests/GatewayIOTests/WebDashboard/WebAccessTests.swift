import GatewayCore
import Testing

@testable import GatewayIO

@Suite struct `Who may see the web dashboard` {
    private func request(
        _ fields: [String: String] = [:],
        host: String? = "127.0.0.1:8080",
        isFromLoopback: Bool = true
    ) -> ClientRequest {
        var headers = fields.map { HeaderField($0.key, $0.value) }
        if let host { headers.append(HeaderField("Host", host)) }
        return ClientRequest(
            id: "0",
            method: "POST",
            path: "/dashboard/events",
            headers: headers,
            isFromLoopback: isFromLoopback
        )
    }

    private let locked = WebAccess.holderOf(Secret("admin-key"))
    private let open = WebAccess.thisMachine

    @Test(arguments: ["x-api-key", "X-API-Key"])
    func `with an admin key, who presents it`(name: String) {
        #expect(locked.refusal(ofData: request([name: "admin-key"])) == nil)
        #expect(locked.refusal(ofData: request([name: "admin-kez"]))?.status == 401)
        #expect(locked.refusal(ofData: request(["Authorization": "Bearer admin-key"])) == nil)
        #expect(locked.refusal(ofData: request())?.status == 401)
    }

    @Test func `with an admin key, from everywhere and under every name`() {
        let far = request(["X-API-Key": "admin-key"], host: "gateway.example.com", isFromLoopback: false)
        #expect(locked.refusal(ofData: far) == nil)
        #expect(locked.refusal(ofPage: request(host: "gateway.example.com", isFromLoopback: false)) == nil)
    }

    @Test(arguments: [
        "localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:8080", "127.8.9.1:1", "[::1]", "[::1]:8080",
    ])
    func `without keys, this machine by its own names`(host: String) {
        #expect(open.refusal(ofPage: request(host: host)) == nil)
        #expect(open.refusal(ofData: request(host: host)) == nil)
    }

    @Test(arguments: [
        "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.1:80:80", "127.0.0.256", "127.1",
        "127.0.0.1@evil.example", "[::1].evil.example", "[::2]", "localhost:", "localhost:99999", "localhost:x", "",
        "0.0.0.0", "192.168.0.7",
    ])
    func `without keys, not under a name that somebody else may have`(host: String) {
        #expect(open.refusal(ofPage: request(host: host))?.status == 403)
        #expect(open.refusal(ofData: request(host: host))?.status == 403)
    }

    @Test func `without keys, nobody else's machine`() {
        #expect(open.refusal(ofPage: request(isFromLoopback: false))?.status == 403)
        #expect(open.refusal(ofPage: request(["X-Forwarded-For": "192.0.2.7"]))?.status == 403)
        #expect(open.refusal(ofPage: request(["Forwarded": "for=192.0.2.7"]))?.status == 403)
        #expect(open.refusal(ofPage: request(host: nil))?.status == 403)
        let text = open.refusal(ofPage: request(isFromLoopback: false))?.message ?? ""
        #expect(text.contains("ADMIN_KEY") && text.contains("ssh -L"))
    }

    @Test(arguments: [
        (site: nil, data: true, action: true), ("same-origin", true, true), ("none", true, false),
        ("same-site", false, false), ("cross-site", false, false),
    ])
    func `what another site's page asks is refused`(site: String?, data: Bool, action: Bool) {
        var fields = ["Content-Type": "application/json"]
        fields["Sec-Fetch-Site"] = site
        #expect((open.refusal(ofData: request(fields)) == nil) == data)
        #expect((open.refusal(ofAction: request(fields)) == nil) == action)
    }

    @Test(arguments: [
        ("application/json", true), ("Application/JSON; charset=utf-8", true), ("text/plain", false),
        ("application/x-www-form-urlencoded", false), ("application/jsonp", false),
    ])
    func `what costs money must be JSON, which no form can send`(type: String, isTaken: Bool) {
        #expect((open.refusal(ofAction: request(["Content-Type": type])) == nil) == isTaken)
        #expect(open.refusal(ofAction: request())?.status == 400)
    }
}

@Suite struct `The page of the web dashboard` {
    @Test func `is allowed its one style and its one script, by their hashes`() throws {
        let parts = WebPage.policy.components(separatedBy: "; ")
        #expect(parts.first == "default-src 'none'")
        for name in ["script", "style"] {
            let text = String(decoding: WebPage.bytes, as: UTF8.self)
            #expect(text.components(separatedBy: "<\(name)").count == 2, "exactly one \(name) element")
            #expect(WebPage.content(of: name, in: WebPage.bytes) != nil)
            let rule = try #require(parts.first { $0.hasPrefix("\(name)-src ") })
            #expect(rule.hasPrefix("\(name)-src 'sha256-") && rule.hasSuffix("='"))
        }
        #expect(!WebPage.policy.contains("unsafe"))
    }

    @Test func `reads nothing as HTML, asks nobody else, and has no style attributes`() {
        let text = String(decoding: WebPage.bytes, as: UTF8.self)
        for word in [
            "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", " style=\"",
        ] {
            #expect(!text.contains(word), "\(word)")
        }
        let addresses = text.components(separatedBy: "http").dropFirst().map { $0.prefix(24) }
        #expect(
            addresses.allSatisfy { $0.hasPrefix("://www.w3.org/2000/svg") },
            "names of a format alone: \(addresses)"
        )
    }

    @Test func `what stands in an element is found byte for byte`() {
        let page = Array("<style>a</style><script>\nb</script>".utf8)
        #expect(WebPage.content(of: "script", in: page) == Array("\nb".utf8))
        #expect(WebPage.content(of: "table", in: page) == nil)
        #expect(WebPage.content(of: "style", in: Array("<style>a".utf8)) == nil)
    }
}

extension String {
    /// Foundation's, which these tests do not import.
    fileprivate func components(separatedBy separator: String) -> [Substring] {
        var parts: [Substring] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(rest[..<range.lowerBound])
            rest = rest[range.upperBound...]
        }
        return parts + [rest]
    }
}
