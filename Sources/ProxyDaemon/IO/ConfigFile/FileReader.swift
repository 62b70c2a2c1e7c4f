import GatewayCore
import Shared

/// Takes a parsed configuration file into the settings.
enum FileReader {
    /// What a file holds beside plain settings.
    struct Result: Sendable {
        /// Nil: the file says nothing of backends.
        var drafts: [BackendDraft]?
        /// Every key that was given, by its dotted name.
        var fields: [String: LocatedValue] = [:]
    }

    static func read(_ root: LocatedValue, into settings: inout Settings) throws(ConfigError) -> Result {
        var result = Result()
        let top = try root.members(known: ConfigKey.topLevel, elsewhere: ConfigKey.all.map(\.path))
        for name in top.keys.sorted(by: { (top[$0]?.line ?? 0, $0) < (top[$1]?.line ?? 0, $1) }) {
            guard let value = top[name] else { continue }
            if name == "models" {
                result.drafts = try backends(value)
            } else if let key = ConfigKey.all.first(where: { $0.path == name }) {
                try read(key, value, into: &settings, &result)
            } else {
                try read(section: name, value, into: &settings, &result)
            }
        }
        return result
    }

    /// Reads a section's keys, and those of the sections in it.
    private static func read(
        section name: String,
        _ value: LocatedValue,
        into settings: inout Settings,
        _ result: inout Result
    ) throws(ConfigError) {
        let keys = ConfigKey.members(of: name)
        let words = keys.map { $0.path.dropFirst(name.count + 1).prefix { $0 != "." } }.map(String.init)
        let members = try value.members(known: Array(Set(words)), elsewhere: ConfigKey.all.map(\.path))
        var sections: Set<String> = []
        for (key, word) in zip(keys, words) {
            guard let member = members[word] else { continue }
            if key.path == "\(name).\(word)" {
                try read(key, member, into: &settings, &result)
            } else if sections.insert(word).inserted {
                try read(section: "\(name).\(word)", member, into: &settings, &result)
            }
        }
    }

    private static func read(
        _ key: ConfigKey,
        _ value: LocatedValue,
        into settings: inout Settings,
        _ result: inout Result
    ) throws(ConfigError) {
        result.fields[key.path] = value
        try key.read(value, &settings)
    }

    private static func backends(_ value: LocatedValue) throws(ConfigError) -> [BackendDraft]? {
        guard let items = try value.items() else { return nil }
        guard !items.isEmpty else { throw value.error("expected at least one backend") }
        var drafts: [BackendDraft] = []
        for item in items {
            let draft = try BackendReader.read(item)
            let name = draft.backend.name.lowercased()
            if let other = drafts.first(where: { $0.backend.name.lowercased() == name }) {
                let line = other.origin.map { " (the first is in line \($0.line))" } ?? ""
                throw item.error("a second backend with the name \(draft.backend.name)\(line)")
            }
            drafts.append(draft)
        }
        return drafts
    }
}
