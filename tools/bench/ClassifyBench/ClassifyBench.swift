// Measures what it takes to score a prompt on one core: nanoseconds a prompt, the median of nine runs. `classify-bench`

import GatewayCore
import GatewayIO

@main enum ClassifyBench {
    private static let runs = 9

    static func main() throws {
        let clock = ContinuousClock()
        var loaded: RouterModel?
        let loading = try clock.measure { loaded = try RouterWeights.builtIn() }
        guard let model = loaded else { return }
        print("reading the weights: \(loading / .microseconds(1)) µs")
        let embedding = Embedding(
            [Float](repeating: 1 / Float(Embedding.dimensions).squareRoot(), count: Embedding.dimensions)
        )
        for bytes in [100, 1_024, 16_384, 102_400, 1_048_576] {
            let text = sample(bytes)
            let rounds = max(3, 4_000_000 / (bytes + 4_000))
            var sink = 0.0
            func median(_ work: () -> Void) -> Int {
                let times = (0..<runs).map { _ in
                    clock.measure { for _ in 0..<rounds { work() } } / .nanoseconds(1) / Double(rounds)
                }
                return Int(times.sorted()[runs / 2])
            }
            let ask = Ask(text)
            let features = AskFeatures(ask)
            let cut = median { sink += Double(Ask(text).text.count) }
            let counted = median { sink += AskFeatures(ask).values[0] }
            let judged = median { sink += model.judge(features).score }
            let meant = median { sink += model.judge(features, embedding: embedding).score }
            let whole = median {
                let ask = Ask(text)
                let features = AskFeatures(ask)
                sink += DirectPatterns.match(ask, features) == nil ? model.judge(features).score : 1
            }
            print(
                "\(bytes) bytes: ask \(cut) ns, features \(counted) ns, heads \(judged) ns, with embedding \(meant) ns;",
                "all without embedding \(whole) ns\(sink.isNaN ? "!" : "")"
            )
        }
    }

    /// Text as people paste it: a request, some prose, some code, tags.
    private static func sample(_ bytes: Int) -> [UInt8] {
        let block = """
            Please look at the function below; it doesn't return what I'd expect when the list has 3 or more items.
            <div class="note">The value should be x = 12 * (a + b), shouldn't it?</div>
            ```python
            def total(items): return sum(i.price for i in items if i.kind != "gift")
            ```

            It is called from the nightly job, and the report that it writes is read by the finance team.

            """
        var text = Array(String(repeating: block, count: bytes / block.utf8.count + 1).utf8.prefix(bytes))
        if let last = text.indices.last { text[last] = UInt8(ascii: "?") }
        return text
    }
}
