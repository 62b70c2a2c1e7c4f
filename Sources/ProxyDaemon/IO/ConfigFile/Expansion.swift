/// Puts the environment's values in the place of `$NAME`, `${NAME}` and `${NAME:-default}`; `$$` is a dollar sign.
///
/// What comes from the environment is put in after the file was parsed, so that it cannot change its structure.
struct Expansion: Sendable {
    /// What was wrong with a reference.
    struct Malformed: Error, Equatable {
        var problem: String
    }

    var environment: [String: String]

    private enum Part {
        case plain(Substring)
        case variable(Substring, otherwise: Substring)
    }

    /// The text with every variable replaced; an unset or empty one leaves nothing, or its default.
    func expand(_ text: String) throws(Malformed) -> String {
        guard text.contains("$") else { return text }
        var result = ""
        for part in try Self.parts(of: text) {
            switch part {
            case .plain(let piece): result += piece
            case .variable(let name, let otherwise): result += value(name) ?? String(otherwise)
            }
        }
        return result
    }

    /// The names of the variables that a text refers to, that are not set, and that nothing is in the place of. None of a
    /// text that cannot be expanded.
    func unset(in text: String) -> [String] {
        guard text.contains("$"), let parts = try? Self.parts(of: text) else { return [] }
        return parts.compactMap { part in
            guard case .variable(let name, let otherwise) = part, otherwise.isEmpty, value(name) == nil else {
                return nil
            }
            return String(name)
        }
    }

    private static func parts(of text: String) throws(Malformed) -> [Part] {
        var parts: [Part] = []
        var rest = Substring(text)
        while let dollar = rest.firstIndex(of: "$") {
            parts.append(.plain(rest[..<dollar]))
            rest = rest[rest.index(after: dollar)...]
            if rest.first == "$" {
                parts.append(.plain(rest.prefix(1)))
                rest.removeFirst()
            } else if rest.first == "{" {
                guard let end = rest.firstIndex(of: "}") else {
                    throw Malformed(problem: "\"${\" without its \"}\"; write $$ for a dollar sign")
                }
                parts.append(try braced(rest[rest.index(after: rest.startIndex)..<end]))
                rest = rest[rest.index(after: end)...]
            } else {
                let name = name(at: rest)
                parts.append(name.isEmpty ? .plain("$") : .variable(name, otherwise: ""))
                rest = rest[name.endIndex...]
            }
        }
        return parts + [.plain(rest)]
    }

    private static func braced(_ inside: Substring) throws(Malformed) -> Part {
        let name = name(at: inside)
        let rest = inside[name.endIndex...]
        guard !name.isEmpty, rest.isEmpty || rest.hasPrefix(":-") else {
            throw Malformed(problem: "expected ${NAME} or ${NAME:-default}, got ${\(inside)}")
        }
        return .variable(name, otherwise: rest.dropFirst(2))
    }

    private func value(_ name: Substring) -> String? { environment[String(name)].flatMap { $0.isEmpty ? nil : $0 } }

    private static func name(at text: Substring) -> Substring {
        guard let first = text.utf8.first, !(48...57).contains(first) else { return text.prefix(0) }
        return text.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }
}
