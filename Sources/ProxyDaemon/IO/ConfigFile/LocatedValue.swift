import Shared

/// A value of a YAML file together with its file, line and dotted key, so that every complaint can name them.
struct LocatedValue: Sendable {
    var tree: YAMLTree
    var file: String
    var line: Int
    /// Dotted, with positions in brackets: `models[1].tier`. Empty for the whole file.
    var path: String
    /// Nil: dollar signs mean nothing in this file.
    var expansion: Expansion?

    init(root tree: YAMLTree, file: String, expansion: Expansion? = nil) {
        self.init(tree: tree, file: file, line: tree.line, path: "", expansion: expansion)
    }

    private init(tree: YAMLTree, file: String, line: Int, path: String, expansion: Expansion?) {
        self.tree = tree
        self.file = file
        self.line = line
        self.path = path
        self.expansion = expansion
    }

    /// A complaint about this value.
    func error(_ problem: String) -> ConfigError {
        ConfigError(source: file, line: line, key: path.isEmpty ? nil : path, problem: problem)
    }

    // MARK: Structure

    /// The members of a mapping by key; none where nothing was written.
    ///
    /// - Throws: ``ConfigError`` when it is no mapping or has a key that is not known.
    func members(known: [String], elsewhere: [String] = []) throws(ConfigError) -> [String: LocatedValue] {
        var members: [String: LocatedValue] = [:]
        for (key, value) in try entries() {
            guard known.contains(key) else {
                throw value.error("unknown key (\(Self.advice(on: key, known: known, elsewhere: elsewhere)))")
            }
            members[key] = value
        }
        return members
    }

    /// The keys and values of a mapping in the order of the file; none where nothing was written.
    func entries() throws(ConfigError) -> [(key: String, value: LocatedValue)] {
        switch tree.content {
        case .null: return []
        case .mapping(let entries):
            return entries.map { entry in
                let path = path.isEmpty ? entry.key : "\(path).\(entry.key)"
                return (
                    entry.key,
                    LocatedValue(tree: entry.value, file: file, line: entry.line, path: path, expansion: expansion)
                )
            }
        default: throw error("expected a mapping of keys to values, got \(tree.kind)")
        }
    }

    /// The items of a list; nil where nothing was written.
    func items() throws(ConfigError) -> [LocatedValue]? {
        switch tree.content {
        case .null: return nil
        case .sequence(let items):
            return items.enumerated().map { index, item in
                LocatedValue(
                    tree: item,
                    file: file,
                    line: item.line,
                    path: "\(path)[\(index)]",
                    expansion: expansion
                )
            }
        default: throw error("expected a list, got \(tree.kind)")
        }
    }

    // MARK: Plain values

    /// The text with its variables replaced and without white space around it; nil where nothing is left.
    func text() throws(ConfigError) -> String? {
        switch tree.content {
        case .null: return nil
        case .scalar(let raw):
            do throws(Expansion.Malformed) {
                let trimmed = String((try expansion?.expand(raw) ?? raw).trimmingWhitespace())
                return trimmed.isEmpty ? nil : trimmed
            } catch {
                throw self.error(error.problem)
            }
        default: throw error("expected a plain value, got \(tree.kind)")
        }
    }

    /// The variables this value refers to that are not set.
    var unsetVariables: [String] {
        guard case .scalar(let raw) = tree.content else { return [] }
        return expansion?.unset(in: raw) ?? []
    }

    func integer(in range: ClosedRange<Int>) throws(ConfigError) -> Int? {
        guard let text = try text() else { return nil }
        guard let number = Self.integer(text), range.contains(number) else {
            throw error("expected \(Self.describe(range)), got \(shown(text))")
        }
        return number
    }

    func flag() throws(ConfigError) -> Bool? {
        guard let text = try text() else { return nil }
        guard let flag = Self.flag(text) else { throw error("expected true or false, got \(shown(text))") }
        return flag
    }

    /// One of these words, in lower case.
    func word(of words: [String]) throws(ConfigError) -> String? {
        guard let text = try text() else { return nil }
        let word = text.lowercased()
        guard words.contains(word) else {
            let hint = EditDistance.nearest(to: word, among: words).map { " (did you mean \($0)?)" } ?? ""
            throw error("expected one of \(words.joined(separator: ", ")), got \(shown(text))\(hint)")
        }
        return word
    }

    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ type: Choice.Type
    ) throws(ConfigError) -> Choice? {
        try word(of: type.allCases.map(\.rawValue)).flatMap(Choice.init(rawValue:))
    }

    func tier() throws(ConfigError) -> Tier? {
        guard let text = try text() else { return nil }
        guard let tier = Tier(parsing: text) else {
            let names = Tier.allCases.map(\.name)
            let hint = EditDistance.nearest(to: text, among: names).map { " (did you mean \($0)?)" } ?? ""
            throw error("expected \(names.joined(separator: ", ")) or 0 to 3, got \(shown(text))\(hint)")
        }
        return tier
    }

    /// A decimal number times ten to the power of `places`, read exactly.
    func decimal(places: Int, most: Int64) throws(ConfigError) -> Int64? {
        guard let text = try text() else { return nil }
        guard let number = DecimalText.scaled(text, places: places), number <= most else {
            let bound = DecimalText.text(most, places: places)
            throw error("expected a number from 0 to \(bound) with at most \(places) decimals, got \(shown(text))")
        }
        return number
    }

    /// The value for a message: as it stands in the file, so that nothing from the environment is shown.
    func shown(_ text: String) -> String {
        guard case .scalar(let raw) = tree.content, raw.contains("$") else { return "\"\(text.prefix(60))\"" }
        return "\"\(raw.prefix(60))\", which the environment makes something else"
    }

    // MARK: Spellings, shared with the environment's variables

    static func integer(_ text: String) -> Int? { Int(text.filter { $0 != "_" }) }

    static func flag(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "yes", "on", "1": true
        case "false", "no", "off", "0": false
        default: nil
        }
    }

    static func describe(_ range: ClosedRange<Int>) -> String {
        range.upperBound == .max
            ? "a whole number of \(range.lowerBound) or more"
            : "a whole number from \(range.lowerBound) to \(range.upperBound)"
    }

    private static func advice(on key: String, known: [String], elsewhere: [String]) -> String {
        if let near = EditDistance.nearest(to: key, among: known) { return "did you mean \(near)?" }
        if let path = elsewhere.first(where: { $0.hasSuffix(".\(key)") }) { return "did you mean \(path)?" }
        return "expected one of \(known.sorted().joined(separator: ", "))"
    }
}

extension StringProtocol {
    /// Without the white space and newlines at both ends.
    func trimmingWhitespace() -> SubSequence {
        let start = drop(while: \.isWhitespace)
        return start[..<(start.lastIndex { !$0.isWhitespace }.map(start.index(after:)) ?? start.startIndex)]
    }
}
