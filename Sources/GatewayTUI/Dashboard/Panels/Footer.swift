import Shared

/// The last line: the keys that matter where one is, or something that just happened.
enum Footer {
    static func draw(_ dashboard: Dashboard, _ layout: Layout, on surface: inout Surface) {
        let room = layout.footer
        let isTyping = dashboard.isTyping
        let helpKey = (dashboard.keyMap.key(of: .help) { !$0.isPrintable } ?? .function(1)).label(dashboard.glyphs)
        if let notice = dashboard.notice, CellWidth.of(notice.text) + 13 > room.width {
            surface.write(" \(CellWidth.fit(notice.text, room.width - 2))", in: room, Style(.warn, .bold))
            return
        }
        let plainKey = dashboard.keyMap.key(of: .help) { $0.isPrintable }?.label(dashboard.glyphs)
        let mark = dashboard.isReadOnly ? "read-only  " : ""
        let helpText = "\(mark)\(isTyping ? helpKey : plainKey ?? helpKey) all keys "
        let end = surface.writeRight(helpText, in: room, .dim)
        var left = Rect(row: room.row, column: room.column, height: 1, width: end - 1)
        if let notice = dashboard.notice {
            surface.write(" \(notice.text)", in: left, Style(.warn, .bold))
            return
        }
        let legend = "~ simulated"
        // Where only some rows are simulated the header does not say so: then the legend comes before the keys.
        if !dashboard.isDemo, dashboard.hasSimulatedRows {
            left.width = surface.writeRight(legend, in: left, Style(.warn)) - 1
        }
        var column = 0
        if dashboard.isPaused, layout.header.height == 1 {
            column = surface.write(" +\(Format.count(dashboard.missed)) new", in: left, Style(.warn, .bold))
        }
        for binding in bindings(dashboard) {
            guard let word = binding.footer, let key = binding.keys.first else { continue }
            var label = key.label(dashboard.glyphs)
            if key == .up { label += Key.down.label(dashboard.glyphs) }
            if binding.action == .window(1), let shorter = dashboard.keyMap.key(of: .window(-1)) {
                label = "\(shorter.label(dashboard.glyphs)) \(label)"
            }
            let width = CellWidth.of(label) + CellWidth.of(word) + 3
            guard column + width <= left.width else { break }
            column = surface.write(" \(label)", in: left, column: column, .key)
            column = surface.write(" \(word) ", in: left, column: column, .dim)
        }
        if dashboard.isDemo, column + legend.count + 2 <= left.width {
            surface.writeRight(legend, in: left, Style(.warn))
        }
    }

    /// The bindings that hold here, in the order of their contexts.
    private static func bindings(_ dashboard: Dashboard) -> [KeyTable.Binding] {
        let contexts = dashboard.isTyping ? [dashboard.contexts[0]] : dashboard.contexts
        var ordered = contexts.filter { $0 != .figures }
        if let index = ordered.firstIndex(of: .everywhere), contexts.contains(.figures) {
            ordered.insert(.figures, at: index)
        }
        var seen = Set<Key>()
        return ordered.flatMap { context in
            dashboard.keyMap.bindings.filter { binding in
                if dashboard.isReadOnly, binding.action.isRefusedReadOnly { return false }
                guard binding.context == context, let key = binding.keys.first else { return false }
                return seen.insert(key).inserted
            }
        }
    }
}

extension Dashboard {
    /// Whether the footer has to explain the mark before a cost.
    var hasSimulatedRows: Bool { (0..<60).contains { feed.log[$0]?.summary.isSimulated == true } }
}
