import GatewayCore

/// The kinds of keys that only the caches have.
extension ConfigKey {
    /// A Redis server's address, or null. It may hold a password, and is never shown.
    static func redisURL(_ path: String, _ member: any WritableKeyPath<Settings, Secret?> & Sendable) -> ConfigKey {
        ConfigKey(path) { value, settings throws(ConfigError) in
            settings[keyPath: member] = try value.address()
        } show: {
            $0[keyPath: member].map(\.description) ?? "null"
        }
    }

    /// A PostgreSQL server's address, which may hold a password and is shown to nobody.
    static func postgresURL(
        _ path: String,
        _ member: any WritableKeyPath<Settings, Secret?> & Sendable
    ) -> ConfigKey {
        ConfigKey(path) { value, settings throws(ConfigError) in
            guard let url = try value.address() else { return }
            guard isPostgres(url) else { throw value.error("expected postgresql://user:password@host:port/database") }
            settings[keyPath: member] = url
        } show: {
            $0[keyPath: member].map(\.description) ?? "null"
        }
    }

    static func isPostgres(_ url: Secret) -> Bool {
        ["postgresql://", "postgres://"].contains { url.exposed.hasPrefix($0) }
    }

    /// A name for which there is one choice so far.
    static func onlyChoice(_ path: String, _ choice: String) -> ConfigKey {
        ConfigKey(path) { value, _ throws(ConfigError) in
            guard let text = try value.text(), text.lowercased() != choice.lowercased() else { return }
            throw value.error("expected \(choice), the one that there is so far, got \(value.shown(text))")
        } show: { _ in
            choice
        }
    }
}
