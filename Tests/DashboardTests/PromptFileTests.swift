import Shared
import Testing

@testable import Dashboard

struct PromptShelfTests {
    private func saved(_ name: String, _ prompt: String = "p") -> SavedPrompt {
        SavedPrompt(name: name, prompt: prompt, model: "opus", tier: .premium, skill: "s", classifierMode: "hybrid")
    }

    @Test
    func `What is written is read again, hostile texts as they were, and no control character stands in the file`()
        throws
    {
        var shelf = try PromptShelf(parsing: nil)
        let prompts = HostileTextTests.texts.enumerated().map { saved("n\($0) \($1)", $1) }
        for prompt in prompts { try shelf.put(prompt) }
        let text = try shelf.written()
        #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || PlainText.sanitized(String($0)) == String($0) })
        #expect(try PromptShelf(parsing: text).prompts == prompts)
    }

    @Test func `Names are in order, one prompt each`() throws {
        var shelf = try PromptShelf(parsing: nil)
        for name in ["b", "C", "a"] { try shelf.put(saved(name)) }
        try shelf.put(saved("b", "other"))
        #expect(shelf.prompts.map(\.name) == ["a", "b", "C"])
        #expect(shelf.prompts[1].prompt == "other")
        shelf.delete("a")
        #expect(!shelf.contains("a") && shelf.contains("C"))
    }

    @Test(arguments: ["", "{", "[]", #"{"version":1}"#, #"{"version":2,"prompts":[]}"#, "\u{0}", #"{"prompts":[]}"#])
    func `A file that cannot be understood is an error, whatever is to be done with it`(text: String) {
        for request in [
            PromptFileRequest.list, .save(saved("a"), mayReplace: true), .delete(name: "a"),
        ] {
            #expect(throws: PromptFileProblem.self) { try request.apply(to: text) }
        }
    }

    @Test func `Saving asks before it replaces`() throws {
        let first = try PromptFileRequest.save(saved("a"), mayReplace: false).apply(to: nil)
        #expect(first.answer == .saved(name: "a"))
        let text = try #require(first.text)
        let second = try PromptFileRequest.save(saved("a", "new"), mayReplace: false).apply(to: text)
        #expect(second.answer == .exists(saved("a", "new")) && second.text == nil)
        let third = try PromptFileRequest.save(saved("a", "new"), mayReplace: true).apply(to: text)
        #expect(try PromptShelf(parsing: third.text).prompts == [saved("a", "new")])
    }

    @Test func `The file is bounded, and says so`() throws {
        var shelf = try PromptShelf(parsing: nil)
        for number in 0..<500 { try shelf.put(saved("\(number)")) }
        #expect(throws: PromptFileProblem.self) { try shelf.put(saved("one more")) }
        try shelf.put(saved("7", "in the place of another"))
        var large = try PromptShelf(parsing: nil)
        for number in 0..<200 { try large.put(saved("\(number)", String(repeating: "x", count: 65_536))) }
        #expect(throws: PromptFileProblem.self) { try large.written() }
    }

    @Test func `The last hundred that were sent are kept, each once, the newest last`() throws {
        var text: String?
        for number in 0..<120 { text = try PromptFileRequest.remember("p\(number % 110)").apply(to: text).text }
        let kept = try SentPrompts(parsing: text).prompts
        #expect(kept.count == 100 && kept.last == "p9" && Set(kept).count == 100)
        #expect(try PromptFileRequest.recall.apply(to: text).answer == .recalled(kept))
        var sent = try SentPrompts(parsing: text)
        for letter in ["x", "y"] { sent.append(String(repeating: letter, count: 300_000)) }
        #expect(sent.prompts.map(\.first) == ["y"], "the oldest make room")
        sent.append(String(repeating: "z", count: 600_000))
        #expect(sent.prompts.map(\.first) == ["y"], "what is larger than all may be is not kept")
        #expect(throws: PromptFileProblem.self) { try PromptFileRequest.remember("p").apply(to: "{}") }
    }
}

struct SavedPromptTests {
    private func tester(_ text: String = "Why is the sky blue? Tell me everything that you know.") -> Dashboard {
        var dashboard = Dashboard.live(80, 24)
        dashboard.press(.character("3"))
        dashboard.type(text)
        return dashboard
    }

    @Test func `A prompt is saved with all that it asks for, under a name that its words suggest`() {
        var dashboard = tester()
        dashboard.press(.control("t"), .control("t"), .control("g"), .alt("w"))
        #expect(dashboard.screen.contains("save the prompt as") && dashboard.screen.contains("Why is the sky blue?"))
        #expect(dashboard.screen.contains("with classifier rule_based, tier fast"))
        dashboard.type("!")
        let prompt = SavedPrompt(
            name: "Why is the sky blue?!",
            prompt: "Why is the sky blue? Tell me everything that you know.",
            tier: .fast,
            classifierMode: "rule_based"
        )
        #expect(dashboard.press(.enter) == [.prompts(.save(prompt, mayReplace: false))])
        _ = dashboard.update(.prompts(.saved(name: prompt.name)))
        #expect(dashboard.screen.contains("saved as \"Why is the sky blue?!\""))
        #expect(dashboard.screen.contains("prompt · Why is the sky blue"))
        // Saving it again means the same one.
        dashboard.press(.alt("w"))
        #expect(dashboard.press(.enter) == [.prompts(.save(prompt, mayReplace: true))])
        // What is written after it was sent is another prompt.
        dashboard.press(.enter, .escape)
        dashboard.type("Something else")
        dashboard.press(.alt("w"))
        #expect(dashboard.promptName?.text == "Something else")
        dashboard.press(.control("u"))
        dashboard.type(prompt.name)
        guard case .prompts(.save(_, mayReplace: false))? = dashboard.press(.enter).first else {
            Issue.record("it would be replaced unasked")
            return
        }
    }

    @Test func `Another of the same name is replaced after a yes`() {
        var dashboard = tester()
        let prompt = SavedPrompt(name: "mine", prompt: "p")
        _ = dashboard.update(.prompts(.exists(prompt)))
        #expect(dashboard.screen.contains("Replace the saved prompt \"mine\"?"))
        var no = dashboard
        #expect(no.press(.escape).isEmpty)
        #expect(dashboard.press(.character("y")) == [.prompts(.save(prompt, mayReplace: true))])
    }

    @Test func `A name must be there and be short, and nothing is saved without a prompt`() {
        var dashboard = tester()
        dashboard.press(.alt("w"), .control("u"))
        #expect(dashboard.press(.enter).isEmpty)
        #expect(dashboard.screen.contains("write a name first"))
        dashboard.type(String(repeating: "n", count: 61))
        #expect(dashboard.press(.enter).isEmpty)
        #expect(dashboard.screen.contains("a name may have 60 characters"))
        dashboard.press(.escape)
        #expect(dashboard.promptName == nil && dashboard.tester.isComposing)
        var blank = tester("  ")
        blank.press(.alt("w"))
        #expect(blank.promptName == nil && blank.screen.contains("write a prompt first"))
    }

    @Test func `A saved prompt comes back with all that it asked for, and can be taken back`() {
        var dashboard = tester("draft")
        #expect(dashboard.press(.alt("p")) == [.prompts(.list)])
        let saved = SavedPrompt(
            name: "review",
            prompt: "Review\nthis",
            model: "opus",
            tier: .premium,
            skill: "code-review",
            classifierMode: "hybrid"
        )
        _ = dashboard.update(.prompts(.listed([SavedPrompt(name: "a", prompt: "A"), saved])))
        dashboard.press(.down)
        for text in ["▶ review", "Review this", "model opus · tier premium · skill code-review · classifier hybrid"] {
            #expect(dashboard.screen.contains(text), "\(text)")
        }
        dashboard.press(.enter)
        let request = ControlProtocol.PromptRequest(
            prompt: "Review\nthis",
            model: "opus",
            tier: .premium,
            skill: "code-review",
            classifierMode: "hybrid"
        )
        #expect(dashboard.tester.request == request)
        #expect(dashboard.advance(to: 9_000) == [.call(.explain(request))])
        dashboard.press(.alt("z"), .alt("z"))
        #expect(dashboard.tester.editor.text == "draft")
    }

    @Test func `Deleting asks first, and the list goes on without it`() {
        var dashboard = tester()
        dashboard.press(.alt("p"))
        let prompts = ["a", "b"].map { SavedPrompt(name: $0, prompt: $0) }
        _ = dashboard.update(.prompts(.listed(prompts)))
        dashboard.press(.down, .character("d"))
        #expect(dashboard.screen.contains("Delete the saved prompt \"b\"?"))
        #expect(dashboard.press(.enter).isEmpty, "Enter is no yes")
        dashboard.press(.delete)
        #expect(dashboard.press(.character("y")) == [.prompts(.delete(name: "b"))])
        _ = dashboard.update(.prompts(.deleted(name: "b", [prompts[0]])))
        #expect(dashboard.picker?.rows.map(\.name) == ["a"] && dashboard.picker?.index == 0)
        dashboard.press(.character("d"), .character("y"))
        _ = dashboard.update(.prompts(.deleted(name: "a", [])))
        #expect(dashboard.screen.contains("No prompt is saved yet."))
        dashboard.press(.enter)
        #expect(dashboard.picker == nil)
    }

    @Test(arguments: [
        (PromptFileRequest.list, "✖ /f: broken"), (.delete(name: "a"), "nothing was deleted: /f: broken"),
        (.save(SavedPrompt(name: "a", prompt: "p"), mayReplace: false), "nothing was saved: /f: broken"),
        (.recall, "sent prompts are not kept: /f: broken"), (.remember("p"), "sent prompts are not kept: /f: broken"),
    ])
    func `A file that cannot be used is told of in words`(request: PromptFileRequest, words: String) {
        var dashboard = tester()
        if request == .list { dashboard.press(.alt("p")) }
        _ = dashboard.update(.prompts(.failed(request, reason: "/f: broken")))
        #expect(dashboard.screen.contains(words))
    }

    @Test func `Texts of the file are made harmless`() {
        var dashboard = tester()
        dashboard.press(.alt("p"))
        let evil = SavedPrompt(name: "a\u{1B}[2J", prompt: "p\u{202E}\u{7}", model: "m\u{9B}", skill: "\u{1B}s")
        _ = dashboard.update(.prompts(.listed([evil])))
        var seen = dashboard.screen
        dashboard.press(.enter)
        seen += dashboard.screen
        #expect(seen.unicodeScalars.allSatisfy { $0 == "\n" || PlainText.sanitized(String($0)) == String($0) })
        #expect(dashboard.tester.request.prompt == "p··" && dashboard.tester.request.model == "m·")
    }

    @Test func `What is sent is kept for the next start where that is wanted, and comes back with the arrow`() {
        var dashboard = tester("one")
        #expect(dashboard.opening.isEmpty)
        #expect(dashboard.press(.enter) == [.call(.send(.init(prompt: "one")))], "it is not wanted")
        var keeping = Dashboard.live(80, 24)
        keeping.configure(keepsPrompts: true, view: .tester)
        #expect(keeping.opening == [.prompts(.recall)])
        _ = keeping.update(.prompts(.recalled(["first", "second\n\u{1B}line"])))
        keeping.type("two")
        #expect(keeping.press(.enter) == [.call(.send(.init(prompt: "two"))), .prompts(.remember("two"))])
        keeping.press(.up, .up)
        #expect(keeping.tester.editor.text == "second\n·line")
    }

    @Test func `A comparison is kept among what was sent`() {
        var dashboard = Dashboard.comparing(80, 24, "compare me")
        dashboard.configure(keepsPrompts: true)
        dashboard.press(.character("a"), .enter)
        var effects: [Effect] = []
        for tier in Tier.allCases { effects = dashboard.estimate(.tier(tier), isSimulated: true) }
        #expect(effects.last == .prompts(.remember("compare me")))
    }

    @Test func `A read-only dashboard saves, reloads and deletes: the files are its user's own`() {
        var dashboard = Dashboard.live(80, 24)
        dashboard.configure(isReadOnly: true, view: .tester)
        dashboard.type("hi")
        dashboard.press(.alt("w"))
        #expect(dashboard.press(.enter) == [.prompts(.save(SavedPrompt(name: "hi", prompt: "hi"), mayReplace: false))])
        #expect(dashboard.press(.alt("p")) == [.prompts(.list)])
        _ = dashboard.update(.prompts(.listed([SavedPrompt(name: "a", prompt: "A")])))
        dashboard.press(.character("d"))
        #expect(dashboard.press(.character("y")) == [.prompts(.delete(name: "a"))])
    }
}
