import FoundationEssentials
import Shared
import Testing

@testable import Dashboard

struct DrawingTests {
    @Test func `A series without values draws nothing`() {
        var surface = Surface(columns: 10, rows: 1)
        surface.sparkline(Series(), in: surface.bounds, row: 0, .normal)
        surface.chart(Series().points(20), top: 1, in: surface.bounds, .normal)
        #expect(surface.text.isEmpty)
        var gaps = Series()
        gaps.appendGap(seconds: 5)
        #expect(gaps.isEmpty)
        surface.sparkline(gaps, in: surface.bounds, row: 0, .normal)
        #expect(surface.text.isEmpty)
    }

    @Test func `A sparkline rises with its values and is newest at the right`() {
        var series = Series()
        for value in [0.0, 1, 2, 4, 7] { series.append(value) }
        var surface = Surface(columns: 8, rows: 1)
        surface.sparkline(series, in: surface.bounds, row: 0, .normal)
        #expect(surface.text == "   ▁▂▃▅█")
    }

    @Test func `Old groups of a long series keep their values while new ones come in`() {
        var series = Series()
        for second in 0..<100 { series.append(Double(second % 10)) }
        let before = series.columns(10)
        for _ in 0..<10 { series.append(5) }
        #expect(series.columns(10).count <= 11)
        #expect(before.count == 10)
        #expect(before.allSatisfy { $0 == 4.5 })
    }

    @Test func `A chart keeps gaps open`() {
        var surface = Surface(columns: 4, rows: 1)
        surface.chart([1, 1, .nan, .nan, 1, 1, 0, 0], top: 1, in: surface.bounds, .normal)
        #expect(surface.text == "⣿ ⣿")
    }

    @Test func `Seconds without a snapshot are a gap and a second one in a second replaces the first`() {
        var history = History()
        history.append(MetricsSnapshot(unixMilliseconds: 1_000, requestsPerMinute: 1))
        history.append(MetricsSnapshot(unixMilliseconds: 1_100, requestsPerMinute: 2))
        history.append(MetricsSnapshot(unixMilliseconds: 4_000, requestsPerMinute: 3))
        let values = history.requestsPerMinute.columns(10)
        #expect(values.count == 4)
        #expect(values.first == 2 && values.last == 3)
        #expect(values[1].isNaN && values[2].isNaN)
    }

    @Test func `Text is cut at its panel's edge`() {
        var surface = Surface(columns: 10, rows: 3)
        let panel = Rect(row: 1, column: 2, height: 1, width: 4)
        surface.write("abcdefgh", in: panel)
        surface.write("below", in: panel, row: 1)
        #expect(surface.lines == ["", "  abcd", ""])
    }

    @Test(arguments: [
        (USD(nanodollars: 0), "$0"), (USD(nanodollars: 41_000), "<$0.0001"), (USD(nanodollars: 9_100_000), "$0.0091"),
        (USD(nanodollars: 18_420_000_000), "$18.42"), (USD(nanodollars: 1_234_000_000_000), "$1,234"),
        (USD(nanodollars: -9_100_000), "-$0.0091"),
    ])
    func `Money is never shown as nothing when it is something`(amount: USD, text: String) {
        #expect(Format.money(amount) == text)
    }

    @Test func `Times and counts read as people write them`() {
        #expect(Format.duration(milliseconds: 312) == "312 ms")
        #expect(Format.duration(milliseconds: 1_900) == "1.9 s")
        #expect(Format.span(seconds: 3 * 86_400 + 4 * 3_600) == "3d 04h")
        #expect(Format.count(1_247) == "1,247")
        #expect(Format.count(1_200_000) == "1.2M")
        #expect(Format.percent(1, of: 1_000) == "<1%")
        #expect(Format.percent(1, of: 0) == "–")
        #expect(Format.clock(unixMilliseconds: 0, utcOffsetSeconds: 3_605) == "01:00:05")
        #expect(Format.clock(unixMilliseconds: -1_000, utcOffsetSeconds: 0) == "23:59:59")
    }

    @Test func `Lines wrap at blanks with their indent and never lose a word`() {
        let lines = StyledLine("why       ", indent: 10).adding("one two three four").wrapped(to: 20)
        let text = lines.map { $0.spans.map(\.text).joined() }
        #expect(text == ["why       one two", "          three four"])
        for width in 1..<30 {
            let wrapped = StyledLine("日本語 a very long sentence", indent: 4).wrapped(to: width)
            let joined = wrapped.flatMap { $0.spans }.map(\.text).joined().filter { $0 != " " }
            #expect(joined == "日本語averylongsentence")
        }
    }
}

struct ControlSessionTests {
    @Test func `Answers find their calls whatever their order`() throws {
        var session = ControlSession()
        _ = session.line(for: .hello)
        let list = session.line(for: .list(limit: 5))
        #expect(String(decoding: list, as: UTF8.self).contains("\"limit\":5"))
        let answer = try JSONRPC.response(id: 2, result: ControlProtocol.ExchangesList(exchanges: []))
        guard case .exchanges(let rows)? = session.message(of: answer.dropLast()) else {
            Issue.record("not the list")
            return
        }
        #expect(rows.isEmpty)
        #expect(session.message(of: answer.dropLast()) == nil, "a second answer is nobody's")
    }

    @Test func `Failures reach what asked, garbage is named, unknown notifications are passed over`() throws {
        var session = ControlSession()
        _ = session.line(for: .get(id: "x"))
        let failure = try JSONRPC.response(id: 1, failure: .notFound("gone\u{1B}"))
        guard case .detail("x", .failure(let found))? = session.message(of: failure.dropLast()) else {
            Issue.record("not the failure")
            return
        }
        #expect(found.message == "gone·")
        guard case .unreadable? = session.message(of: Data("{garbage".utf8)) else {
            Issue.record("garbage was understood")
            return
        }
        #expect(session.message(of: Data(#"{"jsonrpc":"2.0","method":"new.thing","params":{}}"#.utf8)) == nil)
    }
}
