import FoundationEssentials
import Shared
import Testing

@testable import Dashboard

struct FlushTests {
    private func menu(_ columns: Int = 80, _ rows: Int = 24) -> Dashboard {
        var dashboard = Dashboard.live(columns, rows)
        dashboard.press(.character("5"), .character("x"))
        return dashboard
    }

    @Test(arguments: ScreenTests.sizes)
    func `Everything goes only after one question`(columns: Int, rows: Int) {
        var dashboard = menu(columns, rows)
        for text in ["flush cached answers", "▶ 1 everything", "3 a project's", "4 a key's", "Esc closes"] {
            #expect(dashboard.screen.contains(text), "\(text)")
        }
        #expect(dashboard.press(.enter).isEmpty)
        #expect(dashboard.screen.contains("Flush every cached answer of every project?"))
        #expect(dashboard.screen.contains("y yes"))
        #expect(dashboard.press(.character("y")) == [.call(.flush(.init()))])
        #expect(dashboard.flush == nil)
        #expect(dashboard.screen.contains("flushing …"))
        let flushed = ControlProtocol.CacheFlushed(
            answers: ["redis": 812, "memory": 1_200],
            questions: 354,
            unreachable: []
        )
        _ = dashboard.update(.message(.flushed(.success(flushed))))
        #expect(dashboard.screen.contains("flushed: memory 1,200, redis 812, questions 354"))
        dashboard.advance(to: 20_000)
        #expect(!dashboard.screen.contains("flushed"))
    }

    @Test(arguments: [Key.character("n"), .escape, .enter])
    func `Anything but yes leaves the question without a flush`(key: Key) {
        var dashboard = menu()
        dashboard.press(.character("1"))
        #expect(dashboard.press(key).isEmpty)
        #expect(dashboard.flush?.step == .choosing)
        #expect(dashboard.press(.escape).isEmpty)
        #expect(dashboard.flush == nil)
    }

    @Test func `Letters do nothing in the menu but what it says`() {
        var dashboard = menu()
        #expect(dashboard.press(.character("q"), .character("y"), .character("r")).isEmpty)
        #expect(dashboard.flush?.step == .choosing)
        dashboard.press(.up)
        #expect(dashboard.flush?.choice == .key)
        dashboard.press(.down, .character("j"))
        #expect(dashboard.flush?.choice == .selected)
        #expect(dashboard.press(.control("c")).isEmpty)
        #expect(dashboard.flush == nil)
        #expect(dashboard.press(.control("c")) == [.quit])
    }

    @Test func `A project is named, with all letters and digits as text`() {
        var dashboard = menu()
        dashboard.press(.character("3"))
        #expect(dashboard.view().cursor != nil)
        dashboard.type(" q1 日本y")
        _ = dashboard.update(.key(.paste("\u{1B}[2Jx\n")))
        dashboard.press(.backspace, .backspace)
        #expect(dashboard.screen.contains("q1 日本y·[2J"))
        dashboard.press(.enter)
        #expect(dashboard.screen.contains("every answer of project \"q1 日本y·[2J\"?"))
        #expect(dashboard.press(.character("y")) == [.call(.flush(.init(project: "q1 日本y·[2J")))])
    }

    @Test(arguments: [Key.character("3"), .character("4")])
    func `An empty name is never sent, for it would mean everything`(key: Key) {
        var dashboard = menu()
        dashboard.press(key, .character(" "), .enter)
        guard case .naming? = dashboard.flush?.step else {
            Issue.record("it went on without a name")
            return
        }
        #expect(dashboard.screen.contains("write a name first"))
        #expect(dashboard.press(.character("y")).isEmpty)
    }

    @Test func `A key is not shown while it is written nor in the question`() {
        var dashboard = menu()
        dashboard.press(.character("4"))
        dashboard.type("sk-secret-0123456789")
        #expect(!dashboard.screen.contains("secret"))
        #expect(dashboard.screen.contains("••••••••••••••••6789"))
        dashboard.press(.enter)
        #expect(!dashboard.screen.contains("secret"))
        #expect(dashboard.press(.character("y")) == [.call(.flush(.init(key: "sk-secret-0123456789")))])
        #expect(FlushState.masked("short") == "•••••")
    }

    @Test func `The cursor stays in the box however long the name is`() {
        var dashboard = menu(60, 16)
        dashboard.press(.character("3"))
        for _ in 0..<40 {
            dashboard.type("日本語abc")
            let surface = dashboard.view()
            let isInside = surface.cursor.map { $0.column >= 12 && $0.column < 58 }
            #expect(isInside == true)
        }
        dashboard.press(.home)
        #expect(dashboard.screen.contains("日本語abc日本語"))
    }

    @Test func `The selected answer goes from the requests view, whatever comes in meanwhile`() {
        var feed = FakeFeed(seed: 8)
        var dashboard = Dashboard.live(120, 40)
        dashboard.press(.character("2"), .down, .down)
        let id = dashboard.table.selectedRow(in: dashboard.feed.log)?.summary.id
        dashboard.press(.character("x"))
        #expect(dashboard.screen.contains("Flush the answer of \(id?.prefix(8) ?? "?")"))
        for _ in 0..<100 { _ = dashboard.update(.message(.completed(feed.summary()))) }
        #expect(dashboard.press(.character("y")) == [.call(.flush(.init(queryID: id)))])
        dashboard.press(.character("x"), .escape)
        #expect(dashboard.flush == nil, "there is no menu behind the question")
        var empty = Dashboard.live(80, 24, exchanges: 0)
        #expect(empty.press(.character("2"), .character("x"), .character("y")).isEmpty)
        #expect(empty.screen.contains("no request is selected"))
        #expect(empty.press(.character("5"), .character("x"), .character("2"), .character("y")).isEmpty)
        #expect(empty.screen.contains("none is selected"))
    }

    @Test func `The menu takes the row that is selected in the requests view`() {
        var dashboard = Dashboard.live(80, 24)
        dashboard.press(.character("2"), .down)
        let id = dashboard.table.selectedRow(in: dashboard.feed.log)?.summary.id
        dashboard.press(.character("5"), .character("x"), .character("2"))
        #expect(dashboard.press(.character("y")) == [.call(.flush(.init(queryID: id)))])
    }

    @Test(arguments: [
        (JSONRPC.Failure.methodNotFound("no method"), "this gateway is too old for it"),
        (JSONRPC.Failure.notFound("no such exchange"), "no such exchange"),
    ])
    func `A failure is said in words`(failure: JSONRPC.Failure, words: String) {
        var dashboard = menu()
        dashboard.press(.enter, .character("y"))
        _ = dashboard.update(.message(.flushed(.failure(failure))))
        #expect(dashboard.screen.contains("nothing was flushed: \(words)"))
    }

    @Test func `The question says where it goes from, and what may come back`() {
        var feed = FakeFeed()
        feed.cache = FakeFeed.caches()
        var dashboard = Dashboard.live(120, 40, feed: feed)
        dashboard.press(.character("5"), .character("x"), .character("1"))
        #expect(dashboard.screen.contains("It goes from memory, redis, the semantic cache."))
        feed.cache = FakeFeed.caches(redis: .down, detail: "gone")
        _ = dashboard.update(.message(.snapshot(feed.snapshot())))
        #expect(dashboard.screen.contains("It goes from memory, the semantic cache."))
        #expect(dashboard.screen.contains("redis is down: its answers may come back with it."))
    }

    @Test func `Places that could not be reached are named, and an empty flush is too`() {
        var dashboard = menu()
        dashboard.press(.enter, .character("y"))
        let partly = ControlProtocol.CacheFlushed(answers: ["memory": 3], questions: 0, unreachable: ["redis"])
        _ = dashboard.update(.message(.flushed(.success(partly))))
        #expect(dashboard.screen.contains("flushed: memory 3 · redis not reached: may come back"))
        let none = ControlProtocol.CacheFlushed(answers: ["memory": 0], questions: 0, unreachable: [])
        #expect(none.sentence == "nothing was there to flush")
    }

    @Test func `Without a connection nothing is sent, and a lost one leaves the outcome open`() {
        var dashboard = menu()
        dashboard.press(.enter, .character("y"))
        #expect(menuAgain(&dashboard).isEmpty)
        #expect(dashboard.screen.contains("still flushing"))
        _ = dashboard.update(.disconnected(reason: "closed", retryAt: 9_000))
        #expect(dashboard.screen.contains("whether the flush was done is not known"))
        #expect(menuAgain(&dashboard).isEmpty)
        #expect(dashboard.screen.contains("not connected to the gateway"))
    }

    private func menuAgain(_ dashboard: inout Dashboard) -> [Effect] {
        dashboard.press(.character("x"), .character("1"), .character("y"))
    }

    @Test func `On the wire at most the one that was chosen is named`() throws {
        let requests: [(ControlProtocol.CacheFlush, String)] = [
            (.init(), "{}"), (.init(project: "acme"), #"{"project":"acme"}"#), (.init(key: "k"), #"{"key":"k"}"#),
            (.init(queryID: "77b0"), #"{"query_id":"77b0"}"#),
        ]
        for (request, parameters) in requests {
            var session = ControlSession()
            let line = String(decoding: session.line(for: .flush(request)), as: UTF8.self)
            #expect(line.contains(#""method":"cache.flush""#))
            #expect(line.contains(#""params":\#(parameters)"#), "\(line)")
            let answer =
                #"{"jsonrpc":"2.0","id":1,"result":{"answers":{"memory":3},"questions":2,"unreachable":["redis"]}}"#
            guard case .flushed(.success(let flushed))? = session.message(of: Data(answer.utf8)) else {
                Issue.record("the answer was not understood")
                return
            }
            #expect(flushed == .init(answers: ["memory": 3], questions: 2, unreachable: ["redis"]))
        }
    }

    @Test func `A click or another view closes the menu`() {
        var dashboard = menu()
        _ = dashboard.update(.key(.click(row: 1, column: 1)))
        #expect(dashboard.flush == nil)
        dashboard.press(.character("x"), .tab)
        #expect(dashboard.flush == nil)
        #expect(dashboard.currentView == .savings)
    }
}
