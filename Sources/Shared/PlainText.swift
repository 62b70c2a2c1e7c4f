/// Makes text from prompts, models and headers safe to show: terminals obey control characters, people misread bidi marks.
public enum PlainText {
    /// The text with every control, escape, bidirectional and invisible character replaced by `·`.
    ///
    /// With `keepNewlines` every `\n`, `\r\n` and `\r` becomes `\n`, otherwise a space; a tab becomes a space.
    public static func sanitized(_ text: some StringProtocol, keepNewlines: Bool = false) -> String {
        var scalars = String.UnicodeScalarView()
        var previousWasReturn = false
        for scalar in text.unicodeScalars {
            defer { previousWasReturn = scalar == "\r" }
            switch scalar {
            case "\n":
                if previousWasReturn { continue }
                scalars.append(keepNewlines ? "\n" : " ")
            case "\r": scalars.append(keepNewlines ? "\n" : " ")
            case "\t": scalars.append(" ")
            default: scalars.append(isHarmful(scalar) ? "·" : scalar)
            }
        }
        return String(scalars)
    }

    /// C0, DEL, C1, zero-width and bidirectional controls, line and paragraph separators, and the byte order mark.
    /// Joiners and variation selectors stay: emoji and several scripts need them, and they move nothing.
    private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x1F, 0x7F...0x9F: true
        case 0x061C, 0x200B, 0x200E...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF, 0xFFF9...0xFFFB: true
        case 0xE0000...0xE007F: true
        default: false
        }
    }
}
