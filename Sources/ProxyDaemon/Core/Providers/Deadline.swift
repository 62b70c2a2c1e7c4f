/// Work that must not take longer than so long.
enum Deadline {
    /// What became of the work.
    struct Outcome<Value: Sendable>: Sendable {
        /// Nil only where the group was torn down before the work could say anything.
        var value: Value?
        /// The time ran out first and the work was cancelled. It may still have come to a good end meanwhile.
        var isLate: Bool
    }

    /// Runs `work` and cancels it when the time is over. Returns once it has ended, so that it must heed its
    /// cancellation, as every call through ``Transport`` does.
    static func run<Value: Sendable>(
        milliseconds: Int,
        clock: Clock,
        _ work: @escaping @Sendable () async -> Value
    ) async -> Outcome<Value> {
        await withTaskGroup(of: Value?.self) { group in
            group.addTask { await work() }
            group.addTask {
                await clock.sleep(milliseconds)
                return nil
            }
            var outcome = Outcome<Value>(value: nil, isLate: false)
            while let ended = await group.next() {
                if let ended { outcome.value = ended } else if outcome.value == nil { outcome.isLate = true }
                group.cancelAll()
            }
            return outcome
        }
    }
}
