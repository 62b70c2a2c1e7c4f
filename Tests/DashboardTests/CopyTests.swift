import FoundationEssentials
import Shared
import Testing

@testable import Dashboard

struct CopyTests {
    private static let hostile =
        "it's \"$(rm -rf ~)\" `id` \\ ; & | > < * ? ! # {a} \n\r\t\u{0}\u{1B}[31m\u{9B}2J \u{202E}x\u{2066} é 👩‍💻"

    private func summary(_ prompt: String, dialect: String = "anthropic", stream: Bool = false) -> ExchangeSummary {
        var feed = FakeFeed()
        var summary = feed.summary(prompt: prompt, status: 200)
        summary.dialect = dialect
        summary.stream = stream
        return summary
    }

    private func dashboard(_ prompts: String...) -> Dashboard {
        var dashboard = Dashboard.live(80, 24, exchanges: 0)
        var feed = FakeFeed()
        for prompt in prompts { _ = dashboard.update(.message(.completed(feed.summary(prompt: prompt)))) }
        dashboard.configure(view: .requests)
        return dashboard
    }

    private func copied(_ effects: [Effect]) -> Clip? {
        for case .copy(let clip) in effects { return clip }
        return nil
    }

    /// The words of a command as a POSIX shell takes them apart; nil where it would do more than that.
    private func shellWords(_ command: String) -> [String]? {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var isEscaped = false
        for character in command {
            if isEscaped {
                word = (word ?? "") + String(character)
                isEscaped = false
            } else if let open = quote {
                if character == open { quote = nil } else { word = (word ?? "") + String(character) }
            } else {
                switch character {
                case "'", "\"": (quote, word) = (character, word ?? "")
                case "\\": isEscaped = true
                case " ":
                    if let word { words.append(word) }
                    word = nil
                case "$", "`", ";", "&", "|", "<", ">", "(", ")", "*", "?", "\n", "!", "#": return nil
                default: word = (word ?? "") + String(character)
                }
            }
        }
        return quote == nil && !isEscaped ? words + (word.map { [$0] } ?? []) : nil
    }

    @Test func `y copies the id of the selected request and says so`() throws {
        var dashboard = dashboard("older", "newer")
        dashboard.press(.down)
        let selected = try #require(dashboard.table.selectedRow(in: dashboard.feed.log))
        #expect(selected.summary.prompt == "older")
        let effects = dashboard.press(.character("y"))
        #expect(copied(effects)?.text == selected.summary.id)
        _ = dashboard.update(.clip(.copied(what: copied(effects)?.what ?? "")))
        #expect(dashboard.screen.contains("copied query id \(selected.summary.id)"))
    }

    @Test func `Without a request nothing is copied or exported, and that is said`() {
        for key in ["y", "Y", "e"] as [Character] {
            var dashboard = dashboard()
            #expect(dashboard.press(.character(key)).isEmpty)
            #expect(dashboard.outputMenu == nil)
            #expect(dashboard.screen.contains("no request"), "\(key)")
        }
    }

    @Test func `The menu keeps to the request that was selected when it opened`() throws {
        var dashboard = dashboard("first")
        let id = try #require(dashboard.feed.log[0]?.summary.id)
        dashboard.press(.character("Y"))
        for text in ["1 its query id", "2 everything, as JSON", "3 a curl command"] {
            #expect(dashboard.screen.contains(text))
        }
        var other = FakeFeed(seed: 9)
        _ = dashboard.update(.message(.completed(other.summary(prompt: "second"))))
        #expect(copied(dashboard.press(.enter))?.text == id)
        #expect(dashboard.outputMenu == nil)
    }

    @Test func `Letters in the menu do nothing but what it says, and Escape leaves`() {
        var dashboard = dashboard("first")
        dashboard.press(.character("Y"))
        #expect(dashboard.press(.character("q"), .character("4"), .character("e")).isEmpty)
        #expect(dashboard.outputMenu != nil)
        dashboard.press(.up)
        #expect(dashboard.outputMenu?.marked == .copy(.curl))
        dashboard.press(.escape)
        #expect(dashboard.outputMenu == nil)
    }

    @Test func `JSON is the summary as the daemon told it, and the detail where it is open`() throws {
        var dashboard = dashboard(Self.hostile)
        let told = try #require(dashboard.feed.log[0]?.original)
        #expect(told.prompt == Self.hostile)
        let json = try #require(copied(dashboard.press(.character("Y"), .character("2"))))
        #expect(try JSONDecoder().decode(ExchangeSummary.self, from: Data(json.text.utf8)) == told)
        #expect(json.text.unicodeScalars.allSatisfy { $0 == "\n" || PlainText.sanitized(String($0)) == String($0) })
        dashboard.press(.enter)
        _ = dashboard.update(.message(.detail(id: told.id, .success(FakeFeed.detail(told)))))
        let detail = try #require(copied(dashboard.press(.character("Y"), .character("2"))))
        let decoded = try JSONDecoder().decode(ExchangeDetail.self, from: Data(detail.text.utf8))
        #expect(decoded.summary == told)
        #expect(decoded.attempts.map(\.status) == [529])
    }

    private struct Body: Decodable {
        struct Message: Decodable {
            var role: String
            var content: String
        }
        var model: String
        var messages: [Message]
        var stream: Bool?
    }

    @Test(arguments: [hostile, "'", "''", "@file", "-d", "plain", String(repeating: "ä", count: 60)])
    func `The curl command is one line of words with the prompt unharmed in its body`(prompt: String) throws {
        for dialect in ["anthropic", "openai"] {
            let command = try #require(CurlCommand(summary(prompt, dialect: dialect), baseURL: "http://127.0.0.1:8080"))
            let words = try #require(shellWords(command.text), "\(command.text)")
            #expect(
                words.prefix(3) == [
                    "curl", "-sS", "http://127.0.0.1:8080/v1/\(dialect == "openai" ? "chat/completions" : "messages")",
                ]
            )
            let index = try #require(words.firstIndex(of: "--data-raw"))
            let body = try JSONDecoder().decode(Body.self, from: Data(words[index + 1].utf8))
            #expect(body.messages.map(\.content) == [prompt])
            #expect(body.model == "claude-opus-4-7")
            #expect(words.count == index + 2)
            #expect(!command.text.contains { $0.isNewline })
        }
    }

    @Test func `A stream is asked for again as a stream, and a hostile address is one word`() throws {
        let command = try #require(CurlCommand(summary("x", stream: true), baseURL: "http://a'; rm -rf ~ #"))
        let words = try #require(shellWords(command.text))
        #expect(words[2] == "-N" && words[3] == "http://a'; rm -rf ~ #/v1/messages")
        #expect(command.text.contains(#""stream":true"#))
    }

    @Test func `What is not kept is said`() throws {
        #expect(CurlCommand(summary("short"), baseURL: nil)?.caveat == nil)
        #expect(CurlCommand(summary(""), baseURL: nil)?.caveat?.contains("not kept") == true)
        #expect(
            CurlCommand(summary(String(repeating: "a", count: 120)), baseURL: nil)?.caveat?.contains("beginning")
                == true
        )
        var dashboard = dashboard("")
        let clip = try #require(copied(dashboard.press(.character("Y"), .character("3"))))
        #expect(clip.what.contains("not kept"))
    }

    /// What stands between the sequence's head and its end, decoded.
    private func decoded(_ sequence: String) -> String? {
        guard sequence.hasPrefix("\u{1B}]52;c;"), let end = sequence.firstIndex(of: "\u{7}") else { return nil }
        return Data(base64Encoded: String(sequence.dropFirst(7).prefix(upTo: end))).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    @Test func `OSC 52 carries the text, and in tmux a wrapped copy besides`() throws {
        let text = "é'\n\u{1B}"
        let plain = try #require(ClipboardSequence.of(text, isInTmux: false))
        #expect(decoded(plain) == text)
        #expect(
            plain.dropFirst(7).dropLast().allSatisfy {
                $0.isASCII && ($0.isLetter || $0.isNumber || "+/=".contains($0))
            }
        )
        let both = try #require(ClipboardSequence.of(text, isInTmux: true))
        #expect(both.hasPrefix(plain))
        #expect(both.dropFirst(plain.count) == "\u{1B}Ptmux;\u{1B}\(plain)\u{1B}\\")
    }

    @Test func `A text that is too large for a terminal has no sequence`() {
        let limit = String(repeating: "x", count: ClipboardSequence.maximumBytes)
        #expect((ClipboardSequence.of(limit, isInTmux: false)?.utf8.count ?? .max) <= 100_000)
        #expect(ClipboardSequence.of(limit + "x", isInTmux: false) == nil)
    }

    @Test func `A notice ends with the file's name, however narrow the screen is`() {
        var dashboard = dashboard("x")
        let path = "/home/somebody/with/a/very/long/name/.local/state/llm-gateway/exports/requests-20261122-104330.csv"
        _ = dashboard.update(.clip(.written(what: "1 request", path: path)))
        #expect(dashboard.screen.contains("/exports/requests-20261122-104330.csv"))
        _ = dashboard.update(.clip(.failed(what: "1 request", reason: "No space left on device")))
        #expect(dashboard.screen.contains("could not be written: No space left on device"))
    }
}
