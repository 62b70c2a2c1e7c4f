/// Puts the environment's values in the place of `$NAME`, `${NAME}` and `${NAME:-default}`; `$$` is a dollar sign.
///
/// What comes from the environment is put in after the file was parsed, so that it cannot change its structure.
struct Expansion: Sendable {
    /// What was wrong with a reference.
    struct Malformed: Error, Equatable {
        var problem: String
    }

    var environment: [String: String]

    /// The text with every variable replaced; an unset or empty one leaves nothing, or its default.
    func expand(_ text: String) throws(Malformed) -> String {
        guard text.contains("$") else { return text }
        var result = ""
        var rest = Substring(text)
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            if rest.first == "$" {
                result.append("$")
                rest.removeFirst()
            } else if rest.first == "{" {
                guard let end = rest.firstIndex(of: "}") else {
                    throw Malformed(problem: "\"${\" without its \"}\"; write $$ for a dollar sign")
                }
                result += try braced(rest[rest.index(after: rest.startIndex)..<end])
                rest = rest[rest.index(after: end)...]
            } else {
                let name = Self.name(at: rest)
                result += name.isEmpty ? "$" : value(String(name)) ?? ""
                rest = rest[name.endIndex...]
            }
        }
        return result + rest
    }

    /// The names of the variables that a text refers to, that are not set, and that nothing is in the place of.
    func unset(in text: String) -> [String] {
        var names: [String] = []
        var rest = Substring(text)
        while let dollar = rest.firstIndex(of: "$") {
            rest = rest[rest.index(after: dollar)...]
            if rest.first == "$" {
                rest.removeFirst()
                continue
            }
            let isBraced = rest.first == "{"
            if isBraced { rest.removeFirst() }
            let name = Self.name(at: rest)
            rest = rest[name.endIndex...]
            if isBraced, rest.hasPrefix(":-"), !rest.hasPrefix(":-}") { continue }
            if !name.isEmpty, value(String(name)) == nil { names.append(String(name)) }
        }
        return names
    }

    private func braced(_ inside: Substring) throws(Malformed) -> String {
        let name = Self.name(at: inside)
        let rest = inside[name.endIndex...]
        guard !name.isEmpty, rest.isEmpty || rest.hasPrefix(":-") else {
            throw Malformed(problem: "expected ${NAME} or ${NAME:-default}, got ${\(inside)}")
        }
        return value(String(name)) ?? String(rest.dropFirst(2))
    }

    private func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

    private static func name(at text: Substring) -> Substring {
        guard let first = text.utf8.first, !(48...57).contains(first) else { return text.prefix(0) }
        return text.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }
}
