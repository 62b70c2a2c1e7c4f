extension Action {
    /// How the action is called in `tui.yaml` and in the palette: `filter`, `show-requests`, `move-down`.
    ///
    /// Made from the case's own name, so that a new action has a name the moment it is there.
    package var name: String {
        if let special = Self.special[self] { return special }
        let text = String(describing: self)
        guard let open = text.firstIndex(of: "(") else { return Self.dashed(text) }
        let base = Self.dashed(text[..<open])
        let payload = text[text.index(after: open)...].split { "(). ".contains($0) }
        guard let last = payload.last, last != "nil" else { return base }
        guard let step = Int(last) else { return "\(base)-\(Self.dashed(last))" }
        let direction = step < 0 ? "up" : "down"
        return step.magnitude == 1 ? "\(base)-\(direction)" : "\(base)-\(direction)-\(step.magnitude)"
    }

    /// Nothing that changes what the gateway holds, costs money or starts a program is done in a read-only dashboard.
    package var isRefusedReadOnly: Bool {
        switch self {
        case .send, .compare, .togglePick, .checkTiers, .startDaemon, .openFlush, .flushSelected, .moveFlush,
            .nameFlush, .confirmFlush, .leaveFlush,
            .chooseFlush, .resetBackend, .composeWorkflow, .leaveWorkflow, .runWorkflow, .cancelRun:
            true
        default: false
        }
    }

    private static let special: [Action: String] = [
        .window(-1): "window-shorter", .window(1): "window-longer", .takeOutput(1): "take-output-1",
        .takeOutput(2): "take-output-2", .takeOutput(3): "take-output-3", .nextColumn(-1): "previous-column",
        .nextColumn(1): "next-column",
    ]

    /// `nextView` as `next-view`, `copyID` as `copy-id`.
    private static func dashed(_ name: some StringProtocol) -> String {
        var text = ""
        var isAfterSmall = false
        for character in name {
            if character.isUppercase, isAfterSmall { text.append("-") }
            text.append(character.lowercased())
            isAfterSmall = character.isLowercase
        }
        return text
    }
}

extension KeyTable.Context {
    /// How the context is called in `tui.yaml`: `list`, `everywhere`.
    package var name: String { String(describing: self) }

    /// Letters are text there and can mean nothing else.
    package var takesText: Bool {
        switch self {
        case .composing, .filtering, .editing, .naming, .palette, .writingInput, .saving: true
        default: false
        }
    }
}

extension KeyTable.Binding {
    /// The name that no other action has: `list.filter`.
    package var qualifiedName: String { "\(context.name).\(action.name)" }
}
