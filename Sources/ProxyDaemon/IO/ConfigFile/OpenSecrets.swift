import Glibc

/// Finds the keys that stand in a configuration file as they are, where others than its owner may read or change the file.
struct OpenSecrets {
    /// Headers of a backend that carry a key.
    static let headers = ["x-api-key", "authorization", "proxy-authorization", "cookie", "cf-access-client-secret"]
    private static let keys = [
        "models.api_key", "auth.keys", "auth.admin_key", "projects.keys", "cache.signing_key",
    ]
    private static let addresses = ["cache.redis_url", "storage.database_url"]
    /// At most so many are named.
    private static let mostNamed = 3

    /// What to tell the file's owner; nil where nobody else may look, or only variables and hashes are to be seen.
    ///
    /// - Throws: ``ConfigError`` where the text is no YAML.
    static func warning(_ text: String, path: String) throws(ConfigError) -> String? {
        var status = stat()
        // Pipes and the like are no files that lie about.
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o066 != 0 else {
            return nil
        }
        let open = plain(in: try YAMLTree.parse(text, file: path))
        guard !open.isEmpty else { return nil }
        let names = open.prefix(mostNamed).joined(separator: ", ") + (open.count > mostNamed ? ", …" : "")
        let mode = String(status.st_mode & 0o777, radix: 8)
        let what = status.st_mode & 0o022 == 0 ? "read" : "change"
        return "\(path): its mode 0\(mode) lets others \(what) the keys in it (\(names)): chmod 600 \(path)"
    }

    /// The dotted keys of those that stand in the file as they are, in its order.
    static func plain(in tree: YAMLTree) -> [String] {
        var found: [String] = []
        visit(tree, "", "") { place, kind, text in
            let header = kind.hasPrefix("models.headers.") ? String(kind.dropFirst("models.headers.".count)) : nil
            let isKey = keys.contains(kind) || header.map { headers.contains($0.lowercased()) } ?? false
            if isKey ? isPlain(text) : addresses.contains(kind) && holdsPassword(text) { found.append(place) }
        }
        return found
    }

    /// `place` has positions in brackets, `kind` has none.
    private static func visit(
        _ tree: YAMLTree,
        _ place: String,
        _ kind: String,
        _ look: (_ place: String, _ kind: String, _ text: String) -> Void
    ) {
        switch tree.content {
        case .null: break
        case .scalar(let text): look(place, kind, text)
        case .sequence(let items):
            for (index, item) in items.enumerated() { visit(item, "\(place)[\(index)]", kind, look) }
        case .mapping(let entries):
            for entry in entries {
                let dot = kind.isEmpty ? "" : "."
                visit(entry.value, "\(place)\(dot)\(entry.key)", "\(kind)\(dot)\(entry.key)", look)
            }
        }
    }

    /// Nothing of it comes from a variable, but for what a default brings.
    private static func isPlain(_ text: String) -> Bool {
        let nowhere = Expansion(environment: [:])
        return nowhere.unset(in: text).isEmpty && written(text).contains { !$0.isWhitespace }
    }

    private static func holdsPassword(_ text: String) -> Bool {
        let address = written(text)
        guard let scheme = address.firstRange(of: "://") else { return false }
        let rest = address[scheme.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        if let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") {
            if authority.index(after: colon) < at { return true }
        }
        let query = rest.drop { $0 != "?" }.dropFirst()
        return query.split(separator: "&").contains { $0.hasPrefix("password=") && $0 != "password=" }
    }

    /// What is left of a value without its variables.
    private static func written(_ text: String) -> String {
        do throws(Expansion.Malformed) {
            return try Expansion(environment: [:]).expand(text)
        } catch {
            // It is refused where it is read.
            return ""
        }
    }
}
