extension Dashboard {
    /// Keys while the help lies over everything. They are not in the key table: whatever is bound, help can be read and left.
    mutating func handleHelp(_ key: Key) -> [Effect] {
        if helpSearch?.isWriting == true { return handleHelpSearch(key) }
        switch key {
        case .character("/"): helpSearch = HelpSearch(editor: helpSearch?.editor ?? LineEditor(), isWriting: true)
        case .down, .pageDown, .character("j"), .character(" "): helpScroll += key == .down ? 1 : 8
        case .up, .pageUp, .character("k"): helpScroll = max(0, helpScroll - (key == .up ? 1 : 8))
        case .control("c"): return [.quit]
        case .control("l"): return [.redraw]
        case .control("z"): return [.suspend]
        case .escape where helpSearch != nil: endHelpSearch()
        default: closeHelp()
        }
        return []
    }

    private mutating func handleHelpSearch(_ key: Key) -> [Effect] {
        switch key {
        case .enter where helpSearch?.editor.isEmpty == true, .escape: endHelpSearch()
        case .enter: helpSearch?.isWriting = false
        case .down, .pageDown: helpScroll += key == .down ? 1 : 8
        case .up, .pageUp: helpScroll = max(0, helpScroll - (key == .up ? 1 : 8))
        case .control("c"): closeHelp()
        case .control("l"): return [.redraw]
        case .control("z"): return [.suspend]
        case .character(let character): search { $0.insert(String(character)) }
        case .paste(let text): search { $0.insert(text) }
        default:
            if case .edit(let command)? = keyMap.action(for: key, in: [.editing]) { search { $0.apply(command) } }
        }
        return []
    }

    private mutating func search(_ change: (inout LineEditor) -> Void) {
        guard var search = helpSearch else { return }
        change(&search.editor)
        helpSearch = search
        helpScroll = 0
    }

    private mutating func endHelpSearch() {
        helpSearch = nil
        helpScroll = 0
    }

    mutating func closeHelp() {
        isHelpShown = false
        helpSearch = nil
    }
}

/// What is looked for in the help.
package struct HelpSearch: Sendable, Hashable {
    package var editor: LineEditor
    /// Letters go into the search; else they are keys again, and what was found stays.
    package var isWriting: Bool
}
