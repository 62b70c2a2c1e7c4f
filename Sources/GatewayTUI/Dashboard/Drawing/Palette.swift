/// Which colour each role has. The background is always the terminal's own.
///
/// The 256-colour sets were chosen so that every pair of roles stays apart for people with any kind of colour blindness
/// and every text keeps a contrast of 4.5:1; a letter, glyph or word always says the same thing as the colour.
package enum Palette {
    package enum Theme: String, Sendable, CaseIterable {
        case dark
        case light
        /// No colour at all: attributes and glyphs only.
        case mono
    }

    /// How many colours the terminal has.
    package enum Depth: Sendable, Hashable {
        case mono
        /// The eight colours every colour terminal has.
        case basic
        case cube
    }

    /// The colour's number, nil for the terminal's own foreground.
    package static func colour(of role: Role, theme: Theme, depth: Depth) -> Int? {
        switch (theme, depth) {
        case (.mono, _), (_, .mono): nil
        case (_, .basic): basic(role)
        case (.dark, .cube): dark(role)
        case (.light, .cube): light(role)
        }
    }

    private static func dark(_ role: Role) -> Int? {
        switch role {
        case .normal, .local: nil
        case .dim: 245
        case .accent, .fast: 81
        case .good: 36
        case .warn, .balanced: 178
        case .bad: 167
        case .premium: 135
        }
    }

    private static func light(_ role: Role) -> Int? {
        switch role {
        case .normal, .local: nil
        case .dim: 241
        case .accent, .fast: 26
        case .good: 29
        case .warn, .balanced: 130
        case .bad: 88
        case .premium: 53
        }
    }

    private static func basic(_ role: Role) -> Int? {
        switch role {
        case .normal, .local, .dim: nil
        case .accent, .fast: 6
        case .good: 2
        case .warn, .balanced: 3
        case .bad: 1
        case .premium: 5
        }
    }
}
