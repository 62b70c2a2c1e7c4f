/// Which colour each role has. The background is always the terminal's own.
///
/// The 256-colour sets were chosen so that every pair of roles stays apart for people with any kind of colour blindness
/// and every text keeps a contrast of 4.5:1, or 7:1 in ``Theme/highContrast``; a letter, glyph or word always says the same
/// thing as the colour. A test computes both.
package enum Palette {
    package enum Theme: String, Sendable, Hashable, CaseIterable {
        case dark
        case light
        /// Few, strong colours, nothing dimmed, and the attributes of ``mono`` beside them.
        case highContrast = "high-contrast"
        /// No colour at all: attributes and glyphs only.
        case mono

        /// The one that the key for themes takes next.
        package var next: Theme {
            let all = Self.allCases
            return all[((all.firstIndex(of: self) ?? 0) + 1) % all.count]
        }

        /// Where the meaning of a role must not depend on its colour.
        package var isEmphatic: Bool { self == .mono || self == .highContrast }
    }

    /// What the terminal draws on.
    package enum Background: Sendable, Hashable {
        case dark
        case light
    }

    /// How many colours the terminal has.
    package enum Depth: Sendable, Hashable {
        case mono
        /// The eight colours every colour terminal has.
        case basic
        case cube
    }

    /// The colour's number, nil for the terminal's own foreground.
    package static func colour(
        of role: Role,
        theme: Theme,
        depth: Depth,
        background: Background = .dark
    ) -> Int? {
        switch (theme, depth) {
        case (.mono, _), (_, .mono): nil
        // The eight colours are whatever the terminal makes of them: no contrast can be promised.
        case (.highContrast, .basic): nil
        case (_, .basic): basic(role)
        case (.dark, .cube): dark(role)
        case (.light, .cube): light(role)
        case (.highContrast, .cube): background == .light ? strongOnLight(role) : strongOnDark(role)
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

    private static func strongOnDark(_ role: Role) -> Int? {
        switch role {
        case .normal, .local, .dim: nil
        case .accent, .fast: 75
        case .good: 158
        case .warn, .balanced: 226
        case .bad: 209
        case .premium: 225
        }
    }

    private static func strongOnLight(_ role: Role) -> Int? {
        switch role {
        case .normal, .local, .dim: nil
        case .accent, .fast: 21
        case .good: 23
        case .warn, .balanced: 52
        case .bad: 124
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
