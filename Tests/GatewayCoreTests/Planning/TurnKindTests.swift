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

    // The beginnings of what agents and chat programs send.
    @Test(
        arguments: [
            (
                "You are Claude Code, Anthropic's official CLI for Claude.\\nGenerate a concise, sentence-case title "
                    + "(3-7 words) that captures the main topic or goal of this coding session. Return JSON.",
                "<session>\\nSort a list.\\n</session>", TurnKind.SideQuery.title
            ),
            (
                "Analyze if this message indicates a new conversation topic. If it does, extract a 2-3 word title. "
                    + "Format your response as a JSON object with two fields: 'isNewTopic' and 'title'.",
                "now to the tests",
                .title
            ),
            (
                "Summarize this coding conversation in under 50 characters.",
                "Please write a 5-10 word title for the following conversation:\\n\\nUser: hi", .title
            ),
            ("", "Please write a 5-10 word title for the following conversation:\\n\\nUser: hi", .title),
            ("You are a title generator. You output ONLY a thread title. Nothing else.", "What is this?", .title),
            ("", "Generate a concise 3-7 word title for this conversation, omitting punctuation.", .title),
            ("", "### Task:\\nGenerate a concise, 3-5 word title with an emoji summarizing the chat history.", .title),
            ("", "Provide a concise, 5-word-or-less title for the conversation, using title case.", .title),
            ("You write titles: give the session a short title of at most six words.", "user: sort a list", .title),
            (
                "Your task is to process Bash commands that an AI coding agent wants to run.\\n\\nThis task defines "
                    + "how to determine the prefix of a Bash command:", "Command: git status", .safetyCheck
            ),
            ("", "<policy_spec>\\n# Bash command prefix detection\\n", .safetyCheck),
            ("You are a security monitor for autonomous AI coding agents.", "<transcript>", .safetyCheck),
            ("You are a classifier. Answer safe or unsafe.", "rm -rf /", .safetyCheck),
            ("", "Task: Check if there is unsafe content in 'User' messages in conversations.", .safetyCheck),
            ("Extract any file paths that this command reads or modifies.", "Command: git diff\\nOutput: x", .chore),
            ("", "\\nWeb page content:\\n---\\nTides\\n---\\n\\nWhen is high tide?", .chore),
            ("", "### Task:\\nGenerate 1-3 broad tags categorizing the main themes of the chat history.", .chore),
        ] as [(String, String, TurnKind.SideQuery)]
    )
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
        // The same words of an agent that has tools, or at the end of a history, say nothing.
        #expect(try kind(message, extra + Self.tools) == .userTurn)
        let history = Self.ask + #",{"role":"assistant","content":"Done."},"#
        #expect(try kind(history + message, extra) == .userTurn)
    }

    private static let answered = [ask, call, #"{"role":"assistant","content":"Done."}"#].joined(separator: ",") + ","

    @Test(
        arguments: [
            (
                "Your task is to create a detailed summary of the conversation so far, paying close attention.",
                .compaction
            ),
            (
                "CRITICAL: Respond with TEXT ONLY. Do NOT call any tools.\\n\\n- Tool calls will be REJECTED.\\n\\n"
                    + "Your task is to create a detailed summary of the conversation so far.", .compaction
            ),
            ("Your task is to create a detailed summary of the RECENT portion of the conversation.", .compaction),
            (
                "<explicit_instructions type='summarize_task'>\\nNow, your urgent task is to create a comprehensive "
                    + "detailed summary of the conversation so far.", .compaction
            ),
            ("Summarize the conversation so far, as described in the prompt instructions.", .compaction),
            ("Provide a detailed but concise summary of our conversation above.", .compaction),
            ("You are performing a CONTEXT CHECKPOINT COMPACTION. Create a handoff summary.", .compaction),
            ("Your task is to summarize the conversation.", .compaction),
            ("[SUGGESTION MODE: Suggest what the user might naturally type next.]", .chore),
            ("The user stepped away and is coming back. Recap in under 40 words.", .chore),
        ] as [(String, TurnKind.SideQuery)]
    )
    func `a compaction comes at the end of a history, with tools or without`(words: String, query: TurnKind.SideQuery)
        throws
    {
        let last = user(text(words))
        #expect(try kind(Self.answered + last) == .sideQuery(query))
        #expect(try kind(Self.answered + last, Self.tools) == .sideQuery(query))
        #expect(try kind(Self.answered + user(Self.result, Self.reminder, text(words))) == .sideQuery(query))
        // There is nothing to sum up yet.
        #expect(try kind(last, Self.tools) == .userTurn)
        // Said before, it is no longer asked for.
        #expect(try kind(last + "," + Self.answered + Self.ask) == .userTurn)
    }

    @Test(arguments: [
        "Suggest a title for my novel.", "Classify these animals by size.", "Summarize this article in two lines.",
        "What is a command injection, and how is it found?", "Which chat apps have topics?",
        "Write a title for this chat app's landing page.", "Write a title for my talk on thread safety.",
        "Give the summary a title in the chat's README.", "Summarize the conversation between Ann and Bob below.",
        "Your task is to summarize the conversation between Ann and Bob.", "Web page content: why is it late?",
        "Is a summary of the conversation so far of use?", "What does [SUGGESTION MODE] mean?",
    ])
    func `what only sounds like one is the user's`(words: String) throws {
        let system = #","system":"You are a helpful assistant.""#
        #expect(try kind(user(text(words)), system) == .userTurn)
        #expect(try kind(Self.answered + user(text(words)), system) == .userTurn)
    }

    @Test(arguments: [
        "You are a helpful assistant. When asked, you can summarize the conversation.",
        "You are Acme's chatbot; customers are entitled to refunds.",
        "You are a tutor of security. You know every shell command and SQL injection topics.",
        "You are a film critic. Give each chat-show episode a title.",
        "You are a security monitor for a chemical plant. Explain the alarms.",
        "You classify support tickets. Never answer with unsafe or harmful text.",
        "You help writers. If the chat grows long, generate a title for this conversation.",
        "You are a title generator for YouTube videos.",
        "Detect the mood of the speaker. The command prefix is an exclamation mark.",
        "You are a subtitle editor. You know content moderation and session titles.",
        "You are a guide. Be kind. Be brief. Be exact. Generate a title for this conversation.",
    ])
    func `an application's system prompt makes no side query of its users' turns`(system: String) throws {
        let extra = #","system":"\#(system)""#
        #expect(try kind(Self.ask, extra) == .userTurn)
        #expect(try kind(Self.answered + Self.ask, extra) == .userTurn)
        #expect(try kind(#"{"role":"system","content":"\#(system)"},"# + Self.ask, .openai) == .userTurn)
    }

    @Test func `a long system prompt is no program's small task`() throws {
        let task = "Generate a title for this conversation."
        #expect(try kind(Self.ask, #","system":"\#(task)""#) == .sideQuery(.title))
        let long = task + String(repeating: " More.", count: 2_000)
        #expect(try kind(Self.ask, #","system":"\#(long)""#) == .userTurn)
        // But for the one whose rules are long.
        let monitor = "You are a security monitor for autonomous AI coding agents." + long
        #expect(try kind(Self.ask, #","system":"\#(monitor)""#) == .sideQuery(.safetyCheck))
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

    @Test func `what follows a long reminder is the user's`() throws {
        let filler = String(repeating: "x ", count: 150_000)
        let reminder = "<system-reminder>" + filler + "</system-reminder>"
        #expect(try kind(user(text(reminder + "\\nFix it."))) == .userTurn)
        #expect(
            try kind(user(text(#"\u003csystem-reminder>"# + filler + #"\u003c\/system-reminder>Fix it."#))) == .userTurn
        )
        #expect(
            try kind(Self.answered + user(text(reminder + reminder + "Summarize the conversation so far.")))
                == .sideQuery(.compaction)
        )
        guard case .other = try kind(user(text(reminder))) else {
            Issue.record("taken for the user's")
            return
        }
        // So is what stands behind much space.
        #expect(try kind(user(text(String(repeating: " ", count: 300_000) + "Fix it."))) == .userTurn)
    }
}
