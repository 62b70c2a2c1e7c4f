import Shared

/// Whether Redis carries out the scripts that limits and budgets are shared by. It may be there and refuse them: by its access
/// list, as a replica, for want of memory.
///
/// A value: who holds it says what time it is.
struct RedisScriptHealth: Equatable {
    static let firstPauseNanoseconds: Int64 = 1_000_000_000
    static let longestPauseNanoseconds: Int64 = 60_000_000_000

    /// What Redis said to the last script; nil where it does what it is asked, as far as is known.
    private(set) var refusal: String?
    /// A trial has come to an end since the connection is there.
    private(set) var isTried = false
    private var pauseNanoseconds: Int64 = 0
    private var nextTrial: Int64 = 0
    private var recoveredAt: Int64?

    /// A script was refused, a trial among them.
    mutating func refused(_ text: String, now: Int64) {
        let isNews = refusal == nil
        refusal = PlainText.sanitized(text.prefix(200))
        isTried = true
        // Scripts that were under way when the first one was refused say nothing new.
        guard isNews || now >= nextTrial else { return }
        if isNews {
            // Where trials pass and what follows is refused all the same, it is left alone for longer and longer.
            let isFlapping = recoveredAt.map { now - $0 < Self.longestPauseNanoseconds } ?? false
            pauseNanoseconds =
                isFlapping ? min(2 * pauseNanoseconds, Self.longestPauseNanoseconds) : Self.firstPauseNanoseconds
        }
        nextTrial = now + pauseNanoseconds
    }

    /// A trial was carried out.
    mutating func worked(now: Int64) {
        if refusal != nil { recoveredAt = now }
        refusal = nil
        isTried = true
    }

    /// The connection is gone: what comes back may be another server.
    mutating func lost() {
        isTried = false
        nextTrial = 0
    }

    /// Whether it is time to find out.
    func wantsTrial(now: Int64) -> Bool { !isTried || (refusal != nil && now >= nextTrial) }

    /// What can be done about a refusal.
    static func advice(_ refusal: String) -> String {
        switch refusal.prefix(while: { $0 != " " }) {
        case "READONLY", "MASTERDOWN": "it is a replica; give cache.redis_url the server that takes writes"
        case "OOM": "its memory is full; raise its maxmemory, or give limits and budgets a Redis of their own"
        case "MISCONF": "it cannot save to its disk; mend that, or set stop-writes-on-bgsave-error to no there"
        case "WRONGTYPE":
            "something else stands under one of their names, llm-gateway:limit:1:* or llm-gateway:budget:1:*"
        case "CROSSSLOT":
            "it is a cluster, and their names lie on several of its servers; give cache.redis_url a single one"
        case "NOPERM": permissions
        default:
            refusal.contains("can't run this command") || refusal.contains("permission")
                ? permissions : "docs/redis.md has what they need"
        }
    }

    private static let permissions = "its user may not run them; docs/redis.md has the access list that they need"
}
