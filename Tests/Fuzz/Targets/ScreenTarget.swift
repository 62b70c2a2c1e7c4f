import FoundationEssentials
import Shared

@testable import Dashboard
@testable import GatewayCore
@testable import GatewayIO

extension FuzzTarget {
    private static let calls: [Call] = [
        .hello, .status, .subscribe, .list(limit: 10), .get(id: "0123456789abcdef"),
        .send(ControlProtocol.PromptRequest(prompt: "hi")), .skills, .flush(ControlProtocol.CacheFlush()),
    ]
    private static let keys: [Key] = [
        .character("2"), .enter, .down, .character("3"), .character("4"), .escape, .character("1"), .character("p"),
        .end, .tab, .character("?"), .escape, .character("x"), .character("s"), .up, .home,
    ]

    /// The dashboard, fed by a daemon that says anything.
    static let screen = FuzzTarget(
        name: "screen",
        property:
            "whatever lines a daemon sends, every view is drawn at every size, and no cell holds a control or bidi character",
        maximumBytes: 8_192
    ) { bytes in
        var dice = Dice(bytes)
        var session = ControlSession()
        var dashboard = Dashboard(socketPath: "/run/fuzz.sock", columns: 100, rows: 30)
        _ = dashboard.update(.connected)
        for call in calls { _ = session.line(for: call) }
        for line in bytes.split(separator: 0x0A) {
            if let message = session.message(of: Data(line)) {
                if case .snapshot(let snapshot) = message {
                    isExposition(PrometheusText(snapshot, traffic: TrafficMetrics(models: [])).text)
                }
                _ = dashboard.update(.message(message))
            }
            if dice.roll(2) == 0 { _ = dashboard.update(.key(keys[dice.roll(keys.count)])) }
        }
        let moment = Moment(unixMilliseconds: 1_790_000_000_000, monotonicMilliseconds: 60_000, utcOffsetSeconds: 3_600)
        _ = dashboard.update(.tick(moment))
        for view in ["1", "2", "3", "4"] as [Character] {
            let (columns, rows) = [(80, 24), (200, 50), (40, 12), (9, 3)][dice.roll(4)]
            _ = dashboard.update(.resized(columns: columns, rows: rows))
            _ = dashboard.update(.key(.character(view)))
            isHarmless(dashboard.view(), columns, rows)
        }
    }

    private static func isHarmless(_ surface: Surface, _ columns: Int, _ rows: Int) {
        expect(surface.cells.count == columns * rows, "\(surface.cells.count) cells of \(columns) by \(rows)")
        for row in 0..<rows {
            var width = 0
            for cell in surface.cells[(row * columns)..<((row + 1) * columns)] {
                width += Int(cell.width)
                expect(!TextTarget.isHarmful(cell.scalar), "U+\(String(cell.scalar.value, radix: 16)) on the screen")
            }
            expect(width == columns, "row \(row) is \(width) columns wide")
        }
    }

    /// A line of a comment, or of a name, labels in quotes and a value.
    private static func isExposition(_ text: String) {
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let quotes = line.utf8.reduce(into: (count: 0, isEscaped: false)) { state, byte in
                if byte == UInt8(ascii: "\""), !state.isEscaped { state.count += 1 }
                state.isEscaped = byte == UInt8(ascii: "\\") && !state.isEscaped
            }
            expect(quotes.count % 2 == 0, "an open quote in \(line)")
            let value = line.split(separator: " ").last.flatMap { Double($0) }
            expect(value != nil, "no figure in \(line)")
        }
    }
}
