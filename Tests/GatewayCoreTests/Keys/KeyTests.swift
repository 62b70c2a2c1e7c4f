import Crypto
import GatewayCore
import Testing

@Suite struct `A hashed client key` {
    private static func make(_ seed: UInt64, name: String = "ci", project: String? = "web") -> (Secret, KeyRecord) {
        var random = SeededGenerator(seed: seed)
        return KeyRecord.make(name: name, project: project, using: &random)
    }

    private static func request(_ key: String, _ header: String = "x-api-key") -> ClientRequest {
        .messages("{}", [(header, header == "authorization" ? "Bearer \(key)" : key)])
    }

    @Test func `is known by its hash over salt and key`() {
        let (key, record) = Self.make(1)
        #expect(key.exposed.utf8.count == 54 && key.exposed.hasPrefix("gw-\(record.prefix)"))
        // The hash by itself, without the code under test.
        #expect(record.hash == Array(SHA256.hash(data: record.salt + Array(key.exposed.utf8))))
        #expect(record.matches(key.exposed))
        #expect(!record.matches(String(key.exposed.dropLast()) + "?"))
        #expect(Self.make(2).0 != key && Self.make(2).1.salt != record.salt)
    }

    @Test func `becomes text and back, and nothing else does`() throws {
        let (_, record) = Self.make(3)
        #expect(KeyRecord(text: record.text, name: "ci", project: "web") == record)
        #expect(!record.text.contains("gw-"))
        let bad = [
            "", "sha256", record.text + "0", String(record.text.dropLast()),
            record.text.replacing("sha256", with: "md5"),
            record.text.replacing(":\(record.prefix):", with: ":a b c d e:"), record.text + ":",
        ]
        for text in bad { #expect(KeyRecord(text: text, name: "ci", project: nil) == nil) }
    }

    @Test(arguments: ["x-api-key", "authorization"])
    func `lets its holder in, as its project`(header: String) throws {
        let (key, record) = Self.make(4)
        let keys = ClientKeys([], ring: KeyRing(kept: [record]))
        #expect(keys.areRequired)
        let client = try keys.identify(Self.request(key.exposed, header))
        #expect(client.project == "web" && client.keyFingerprint == record.fingerprint)
    }

    @Test func `with another ending, another beginning, or of another kind is not known`() {
        let (key, record) = Self.make(5)
        let keys = ClientKeys([Secret("plain-key")], ring: KeyRing(fixed: [record]))
        let (stranger, _) = Self.make(6)
        let twisted = String(key.exposed.dropLast(3)) + "abc"
        for text in [stranger.exposed, twisted, key.exposed + "a", "gw-", "", String(repeating: "é", count: 54)] {
            #expect(throws: GatewayError.self) { try keys.identify(Self.request(text)) }
        }
        #expect(throws: Never.self) { try keys.identify(Self.request("plain-key")) }
    }

    @Test func `ends when it is revoked or expires, and nobody is let in for it`() {
        // The requests are of 1,790,000,000.
        var (key, record) = Self.make(7)
        for (expires, isRevoked, text) in [
            (1_790_000_001, false, nil), (1_790_000_000, false, "has expired"), (nil, true, "was revoked"),
        ] as [(Int64?, Bool, String?)] {
            record.expiresUnixSeconds = expires
            record.isRevoked = isRevoked
            let ring = KeyRing()
            #expect(ring.isEmpty)
            ring.replace([record])
            let keys = ClientKeys([], ring: ring)
            #expect(keys.areRequired)
            do throws(GatewayError) {
                _ = try keys.identify(Self.request(key.exposed))
                #expect(text == nil)
            } catch {
                #expect(error.status == 401)
                #expect(text.map { error.message.contains($0) } == true)
            }
        }
    }

    @Test func `hands its name on: limits and caches see the same holder`() {
        #expect(Self.make(8).1.fingerprint == Self.make(9).1.fingerprint)
        #expect(Self.make(8).1.fingerprint != Self.make(8, name: "ops").1.fingerprint)
        #expect(Self.make(8).1.fingerprint != Self.make(8, project: nil).1.fingerprint)
        #expect(Self.make(8).1.fingerprint.utf8.count == 32)
        #expect(
            Self.make(8, name: "b/c", project: "a").1.fingerprint
                != Self.make(8, name: "c", project: "a/b").1.fingerprint
        )
    }
}

@Suite struct `A project's models` {
    private static let answer =
        #"{"id":"m","type":"message","role":"assistant","model":"m","content":[],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}"#

    private func gateway(_ mode: Settings.RoutingMode) -> (Gateway, ScriptedUpstream) {
        let upstream = ScriptedUpstream([.json(Self.answer)])
        var settings = Settings.threeTiers
        settings.escalation.check = .none
        settings.routing.mode = mode
        var project = Settings.Project(name: "web", keys: [Secret("k")])
        project.bounds.allowedModels = ["sonnet"]
        settings.projects = [project]
        let gateway = Gateway(
            settings: settings,
            catalogue: .threeTiers,
            classifier: ScriptedClassifier(),
            transport: upstream.transport,
            clock: TestClock().port
        )
        return (gateway, upstream)
    }

    private static func ask(_ model: String) -> ClientRequest {
        .messages(
            #"{"model":"\#(model)","max_tokens":5,"messages":[{"role":"user","content":"Hi"}]}"#,
            [("x-api-key", "k")]
        )
    }

    @Test func `are refused by name where the name counts`() async {
        let (gateway, upstream) = gateway(.off)
        let refused = await gateway.answer(Self.ask("opus"))
        #expect(refused.status == 403)
        let text = await refused.text()
        #expect(text.contains("permission_error") && text.contains("its models are sonnet"))
        #expect(await gateway.answer(Self.ask("sonnet")).status == 200)
        #expect(upstream.requests.count == 1)
    }

    /// Tokens are counted as the request would be answered.
    @Test func `are those whose tokens are counted`() async {
        func count(_ model: String, _ mode: Settings.RoutingMode) async -> (status: Int, asked: String?) {
            let (gateway, upstream) = gateway(mode)
            let status = await gateway.countTokens(Self.ask(model)).status
            return (status, upstream.requests.first.map { String(decoding: $0.body, as: UTF8.self) })
        }
        let refused = await count("opus", .off)
        #expect(refused.status == 403 && refused.asked == nil)
        #expect(await count("sonnet", .off).asked?.contains("claude-sonnet-4-6") == true)
        #expect(await count("opus", .always).asked?.contains("claude-sonnet-4-6") == true)
        #expect(await count("auto", .off).asked?.contains("claude-sonnet-4-6") == true)
    }

    @Test func `are all that routing chooses from`() async {
        let (gateway, _) = gateway(.always)
        let reply = await gateway.answer(Self.ask("haiku"))
        #expect(reply.status == 200)
        #expect(reply.header("X-Gateway-Model") == "claude-sonnet-4-6")
    }
}

@Suite struct `The projects of client keys` {
    private static let web = Settings.Project(name: "web", keys: [Secret("web-key")])

    private static func client(
        _ key: String,
        _ project: String? = nil,
        projects: [Settings.Project] = [web],
        ring: KeyRing = KeyRing()
    ) throws(GatewayError) -> ClientIdentity {
        let headers = [("x-api-key", key)] + (project.map { [("X-Gateway-Project", $0)] } ?? [])
        return try ClientKeys([Secret("free")], projects: projects, ring: ring).identify(.messages("{}", headers))
    }

    @Test func `are configured, or the key is refused`() throws {
        var random = SeededGenerator(seed: 11)
        let (key, record) = KeyRecord.make(name: "ci", project: "gone", using: &random)
        let ring = KeyRing(kept: [record])
        let error = #expect(throws: GatewayError.self) { try Self.client(key.exposed, ring: ring) }
        #expect(error?.status == 403)
        #expect(error?.message.contains("web") == false)
        // Where nobody has projects, a key's is only a name.
        #expect(try Self.client(key.exposed, projects: [], ring: ring).project == "gone")
    }

    @Test func `are not told to those who guess`() throws {
        #expect(try Self.client("free", "web").project == "web")
        for (key, named) in [("free", "wbe"), ("web-key", "wbe"), ("web-key", "default")] {
            let error = #expect(throws: GatewayError.self) { try Self.client(key, named) }
            #expect(error?.status == 400)
            #expect(error?.message.contains("web") == false)
        }
    }
}
