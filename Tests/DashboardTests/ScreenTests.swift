import Shared
import Testing

@testable import Dashboard

struct ScreenTests {
    static let sizes = [(80, 24), (120, 40), (200, 60)]

    @Test(arguments: sizes)
    func `The dashboard tells money, tiers, rate and requests at every usual size`(columns: Int, rows: Int) {
        let dashboard = Dashboard.live(columns, rows)
        let screen = dashboard.screen
        for text in [
            "spent today", "saved today", "cache hits", "p50 · p95", "380 ms · 1.9 s", "F fast", "P premium",
            "peak", "-5 min", "now", "requests 60", "following", "claude-opus", "?", "1", "Enter", "Space",
        ] where !(text == "claude-opus" && columns < 110) {
            #expect(screen.contains(text), "\(text) at \(columns)x\(rows)")
        }
        #expect(screen.contains("~$"), "simulated money is marked")
        #expect(screen.split(separator: "\n", omittingEmptySubsequences: false).count == rows)
    }

    @Test func `Simulated money is marked at a tier that was paid for but has not answered`() {
        var feed = FakeFeed()
        var snapshot = feed.snapshot()
        snapshot.tiers = [.init(tier: .balanced, requests: 0, cost: USD(nanodollars: 2_430_000))]
        var dashboard = Dashboard.live(120, 40)
        _ = dashboard.update(.message(.snapshot(snapshot)))
        #expect(dashboard.screen.contains(" ~$0.0024"))
    }

    @Test func `Wider screens say more: ids, tokens, more figures, models, backends and warnings`() {
        let medium = Dashboard.live(120, 40).screen
        for text in [
            "id", "tokens", "cache hits", "attention", "model claude-x has no price", "requests/min", "spending/h",
            "errors · esc",
            "models 4", "per 1,000", "claude-opus-4-7", "740 ms",
        ] {
            #expect(medium.contains(text), "\(text)")
        }
        let wide = Dashboard.live(200, 60).screen
        for text in [
            "spending/h", "spent today", "spent month", "own time", "0.2 ms", "p95 0.9 ms",
            "p99 4.1 s",
            "requests/min", "escalated", "errors", "latency p95", "backends 4", "models 4", "per 1,000",
            "saved",
            "score", "project",
        ] {
            #expect(wide.contains(text), "\(text)")
        }
    }

    @Test(arguments: sizes)
    func `The requests view fills the screen and Enter explains the choice`(columns: Int, rows: Int) {
        var dashboard = Dashboard.live(columns, rows)
        dashboard.press(.character("2"))
        #expect(dashboard.screen.contains("[2 Req"))
        let effects = dashboard.press(.down, .enter)
        guard case .call(.get(let id))? = effects.last, let row = dashboard.table.selectedRow(in: dashboard.feed.log)
        else {
            Issue.record("no detail was asked for: \(effects)")
            return
        }
        #expect(row.summary.id == id)
        #expect(dashboard.screen.contains("loading"))
        _ = dashboard.update(.message(.detail(id: id, .success(FakeFeed.detail(row.summary)))))
        dashboard.press(.character("z"))
        var seen = dashboard.screen
        for _ in 0..<3 { seen += dashboard.press(.pageDown).isEmpty ? dashboard.screen : "" }
        for text in [
            "asked", "used", "cost", "on premium", "score 47/100", "+15", "reasoning_words", "weighed", "chosen",
            "no tools here", "why", "the score of 47", "attempts", "529", "overloaded", "cache write 5m", "first byte",
            "temperature was dropped", "simulated: nothing was paid",
        ] {
            #expect(seen.contains(text), "\(text) at \(columns)x\(rows)")
        }
        dashboard.press(.escape)
        #expect(dashboard.detail == nil)
    }

    @Test func `Only tiers that somebody serves are offered`() throws {
        var dashboard = Dashboard.live(120, 40)
        var snapshot = try #require(dashboard.feed.snapshot)
        snapshot.backends.removeAll { $0.tier == .local }
        _ = dashboard.update(.message(.snapshot(snapshot)))
        dashboard.press(.character("3"))
        let offered = (0..<5).map { _ in
            dashboard.press(.control("t"))
            return dashboard.tester.tier
        }
        #expect(offered == [.fast, .balanced, .premium, nil, .fast])
    }

    @Test func `With a tier forced the tester shows the cost on every tier, before and after`() {
        var dashboard = Dashboard.live(120, 40)
        dashboard.press(.character("3"), .control("t"), .control("t"), .control("t"), .control("t"))
        dashboard.type("hi")
        let request = ControlProtocol.PromptRequest(prompt: "hi", tier: .premium)
        #expect(dashboard.advance(to: 1_400) == [.call(.explain(request))])
        var route = FakeFeed.decision(chosen: .premium)
        route.forcedTier = .premium
        _ = dashboard.update(.message(.route(request, .success(route))))
        func expectAll() {
            for (_, entry) in FakeFeed.models { #expect(dashboard.screen.contains(" \(entry.backend) ")) }
            let line = dashboard.screen.split(separator: "\n").first { $0.contains("◀ forced") }
            #expect(line?.contains("P opus") == true && !dashboard.screen.contains("◀ chosen"))
        }
        expectAll()
        #expect(dashboard.press(.enter) == [.call(.send(request))])
        _ = dashboard.update(.message(.accepted(sendID: 5)))
        var feed = FakeFeed()
        var detail = FakeFeed.detail(feed.summary(status: 200))
        // The exchange itself weighed the forced tier alone.
        route.candidates.removeAll { !$0.isChosen }
        route.forcedTier = nil
        detail.decision = route
        _ = dashboard.update(.message(.promptCompleted(.init(sendID: 5, detail: detail, error: nil))))
        expectAll()
        // Sent before its route was asked for: then it is asked for with it.
        dashboard.type("ho")
        let next = ControlProtocol.PromptRequest(prompt: "ho", tier: .premium)
        #expect(dashboard.press(.enter) == [.call(.send(next)), .call(.explain(next))])
    }

    @Test(arguments: sizes)
    func `The tester shows the route while one writes, the answer as it streams and its final cost`(
        columns: Int,
        rows: Int
    ) {
        var dashboard = Dashboard.live(columns, rows)
        dashboard.press(.character("3"))
        dashboard.type("why 1 + 1?")
        #expect(dashboard.advance(to: 1_100).isEmpty, "the route is not asked for at every key")
        let request = ControlProtocol.PromptRequest(prompt: "why 1 + 1?")
        #expect(dashboard.advance(to: 1_400) == [.call(.explain(request))])
        _ = dashboard.update(.message(.route(request, .success(FakeFeed.decision()))))
        #expect(dashboard.screen.contains("◀ chosen"))
        #expect(dashboard.screen.contains("~$0.0060"))
        #expect(dashboard.press(.enter) == [.call(.send(request))])
        _ = dashboard.update(.message(.accepted(sendID: 5)))
        _ = dashboard.update(.message(.delta(.init(sendID: 5, text: "It is\ntwo."))))
        #expect(dashboard.screen.contains("two.▌"))
        #expect(dashboard.screen.contains("streaming"))
        var feed = FakeFeed()
        let detail = FakeFeed.detail(feed.summary(status: 200))
        _ = dashboard.update(.message(.promptCompleted(.init(sendID: 5, detail: detail, error: nil))))
        #expect(dashboard.screen.contains("simulated"))
        #expect(dashboard.screen.contains("1,000 in / 200 out"))
        #expect(!dashboard.screen.contains("two.▌"))
    }

    @Test func `Escape and Control C cancel an answer, and the next Control C quits`() {
        for key in [Key.escape, .control("c")] {
            var dashboard = Dashboard.live(80, 24)
            dashboard.press(.character("3"))
            dashboard.type("hello")
            dashboard.press(.enter)
            #expect(dashboard.press(key).isEmpty, "its number is not known yet")
            #expect(dashboard.update(.message(.accepted(sendID: 9))) == [.call(.cancel(sendID: 9))])
            _ = dashboard.update(.message(.promptCompleted(.init(sendID: 9, detail: nil, error: "cancelled"))))
            #expect(dashboard.screen.contains("cancelled"))
            #expect(dashboard.press(.control("c")) == [.quit])
        }
    }

    @Test func `Without a gateway the screen says where it looked and offers to start one`() {
        var dashboard = Dashboard(socketPath: "/run/x/gateway.sock", columns: 80, rows: 24)
        dashboard.advance(to: 1_000)
        _ = dashboard.update(.disconnected(reason: "there is no such socket", retryAt: 3_500))
        for text in ["No gateway is running", "/run/x/gateway.sock", "no such socket", "start gatewayd", "in 3 s"] {
            #expect(dashboard.screen.contains(text))
        }
        #expect(dashboard.press(.character("s")) == [.startDaemon])
        _ = dashboard.update(.daemonStart(.ended(lastLine: "port 8080 is taken", log: "/l")))
        #expect(dashboard.screen.contains("port 8080 is taken"))
        #expect(dashboard.press(.character("r")) == [.reconnect])
    }

    @Test func `A lost connection keeps the last figures, dimmed and with their age`() {
        var dashboard = Dashboard.live(120, 40)
        _ = dashboard.update(.disconnected(reason: "closed", retryAt: 5_000))
        dashboard.advance(to: 13_000)
        let surface = dashboard.view()
        #expect(surface.text.contains("reconnecting"))
        #expect(surface.text.contains("data 12s old"))
        #expect(surface.text.contains("requests 60"))
        let body = surface.cells[(2 * 120)..<(39 * 120)]
        #expect(body.allSatisfy { $0.style.role == .dim })
    }

    @Test func `Another protocol version is named with both numbers`() {
        var dashboard = Dashboard(socketPath: "/s", columns: 80, rows: 24)
        _ = dashboard.update(.connected)
        _ = dashboard.update(
            .message(.welcome(.init(protocolVersion: 7, daemon: "llm-gateway/9", processID: 1, isDemo: false)))
        )
        #expect(dashboard.screen.contains("protocol 7"))
        #expect(dashboard.screen.contains("speaks 1"))
    }

    @Test func `Before the first snapshot every panel says that there is nothing yet`() {
        let dashboard = Dashboard.live(120, 40, exchanges: 0, snapshots: 0)
        #expect(dashboard.screen.contains("no data yet"))
        #expect(dashboard.screen.contains("No requests yet"))
    }

    @Test func `A pause freezes the picture and counts what comes in meanwhile`() {
        var feed = FakeFeed(seed: 9)
        var dashboard = Dashboard.live(120, 40)
        dashboard.press(.character(" "))
        let before = dashboard.screen.split(separator: "\n").dropFirst()
        for _ in 0..<38 { _ = dashboard.update(.message(.completed(feed.summary(prompt: "new one")))) }
        #expect(dashboard.screen.split(separator: "\n").dropFirst() == before)
        dashboard.press(.character(" "))
        #expect(dashboard.screen.contains("new one"))
    }
}
