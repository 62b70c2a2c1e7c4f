import Yams

/// A YAML document with the lines its parts stand on. Scalars stay text, so that `mode: off` is a word where a word is
/// expected and `1.10` keeps its digits; what a scalar means is decided by the key that holds it.
struct YAMLTree: Sendable, Equatable {
    struct Entry: Sendable, Equatable {
        var key: String
        var line: Int
        var value: YAMLTree
    }

    enum Content: Sendable, Equatable {
        /// Nothing was written, or `null`, or `~`.
        case null
        case scalar(String)
        case sequence([YAMLTree])
        case mapping([Entry])
    }

    var content: Content
    var line: Int

    /// More parts than this are refused: with anchors and aliases a short file can stand for a huge one.
    static let maximumParts = 50_000
    /// Deeper nesting is refused.
    static let maximumDepth = 32

    /// The word for messages.
    var kind: String {
        switch content {
        case .null: "nothing"
        case .scalar: "a plain value"
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }

    /// Reads the one document of a file.
    ///
    /// - Throws: ``ConfigError`` with the line, when the text is no YAML, holds a key twice or is too large.
    static func parse(_ text: String, file: String) throws(ConfigError) -> YAMLTree {
        let uses = YAMLAliases.uses(in: text).values.reduce(0, +)
        guard uses <= YAMLAliases.maximum else {
            let problem = "\(uses) aliases, at most \(YAMLAliases.maximum) may be; write the values out"
            throw ConfigError(source: file, problem: problem)
        }
        let root: Node?
        do {
            // The resolver that knows no types: they are not asked for, and its patterns are slow.
            root = try compose(yaml: text, .basic, .default, .utf8)
        } catch let error as YamlError {
            throw describe(error, text: text, file: file)
        } catch {
            throw ConfigError(source: file, problem: "not YAML: \(error)")
        }
        guard let root else { return YAMLTree(content: .null, line: 1) }
        var builder = Builder(file: file)
        return try builder.tree(root, depth: 0)
    }

    private struct Builder {
        let file: String
        var parts = 0

        mutating func tree(_ node: Node, depth: Int) throws(ConfigError) -> YAMLTree {
            let line = node.mark?.line ?? 1
            parts += 1
            guard parts <= maximumParts else {
                throw ConfigError(source: file, line: line, problem: "more than \(maximumParts) values in one file")
            }
            guard depth <= maximumDepth else {
                throw ConfigError(source: file, line: line, problem: "nested deeper than \(maximumDepth) levels")
            }
            switch node {
            case .scalar(let scalar): return YAMLTree(content: content(of: scalar), line: line)
            case .sequence(let sequence):
                var items: [YAMLTree] = []
                for item in sequence { items.append(try tree(item, depth: depth + 1)) }
                return YAMLTree(content: .sequence(items), line: line)
            case .mapping(let mapping):
                var entries: [Entry] = []
                for (key, value) in mapping {
                    let keyLine = key.mark?.line ?? line
                    guard let name = key.scalar?.string else {
                        throw ConfigError(source: file, line: keyLine, problem: "a key must be a plain word")
                    }
                    entries.append(Entry(key: name, line: keyLine, value: try tree(value, depth: depth + 1)))
                }
                return YAMLTree(content: .mapping(entries), line: line)
            case .alias: throw ConfigError(source: file, line: line, problem: "an alias of something that is not there")
            }
        }

        private func content(of scalar: Node.Scalar) -> Content {
            let isPlain = scalar.style == .plain || scalar.style == .any
            return isPlain && ["", "~", "null", "Null", "NULL"].contains(scalar.string) ? .null : .scalar(scalar.string)
        }
    }

    private static func describe(_ error: YamlError, text: String, file: String) -> ConfigError {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            // libyaml's own contexts are short phrases without their line's text.
            let phrase = [context?.text, problem].compactMap(\.self).joined(separator: ", ")
            return ConfigError(source: file, line: mark.line, problem: "not YAML: \(phrase)")
        case .reader(let problem, let offset, _, _):
            let line = offset.map { text.prefix($0).count { $0.isNewline } + 1 }
            return ConfigError(source: file, line: line, problem: "not YAML: \(problem)")
        case .duplicatedKeysInMapping(let keys, let context):
            let key = keys.first ?? "a key"
            let first = context.mark.line
            let path = path(of: key, line: first, in: text) ?? key
            let line = repetition(of: key, after: first, in: text) ?? first
            let again = line == first ? "" : "; first in line \(first)"
            return ConfigError(source: file, line: line, key: path, problem: "given more than once\(again)")
        default: return ConfigError(source: file, problem: "not YAML: \(error)")
        }
    }

    /// The line of the second of two equal keys in block style, which stands as far to the right as the first; nil for keys
    /// that are not written plainly at the beginning of a line.
    private static func repetition(of key: String, after first: Int, in text: String) -> Int? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.indices.contains(first - 1) else { return nil }
        let indent = lines[first - 1].prefix { $0 == " " }
        let start = "\(indent)\(key):"
        return lines[first...].firstIndex { $0.hasPrefix(start) }.map { $0 + 1 }
    }

    /// The dotted name of a key that is known by its line alone: the lines up to it, read as a document of their own.
    private static func path(of key: String, line: Int, in text: String) -> String? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).prefix(line)
        guard let root = try? compose(yaml: lines.joined(separator: "\n"), .basic, .default, .utf8) else { return nil }
        func search(_ node: Node, _ prefix: String) -> String? {
            switch node {
            case .mapping(let mapping):
                for (name, value) in mapping {
                    let path = prefix.isEmpty ? name.scalar?.string ?? "" : "\(prefix).\(name.scalar?.string ?? "")"
                    if name.mark?.line == line, name.scalar?.string == key { return path }
                    if let found = search(value, path) { return found }
                }
            case .sequence(let sequence):
                for (index, item) in sequence.enumerated() {
                    if let found = search(item, "\(prefix)[\(index)]") { return found }
                }
            default: break
            }
            return nil
        }
        return search(root, "")
    }
}
