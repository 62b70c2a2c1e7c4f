extension Dashboard {
    /// What a key does, for captions and notes: `Esc leaves`, with the key as it is bound.
    func hint(_ action: Action, in context: KeyTable.Context, _ words: String) -> String {
        "\(keyMap.key(of: action, in: context)?.label(glyphs) ?? "no key") \(words)"
    }
}
