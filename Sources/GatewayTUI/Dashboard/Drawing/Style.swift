/// What a piece of text means; the palette decides what that looks like on the terminal at hand.
package enum Role: UInt8, Sendable, Hashable, CaseIterable {
    case normal
    /// Borders, captions, text that is not to catch the eye.
    case dim
    case accent
    case good
    case warn
    case bad
    case local
    case fast
    case balanced
    case premium
}

/// Attributes beside the colour.
package struct TextAttributes: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let bold = TextAttributes(rawValue: 1)
    package static let underline = TextAttributes(rawValue: 2)
    package static let reverse = TextAttributes(rawValue: 4)
}

/// How a cell is drawn.
package struct Style: Sendable, Hashable {
    package var role: Role
    package var attributes: TextAttributes

    package init(_ role: Role, _ attributes: TextAttributes = []) {
        self.role = role
        self.attributes = attributes
    }

    package static let normal = Style(.normal)
    package static let strong = Style(.normal, .bold)
    package static let dim = Style(.dim)
    package static let key = Style(.accent, .bold)
    package static let selected = Style(.normal, .reverse)
    /// The mark that nothing here is real money.
    package static let demo = Style(.warn, [.bold, .reverse])
}
