// Measures the embedding engine in this process, and compares it with the reference's embeddings.
//
//     embedding-bench check FIXTURES                the least cosine to the reference, over all texts, for each path
//     embedding-bench speed SECONDS 8 32 128 256    milliseconds for a sequence of that many tokens, for each path
//     embedding-bench text                          microseconds of the tokeniser, and the time to load
//
// The model is looked for where the gateway looks for it, and in $EMBEDDING_PATH first. Each line of output is one
// measurement of words and numbers, for tools/bench/embedding.py to read.

import EmbeddingFixtures
import GatewayCore
import GatewayIO
import Glibc

@main
enum EmbeddingBench {
    static func main() {
        let arguments = CommandLine.arguments.dropFirst()
        do {
            switch arguments.first {
            case "check": try check(String(arguments.dropFirst().first ?? "Tests/GatewayIOTests/Fixtures"))
            case "speed": try speed(arguments.dropFirst().compactMap { Int($0) })
            case "text": try text()
            default: throw Failure(description: "expected check, speed or text")
            }
        } catch {
            let line = "embedding-bench: \(error)\n"
            write(STDERR_FILENO, line, line.utf8.count)
            exit(1)
        }
    }

    struct Failure: Error, CustomStringConvertible { let description: String }

    private static var directory: String {
        get throws {
            let environment = ["EMBEDDING_PATH", "XDG_DATA_HOME", "HOME"].reduce(into: [String: String]()) {
                all,
                name in
                if let value = getenv(name) { all[name] = String(cString: value) }
            }
            let all = ModelDirectories.all(configured: environment["EMBEDDING_PATH"], environment: environment)
            guard let found = all.first(where: ModelDirectories.hasModel) else {
                throw Failure(description: "no model in \(all.joined(separator: ", ")); run make setup")
            }
            return found
        }
    }

    private static var paths: [EncoderKernels] { EncoderKernels.Path.allCases.compactMap { EncoderKernels($0) } }

    // MARK: Against the reference

    private static func check(_ fixtures: String) throws {
        let texts = try EmbeddingFixtures.tokens(in: fixtures).map(\.text)
        let pairs = Array(zip(texts, try EmbeddingFixtures.embeddings(in: fixtures)))
        for kernels in paths {
            let model = try MiniLM(directory: directory, kernels: kernels)
            let scratch = Encoder.Scratch(for: model.encoder, tokens: Encoder.maximumTokens)
            var least: Float = 1
            for (text, expected) in pairs {
                let tokens = model.tokens(of: text, maximumTokens: EmbeddingFixtures.maximumTokens)
                guard let embedding = model.encoder.embed([tokens], scratch)?.first else {
                    throw Failure(description: "a text of \(tokens.count) tokens was not embedded")
                }
                least = min(least, embedding.cosine(expected))
            }
            print("cosine \(quoted(kernels.name)) texts \(pairs.count) least \(least)")
            guard least >= 0.9999 else { throw Failure(description: "the bar is 0.9999") }
        }
    }

    // MARK: Speed

    private static func speed(_ numbers: [Int]) throws {
        guard let seconds = numbers.first, numbers.count > 1 else {
            throw Failure(description: "expected seconds and lengths")
        }
        for kernels in paths {
            let model = try MiniLM(directory: directory, kernels: kernels)
            let scratch = Encoder.Scratch(for: model.encoder, tokens: Encoder.maximumTokens)
            for length in numbers.dropFirst() {
                let sequence = [101] + (0..<length - 2).map { Int32(1_000 + $0 * 7_919 % 29_000) } + [102]
                _ = model.encoder.embed([sequence], scratch)
                let times = measure(seconds: Double(seconds)) { _ = model.encoder.embed([sequence], scratch) }
                print(
                    "speed \(quoted(kernels.name)) tokens \(length) median_ms \(times[times.count / 2])",
                    "p99_ms \(times[times.count * 99 / 100])"
                )
            }
        }
    }

    private static func text() throws {
        guard let kernels = EncoderKernels.best else { throw Failure(description: "no kernels for this CPU") }
        let directory = try directory
        let loads = try (0..<5).map { _ in
            let start = MonotonicTime.nanoseconds()
            _ = try MiniLM(directory: directory, kernels: kernels)
            return Double(MonotonicTime.nanoseconds() - start) / 1e6
        }
        print("load \(quoted(kernels.name)) median_ms \(loads.sorted()[2])")
        let before = privateKilobytes()
        let model = try MiniLM(directory: directory, kernels: kernels)
        let scratch = Encoder.Scratch(for: model.encoder, tokens: 768)
        let prompt = Array(
            "Write a function that reads a file line by line and counts the words, then explain it.".utf8
        )
        let tokens = model.tokens(of: prompt, maximumTokens: 256)
        _ = model.encoder.embed([tokens], scratch)
        print("memory \(quoted(kernels.name)) private_mb \((privateKilobytes() - before) / 1_024)")
        let times = measure(seconds: 1) { _ = model.tokens(of: prompt, maximumTokens: 256) }
        print("tokenise bytes \(prompt.count) tokens \(tokens.count) median_us \(times[times.count / 2] * 1_000)")
    }

    /// Milliseconds of each call, sorted; at least 16 calls.
    private static func measure(seconds: Double, _ body: () -> Void) -> [Double] {
        var times: [Double] = []
        let end = MonotonicTime.nanoseconds() + Int64(seconds * 1e9)
        while MonotonicTime.nanoseconds() < end || times.count < 16 {
            let start = MonotonicTime.nanoseconds()
            body()
            times.append(Double(MonotonicTime.nanoseconds() - start) / 1e6)
        }
        return times.sorted()
    }

    /// The process' memory that is backed by no file.
    private static func privateKilobytes() -> Int {
        guard let status = fopen("/proc/self/status", "r") else { return 0 }
        defer { fclose(status) }
        var line = [CChar](repeating: 0, count: 256)
        var kilobytes: Int32 = 0
        while fgets(&line, Int32(line.count), status) != nil {
            let text = line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            guard text.starts(with: "RssAnon:".utf8) else { continue }
            kilobytes = Int32(String(decoding: text.filter { (48...57).contains($0) }, as: UTF8.self)) ?? 0
        }
        return Int(kilobytes)
    }

    private static func quoted(_ name: String) -> String { name.split(separator: " ").joined(separator: "-") }
}
