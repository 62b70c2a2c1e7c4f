package import GatewayCore

/// What two readings of the configuration differ in.
extension ConfigLoader {
    /// The keys that threads, files and sockets of the running process were made by, in which the settings differ: only a new
    /// process can follow them.
    package static func keysThatNeedRestart(_ old: Settings, _ new: Settings) -> [String] {
        fixed.filter { !$0.isEqual(old, new) }.map(\.path)
    }

    /// The keys in which they differ, in the words of the file. Projects and models count as one each.
    package static func changedKeys(_ old: Settings, _ new: Settings) -> [String] {
        var changed = old.backends == new.backends ? [] : ["models"]
        for key in ConfigKey.all {
            if key.show(old) != key.show(new) { changed.append(key.path) }
        }
        // These are shown without their secrets.
        let hidden = [
            ("projects", old.projects == new.projects),
            ("auth.keys", old.auth.keys == new.auth.keys && old.auth.hashedKeys == new.auth.hashedKeys),
            ("auth.admin_key", old.auth.adminKey == new.auth.adminKey),
        ]
        return changed + hidden.filter { !$0.1 && !changed.contains($0.0) }.map(\.0)
    }

    private struct FixedKey: Sendable {
        let path: String
        let isEqual: @Sendable (Settings, Settings) -> Bool

        init<Value: Equatable & SendableMetatype>(_ path: String, _ member: any KeyPath<Settings, Value> & Sendable) {
            self.path = path
            isEqual = { $0[keyPath: member] == $1[keyPath: member] }
        }
    }

    private static let fixed: [FixedKey] = [
        .init("demo", \.isDemo),
        .init("server.host", \.server.host),
        .init("server.port", \.server.port),
        .init("server.threads", \.server.threads),
        .init("server.max_connections", \.server.maxConnections),
        .init("server.tls", \.server.hasTLS),
        .init("control.socket", \.control.socket),
        .init("classifier.quality_target", \.classifier.qualityTarget),
        .init("learned.use_feedback", \.learned.usesFeedback),
        .init("embedding", \.embedding),
        .init("cache.enabled", \.cache.isEnabled),
        .init("cache.max_bytes", \.cache.maxBytes),
        .init("cache.disk", \.cache.usesDisk),
        .init("cache.disk_max_bytes", \.cache.diskMaxBytes),
        .init("cache.redis_url", \.cache.redisURL),
        .init("cache.redis_ca_file", \.cache.redisCAFile),
        .init("cache.timeout_ms", \.cache.homeTimeoutMilliseconds),
        .init("cache.signing_key", \.cache.signingKey),
        .init("cache.use_semantic_cache", \.cache.semantic.isEnabled),
        .init("cache.similarity", \.cache.semantic.similarity),
        .init("cache.semantic_max_entries", \.cache.semantic.maxEntries),
        .init("limits.shared", \.limits.isShared),
        .init("budget.shared", \.budgets.isShared),
        .init("storage", \.storage),
        .init("cascade.log_outcomes", \.cascade.logsOutcomes),
        .init("upstream.threads", \.upstream.threads),
        .init("log.format", \.log.format),
        .init("log.access", \.log.access),
        .init("log.access_path", \.log.accessPath),
    ]
}

extension Settings.Server {
    fileprivate var hasTLS: Bool { tlsCertificate != nil }
}
