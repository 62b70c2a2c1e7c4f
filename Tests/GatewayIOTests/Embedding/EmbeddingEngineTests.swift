import GatewayCore
import Glibc
import Testing

@testable import GatewayIO

/// A directory that goes when the test is over.
private final class TemporaryDirectory {
    let path: String

    init() throws {
        var template = Array("/tmp/gateway-embedding-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError(doing: "mkdtemp", errno) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func write(_ name: String, _ text: String) throws {
        guard let file = fopen(path + "/" + name, "w") else { throw SystemError(doing: "fopen", errno) }
        fputs(text, file)
        fclose(file)
    }

    deinit {
        for name in ["model.safetensors", "vocab.txt"] { unlink(path + "/" + name) }
        rmdir(path)
    }
}

@Suite struct `An engine without a usable model` {
    private func reasonOff(_ engine: EmbeddingEngine) -> String? {
        if case .off(let reason) = engine.state { reason } else { nil }
    }

    @Test func `is off, and says where it looked and what to do`() async throws {
        let engine = EmbeddingEngine(directories: ["/nowhere/a", "/nowhere/b"])
        let reason = try #require(reasonOff(engine))
        #expect(reason.contains("/nowhere/a, /nowhere/b"))
        #expect(reason.contains("make setup"))
        #expect(reason.contains("embedding.path"))
        #expect(await engine.embed(Array("a".utf8), maximumTokens: 8) == nil)
    }

    @Test func `turns off at the first use where a file is another one`() async throws {
        let directory = try TemporaryDirectory()
        try directory.write("vocab.txt", "a\n##b\n")
        try directory.write("model.safetensors", "12345678")
        let engine = EmbeddingEngine(directories: ["/nowhere", directory.path])
        #expect(engine.state == .idle)
        #expect(await engine.embed(Array("a".utf8), maximumTokens: 8) == nil)
        let reason = try #require(reasonOff(engine))
        #expect(reason.contains("vocab.txt is not the file that was checked"))
        #expect(reason.contains("make setup"))
        #expect(await engine.embed(Array("a".utf8), maximumTokens: 8) == nil)
    }

    @Test(InstalledModel.needed) func `turns off where the weights were changed`() async throws {
        let directory = try TemporaryDirectory()
        let installed = try #require(InstalledModel.directory)
        #expect(symlink(installed + "/vocab.txt", directory.path + "/vocab.txt") == 0)
        try directory.write("model.safetensors", "12345678")
        let engine = EmbeddingEngine(directories: [directory.path])
        #expect(await engine.embed(Array("a".utf8), maximumTokens: 8) == nil)
        #expect(try #require(reasonOff(engine)).contains("model.safetensors is not the file that was checked"))
    }

    @Test(
        arguments: [
            ("/models", ["HOME": "/home/a"], "/models"),
            (nil, ["HOME": "/home/a"], "/home/a/.local/share/llm-gateway/models/all-MiniLM-L6-v2"),
            (nil, ["HOME": "/home/a", "XDG_DATA_HOME": "/data"], "/data/llm-gateway/models/all-MiniLM-L6-v2"),
            (
                "", ["HOME": "/home/a", "XDG_DATA_HOME": "data"],
                "/home/a/.local/share/llm-gateway/models/all-MiniLM-L6-v2"
            ),
            (nil, [:], "/usr/local/share/llm-gateway/models/all-MiniLM-L6-v2"),
        ] as [(String?, [String: String], String)]
    )
    func `looks first where it was told`(configured: String?, environment: [String: String], first: String) {
        let all = ModelDirectories.all(configured: configured, environment: environment)
        #expect(all.first == first)
        #expect(all.last == "/usr/share/llm-gateway/models/all-MiniLM-L6-v2")
    }
}

@Suite(InstalledModel.needed) struct `An engine with its model` {
    private func engine(threads: Int = 1, maximumWaiting: Int = 64) throws -> EmbeddingEngine {
        EmbeddingEngine(
            directories: [try #require(InstalledModel.directory)],
            threads: threads,
            maximumWaiting: maximumWaiting
        )
    }

    private func expected(_ text: String) throws -> Embedding {
        let model = try InstalledModel.shared.get()
        let scratch = Encoder.Scratch(for: model.encoder, tokens: 64)
        return try #require(
            model.encoder.embed([model.tokens(of: Array(text.utf8), maximumTokens: 64)], scratch)?.first
        )
    }

    @Test func `loads at the first use`() async throws {
        let engine = try engine()
        #expect(engine.state == .idle)
        #expect(engine.model == "all-MiniLM-L6-v2")
        #expect(await engine.embed(Array("tide".utf8), maximumTokens: 64) == (try expected("tide")))
        #expect(engine.state == .ready)
    }

    @Test(arguments: [1, 3]) func `gives each of many callers its own answer`(threads: Int) async throws {
        let engine = try engine(threads: threads)
        let texts = (0..<40).map { "what is \($0) and \($0 * 7)?" }
        let answers = await withTaskGroup { group in
            for (at, text) in texts.enumerated() {
                group.addTask { (at, await engine.embed(Array(text.utf8), maximumTokens: 64)) }
            }
            return await group.reduce(into: [Int: Embedding]()) { $0[$1.0] = $1.1 }
        }
        for (at, text) in texts.enumerated() { #expect(answers[at] == (try expected(text)), "\(text)") }
    }

    @Test func `answers every caller, be it with nothing, when more come than may wait`() async throws {
        let engine = try engine(maximumWaiting: 2)
        let answers = await withTaskGroup { group in
            for at in 0..<30 { group.addTask { await engine.embed(Array("text \(at)".utf8), maximumTokens: 8) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.count == 30)
        #expect(answers.contains { $0 != nil })
    }

    @Test func `lets cancelled callers go and serves the others`() async throws {
        let engine = try engine()
        let tasks = (0..<20).map { at in
            Task { await engine.embed(Array("text \(at)".utf8), maximumTokens: 8) }
        }
        for task in tasks.dropFirst(10) { task.cancel() }
        for task in tasks.dropFirst(10) { _ = await task.value }
        for task in tasks.prefix(10) { #expect(await task.value != nil) }
        #expect(await engine.embed(Array("after".utf8), maximumTokens: 64) == (try expected("after")))
    }

    @Test func `gives nothing to a caller that is cancelled beforehand`() async throws {
        let engine = try engine()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await engine.embed(Array("text".utf8), maximumTokens: 8)
        }
        #expect(await task.value == nil)
        #expect(engine.state == .idle)
    }

    @Test func `takes texts of any bytes and bounds`() async throws {
        let engine = try engine()
        for (text, maximum) in [([], 0), ([0xFF, 0x00], -5), (Array(repeating: 0x61, count: 9_000), 9_999)]
            as [([UInt8], Int)]
        {
            let embedding = try #require(await engine.embed(text, maximumTokens: maximum))
            #expect(abs(embedding.cosine(embedding) - 1) < 1e-5)
        }
    }
}
