package import Shared

/// The menu that empties caches: what is to go, then its name, then one question.
package struct FlushState: Sendable, Hashable {
    package enum Choice: Int, Sendable, Hashable, CaseIterable {
        case everything = 1
        case selected
        case project
        case key
    }

    package enum Step: Sendable, Hashable {
        case choosing
        /// The name of a project, or a key, is being written.
        case naming(LineEditor)
        case confirming(ControlProtocol.CacheFlush)
    }

    /// The exchange that was selected when the menu opened; later ones do not take its place.
    package struct Selected: Sendable, Hashable {
        package var id: String
        /// Safe to show.
        package var prompt: String
    }

    package var choice: Choice
    package var step: Step
    package let selected: Selected?
    /// Opened with the question already asked: there is no menu to go back to.
    package let isDirect: Bool

    /// The menu.
    package init(selected: Selected?) {
        self.selected = selected
        choice = .everything
        step = .choosing
        isDirect = false
    }

    /// The question about one exchange's answer.
    package init(direct selected: Selected) {
        self.selected = selected
        choice = .selected
        step = .confirming(ControlProtocol.CacheFlush(queryID: selected.id))
        isDirect = true
    }

    /// A key as it may be shown: its last four characters, or none of a short one.
    package static func masked(_ key: String) -> String {
        let shown = key.count >= 12 ? 4 : 0
        return String(repeating: "•", count: key.count - shown) + key.suffix(shown)
    }
}

extension ControlProtocol.CacheFlushed {
    /// What went and what could not be reached, as one line.
    package var sentence: String {
        var parts = answers.sorted { $0.key < $1.key }.filter { $0.value != 0 }.map {
            "\($0.key) \(Format.count($0.value))"
        }
        if questions != 0 { parts.append("questions \(Format.count(questions))") }
        let went = parts.isEmpty ? "nothing was there to flush" : "flushed: " + parts.joined(separator: ", ")
        guard !unreachable.isEmpty else { return went }
        return "\(went) · \(unreachable.joined(separator: ", ")) not reached: may come back"
    }
}
