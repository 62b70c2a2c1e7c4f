/// Reads the part of YAML that `tui.yaml` may be written in: `key: value` lines, one level of indentation under a key
/// without a value, lists as `[a, b]`, quotes and comments. Everything else is an error that says its line.
///
/// A whole YAML library would nearly double what the program needs before it draws: docs/decisions/0017 says how much.
package struct SettingsFile: Sendable, Hashable {
    package enum Value: Sendable, Hashable {
        case text(String)
        case list([String])
        case section([Entry])
    }

    package struct Entry: Sendable, Hashable {
        package var key: String
        package var value: Value
        package var line: Int
    }

    package private(set) var entries: [Entry] = []

    package init(_ text: String) throws(SettingsProblem) {
        // A carriage return and a newline are one Character in Swift.
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        for (index, raw) in lines.enumerated() { try take(raw, index + 1) }
    }

    private mutating func take(_ raw: Substring, _ number: Int) throws(SettingsProblem) {
        var scanner = Scanner(line: number, rest: raw)
        let indentation = raw.prefix { $0 == " " }.count
        scanner.skipBlanks()
        if scanner.isAtEnd || (indentation == 0 && scanner.rest.prefix(3) == "---") { return }
        guard raw.prefix(while: \.isWhitespace).allSatisfy({ $0 == " " }) else {
            throw SettingsProblem(number, "indent with blanks, not with tabs")
        }
        let key = try scanner.key()
        let value = try scanner.value()
        if indentation == 0 {
            guard !entries.contains(where: { $0.key == key }) else {
                throw SettingsProblem(number, "\(key) stands here for the second time")
            }
            entries.append(Entry(key: key, value: value ?? .section([]), line: number))
            return
        }
        guard let section = entries.indices.last, case .section(var inner) = entries[section].value else {
            throw SettingsProblem(number, "this line is indented, but stands under no section such as \"keys:\"")
        }
        guard let value else {
            throw SettingsProblem(number, "\(key) has no value; sections inside sections are not read")
        }
        guard !inner.contains(where: { $0.key == key }) else {
            throw SettingsProblem(number, "\(key) stands here for the second time")
        }
        inner.append(Entry(key: key, value: value, line: number))
        entries[section].value = .section(inner)
    }

    /// One line, read from its left.
    private struct Scanner {
        let line: Int
        var rest: Substring

        /// Nothing but a comment is left.
        var isAtEnd: Bool { rest.isEmpty || rest.first == "#" }

        mutating func skipBlanks() { rest = rest.drop(while: \.isWhitespace) }

        mutating func key() throws(SettingsProblem) -> String {
            if let quoted = try quoted() {
                skipBlanks()
                guard rest.first == ":" else { throw SettingsProblem(line, "there is no \":\" after \"\(quoted)\"") }
                rest = rest.dropFirst()
                return quoted
            }
            guard rest.first != "-" else { throw SettingsProblem(line, "write lists as [a, b]") }
            guard let colon = rest.firstIndex(of: ":") else {
                throw SettingsProblem(line, "\"\(rest.prefix(40))\" is no \"name: value\"")
            }
            let key = Self.trimmed(rest[..<colon])
            rest = rest[rest.index(after: colon)...]
            guard !key.isEmpty else { throw SettingsProblem(line, "there is no name before the \":\"") }
            return key
        }

        /// nil where there is none, as after the name of a section.
        mutating func value() throws(SettingsProblem) -> Value? {
            guard rest.isEmpty || rest.first?.isWhitespace == true else {
                throw SettingsProblem(line, "there must be a blank after the \":\"")
            }
            skipBlanks()
            if isAtEnd { return nil }
            let value: Value
            if rest.first == "[" {
                value = .list(try list())
            } else if let quoted = try quoted() {
                value = .text(quoted)
            } else {
                return .text(plain(until: { _ in false }))
            }
            skipBlanks()
            guard isAtEnd else { throw SettingsProblem(line, "\"\(rest.prefix(40))\" stands after the value") }
            return value
        }

        private mutating func list() throws(SettingsProblem) -> [String] {
            rest = rest.dropFirst()
            var items: [String] = []
            while true {
                skipBlanks()
                guard let first = rest.first else { throw SettingsProblem(line, "the list has no \"]\" at its end") }
                if first == "]" {
                    rest = rest.dropFirst()
                    return items
                }
                if let quoted = try quoted() { items.append(quoted) } else { items.append(plain { ",]".contains($0) }) }
                guard items.last?.isEmpty == false else { throw SettingsProblem(line, "an item of the list is empty") }
                skipBlanks()
                if rest.first == "," {
                    rest = rest.dropFirst()
                } else if rest.first != "]" {
                    throw SettingsProblem(line, "a \",\" or \"]\" is missing in the list")
                }
            }
        }

        /// Text without quotes: up to a comment, which begins with a blank and `#`.
        private mutating func plain(until isEnd: (Character) -> Bool) -> String {
            var text = ""
            while let first = rest.first, !isEnd(first) {
                if first == "#", text.last?.isWhitespace == true { break }
                text.append(first)
                rest = rest.dropFirst()
            }
            return Self.trimmed(text[...])
        }

        private mutating func quoted() throws(SettingsProblem) -> String? {
            guard let quote = rest.first, quote == "\"" || quote == "'" else { return nil }
            rest = rest.dropFirst()
            var text = ""
            while let first = rest.first {
                rest = rest.dropFirst()
                if first == quote {
                    guard quote == "'", rest.first == "'" else { return text }
                    rest = rest.dropFirst()
                    text.append("'")
                } else if first == "\\", quote == "\"" {
                    guard let escaped = rest.first, escaped == "\\" || escaped == "\"" else {
                        throw SettingsProblem(line, "after a \\ in double quotes comes \\ or \"")
                    }
                    rest = rest.dropFirst()
                    text.append(escaped)
                } else {
                    text.append(first)
                }
            }
            throw SettingsProblem(line, "a quote is not closed")
        }

        private static func trimmed(_ text: Substring) -> String {
            var text = text.drop(while: \.isWhitespace)
            while text.last?.isWhitespace == true { text = text.dropLast() }
            return String(text)
        }
    }
}
