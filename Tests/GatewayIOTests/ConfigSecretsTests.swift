import GatewayCore
import Glibc
import Shared
import Testing

@testable import GatewayIO

@Suite struct `Keys in a configuration file` {
    /// Loads a file of that mode and gives the warnings that speak of it.
    private func warnings(_ text: String, mode: mode_t) throws -> [String] {
        var template = Array("/tmp/config-XXXXXX".utf8CString)
        let directory = try #require(mkdtemp(&template).map { String(cString: $0) })
        let path = "\(directory)/config.yaml"
        let descriptor = open(path, O_WRONLY | O_CREAT, 0o600)
        defer {
            close(descriptor)
            unlink(path)
            rmdir(directory)
        }
        let bytes = Array(text.utf8)
        #expect(write(descriptor, bytes, bytes.count) == bytes.count && fchmod(descriptor, mode) == 0)
        let loaded = try ConfigLoader.load(
            path: path,
            environment: ["ANTHROPIC_API_KEY": "sk-test", "K": "key", "R": "redis://:pw@localhost"],
            overrides: ConfigOverrides()
        )
        return loaded.warnings.filter { $0.contains("chmod") }.map { $0.replacing(path, with: "FILE") }
    }

    @Test func `are named where others may read or change the file`() throws {
        let text = "auth: {keys: [$K, client-key]}"
        #expect(try warnings(text, mode: 0o600) == [])
        #expect(try warnings(text, mode: 0o711) == [])
        #expect(
            try warnings(text, mode: 0o640) == [
                "FILE: its mode 0640 lets others read the keys in it (auth.keys[1]): chmod 600 FILE"
            ]
        )
        #expect(
            try warnings(text, mode: 0o620) == [
                "FILE: its mode 0620 lets others change the keys in it (auth.keys[1]): chmod 600 FILE"
            ]
        )
        #expect(try warnings("auth: {keys: [$K]}\ncache: {redis_url: $R}", mode: 0o644) == [])
    }

    private func plain(_ text: String) throws -> [String] {
        OpenSecrets.plain(in: try YAMLTree.parse(text, file: "config.yaml"))
    }

    @Test(arguments: [
        ("auth: {admin_key: a}", ["auth.admin_key"]), ("projects: [{name: w, keys: [$A, b]}]", ["projects[0].keys[1]"]),
        ("models: [{}, {api_key: sk-1}]", ["models[1].api_key"]), ("cache: {signing_key: s}", ["cache.signing_key"]),
        ("models: [{headers: {Authorization: Bearer x}}]", ["models[0].headers.Authorization"]),
        ("cache: {redis_url: 'redis://:pw@host/0'}", ["cache.redis_url"]),
        ("cache: {redis_url: 'redis://host?password=pw'}", ["cache.redis_url"]),
        ("storage: {database_url: 'postgresql://u:pw@$HOST/d'}", ["storage.database_url"]),
        ("auth: {admin_key: '${A:-fallback}'}", ["auth.admin_key"]),
        ("auth: {admin_key: $$dollar}", ["auth.admin_key"]),
    ])
    func `stand there as they are`(text: String, places: [String]) throws { #expect(try plain(text) == places) }

    @Test(arguments: [
        "auth: {admin_key: $A, keys: [null, '${B}', '${C:-}']}",
        "models: [{headers: {authorization: Bearer $T, x-team: a}}]",
        "cache: {redis_url: 'redis://:$PW@host'}", "cache: {redis_url: 'redis://user@host:6379'}",
        "storage: {database_url: 'postgresql://u@h/d?password=$P'}", "auth: {keys: [{name: a, key_hash: 'sha256:x'}]}",
        "models: [{name: a, base_url: 'https://x'}]", "",
    ])
    func `come from elsewhere`(text: String) throws { #expect(try plain(text) == []) }

    @Test(arguments: [
        ("auth:\n  keys:\n    - ''", "config.yaml:3: auth.keys[0]"),
        ("auth: {admin_key: ''}", "config.yaml:1: auth.admin_key"),
        ("projects: [{name: w, keys: ['  ']}]", "config.yaml:1: projects[0].keys[0]"),
        ("cache: {signing_key: \"\"}", "config.yaml:1: cache.signing_key"),
        (
            "models: [{name: a, provider: anthropic, model: m, tier: fast, api_key: ''}]",
            "config.yaml:1: models[0].api_key"
        ),
    ])
    func `are not empty`(text: String, place: String) {
        let error = #expect(throws: ConfigError.self) { try loadConfig(text) }
        #expect(
            error?.description
                == "\(place): an empty key protects nothing: write the key, a variable such as $NAME, or null for none"
        )
    }

    @Test func `may be null, or wait for their variable`() throws {
        let text = "auth: {admin_key: null, keys: [null, $UNSET]}\ncache: {signing_key: ~, redis_url: ''}"
        let loaded = try loadConfig(text)
        #expect(loaded.settings.auth.keys.isEmpty && loaded.settings.auth.adminKey == nil)
        #expect(loaded.warnings.count == 1 && loaded.warnings.first?.contains("UNSET is not set") == true)
    }

    @Test func `of clients are not the admin key`() throws {
        var random = SystemRandomNumberGenerator()
        let (key, record) = KeyRecord.make(name: "ci", project: nil, using: &random)
        for (text, place) in [
            ("auth: {admin_key: k, keys: [k]}", "config.yaml:1: auth.admin_key: is a client's key, too (auth.keys)"),
            (
                "auth: {admin_key: k}\nprojects: [{name: web, keys: [k]}]",
                "config.yaml:1: auth.admin_key: is a client's key, too (the project web)"
            ),
            (
                "auth: {admin_key: \(key.exposed), keys: [{name: ci, key_hash: '\(record.text)'}]}",
                "config.yaml:1: auth.admin_key: is a client's key, too (the key ci)"
            ),
        ] {
            let error = #expect(throws: ConfigError.self) { try loadConfig(text) }
            #expect(error?.description.hasPrefix(place) == true)
            #expect(error?.description.contains("gw-") == false)
        }
        let both = ["ANTHROPIC_API_KEY": "sk", "ADMIN_KEY": "k", "GATEWAY_API_KEY": "k"]
        let error = #expect(throws: ConfigError.self) { try loadConfig("auth: {admin_key: other}", environment: both) }
        #expect(error?.description.hasPrefix("environment: ADMIN_KEY: is a client's key, too") == true)
        #expect(throws: Never.self) { try loadConfig("auth: {admin_key: a, keys: [k]}") }
    }

    @Test func `sign what is in Redis, or a warning says what may happen`() throws {
        func warned(_ cache: String) throws -> Bool {
            try loadConfig("cache: {\(cache)}").warnings.contains { $0.contains("without cache.signing_key") }
        }
        #expect(try warned("redis_url: 'redis://127.0.0.1'"))
        #expect(try !warned("redis_url: 'redis://127.0.0.1', signing_key: s"))
        #expect(try !warned("redis_url: 'redis://127.0.0.1', enabled: false"))
        #expect(try !warned("enabled: true"))
    }
}

@Suite struct `Names in a configuration file` {
    private static let backend = "provider: anthropic, model: m, tier: fast, api_key: k"

    @Test(arguments: ["a b", "a/../b", "..", "é", "a\"b", "a?b", "a%2e", String(repeating: "n", count: 129)])
    func `are refused with the rule`(name: String) throws {
        let quoted = "'\(name)'"
        for (text, place) in [
            ("models: [{name: \(quoted), \(Self.backend)}]", "models[0].name"),
            ("projects: [{name: \(quoted)}]", "projects[0].name"),
            ("auth: {keys: [{name: \(quoted), key_hash: x}]}", "auth.keys[0].name"),
        ] {
            let error = #expect(throws: ConfigError.self) { try loadConfig(text) }
            #expect(error?.description == "config.yaml:1: \(place): \(PlainName.rule)")
        }
    }

    @Test(arguments: ["web", "team/web-2", "a.b:c@d+e_f", String(repeating: "n", count: 128)])
    func `are taken`(name: String) throws {
        let text = "models: [{name: '\(name)', \(Self.backend)}]\nprojects: [{name: '\(name)', keys: [k]}]"
        #expect(try loadConfig(text).settings.projects.map(\.name) == [name])
    }

    @Test(arguments: ["a b", "a/../b"])
    func `are refused for keys that are made`(name: String) async throws {
        let file = KeyFile(directory: "/nonexistent")
        for (name, project) in [(name, nil), ("ci", name)] as [(String, String?)] {
            await #expect(throws: KeyFileProblem.self) {
                try await file.create(name: name, project: project, expiresUnixSeconds: nil, nowUnixSeconds: 1)
            }
        }
    }
}

@Suite struct `A key file in another user's directory` {
    private static let other: uid_t = 65_534

    @Test(.enabled(if: getuid() == 0, "only root may give files away"))
    func `has the directory's owner, its lock as well`() async throws {
        var template = Array("/tmp/keys-XXXXXX".utf8CString)
        let directory = try #require(mkdtemp(&template).map { String(cString: $0) })
        defer {
            for name in ["keys", "keys-lock"] { unlink("\(directory)/\(name)") }
            rmdir(directory)
        }
        // Left by root before.
        close(open("\(directory)/keys-lock", O_RDWR | O_CREAT, 0o600))
        #expect(chown(directory, Self.other, Self.other) == 0)
        let file = KeyFile(directory: directory, servesOwner: true)
        let made = try await file.create(name: "ci", project: nil, expiresUnixSeconds: nil, nowUnixSeconds: 1)
        #expect(try await file.load() == [made.record])
        for name in ["keys", "keys-lock"] {
            var status = stat()
            #expect(stat("\(directory)/\(name)", &status) == 0)
            #expect(status.st_uid == Self.other && status.st_gid == Self.other && status.st_mode & 0o777 == 0o600)
        }
        // The daemon does not help itself to a directory that is not its own.
        await #expect(throws: KeyFileProblem.self) { try await KeyFile(directory: directory).revoke(name: "ci") }
    }

    @Test func `does not make a key that is over at once`() async {
        let file = KeyFile(directory: "/nonexistent")
        await #expect(throws: KeyFileProblem.self) {
            try await file.create(name: "ci", project: nil, expiresUnixSeconds: 5, nowUnixSeconds: 5)
        }
    }

    @Test func `speaks of keys where it cannot be written`() async throws {
        let file = KeyFile(directory: "/proc/none")
        do throws(KeyFileProblem) {
            _ = try await file.create(name: "ci", project: nil, expiresUnixSeconds: nil, nowUnixSeconds: 1)
            Issue.record("a key was kept in /proc")
        } catch {
            #expect(error.description.contains("no client key can be made or ended"))
            #expect(!error.description.contains("learned"))
        }
    }
}
