/// What a text was before each change, so that changes can be taken back and made again.
///
/// Letters that are typed one after the other are one change, up to the end of a word. Bounded: the oldest goes first.
struct EditHistory: Sendable, Hashable {
    struct Moment: Sendable, Hashable {
        var characters: [Character]
        var position: Int
    }

    enum Change: Sendable, Hashable {
        case letter(isBlank: Bool)
        case removal
        case other
    }

    private static let maximumMoments = 200
    /// Of all moments together.
    private static let maximumCharacters = 400_000

    private var past: [Moment] = []
    private var future: [Moment] = []
    private var last: Change?
    private var kept = 0

    /// Called before the text changes.
    mutating func note(_ change: Change, before moment: Moment) {
        future = []
        defer { last = change }
        switch (last, change) {
        // A word goes on; a blank after it still belongs to it.
        case (.letter(isBlank: false)?, .letter), (.letter(isBlank: true)?, .letter(isBlank: true)),
            (.removal?, .removal):
            return
        default: break
        }
        past.append(moment)
        kept += moment.characters.count
        while past.count > Self.maximumMoments || (kept > Self.maximumCharacters && past.count > 1) {
            kept -= past.removeFirst().characters.count
        }
    }

    /// The moment before the last change; nil where there is none.
    mutating func undo(from now: Moment) -> Moment? {
        guard let moment = past.popLast() else { return nil }
        kept -= moment.characters.count
        future.append(now)
        last = nil
        return moment
    }

    /// The moment that was left by the last undo.
    mutating func redo(from now: Moment) -> Moment? {
        guard let moment = future.popLast() else { return nil }
        past.append(now)
        kept += now.characters.count
        last = nil
        return moment
    }
}
