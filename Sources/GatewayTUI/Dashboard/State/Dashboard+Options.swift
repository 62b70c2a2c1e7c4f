extension Dashboard {
    /// Takes over how the user wants the front end. Before the first event.
    package mutating func configure(
        keyMap: KeyMap = .standard,
        theme: Palette.Theme = .dark,
        isReadOnly: Bool = false,
        keepsPrompts: Bool = false,
        view: DashboardView? = nil
    ) {
        self.keyMap = keyMap
        self.theme = theme
        self.isReadOnly = isReadOnly
        self.keepsPrompts = keepsPrompts
        if let view { show(view) }
    }

    /// How the first key of an action is written; a dash where it has none.
    func keyLabel(_ action: Action) -> String { keyMap.key(of: action)?.label(glyphs) ?? "–" }

    /// The picture of the view that is open, as text.
    package var viewPrintout: String { view().text }

    mutating func cycleTheme() -> [Effect] {
        theme = theme.next
        note("theme: \(theme.rawValue)")
        return [.useTheme(theme)]
    }

    /// Says why a key does nothing.
    mutating func refuseReadOnly() {
        note("read-only: this would change or cost something; start without --read-only")
    }

    /// What may leave a read-only dashboard. The keys are refused before; this holds for whatever else may come to act.
    mutating func allowed(_ effects: [Effect]) -> [Effect] {
        guard isReadOnly else { return effects }
        let harmless = effects.filter(\.isHarmless)
        if harmless.count < effects.count { refuseReadOnly() }
        return harmless
    }
}

extension Effect {
    /// Neither changes nor costs anything at the gateway.
    var isHarmless: Bool {
        switch self {
        case .startDaemon: false
        case .call(let call): call.isHarmless
        case .quit, .reconnect, .suspend, .redraw, .toggleMouse, .useTheme, .copy, .export, .prompts: true
        }
    }
}

extension Call {
    /// Without a default, so that nobody adds a call without saying whether a read-only dashboard may make it.
    var isHarmless: Bool {
        switch self {
        case .hello, .status, .subscribe, .list, .get, .explain, .skills, .cancel, .history, .usage, .logTail,
            .workflows:
            true
        case .send, .compare, .flush, .runWorkflow, .cancelWorkflow, .reset: false
        }
    }
}
