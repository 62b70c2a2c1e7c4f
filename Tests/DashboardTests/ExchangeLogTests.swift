import Shared
import Testing

@testable import Dashboard

extension ExchangeFilter {
    /// Whether an exchange alone in a log is shown.
    func matches(_ summary: ExchangeSummary, isMarked: Bool = false) -> Bool {
        var log = ExchangeLog()
        log.append(summary)
        if isMarked { log.toggleMark(id: summary.id) }
        log.setFilter(self)
        return log.count == 1
    }
}

struct StoredExchangeTests {
    /// Summaries of all sorts, by a seed.
    private func anything(_ feed: inout FakeFeed) -> ExchangeSummary {
        var summary = feed.summary()
        if feed.random(2) == 0 { summary.overhead = USD(nanodollars: Int64(feed.random(1_000))) }
        if feed.random(3) == 0 { summary.escalations = feed.random(400) }
        if feed.random(4) == 0 { summary.usage.input = 1 << feed.random(62) }
        if feed.random(5) == 0 { summary.prompt = "\u{1B}[2J日本\u{202E}x" }
        if feed.random(5) == 0 { summary.error = "it broke\u{7}" }
        if feed.random(6) == 0 { summary.workflow = WorkflowStep(runID: "r1", workflow: "w", op: "o", ops: 2) }
        if feed.random(6) == 0 { summary.tokensSaved = TokensSaved() }
        if feed.random(7) == 0 { summary.id = ["", "UPPER", "0123456789abcdef0", "zzzzzzzzzzzzzzzz"][feed.random(4)] }
        if feed.random(7) == 0 { summary.status = [0, 99_999, -1][feed.random(3)] }
        if feed.random(7) == 0 { summary.score = [nil, 300, -1, 100_000][feed.random(4)] }
        if feed.random(7) == 0 { summary.stopReason = [nil, "", "end_turn"][feed.random(3)] }
        if feed.random(7) == 0 { summary.tier = nil }
        return summary
    }

    @Test func `What was stored comes back as it was told, and safe to show`() {
        var feed = FakeFeed(seed: 11)
        var names = NameTable()
        var packed = 0
        for _ in 0..<5_000 {
            let told = anything(&feed)
            let stored = StoredExchange(told, names: &names)
            #expect(stored.original(names) == told)
            #expect(stored.summary(names) == told.safeToShow)
            #expect(stored.isFailed == told.isFailed && stored.isCached == told.isCached && stored.id == told.id)
            if stored.whole == nil { packed += 1 }
        }
        #expect(packed > 500, "the plain ones must be packed, or the test shows nothing")
    }

    @Test func `A hundred thousand of them take a few dozen megabytes`() {
        #expect(MemoryLayout<StoredExchange>.stride <= 152)
        var feed = FakeFeed(seed: 12)
        var names = NameTable()
        for prompt in ["one line", "two\nlines of\ttext", String(repeating: "long ", count: 200)] {
            let told = feed.summary(prompt: prompt, status: 200)
            let stored = StoredExchange(told, names: &names)
            #expect(stored.whole == nil && stored.original(names) == told)
            #expect(stored.bytes < 250 + 2 * prompt.utf8.count)
        }
    }

    @Test func `Too many names are still told as they were`() {
        var feed = FakeFeed(seed: 13)
        var names = NameTable()
        var last: StoredExchange?
        for number in 0..<66_000 {
            var summary = feed.summary(status: 200)
            summary.model = "model-\(number)"
            last = StoredExchange(summary, names: &names)
        }
        #expect(last?.summary(names).model == "model-65999")
        #expect(names.count <= 65_535)
    }
}

struct ExchangeLogTests {
    private func filled(_ count: Int, capacity: Int = 100_000, seed: UInt64 = 21) -> (
        log: ExchangeLog, all: [ExchangeSummary]
    ) {
        var feed = FakeFeed(seed: seed)
        let all = (0..<count).map { _ in feed.summary() }
        var log = ExchangeLog(capacity: capacity)
        for summary in all { log.append(summary) }
        return (log, all)
    }

    @Test func `A full log drops the oldest, and the selection goes to the oldest that is left`() throws {
        var (log, all) = filled(200, capacity: 200)
        var table = TableState()
        table.move(by: 150, in: log, visible: 20)
        var feed = FakeFeed(seed: 22)
        for _ in 0..<2_000 { log.append(feed.summary(prompt: "later")) }
        #expect(log.knownCount <= 210 && log.knownCount >= 200)
        #expect(log.count == log.knownCount)
        let selected = try #require(table.selectedRow(in: log))
        #expect(selected.sequence == log[log.count - 1]?.sequence)
        #expect(!all.map(\.id).contains(selected.summary.id))
    }

    @Test func `Prompts that were kept whole take no more than a bound`() {
        var feed = FakeFeed(seed: 27)
        var log = ExchangeLog()
        let prompt = String(repeating: "x", count: 400_000)
        for number in 0..<400 { log.append(feed.summary(prompt: "\(number)\n\(prompt)", status: 200)) }
        #expect(log.knownCount > 100 && log.knownCount < 200)
        #expect(log[0]?.original.prompt.hasPrefix("399\n") == true)
    }

    @Test(arguments: [
        ("backend:opus", true), ("backend:son", false), ("provider:sim", true), ("id:00", false), ("is:ok", true),
        ("is:failed", false), ("is:marked", false), ("!is:marked", true), ("is:escalated", true), ("is:stream", true),
        ("tok>10", true), ("tok<10", false), ("in>0", true), ("out<0", false), ("ttfb<100000", true),
        ("score>49", true),
        ("score<50", false), ("saved>$0.02", true), ("saved<0", false), ("stop:end", true), ("dialect:openai", false),
        ("api:anth", true), ("is:estimated", false), ("is:simulated", true),
    ])
    func `Words for every column`(text: String, holds: Bool) {
        var feed = FakeFeed(seed: 23)
        var summary = feed.summary(status: 200)
        (summary.backend, summary.tier, summary.cache, summary.error) = ("opus", .premium, "none", nil)
        (summary.escalations, summary.stream, summary.score) = (1, true, 50)
        (summary.stopReason, summary.isSimulated, summary.usageIsEstimated) = ("end_turn", true, false)
        (summary.cost, summary.saved) = (USD(nanodollars: 1), USD(nanodollars: 30_000_000))
        summary.usage = TokenUsage(input: 30, output: 12)
        #expect(ExchangeFilter(text).problem == nil)
        #expect(ExchangeFilter(text).matches(summary) == holds)
    }

    @Test func `Words are found whatever their case and script`() {
        var feed = FakeFeed(seed: 24)
        let summary = feed.summary(prompt: "Straße nach ÄTHIOPIEN und Zürich", status: 200)
        for word in ["äthiopien", "ZÜRICH", "stra", "nach Ä", "und"] {
            #expect(ExchangeFilter(word).matches(summary), "\(word)")
        }
        #expect(!ExchangeFilter("wien").matches(summary))
        #expect(ExchangeFilter("is:whatever").problem?.contains("marked") == true)
    }

    @Test func `Older ones come before the rest, which keep their numbers`() throws {
        let (_, all) = filled(300)
        var log = ExchangeLog()
        for summary in all[200...] { log.append(summary) }
        let name = log[50]?.sequence
        let id = log[50]?.summary.id
        #expect(log.prepend(all[100..<205].reversed()) == 100)
        #expect(log.count == 200)
        #expect(log[50]?.sequence == name && log[50]?.summary.id == id)
        #expect((0..<200).compactMap { log[$0]?.summary.id } == all[100...].reversed().map(\.id))
        #expect(log.prepend(all[100..<205].reversed()) == 0)
        #expect(log.oldestUnixMilliseconds == all[100].unixMilliseconds)
    }

    @Test func `Marks stay on their rows and are what is exported, in the table's order`() {
        var (log, all) = filled(50)
        for at in [3, 40, 17] { log.toggleMark(id: all[at].id) }
        #expect(log.toExport.map(\.id) == [40, 17, 3].map { all[$0].id })
        log.setOrder(TableOrder(.time, isReversed: true))
        #expect(log.toExport.map(\.id) == [3, 17, 40].map { all[$0].id })
        var feed = FakeFeed(seed: 25)
        log.merge((0..<5).map { _ in feed.summary() })
        #expect(log.markedCount == 3)
        log.setFilter(ExchangeFilter("is:marked"))
        #expect(log.count == 3)
        log.toggleMark(id: all[17].id)
        #expect(log.count == 2)
        log.clearMarks()
        log.setFilter(ExchangeFilter())
        #expect(log.toExport.count == 55)
    }

    @Test func `v marks and goes on, n and N go from mark to mark, V takes them away`() {
        var dashboard = Dashboard.live(120, 40)
        dashboard.press(.character("2"), .character("v"), .character("v"), .down, .down, .character("v"))
        #expect(dashboard.feed.log.markedCount == 3)
        #expect(dashboard.screen.contains("3 marked"))
        #expect(dashboard.screen.components("◆") == 3)
        dashboard.press(.character("N"))
        #expect(dashboard.table.selectedIndex(in: dashboard.feed.log) == 4)
        dashboard.press(.character("N"))
        #expect(dashboard.table.selectedIndex(in: dashboard.feed.log) == 1)
        dashboard.press(.character("n"))
        #expect(dashboard.table.selectedIndex(in: dashboard.feed.log) == 4)
        dashboard.press(.character("e"))
        #expect(dashboard.screen.contains("export 3 marked requests"))
        dashboard.press(.escape, .character("V"))
        #expect(dashboard.feed.log.markedCount == 0)
    }

    @Test func `At the last line the gateway is asked for older ones, once, until there are none`() {
        var feed = FakeFeed(seed: 26)
        let list = (0..<80).map { _ in feed.summary() }
        var dashboard = Dashboard.live(120, 40, exchanges: 0)
        _ = dashboard.update(.message(.exchanges(list[40...].reversed())))
        _ = dashboard.update(.key(.character("2")))
        let oldest = list[40].unixMilliseconds
        #expect(dashboard.update(.key(.end)) == [], "the first one only goes there")
        #expect(dashboard.update(.key(.end)) == [.call(.list(limit: Dashboard.listLimit, notAfter: oldest))])
        #expect(dashboard.update(.key(.down)) == [], "the answer is still awaited")
        _ = dashboard.update(.message(.older(list[...40].reversed())))
        #expect(dashboard.feed.log.count == 80)
        #expect(dashboard.table.selectedIndex(in: dashboard.feed.log) == 39, "the selection stays on its exchange")
        #expect(dashboard.update(.key(.end)) == [])
        let next = Effect.call(.list(limit: Dashboard.listLimit, notAfter: list[0].unixMilliseconds))
        #expect(dashboard.update(.key(.end)) == [next])
        _ = dashboard.update(.message(.older([list[0]])))
        #expect(dashboard.screen.contains("no older request"))
        #expect(dashboard.update(.key(.end)) == [])
    }
}

extension String {
    fileprivate func components(_ character: Character) -> Int { count { $0 == character } }
}
