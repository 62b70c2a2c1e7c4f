/// The keys as they are bound now: those of ``KeyTable``, or as the user changed them.
package struct KeyMap: Sendable {
    package static let standard = KeyMap(KeyTable.all)

    package private(set) var bindings: [KeyTable.Binding]
    private var byContext: [KeyTable.Context: [Key: Action]] = [:]

    package init(_ bindings: [KeyTable.Binding]) {
        self.bindings = bindings
        for binding in bindings {
            for key in binding.keys { byContext[binding.context, default: [:]][key] = binding.action }
        }
    }

    /// The action of a key, looked for in the contexts in their order.
    package func action(for key: Key, in contexts: [KeyTable.Context]) -> Action? {
        for context in contexts {
            if let action = byContext[context]?[key] { return action }
        }
        return nil
    }

    /// The first key of an action, nil where it has none.
    package func key(of action: Action, where isWanted: (Key) -> Bool = { _ in true }) -> Key? {
        bindings.first { $0.action == action && !$0.keys.isEmpty }?.keys.first(where: isWanted)
    }

    /// The first key of an action where several contexts have it, nil where it has none there.
    package func key(of action: Action, in context: KeyTable.Context) -> Key? {
        bindings.first { $0.action == action && $0.context == context }?.keys.first
    }
}

/// What the user's file wants of the keys: an action by name, and the keys that it is to have instead of its own.
package struct Rebinding: Sendable, Hashable {
    package var name: String
    package var keys: [String]
    /// Where it stands in the file.
    package var line: Int

    package init(name: String, keys: [String], line: Int) {
        self.name = name
        self.keys = keys
        self.line = line
    }
}

extension KeyMap {
    /// The map with other keys for some actions.
    ///
    /// - Throws: ``SettingsProblem`` for a name or key that there is not, and for a key that would mean two things.
    package func applying(_ changes: [Rebinding]) throws(SettingsProblem) -> KeyMap {
        var changed = bindings
        var lines: [String: Int] = [:]
        for change in changes {
            let places = try places(of: change)
            var keys: [Key] = []
            for name in change.keys {
                guard let key = Key(named: name) else {
                    throw SettingsProblem(
                        change.line,
                        "\"\(name)\" is no key; write q, ^R, M-x, F5, Up, PgDn, Enter, Esc or Space"
                    )
                }
                if !keys.contains(key) { keys.append(key) }
            }
            for place in places {
                let binding = bindings[place]
                if binding.context.takesText, let letter = keys.first(where: \.isPrintable) {
                    throw SettingsProblem(
                        change.line,
                        "\(binding.qualifiedName) cannot be on \(letter.label(.ascii)): letters are text there; take ^X, M-x or F5"
                    )
                }
                changed[place].keys = keys
                lines[binding.qualifiedName] = change.line
            }
        }
        try Self.check(changed, lines)
        return KeyMap(changed)
    }

    /// Where the bindings of a name stand: `filter`, or with its context where several have one: `list.open`.
    private func places(of change: Rebinding) throws(SettingsProblem) -> [Int] {
        let exact = bindings.indices.filter { bindings[$0].qualifiedName == change.name }
        if !exact.isEmpty { return exact }
        let short = bindings.indices.filter { bindings[$0].action.name == change.name }
        let contexts = Set(short.map { bindings[$0].context })
        guard !short.isEmpty else {
            throw SettingsProblem(
                change.line,
                "there is no action \"\(change.name)\"\(nearest(to: change.name)); gateway-tui --list-keys names all"
            )
        }
        guard contexts.count == 1 else {
            let names = short.map { bindings[$0].qualifiedName }.joined(separator: ", ")
            throw SettingsProblem(change.line, "\"\(change.name)\" means several: write \(names)")
        }
        return short
    }

    /// A hint for a name that was written wrong.
    private func nearest(to name: String) -> String {
        let names = bindings.flatMap { [$0.action.name, $0.qualifiedName] }
        let near = names.map { ($0, Self.distance(name, $0)) }.min { $0.1 < $1.1 }
        guard let near, near.1 <= max(2, name.count / 3) else { return "" }
        return " (is it \(near.0)?)"
    }

    /// How many letters have to be put in, left out or changed (Levenshtein).
    private static func distance(_ left: String, _ right: String) -> Int {
        let letters = Array(right)
        var row = Array(0...letters.count)
        for (index, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in letters.indices {
                let change = diagonal + (letters[column] == letter ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(change, row[column] + 1, row[column + 1] + 1)
            }
        }
        return row[letters.count]
    }

    private static func check(_ bindings: [KeyTable.Binding], _ lines: [String: Int]) throws(SettingsProblem) {
        for context in KeyTable.Context.allCases {
            var owners: [Key: KeyTable.Binding] = [:]
            for binding in bindings where binding.context == context {
                for key in binding.keys {
                    if let other = owners[key] {
                        throw SettingsProblem(
                            max(lines[binding.qualifiedName] ?? 0, lines[other.qualifiedName] ?? 0),
                            "\(key.label(.ascii)) is bound twice: \(other.qualifiedName) and \(binding.qualifiedName)"
                        )
                    }
                    owners[key] = binding
                }
            }
        }
        let ends = bindings.filter { $0.action == .quit || $0.action == .interrupt }
        if ends.allSatisfy(\.keys.isEmpty), let line = lines.values.max() {
            throw SettingsProblem(line, "no key is left to end the program: give one to quit or interrupt")
        }
    }
}
