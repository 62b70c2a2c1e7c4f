/// The characters a picture may be made of.
package enum Glyphs: Sendable, Hashable {
    case unicode
    /// Seven-bit characters only. Panels draw in Unicode all the same; the surface puts a stand-in for each glyph.
    case ascii

    /// The stand-in for a scalar in ``ascii``; a question mark for what has none.
    package static func ascii(for scalar: Unicode.Scalar) -> Unicode.Scalar {
        if scalar.value < 0x7F { return scalar }
        return switch scalar {
        case "≈": "~"
        case "─", "—", "–", "▃": "-"
        case "│", "┤", "├", "▏": "|"
        case "╭", "╮", "╰", "╯", "┼": "+"
        case "·", "▂": "."
        case "▁": "_"
        case "▄", "▊", "▉": "="
        case "▅", "▋": "+"
        case "▌": "_"
        case "▾": "v"
        case "▸": ">"
        case "▆", "●", "•", "◆", "★": "*"
        case "▇", "█": "#"
        case "▎", "▍": ":"
        case "…": "~"
        case "→", "▶": ">"
        case "←", "◀": "<"
        case "▲", "↑": "^"
        case "▼", "↓": "v"
        case "✖", "×": "x"
        case "○": "o"
        case "≥": ">"
        case "µ": "u"
        default: "?"
        }
    }
}
