import GatewayCore
import GatewayIO
import Glibc
import Shared

/// The exact cache: how long it takes.
enum ExactBench {
    static func answer(bytes: Int, _ backend: Backend) -> CachedAnswer {
        CachedAnswer(
            form: .json([UInt8](repeating: 0x61, count: bytes)),
            backend: backend,
            usage: TokenUsage(input: 1_200, output: 300),
            usageIsEstimated: false,
            stopReason: "end_turn",
            storedUnixSeconds: 1_790_000_000,
            origin: "0198c0de-5a1e-7000-8000-000000000000"
        )
    }

    static var backend: Backend {
        Backend(
            Settings.Backend(
                name: "haiku",
                provider: .anthropic,
                model: "claude-haiku-4-5-20251001",
                baseURL: "http://127.0.0.1:1",
                tier: .fast
            ),
            catalogue: Catalogue(models: [])
        )
    }

    static func run(entries: Int, _ report: inout BenchReport) {
        let cache = ExactCache(maxBytes: entries * 2_000 + 67_108_864, lifetimeSeconds: 3_600)
        let owner = CacheOwner(project: 1, key: 2)
        let answer = answer(bytes: 1_000, backend)
        var random = BenchRandom(seed: UInt64(entries))
        let keys = (0..<entries).compactMap { _ in CacheKey(random.digest()) }
        for key in keys { cache.store(answer, for: key, owner: owner, now: 0) }
        var found = BenchTimes()
        var missed = BenchTimes()
        var stored = BenchTimes()
        var sink = 0
        for _ in 0..<200_000 {
            let key = keys[Int.random(in: 0..<keys.count, using: &random)]
            sink += found.measure { cache.answer(for: key, now: 1) }?.form.bytes.count ?? 0
            guard let other = CacheKey(random.digest()) else { continue }
            sink += missed.measure { cache.answer(for: other, now: 1) }?.form.bytes.count ?? 0
            let again = keys[Int.random(in: 0..<keys.count, using: &random)]
            stored.measure { cache.store(answer, for: again, owner: owner, now: 1) }
        }
        guard sink == 200_000 * 1_000 else { return report.add("exact, look-ups", "\(sink) bytes", isMet: false) }
        let name = "exact, \(entries) entries of 1,000 bytes"
        func line(_ what: String, _ times: BenchTimes, bar: Double) {
            let median = times.microseconds(at: 0.5)
            report.add(
                "\(name): \(what)",
                "p50 \(median.short) µs, p99 \(times.microseconds(at: 0.99).short) µs",
                bar: "p50 ≤ \(bar.short) µs",
                isMet: median <= bar
            )
        }
        line("look-up that finds", found, bar: 5)
        line("look-up that does not", missed, bar: 5)
        line("store in the place of another", stored, bar: 2)
    }
}

/// The exact cache: how much memory it takes, by the system's account.
enum MemoryBench {
    static func run(inserts: Int, maxBytes: Int, _ report: inout BenchReport) {
        let backend = ExactBench.backend
        var random = BenchRandom(seed: 1)
        var answer = ExactBench.answer(bytes: 0, backend)
        let owner = CacheOwner(project: 1, key: 2)
        let before = residentBytes()
        var greatest = 0
        var times = BenchTimes()
        let cache = ExactCache(maxBytes: maxBytes, lifetimeSeconds: 3_600)
        for number in 1...max(1, inserts) {
            // 300 bytes to 8 kB, and now and then all short or all long.
            let long = number / 1_000_000 % 3
            let range = long == 1 ? 300...400 : long == 2 ? 7_000...8_192 : 300...8_192
            answer.form = .json([UInt8](repeating: 0x61, count: Int.random(in: range, using: &random)))
            guard let key = CacheKey(random.digest()) else { continue }
            if number % 16 == 0 {
                times.measure { cache.store(answer, for: key, owner: owner, now: 0) }
            } else {
                cache.store(answer, for: key, owner: owner, now: 0)
            }
            if number % 100_000 == 0 || number == inserts { greatest = max(greatest, residentBytes() - before) }
        }
        let share = Double(greatest) / Double(maxBytes)
        report.add(
            "exact, \(inserts) inserts of 300 to 8,192 bytes: resident memory over a bound of \(maxBytes / 1_048_576) MiB",
            "\((share * 100).short) %",
            bar: "≤ 110 %",
            isMet: share <= 1.1
        )
        let median = times.microseconds(at: 0.5)
        report.add(
            "exact, the same: store",
            "p50 \(median.short) µs, p99 \(times.microseconds(at: 0.99).short) µs",
            bar: "p50 ≤ 2 µs",
            isMet: median <= 2
        )
        let removed = BenchTimes.of { _ = cache.remove(.project(1)) }
        report.add("exact, the same: removal of all of a project", "\((removed / 1_000).short) ms")
    }

    /// What of this process is in memory and not in a file.
    static func residentBytes() -> Int {
        guard let file = fopen("/proc/self/smaps_rollup", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard text.hasPrefix("Anonymous:") else { continue }
            return (Int(text.filter(\.isNumber)) ?? 0) * 1_024
        }
        return 0
    }
}

extension BenchTimes {
    /// Microseconds of one call.
    static func of(_ body: () -> Void) -> Double {
        var times = BenchTimes()
        times.measure(body)
        return times.microseconds(at: 0)
    }
}
