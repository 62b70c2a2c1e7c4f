import Shared
import Synchronization

/// Where answers are kept: memory, and behind it a home that outlives the daemon or is shared with others.
package final class AnswerStore: Sendable {
    private let memory: ExactCache
    private let home: (any AnswerHome)?
    private let backends: [String: Backend]
    private let clock: Clock
    private let served: ServedAnswers

    /// `backends` are those whose answers can be taken up from the home.
    package init(memory: ExactCache, home: (any AnswerHome)?, backends: [Backend], clock: Clock) {
        self.memory = memory
        self.home = home
        self.backends = Dictionary(backends.map { ($0.identity, $0) }, uniquingKeysWith: { first, _ in first })
        self.clock = clock
        served = ServedAnswers()
    }

    /// The same answers for other backends.
    init(_ former: AnswerStore, backends: [Backend]) {
        memory = former.memory
        home = former.home
        self.backends = Dictionary(backends.map { ($0.identity, $0) }, uniquingKeysWith: { first, _ in first })
        clock = former.clock
        served = former.served
    }

    /// The answer under a key if it is no older than `maxAgeSeconds`. Waits for the home only where memory has none.
    ///
    /// `backend` is one that the answer may be of and that the settings do not list.
    func answer(for key: CacheKey, maxAgeSeconds: Int, besides backend: Backend? = nil) async -> CachedAnswer? {
        if let known = inMemory(key, maxAgeSeconds: maxAgeSeconds) { return known }
        guard let home, let bytes = await home.value(for: key) else { return nil }
        let answer = AnswerCodec.decode(bytes) { identity in
            backends[identity] ?? (backend?.identity == identity ? backend : nil)
        }
        guard let answer else { return nil }
        let left = Int64(maxAgeSeconds) - answer.ageSeconds(clock.unixMilliseconds() / 1_000)
        guard left > 0 else { return nil }
        memory.store(
            answer,
            for: key,
            owner: answer.owner,
            lifetimeSeconds: Int(left),
            now: clock.monotonicNanoseconds()
        )
        return answer
    }

    /// The same without a home. A second look for the same request counts no second miss.
    func inMemory(_ key: CacheKey, maxAgeSeconds: Int, isSecondLook: Bool = false) -> CachedAnswer? {
        let found = memory.answer(for: key, now: clock.monotonicNanoseconds(), isSecondLook: isSecondLook)
        guard let answer = found else { return nil }
        return answer.ageSeconds(clock.unixMilliseconds() / 1_000) < Int64(maxAgeSeconds) ? answer : nil
    }

    /// Keeps an answer in memory and in the home.
    func store(_ answer: CachedAnswer, for key: CacheKey, lifetimeSeconds: Int) {
        let now = clock.monotonicNanoseconds()
        memory.store(answer, for: key, owner: answer.owner, lifetimeSeconds: lifetimeSeconds, now: now)
        home?.store(AnswerCodec.encode(answer), for: key, owner: answer.owner, lifetimeSeconds: lifetimeSeconds)
    }

    /// Remembers which answer an exchange stored or was given.
    func note(_ key: CacheKey, of queryID: String) { served.note(key, of: queryID) }

    /// The answer that one of the last exchanges stored or was given.
    func key(of queryID: String) -> CacheKey? { served.key(of: queryID) }

    /// Drops what is in memory; gives how many there were.
    func removeFromMemory(_ selection: CacheSelection) -> Int { memory.remove(selection) }

    /// Removes answers everywhere. Gives how many there were by home, and the homes that could not be reached.
    func remove(_ selection: CacheSelection) async -> (removed: [String: Int], unreachable: [String]) {
        var removed = ["memory": memory.remove(selection)]
        guard let home else { return (removed, []) }
        let name = home.report.name
        guard let count = await home.remove(selection) else { return (removed, [name]) }
        // What a look-up took up from the home in the meantime goes as well.
        removed["memory", default: 0] += memory.remove(selection)
        removed[name] = count
        return (removed, [])
    }

    var report: MetricsSnapshot.Cache {
        var report = memory.statistics
        if let home { report.homes = [home.report] }
        return report
    }
}

/// Which of the last exchanges stored or got which answer, so that an answer can be named by an exchange.
private final class ServedAnswers: Sendable {
    private let keys = Mutex(RecentValues<String, CacheKey>(capacity: 4_096))

    func note(_ key: CacheKey, of queryID: String) { keys.withLock { $0.store(key, for: queryID) } }

    func key(of queryID: String) -> CacheKey? { keys.withLock { $0[queryID] } }
}
