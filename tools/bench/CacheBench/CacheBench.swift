// Measures the caches in memory, in this process, on one thread:
//
//     cache-bench                       everything; the answers are a table in Markdown
//     cache-bench --inserts 1000000     fewer than ten million
//     cache-bench --rows 1000000        an index of that many rows too
//
// Fails where a bar is missed: memory over its bound by more than a tenth, a look-up over 5 µs, a question of the index that a
// comparison of all rows finds and the index does not.

import GatewayCore
import GatewayIO
import Glibc

@main
enum CacheBench {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        func number(_ name: String, _ standard: Int) -> Int {
            guard let at = arguments.firstIndex(of: name), at + 1 < arguments.count else { return standard }
            return Int(arguments[at + 1]) ?? standard
        }
        var report = BenchReport()
        // Memory first: what was freed by others would hide what this takes.
        MemoryBench.run(inserts: number("--inserts", 10_000_000), maxBytes: 268_435_456, &report)
        for rows in [number("--rows", 0), 100_000, 10_000, 1_000] where rows > 0 { IndexBench.run(rows: rows, &report) }
        for entries in [1_000, 1_000_000] { ExactBench.run(entries: entries, &report) }
        report.end()
    }
}

/// A table of measurements, and whether all of them passed.
struct BenchReport {
    private var hasMissed = false

    init() {
        print("| what | measured | bar |")
        print("|---|---|---|")
    }

    /// Adds a line. `isMet` nil for what has no bar.
    mutating func add(_ what: String, _ measured: String, bar: String = "", isMet: Bool? = nil) {
        if isMet == false { hasMissed = true }
        print("| \(what) | \(measured) | \(isMet.map { "\(bar): \($0 ? "met" : "MISSED")" } ?? bar) |")
        fflush(nil)
    }

    func end() { exit(hasMissed ? 1 : 0) }
}

/// Random numbers that are the same in every run (SplitMix64).
struct BenchRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// 32 random bytes, as a key or a fingerprint has.
    mutating func digest() -> [UInt8] {
        let words = (next(), next(), next(), next())
        return withUnsafeBytes(of: words) { Array($0) }
    }

    /// About normally distributed.
    mutating func normal() -> Float {
        var sum: Float = -6
        for _ in 0..<6 {
            let bits = next()
            sum += Float(bits >> 40) / 16_777_216 + Float(bits & 0xFF_FFFF) / 16_777_216
        }
        return sum
    }
}

/// Times of many calls.
struct BenchTimes {
    private var nanoseconds: [Int64] = []

    @discardableResult mutating func measure<Result>(_ body: () -> Result) -> Result {
        let start = MonotonicTime.nanoseconds()
        let result = body()
        nanoseconds.append(MonotonicTime.nanoseconds() - start)
        return result
    }

    /// Microseconds at a share of the sorted times.
    func microseconds(at share: Double) -> Double {
        let sorted = nanoseconds.sorted()
        guard !sorted.isEmpty else { return 0 }
        return Double(sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]) / 1_000
    }
}

extension Double {
    /// With three digits behind the point at most, for tables.
    var short: String {
        let digits = self < 10 ? 1_000.0 : self < 1_000 ? 10 : 1
        return "\((self * digits).rounded() / digits)"
    }
}
