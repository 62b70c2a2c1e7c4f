import CNcurses
import Dashboard

/// What each style looks like on this terminal.
struct ScreenAttributes {
    private let pairs: [Int32]
    private let isDimByColour: Bool
    private let isEmphatic: Bool
    private let dims: Bool

    /// Call after `newterm`.
    init(theme: Palette.Theme, background: Palette.Background) {
        var depth = Palette.Depth.mono
        if theme != .mono, has_colors() {
            start_color()
            use_default_colors()
            depth = gateway_colors() >= 256 ? .cube : .basic
        }
        var pairs = [Int32](repeating: 0, count: Int(Role.allCases.map(\.rawValue).max() ?? 0) + 1)
        var next: Int32 = 1
        for role in Role.allCases where depth != .mono {
            // The terminal's own colour as a pair, too: ncurses takes 11 bytes to go back to no colour at all, 8 to another one.
            let colour = Palette.colour(of: role, theme: theme, depth: depth, background: background) ?? -1
            // The background is the terminal's own; colours are never redefined, that would outlive the program.
            if init_extended_pair(next, Int32(colour), -1) == OK {
                pairs[Int(role.rawValue)] = next
                next += 1
            }
        }
        self.pairs = pairs
        isDimByColour = depth == .cube
        isEmphatic = depth == .mono || theme.isEmphatic
        dims = theme != .highContrast
    }

    func use(_ style: Style, in window: UnsafeMutablePointer<WINDOW>?) {
        _ = gateway_attr_set(window, attributes(of: style), pairs[Int(style.role.rawValue)])
    }

    /// A blank looks the same in this style as in none.
    func isUnseenOnBlanks(_ style: Style) -> Bool {
        attributes(of: style) & (GATEWAY_UNDERLINE | GATEWAY_REVERSE) == 0
    }

    private func attributes(of style: Style) -> attr_t {
        var attributes: attr_t = 0
        if style.attributes.contains(.bold) { attributes |= GATEWAY_BOLD }
        if style.attributes.contains(.underline) { attributes |= GATEWAY_UNDERLINE }
        if style.attributes.contains(.reverse) { attributes |= GATEWAY_REVERSE }
        if style.role == .dim, dims, !isDimByColour { attributes |= GATEWAY_DIM }
        if isEmphatic {
            switch style.role {
            case .bad: attributes |= GATEWAY_BOLD | GATEWAY_UNDERLINE
            case .balanced, .accent: attributes |= GATEWAY_BOLD
            case .premium: attributes |= GATEWAY_UNDERLINE
            default: break
            }
        }
        return attributes
    }
}

/// Character encoding of the terminal.
enum ScreenLocale {
    /// Takes the user's locale, or a UTF-8 one where none is set or it is not installed. False where it is not UTF-8.
    static func setUp() -> Bool {
        if gateway_use_locale("") != 0 { return true }
        let name = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { Environment.value($0) }.first
        // Containers and services often have no LANG at all, on a UTF-8 terminal.
        let wantsUTF8 = name.map { $0.lowercased().hasSuffix("utf-8") || $0.lowercased().hasSuffix("utf8") } ?? true
        return wantsUTF8 && gateway_use_locale("C.UTF-8") != 0
    }
}
