package import Shared
import Synchronization

/// What is known of the conversations of late: what their last user turn was given, how they go on, and what is warm
/// where. Bounded in number, in bytes and in idle time; the least recently used go first.
///
/// There is an entry for each request's whole prompt, made from that of the longest known prefix. A branch (an edit, a
/// request sent again) so finds what held where it left, and disturbs nothing of the other branch. Of one conversation
/// only the last ``keptAncestors`` entries stay.
///
/// Partitions are part of the keys and compared in full: however hashes collide, nothing of one is seen in another.
package final class Conversations: Sendable {
    /// So many requests before the last one are remembered of a conversation.
    static let keptAncestors = 12
    /// So many backends and efforts are remembered of a conversation, those of which something is there the longest.
    static let keptPrefixes = 8

    private let table: Mutex<ConversationTable>

    /// An empty table of at most so many entries and bytes. Entries unused for `idleSeconds` are as if they were not.
    package init(maxEntries: Int = 20_000, maxBytes: Int = 16_777_216, idleSeconds: Int = 86_400) {
        table = Mutex(
            ConversationTable(
                maxEntries: maxEntries,
                maxBytes: maxBytes,
                idleNanoseconds: Int64(max(0, min(idleSeconds, 1 << 30))) * 1_000_000_000
            )
        )
    }

    /// What is known of the conversation that a request goes on with, at a monotonic time in nanoseconds; nil for a new
    /// one.
    package func lookUp(_ chain: MessageChain, now: Int64) -> ConversationView? {
        table.withLock { table in
            table.longest(chain, now: now).map { table.view($0.entry, isRepeated: $0.isWhole, now: now) }
        }
    }

    /// Keeps what was decided for a request. The steps of a tool loop leave the choice of their user turn as it is.
    package func decided(_ chain: MessageChain, _ choice: ConversationChoice, now: Int64) {
        table.withLock { $0.decided(chain, choice, now: now) }
    }

    /// Keeps what an answer's usage tells: what is warm now, and how long the prompt really was.
    ///
    /// - Parameters:
    ///   - chain: The request's.
    ///   - key: The backend that answered, and the effort asked for.
    ///   - usage: As the provider reported it; an estimate must not be given.
    ///   - caching: How that backend caches.
    ///   - minimum: The shortest prefix that it caches, in tokens.
    ///   - measured: The request's length and tokenizer; its tokens are `usage.totalInput`.
    ///   - now: The monotonic time in nanoseconds.
    package func settled(
        _ chain: MessageChain,
        _ key: WarmPrefix.Key,
        _ usage: TokenUsage,
        caching: PromptCaching,
        minimum: Int,
        measured: MeasuredPrompt,
        now: Int64
    ) {
        table.withLock {
            $0.settled(chain, key, usage, caching: caching, minimum: minimum, measured: measured, now: now)
        }
    }

    /// How many entries there are, and about how many bytes they take.
    package var size: (entries: Int, bytes: Int) { table.withLock { ($0.count, $0.bytes) } }
}

/// One request's place in a conversation.
struct ConversationEntry {
    var choice: ConversationChoice?
    var lift: ConversationLift?
    var userTurns = 0
    var toolSteps = 0
    var wanted = TierCounts()
    var gapNanoseconds: Int64?
    /// The prompt at the first answer, and how many answers there were since.
    var first: MeasuredPrompt?
    var answersSince = 0
    var measured: MeasuredPrompt?
    var warm: [(key: WarmPrefix.Key, prefix: WarmPrefix)] = []
    /// The entries of the requests before, the eldest first.
    var ancestors: [PrefixHash] = []
    /// The last sign of it: a decision or an answer.
    var lastSign: Int64

    init(now: Int64) { lastSign = now }

    /// The entry of a request that goes on from this one's, and the hash of the ancestor that is one too many.
    func continued(from hash: PrefixHash) -> (entry: ConversationEntry, dropped: PrefixHash?) {
        var entry = self
        entry.ancestors.append(hash)
        guard entry.ancestors.count > Conversations.keptAncestors else { return (entry, nil) }
        let dropped = entry.ancestors.removeFirst()
        return (entry, dropped)
    }

    /// About what it holds in memory, its place in the table included.
    var bytes: Int { 400 + warm.count * MemoryLayout<(WarmPrefix.Key, WarmPrefix)>.stride + ancestors.count * 16 }

    mutating func note(_ choice: ConversationChoice, now: Int64) {
        if let lift = choice.lift {
            self.lift = lift
            self.choice = choice
        }
        guard choice.isUserTurn || self.choice == nil else {
            toolSteps += 1
            lastSign = now
            return
        }
        if choice.isUserTurn {
            if userTurns > 0 {
                let gap = max(0, now - lastSign)
                // Three parts of what was, one of what is: a coffee break does not count for ever.
                gapNanoseconds = gapNanoseconds.map { $0 / 4 * 3 + gap / 4 } ?? gap
            }
            userTurns += 1
            wanted[choice.wanted] += 1
        } else {
            toolSteps += 1
        }
        self.choice = choice
        lastSign = now
    }
}
