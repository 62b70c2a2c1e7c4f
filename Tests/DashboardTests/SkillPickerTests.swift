import FoundationEssentials
import Shared
import Testing

@testable import Dashboard

struct SkillPickerTests {
    static let list = ControlProtocol.SkillList(
        isEnabled: true,
        skills: [
            .init(
                id: "brainstorming",
                purpose: "Turn a rough idea into a design",
                useWhen: "Before a feature",
                tiers: [],
                source: "built_in"
            ),
            .init(
                id: "quick-fix",
                purpose: "The smallest change",
                useWhen: "Typos",
                tiers: [.local, .fast],
                source: "built_in"
            ),
            .init(id: "release-notes", purpose: "Write them", useWhen: "", tiers: [.premium], source: "user"),
        ]
    )

    /// The tester with the list open and filled.
    private func opened(_ columns: Int = 80, _ rows: Int = 24) -> Dashboard {
        var dashboard = Dashboard.live(columns, rows)
        dashboard.press(.character("3"))
        #expect(dashboard.press(.control("s")) == [.call(.skills)])
        #expect(dashboard.screen.contains("asking …"))
        _ = dashboard.update(.message(.skills(.success(Self.list))))
        return dashboard
    }

    @Test(arguments: ScreenTests.sizes)
    func `The list names the skills with their purposes, their tiers and when to use the marked one`(
        columns: Int,
        rows: Int
    ) {
        var dashboard = opened(columns, rows)
        for text in [
            "▶ no skill", "brainstorming", "Turn a rough idea into a design", "quick-fix", "LF", "release-notes",
            "Enter take", "Esc leave",
        ] {
            #expect(dashboard.screen.contains(text), "\(text) at \(columns)x\(rows)")
        }
        #expect(dashboard.view().cursor == nil)
        dashboard.press(.down, .down)
        #expect(dashboard.screen.contains("▶ quick-fix"))
        #expect(dashboard.screen.contains("use when: Typos · tier: local, else fast"))
        dashboard.press(.character("j"))
        #expect(dashboard.screen.contains("tier: premium · your own"))
    }

    @Test func `Enter takes the marked one, and the route and the prompt are asked for with it`() {
        var dashboard = opened()
        #expect(dashboard.press(.down, .down, .enter).isEmpty)
        #expect(dashboard.picker == nil)
        #expect(dashboard.screen.contains("skill quick-fix · tier auto"))
        dashboard.type("teh")
        let request = ControlProtocol.PromptRequest(prompt: "teh", skill: "quick-fix")
        #expect(dashboard.advance(to: 9_000) == [.call(.explain(request))])
        #expect(dashboard.press(.enter) == [.call(.send(request))])
        // It stays for the next prompt, and the list opens at it.
        dashboard.press(.control("s"))
        _ = dashboard.update(.message(.skills(.success(Self.list))))
        #expect(dashboard.screen.contains("▶ quick-fix"))
        dashboard.press(.up, .up, .up, .enter)
        #expect(dashboard.tester.skill == nil)
        #expect(!dashboard.screen.contains("skill quick-fix"))
    }

    @Test func `A change of skill alone asks for the route again`() {
        var dashboard = opened()
        dashboard.press(.escape)
        dashboard.type("hello")
        let plain = ControlProtocol.PromptRequest(prompt: "hello")
        #expect(dashboard.advance(to: 9_000) == [.call(.explain(plain))])
        _ = dashboard.update(.message(.route(plain, .success(FakeFeed.decision()))))
        dashboard.press(.control("s"))
        _ = dashboard.update(.message(.skills(.success(Self.list))))
        dashboard.press(.down, .enter)
        let skilled = ControlProtocol.PromptRequest(prompt: "hello", skill: "brainstorming")
        #expect(dashboard.advance(to: 9_500) == [.call(.explain(skilled))])
    }

    @Test func `Escape leaves what was chosen, and letters and pastes do nothing`() {
        var dashboard = opened()
        dashboard.press(.down, .enter, .control("s"))
        _ = dashboard.update(.message(.skills(.success(Self.list))))
        #expect(dashboard.press(.down, .character("q"), .character("x"), .paste("text"), .escape).isEmpty)
        #expect(dashboard.tester.skill == "brainstorming")
        #expect(dashboard.tester.editor.isEmpty)
        #expect(dashboard.tester.isComposing, "the box takes the keys again")
        dashboard.press(.tab, .character("s"))
        #expect(dashboard.picker != nil, "also from outside of the box")
        #expect(dashboard.press(.control("c")).isEmpty)
        #expect(dashboard.picker == nil)
    }

    @Test func `The mark stays within the list, and the list scrolls with it`() {
        let many = ControlProtocol.SkillList(
            isEnabled: true,
            skills: (0..<120).map {
                .init(id: "skill-\($0)", purpose: "purpose \($0)", useWhen: "", tiers: [], source: "user")
            }
        )
        var dashboard = opened(60, 16)
        _ = dashboard.update(.message(.skills(.success(many))))
        dashboard.press(.up, .pageUp)
        #expect(dashboard.screen.contains("▶ no skill"))
        for _ in 0..<200 { dashboard.press(.down) }
        #expect(dashboard.screen.contains("▶ skill-119"))
        #expect(dashboard.screen.contains("tier: as routed"))
        for _ in 0..<8 { dashboard.press(.pageUp) }
        #expect(dashboard.screen.contains("▶ skill-55"))
    }

    @Test func `Before the list is there nothing can be taken`() {
        var dashboard = Dashboard.live(80, 24)
        dashboard.press(.character("3"), .control("s"), .down, .enter)
        #expect(dashboard.picker?.content == .loading)
        _ = dashboard.update(.disconnected(reason: "closed", retryAt: 9_000))
        #expect(dashboard.screen.contains("✖ not connected to the gateway"))
        dashboard.press(.enter)
        #expect(dashboard.picker != nil && dashboard.tester.skill == nil)
        dashboard.press(.escape)
        #expect(dashboard.press(.control("s")).isEmpty)
        #expect(dashboard.picker == nil)
        #expect(dashboard.screen.contains("not connected to the gateway"))
    }

    @Test(arguments: [
        (JSONRPC.Failure.methodNotFound("no method"), "this gateway is too old to have skills"),
        (JSONRPC.Failure.invalidRequest("say hello first"), "say hello first"),
    ])
    func `A failure is said in words`(failure: JSONRPC.Failure, words: String) {
        var dashboard = opened()
        _ = dashboard.update(.message(.skills(.failure(failure))))
        #expect(dashboard.screen.contains("✖ \(words)"))
    }

    @Test func `Skills that are switched off are said to be`() {
        var dashboard = opened()
        _ = dashboard.update(.message(.skills(.success(.init(isEnabled: false, skills: [])))))
        #expect(dashboard.screen.contains("Skills are switched off (skills.enabled)."))
        dashboard.press(.enter)
        #expect(dashboard.tester.skill == nil && dashboard.picker == nil)
    }

    @Test func `Another view or a click closes the list, and a late answer does not open it`() {
        var dashboard = opened()
        dashboard.press(.tab)
        #expect(dashboard.picker == nil)
        _ = dashboard.update(.message(.skills(.success(Self.list))))
        #expect(dashboard.picker == nil)
        dashboard.press(.character("3"), .control("s"))
        _ = dashboard.update(.key(.click(row: 1, column: 1)))
        #expect(dashboard.picker == nil && dashboard.currentView == .tester)
    }

    @Test func `Texts from outside are made harmless`() {
        var dashboard = opened()
        let evil = ControlProtocol.SkillList(
            isEnabled: true,
            skills: [.init(id: "a\u{1B}[2J", purpose: "\u{202E}b", useWhen: "c\u{7}", tiers: [], source: "user")]
        )
        _ = dashboard.update(.message(.skills(.success(evil))))
        dashboard.press(.down)
        #expect(dashboard.screen.contains("a·[2J") && dashboard.screen.contains("·b"))
        #expect(dashboard.screen.contains("use when: c·"))
    }

    @Test func `On the wire the list is asked for, and a prompt names its skill`() throws {
        var session = ControlSession()
        let line = String(decoding: session.line(for: .skills), as: UTF8.self)
        #expect(line.contains(#""method":"skills.list""#))
        let answer = """
            {"jsonrpc":"2.0","id":1,"result":{"is_enabled":true,"skills":[{"id":"quick-fix","purpose":"p",\
            "use_when":"w","tiers":["local","fast"],"source":"built_in"}]}}
            """
        guard case .skills(.success(let list))? = session.message(of: Data(answer.utf8)) else {
            Issue.record("the answer was not understood")
            return
        }
        #expect(list.isEnabled && list.skills.map(\.id) == ["quick-fix"])
        #expect(list.skills.first?.tiers == [.local, .fast] && list.skills.first?.useWhen == "w")
        let prompt = ControlProtocol.PromptRequest(prompt: "p", skill: "quick-fix")
        #expect(String(decoding: session.line(for: .send(prompt)), as: UTF8.self).contains(#""skill":"quick-fix""#))
    }
}
