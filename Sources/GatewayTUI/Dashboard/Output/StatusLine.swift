package import Shared

/// `--statusline`: what matters most, on one line for a shell's prompt or a status bar.
package enum StatusLine {
    /// What is shown while no gateway answers.
    package static let down = "gateway down"
    /// What is shown where the gateway is of another version, or will not be watched for another reason.
    package static let refused = "gateway refuses this gateway-tui"

    /// The line, at most so many columns wide: whole figures go from its end, and what is amiss stays.
    package static func line(_ snapshot: MetricsSnapshot, columns: Int, glyphs: Glyphs) -> StyledLine {
        let today = snapshot.today
        let mark = snapshot.isDemo ? "~" : ""
        var parts: [(text: String, style: Style)] = [
            ("\(mark)\(Format.total(today.cost)) spent", Style(.warn)),
            ("\(mark)\(Format.total(today.saved)) saved", Style(today.saved < .zero ? .bad : .good)),
            ("\(today.cacheHitShare) hit", Style(.accent)),
            ("\(Format.count(snapshot.requestsPerMinute))/min", .normal),
        ]
        if snapshot.isDemo { parts.insert(("simulated", Style(.warn, .bold)), at: 0) }
        let count = snapshot.alerts.count
        let alerts = ("\(count) alert\(count == 1 ? "" : "s")", count == 0 ? Style.normal : Style(.bad, .bold))
        while !parts.isEmpty, width(parts + [alerts]) > columns { parts.removeLast() }
        let all = parts + [alerts]
        var line = StyledLine()
        for (index, part) in all.enumerated() {
            if index > 0 { line = line.adding(" · ", .dim) }
            line = line.adding(CellWidth.clip(part.text, columns), part.style)
        }
        guard glyphs == .ascii else { return line }
        line.spans = line.spans.map { span in
            let scalars = span.text.unicodeScalars.map { Glyphs.ascii(for: $0) }
            return StyledLine.Span(text: String(String.UnicodeScalarView(scalars)), style: span.style)
        }
        return line
    }

    private static func width(_ parts: [(text: String, style: Style)]) -> Int {
        parts.reduce(0) { $0 + CellWidth.of($1.text) } + 3 * (parts.count - 1)
    }
}

extension StyledLine {
    /// Without styles.
    package var text: String { spans.map(\.text).joined() }

    /// With the sequences for the eight colours that every terminal has.
    package var coloured: String {
        spans.map { span in
            var codes: [String] = []
            if span.style.attributes.contains(.bold) { codes.append("1") }
            if let colour = Palette.colour(of: span.style.role, theme: .dark, depth: .basic) {
                codes.append("3\(colour)")
            }
            if span.style.role == .dim { codes.append("2") }
            return codes.isEmpty ? span.text : "\u{1B}[\(codes.joined(separator: ";"))m\(span.text)\u{1B}[0m"
        }
        .joined()
    }
}
