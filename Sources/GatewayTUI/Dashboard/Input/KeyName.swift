extension Key {
    /// A key as users write it, the way help shows it: `q`, `^R`, `ctrl-r`, `M-x`, `alt-x`, `F5`, `Up`, `PgDn`, `Space`.
    package init?(named name: String) {
        if name.count == 1, let character = name.first {
            guard !character.isWhitespace, character.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
            else { return nil }
            self = .character(character)
            return
        }
        let lower = name.lowercased()
        if let special = Self.names[lower] {
            self = special
            return
        }
        if lower.hasPrefix("f"), let number = Int(lower.dropFirst()), (1...12).contains(number) {
            self = .function(number)
            return
        }
        for prefix in ["^", "ctrl-", "ctrl+", "c-"] where lower.hasPrefix(prefix) {
            let rest = lower.dropFirst(prefix.count)
            // Other control keys are keys of their own for a terminal: ^I is Tab, ^M Enter, ^[ Escape.
            guard rest.count == 1, let letter = rest.first, letter.isASCII, letter.isLetter,
                !"ihm".contains(letter)
            else { return nil }
            self = .control(letter)
            return
        }
        for prefix in ["m-", "alt-", "alt+", "meta-"] where lower.hasPrefix(prefix) {
            let rest = name.dropFirst(prefix.count)
            guard rest.count == 1, let character = rest.first, !character.isWhitespace else { return nil }
            self = .alt(character)
            return
        }
        return nil
    }

    private static let names: [String: Key] = [
        "space": .character(" "), "up": .up, "down": .down, "left": .left, "right": .right, "home": .home, "end": .end,
        "pgup": .pageUp, "pageup": .pageUp, "pgdn": .pageDown, "pagedown": .pageDown, "enter": .enter,
        "return": .enter, "m-enter": .altEnter, "alt-enter": .altEnter, "tab": .tab, "s-tab": .backTab,
        "shift-tab": .backTab, "esc": .escape, "escape": .escape, "bksp": .backspace, "backspace": .backspace,
        "del": .delete, "delete": .delete, "^left": .wordLeft, "ctrl-left": .wordLeft, "^right": .wordRight,
        "ctrl-right": .wordRight, "m-bksp": .alt("\u{7F}"), "alt-backspace": .alt("\u{7F}"),
    ]
}
