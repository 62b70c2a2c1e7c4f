import Shared
import Testing

@testable import Dashboard

struct HostileTextTests {
    static let texts = [
        "evil \u{1B}[31m\u{1B}[2J\u{1B}]0;title\u{07} escape", "c1 \u{9B}2J and \u{90}dcs",
        "bidi \u{202E}esrever\u{2066} isolate", "日本語で要約してください: 会議メモ",
        "emoji 👩‍💻 family 👨‍👩‍👧 flag 🇩🇪", "combining e\u{301} zalgo \u{336}\u{336} tab\tnewline\nreturn\r",
    ]

    @Test(arguments: texts)
    func `No view lets a control character through`(text: String) {
        var feed = FakeFeed()
        var dashboard = Dashboard.live(120, 40)
        var summary = feed.summary(prompt: text)
        (summary.model, summary.backend, summary.error, summary.project) = (text, text, text, text)
        _ = dashboard.update(.message(.completed(summary)))
        dashboard.press(.character("2"), .enter)
        var detail = FakeFeed.detail(summary)
        detail.warnings = [text]
        detail.attempts = [.init(backend: text, model: text, status: nil, durationMilliseconds: 1, error: text)]
        detail.decision?.reasons = [text]
        _ = dashboard.update(.message(.detail(id: summary.id, .success(detail))))
        var seen = dashboard.screen
        dashboard.press(.character("3"))
        _ = dashboard.update(.key(.paste(text)))
        dashboard.press(.enter)
        _ = dashboard.update(.message(.accepted(sendID: 1)))
        _ = dashboard.update(.message(.delta(.init(sendID: 1, text: text))))
        _ = dashboard.update(.message(.promptCompleted(.init(sendID: 1, detail: nil, error: text))))
        seen += dashboard.screen
        for scalar in seen.unicodeScalars where scalar != "\n" {
            #expect(scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value), "\(scalar.value)")
            #expect(!(0x202A...0x202E).contains(scalar.value) && !(0x2066...0x2069).contains(scalar.value))
        }
    }

    @Test(arguments: [
        // A flag of a region: one character of seven scalars, six of them invisible.
        String(repeating: "\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}", count: 10),
        // A letter under any number of accents.
        "e" + String(repeating: "\u{301}", count: 10_000),
        String(repeating: "long", count: 100),
    ])
    func `Text to show is no longer than its limit, whatever it is made of`(text: String) {
        let safe = text.safeToShow(limit: 10)
        #expect(safe.count <= 10)
        #expect(safe.unicodeScalars.count <= 40)
    }

    @Test func `Widths follow the table: wide, combining, joined`() {
        #expect(CellWidth.of("日本") == 4)
        #expect(CellWidth.of("e\u{301}") == 1)
        #expect(CellWidth.of("👨‍👩‍👧") == 2)
        #expect(CellWidth.fit("日本語", 4) == "日… ")
        #expect(CellWidth.fit("7", 3, alignRight: true) == "  7")
    }

    @Test func `Overwriting half of a wide character blanks the other half`() {
        var surface = Surface(columns: 6, rows: 1)
        surface.write("日本", in: surface.bounds)
        surface.write("x", in: surface.bounds, column: 1)
        #expect(surface.text == " x本")
        surface.write("語", in: surface.bounds, column: 1)
        #expect(surface.text == " 語")
        surface.fill(Rect(row: 0, column: 0, height: 1, width: 2))
        #expect(surface.text.isEmpty)
    }
}
