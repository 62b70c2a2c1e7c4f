import FoundationEssentials
import Shared
import Testing

@testable import Dashboard

struct ExportTests {
    private static let prompts = [
        "plain", "comma, \"quote\"", "two\nlines\r\nof text", "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "日本語", "",
        "'=1", " =1",
    ]

    private func dashboard() -> Dashboard {
        var feed = FakeFeed()
        var dashboard = Dashboard.live(80, 24, exchanges: 0)
        for prompt in Self.prompts {
            _ = dashboard.update(.message(.completed(feed.summary(prompt: prompt, status: 200))))
        }
        dashboard.configure(view: .requests)
        return dashboard
    }

    private func exported(_ effects: [Effect]) -> ExportFile? {
        for case .export(let file) in effects { return file }
        return nil
    }

    /// A reader after RFC 4180, which knows nothing of how the text was made.
    private func read(_ csv: String) throws -> [[String]] {
        var rows: [[String]] = []
        var row: [String] = []
        var field = String.UnicodeScalarView()
        var isQuoted = false
        var scalars = csv.unicodeScalars[...]
        while let scalar = scalars.popFirst() {
            if isQuoted {
                guard scalar == "\"" else {
                    field.append(scalar)
                    continue
                }
                if scalars.first == "\"" { field.append(scalars.removeFirst()) } else { isQuoted = false }
            } else if scalar == "\"" {
                #expect(field.isEmpty, "a quote within a field without quotes")
                isQuoted = true
            } else if scalar == "," || scalar == "\r" {
                row.append(String(field))
                field = String.UnicodeScalarView()
                guard scalar == "\r" else { continue }
                #expect(scalars.popFirst() == "\n")
                rows.append(row)
                row = []
            } else {
                field.append(scalar)
            }
        }
        #expect(row.isEmpty && field.isEmpty, "the last line has no end")
        return rows
    }

    @Test func `CSV has every row as it was, newest first, and no field that a spreadsheet would calculate`() throws {
        var dashboard = dashboard()
        dashboard.press(.character("e"))
        #expect(dashboard.screen.contains("export \(Self.prompts.count) requests"))
        let file = try #require(exported(dashboard.press(.character("1"))))
        #expect(file.name.hasSuffix(".csv"))
        let rows = try read(file.text)
        let names = try #require(rows.first)
        #expect(Set(rows.map(\.count)) == [names.count])
        let column = try #require(names.firstIndex(of: "prompt"))
        let guarded: Set<Unicode.Scalar> = ["=", "+", "-", "@", "\t", "\r", "\n"]
        let expected = Self.prompts.reversed().map { prompt in
            prompt.unicodeScalars.first.map { guarded.contains($0) } == true ? "'" + prompt : prompt
        }
        #expect(rows.dropFirst().map { $0[column] } == expected)
        let newest = try #require(dashboard.feed.log[0]?.summary)
        func value(_ name: String) -> String? { names.firstIndex(of: name).map { rows[1][$0] } }
        #expect(value("query_id") == newest.id)
        #expect(value("cost_usd") == newest.cost.description)
        #expect(value("input_tokens") == "1000")
        #expect(value("is_simulated") == "true")
    }

    @Test func `An amount below nothing stays a number`() throws {
        var feed = FakeFeed()
        var summary = feed.summary()
        summary.saved = USD(nanodollars: -10_000_000)
        let rows = try read(ExportFormat.csv.text([summary]))
        let column = try #require(rows[0].firstIndex(of: "saved_usd"))
        #expect(rows[1][column] == "-0.01")
    }

    @Test func `JSONL is an object a line, as the daemon told it`() throws {
        var dashboard = dashboard()
        let file = try #require(exported(dashboard.press(.character("e"), .down, .enter)))
        #expect(file.name.hasSuffix(".jsonl"))
        let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.last == "")
        let decoded = try lines.dropLast().map { try JSONDecoder().decode(ExchangeSummary.self, from: Data($0.utf8)) }
        #expect(decoded.map(\.prompt) == Self.prompts.reversed())
    }

    @Test func `Only what passes the filter is exported`() throws {
        var dashboard = dashboard()
        dashboard.setFilter("plain")
        let file = try #require(exported(dashboard.press(.character("e"), .character("1"))))
        #expect(try read(file.text).count == 2)
        #expect(file.what == "1 request")
    }

    @Test func `The file is named for the moment, in the user's own time`() throws {
        var dashboard = dashboard()
        // 2025-11-21 04:40:00 UTC is the feed's start; the user is two hours ahead.
        _ = dashboard.update(
            .tick(Moment(unixMilliseconds: FakeFeed.start, monotonicMilliseconds: 5_000, utcOffsetSeconds: 7_200))
        )
        let file = try #require(exported(dashboard.press(.character("e"), .character("1"))))
        #expect(file.name == "requests-20251121-064000.csv")
    }

    @Test(arguments: [
        (Int64(0), "1970-01-01T00:00:00.000Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (951_868_799_999, "2000-02-29T23:59:59.999Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        (1_763_700_000_250, "2025-11-21T04:40:00.250Z"), (-1, "1969-12-31T23:59:59.999Z"),
    ])
    func `Dates are those of the calendar`(milliseconds: Int64, expected: String) {
        #expect(ExchangeCSV.timestamp(milliseconds) == expected)
    }

    @Test(arguments: [Int64.min, .max])
    func `No time stops the export`(milliseconds: Int64) {
        #expect(ExchangeCSV.timestamp(milliseconds).hasSuffix("Z"))
    }
}
