/// A key press or another event from the terminal.
package enum Key: Sendable, Hashable {
    case character(Character)
    case control(Character)
    case alt(Character)
    case up, down, left, right, home, end, pageUp, pageDown
    case wordLeft, wordRight
    case enter, altEnter, tab, backTab, escape, backspace, delete
    case function(Int)
    /// Pasted text, as it came.
    case paste(String)
    /// Notches of the wheel, positive downwards.
    case wheel(Int, row: Int, column: Int)
    case click(row: Int, column: Int)

    /// How the key is named on the screen.
    package func label(_ glyphs: Glyphs) -> String {
        let ascii = glyphs == .ascii
        return switch self {
        case .character(" "): "Space"
        case .character(let character): String(character)
        case .control(let character): "^\(character.uppercased())"
        case .alt("\u{7F}"): "M-Bksp"
        case .alt(let character): "M-\(character)"
        case .up: ascii ? "Up" : "↑"
        case .down: ascii ? "Down" : "↓"
        case .left: ascii ? "Left" : "←"
        case .right: ascii ? "Right" : "→"
        case .home: "Home"
        case .end: "End"
        case .pageUp: "PgUp"
        case .pageDown: "PgDn"
        case .wordLeft: ascii ? "^Left" : "^←"
        case .wordRight: ascii ? "^Right" : "^→"
        case .enter: "Enter"
        case .altEnter: "M-Enter"
        case .tab: "Tab"
        case .backTab: "S-Tab"
        case .escape: "Esc"
        case .backspace: "Bksp"
        case .delete: "Del"
        case .function(let number): "F\(number)"
        case .paste: "paste"
        case .wheel: "wheel"
        case .click: "click"
        }
    }
}
