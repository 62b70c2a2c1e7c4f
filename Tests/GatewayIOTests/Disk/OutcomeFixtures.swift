import GRDB
import GatewayCore
import Shared
import Synchronization
import Testing

@testable import GatewayIO

/// A state database with the table of outcomes, and what it has told.
final class OutcomeDisk: Sendable {
    let outcomes: OutcomeDatabase
    let told = DiskCache.Told()

    init(
        _ path: String,
        isDemo: Bool = false,
        limits: OutcomeDatabase.Limits = .quick,
        maximumFileBytes: Int? = nil
    ) {
        let clock = TurnedClock().clock
        let database = DiskDatabase(
            state: path,
            clock: clock,
            maximumFileBytes: maximumFileBytes
        ) { [told] in told.add($0) }
        outcomes = OutcomeDatabase(database: database, clock: clock, isDemo: isDemo, limits: limits) { [told] in
            told.add($0)
        }
    }

    /// Waits until nothing waits to be written, and what there was to tell is told.
    func written() async {
        await soon { !self.outcomes.isWaiting }
        await outcomes.database.isAtRest()
    }

    /// All lines from a moment on, page by page.
    func lines(since seconds: Int64 = 0, limit: Int = .max) async throws -> [String] {
        let stream = try await OutcomeStream(
            outcomes,
            after: OutcomeCursor(sinceUnixSeconds: seconds),
            limit: limit
        )
        var bytes: [UInt8] = []
        while let page = await stream.next() { bytes += page }
        #expect(stream.isFinished)
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}

extension OutcomeDatabase.Limits {
    /// What is recorded is written at once.
    static var quick: OutcomeDatabase.Limits {
        var limits = OutcomeDatabase.Limits()
        limits.gatherMilliseconds = 0
        return limits
    }
}

extension RoutingOutcome {
    /// The outcome with a number, a second after the one before.
    static func number(_ number: Int, prompt: String = "why?") -> RoutingOutcome {
        RoutingOutcome(
            id: "id-\(number)",
            unixMilliseconds: Int64(number) * 1_000,
            project: "web",
            prompt: prompt,
            task: "code",
            score: 42,
            classifier: "embedding",
            initialTier: .local,
            initialBackend: "qwen",
            finalTier: .premium,
            finalBackend: "opus",
            escalations: 2,
            escalationReasons: ["truncated", "refusal_pattern"],
            quality: 0.25,
            latencyMilliseconds: 1_250.5,
            isSuccess: true,
            cost: USD(nanodollars: 41_000),
            baseline: USD(nanodollars: 12_500_000_000)
        )
    }
}
