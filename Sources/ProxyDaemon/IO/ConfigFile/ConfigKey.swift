import GatewayCore
import Shared

/// One key of the configuration: how it is read, and how the value in force is shown.
struct ConfigKey: Sendable {
    /// Dotted.
    let path: String
    /// Takes the value from the file into the settings.
    let read: @Sendable (LocatedValue, inout Settings) throws(ConfigError) -> Void
    /// The value in force as it would stand in a file.
    let show: @Sendable (Settings) -> String

    init(
        _ path: String,
        read: @escaping @Sendable (LocatedValue, inout Settings) throws(ConfigError) -> Void,
        show: @escaping @Sendable (Settings) -> String
    ) {
        self.path = path
        self.show = show
        self.read = read
    }

    static func integer(
        _ path: String,
        _ member: any WritableKeyPath<Settings, Int> & Sendable,
        _ range: ClosedRange<Int>
    ) -> ConfigKey {
        ConfigKey(path) { value, settings throws(ConfigError) in
            if let number = try value.integer(in: range) { settings[keyPath: member] = number }
        } show: {
            String($0[keyPath: member])
        }
    }

    /// null stands for nothing set.
    static func integer(
        _ path: String,
        _ member: any WritableKeyPath<Settings, Int?> & Sendable,
        _ range: ClosedRange<Int>
    ) -> ConfigKey {
        ConfigKey(path) { value, settings throws(ConfigError) in
            settings[keyPath: member] = try value.integer(in: range)
        } show: {
            $0[keyPath: member].map { String($0) } ?? "null"
        }
    }

    /// A share from 0 to 1, or to another small number, with at most four decimals.
    static func share(
        _ path: String,
        _ member: any WritableKeyPath<Settings, Double> & Sendable,
        most: Int64 = 1
    ) -> ConfigKey {
        ConfigKey(path) { value, settings throws(ConfigError) in
            guard let scaled = try value.decimal(places: 4, most: most * 10_000) else { return }
            settings[keyPath: member] = Double(scaled) / 10_000
        } show: {
            DecimalText.text(Int64(($0[keyPath: member] * 10_000).rounded()), places: 4)
        }
    }

    /// The name of one of the configured backends, or null; checked once all are known.
    static func name(_ path: String, _ member: any WritableKeyPath<Settings, String?> & Sendable) -> ConfigKey {
        ConfigKey(path) { value, settings throws(ConfigError) in
            settings[keyPath: member] = try value.text()
        } show: {
            $0[keyPath: member] ?? "null"
        }
    }

    static func flag(_ path: String, _ member: any WritableKeyPath<Settings, Bool> & Sendable) -> ConfigKey {
        ConfigKey(path) { value, settings throws(ConfigError) in
            if let flag = try value.flag() { settings[keyPath: member] = flag }
        } show: {
            String($0[keyPath: member])
        }
    }

    static func word(
        _ path: String,
        _ member: any WritableKeyPath<Settings, String> & Sendable,
        of words: [String]
    ) -> ConfigKey {
        ConfigKey(path) { value, settings throws(ConfigError) in
            if let word = try value.word(of: words) { settings[keyPath: member] = word }
        } show: {
            $0[keyPath: member]
        }
    }

    static func choice<Choice: RawRepresentable<String> & CaseIterable & Sendable>(
        _ path: String,
        _ member: any WritableKeyPath<Settings, Choice> & Sendable
    ) -> ConfigKey {
        ConfigKey(path) { value, settings throws(ConfigError) in
            if let choice = try value.choice(Choice.self) { settings[keyPath: member] = choice }
        } show: {
            $0[keyPath: member].rawValue
        }
    }

    static func host(_ path: String, _ member: any WritableKeyPath<Settings, String> & Sendable) -> ConfigKey {
        ConfigKey(path) { value, settings throws(ConfigError) in
            guard let text = try value.text() else { return }
            guard isHost(text) else { throw value.error("expected a host name or an address, without a port") }
            settings[keyPath: member] = text
        } show: {
            $0[keyPath: member]
        }
    }

    /// A file's path. A relative one starts from the directory of the configuration file, `~/` from the user's home.
    static func path(
        _ path: String,
        _ member: any WritableKeyPath<Settings, String?> & Sendable,
        maximumBytes: Int = 4_095
    ) -> ConfigKey {
        ConfigKey(path) { value, settings throws(ConfigError) in
            guard let text = try value.text() else { return }
            let place = resolved(text, file: value.file, home: value.expansion?.environment["HOME"])
            guard place.utf8.count <= maximumBytes, !place.utf8.contains(0) else {
                throw value.error("expected a path of at most \(maximumBytes) bytes")
            }
            settings[keyPath: member] = place
        } show: {
            $0[keyPath: member] ?? "null"
        }
    }

    static func secret(_ path: String, _ member: any WritableKeyPath<Settings, Secret?> & Sendable) -> ConfigKey {
        ConfigKey(path) { value, settings throws(ConfigError) in
            if let secret = try value.secret() { settings[keyPath: member] = secret }
        } show: {
            $0[keyPath: member].map(\.description) ?? "null"
        }
    }

    static func isHost(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 253
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") }
            && (!text.contains(":") || text.count { $0 == ":" } > 1)
    }

    private static func resolved(_ text: String, file: String, home: String?) -> String {
        if text.hasPrefix("~/"), let home, home.hasPrefix("/") { return home + text.dropFirst() }
        guard !text.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return text }
        return file[...slash] + text
    }
}

extension LocatedValue {
    /// A key; nil for null, and for a variable that is not set. No complaint about it shows any of it.
    func secret() throws(ConfigError) -> Secret? {
        if case .scalar(let raw) = tree.content, raw.allSatisfy(\.isWhitespace) {
            throw error("an empty key protects nothing: write the key, a variable such as $NAME, or null for none")
        }
        return try address()
    }

    /// The same for an address that may hold a password, and may be left empty.
    func address() throws(ConfigError) -> Secret? {
        guard let text = try text() else { return nil }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw error("holds a space or another character that no HTTP header may carry")
        }
        return Secret(text)
    }
}
