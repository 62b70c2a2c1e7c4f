import GatewayCore
import Testing

@Suite struct `A request's place in its conversation` {
    private func kind(_ messages: String, _ extra: String = "", limit: Int = 4_000, _ dialect: Dialect = .anthropic)
        throws -> TurnKind
    {
        let text = #"{"model":"m","max_tokens":\#(limit)\#(extra),"messages":[\#(messages)]}"#
        return TurnKind(try Prompt(parsing: Array(text.utf8), dialect: dialect))
    }

    private static let tools = #","tools":[{"name":"t","input_schema":{}}]"#
    private static let call = #"{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"t","input":{}}]}"#
    private static let ask = #"{"role":"user","content":"Fix it."}"#
    private static let result = #"{"type":"tool_result","tool_use_id":"a","content":"done"}"#
    private static let reminder =
        #"{"type":"text","text":"<system-reminder>\nThe list is empty.\n</system-reminder>\n"}"#

    private func user(_ blocks: String...) -> String {
        #"{"role":"user","content":[\#(blocks.joined(separator: ","))]}"#
    }
    private func text(_ text: String) -> String { #"{"type":"text","text":"\#(text)"}"# }

    @Test func `text of the user's own is a user turn`() throws {
        #expect(try kind(Self.ask) == .userTurn)
        #expect(try kind(user(Self.reminder, text("Fix it."))) == .userTurn)
        #expect(try kind(user(text("<system-reminder>x</system-reminder> Fix it."))) == .userTurn)
        #expect(try kind(user(text("\\u003csystem-reminder>x</system-reminder>\\nFix it."))) == .userTurn)
        #expect(try kind(user(text("<p>Fix this page.</p>"))) == .userTurn)
        #expect(
            try kind([Self.ask, Self.call, user(Self.result, text("Stop that."))].joined(separator: ",")) == .userTurn
        )
        // An instruction in mid-conversation is not the last word.
        #expect(try kind(Self.ask + #",{"role":"system","content":"Be brief."}"#) == .userTurn)
        #expect(TurnKind.userTurn.mayChangeTier)
    }

    @Test func `tool results and reminders are a tool step`() throws {
        let history = [Self.ask, Self.call].joined(separator: ",") + ","
        #expect(try kind(history + user(Self.result), Self.tools) == .toolStep)
        #expect(try kind(history + user(Self.result, Self.reminder), Self.tools) == .toolStep)
        #expect(try kind(history + user(Self.result, text("\\u003csystem-reminder>x</system-reminder>"))) == .toolStep)
        #expect(!TurnKind.toolStep.mayChangeTier)
        let open =
            #"{"role":"user","content":"Go"},{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":"#
            + #"{"name":"t","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"3"}"#
        #expect(try kind(open, .openai) == .toolStep)
        #expect(try kind(open + #",{"role":"user","content":"Thanks. And now?"}"#, .openai) == .userTurn)
        // Agents that speak of tools in plain text.
        #expect(
            try kind(history + user(text("[read_file for 'a.swift'] Result:\\n1 | import Foundation"))) == .toolStep
        )
        #expect(try kind(history + user(text("<tool_response>3</tool_response>"))) == .toolStep)
        #expect(try kind(user(text("[draft] What follows? Result: none"))) == .userTurn)
    }

    private func kind(_ messages: String, _ dialect: Dialect) throws -> TurnKind { try kind(messages, "", dialect) }
    private func kind(_ messages: String, _ extra: String, _ dialect: Dialect) throws -> TurnKind {
        try kind(messages, extra, limit: 4_000, dialect)
    }

    @Test func `probes, warming and continuations pass`() throws {
        #expect(try kind(#"{"role":"user","content":"quota"}"#, limit: 1) == .sideQuery(.quotaProbe))
        #expect(try kind(Self.ask, limit: 0) == .sideQuery(.cacheWarming))
        #expect(try kind(Self.ask + #",{"role":"assistant","content":"{"}"#) == .sideQuery(.continuation))
        #expect(!TurnKind.sideQuery(.continuation).mayChangeTier)
    }

    @Test(arguments: [
        (
            "You write titles: give the session a short title of at most six words.", "user: how do I sort a list?",
            TurnKind.SideQuery.title
        ),
        ("Say whether this message begins a new conversation topic.", "now to the tests", .title),
        ("", "Write a 5-10 word title for this: a conversation about sorting", .title),
        ("Detect the prefix of the command and any injection.", "Command: git status", .safetyCheck),
        ("You are a classifier. Answer safe or unsafe.", "rm -rf /", .safetyCheck),
        ("", "<policy_spec>\\nWhat follows is a command.", .safetyCheck),
        ("You summarize conversations for later use.", "user: hi", .compaction),
    ])
    func `a program's own queries are known by their words`(
        system: String,
        user: String,
        query: TurnKind.SideQuery
    ) throws {
        let extra = system.isEmpty ? "" : #","system":"\#(system)""#
        let message = #"{"role":"user","content":"\#(user)"}"#
        #expect(try kind(message, extra) == .sideQuery(query))
        let leading = system.isEmpty ? "" : #"{"role":"system","content":"\#(system)"},"#
        #expect(try kind(leading + message, .openai) == .sideQuery(query))
        // The same words in an agent's system prompt say nothing.
        if !system.isEmpty { #expect(try kind(message, extra + Self.tools) == .userTurn) }
    }

    @Test func `a compaction comes at the end of a history, with tools or without`() throws {
        let history = [Self.ask, Self.call, user(Self.result), #"{"role":"assistant","content":"Done."}"#]
            .joined(separator: ",")
        let summary = user(text("Write a detailed summary of the conversation so far, for whoever takes over."))
        #expect(try kind(history + "," + summary, Self.tools) == .sideQuery(.compaction))
        #expect(
            try kind(history + "," + user(text("Give the summary a title in the chat's README.")), Self.tools)
                == .userTurn
        )
    }

    @Test(arguments: [
        "Suggest a title for my novel.", "Classify these animals by size.", "Summarize this article in two lines.",
        "What is a command injection, and how is it found?", "Which chat apps have topics?",
    ])
    func `what only sounds like one is the user's`(words: String) throws {
        #expect(try kind(user(text(words)), #","system":"You are a helpful assistant.""#) == .userTurn)
    }

    @Test func `anything else is named and passes`() throws {
        let image = #"{"type":"image","source":{"type":"url","url":"https://example.com/a.png"}}"#
        for (messages, word) in [
            (user(image), "no text"), (user(Self.reminder), "reminders"),
            (user(text("  ")), "no text"), (#"{"role":"system","content":"x"}"#, "no message"),
        ] {
            let kind = try kind(messages)
            guard case .other(let why) = kind else {
                Issue.record("\(messages) is \(kind)")
                continue
            }
            #expect(why.contains(word) && !kind.mayChangeTier && kind.reason == why)
        }
    }

    @Test func `a reminder without an end is nobody's text`() throws {
        guard case .other = try kind(user(text("<system-reminder>for ever"))) else {
            Issue.record("taken for the user's")
            return
        }
    }
}
