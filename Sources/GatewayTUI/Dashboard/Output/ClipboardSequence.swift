import FoundationEssentials

/// OSC 52, by which a program asks its terminal to put a text on the clipboard, over ssh as well.
package enum ClipboardSequence {
    /// xterm takes sequences of 100,000 bytes, which is this many before base64; others take no more.
    package static let maximumBytes = 74_000

    /// The sequence, or nil where the text is too large for it.
    ///
    /// tmux takes it from programs only with `set-clipboard on`, and lets it through to its own terminal in a wrapping of
    /// its own only with `allow-passthrough on`; it ignores what it does not allow, so it gets both.
    package static func of(_ text: String, isInTmux: Bool) -> String? {
        let bytes = Data(text.utf8)
        guard bytes.count <= maximumBytes else { return nil }
        let sequence = "\u{1B}]52;c;\(bytes.base64EncodedString())\u{7}"
        guard isInTmux else { return sequence }
        let escaped = sequence.replacing("\u{1B}", with: "\u{1B}\u{1B}")
        return sequence + "\u{1B}Ptmux;\(escaped)\u{1B}\\"
    }
}
