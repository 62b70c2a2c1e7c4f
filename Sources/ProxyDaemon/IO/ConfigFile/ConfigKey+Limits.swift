import GatewayCore
import Shared

/// The keys of limits and budgets, and how they are read where a project or a key has some of its own.
extension ConfigKey {
    static let limits: [ConfigKey] = [
        .flag("limits.enabled", \.limits.isEnabled),
        .integer("limits.rpm", \.limits.all.requestsPerMinute, LocatedValue.rates),
        .integer("limits.tpm", \.limits.all.tokensPerMinute, LocatedValue.rates),
        .integer("limits.concurrent_streams", \.limits.all.concurrentStreams, LocatedValue.streams),
        .integer("limits.key_rpm", \.limits.eachKey.requestsPerMinute, LocatedValue.rates),
        .integer("limits.key_tpm", \.limits.eachKey.tokensPerMinute, LocatedValue.rates),
        .integer("limits.key_concurrent_streams", \.limits.eachKey.concurrentStreams, LocatedValue.streams),
        .flag("limits.shared", \.limits.isShared),
        .cost("budget.usd_per_day", \.budgets.all.perDay),
        .cost("budget.usd_per_month", \.budgets.all.perMonth),
        .cost("budget.key_usd_per_day", \.budgets.eachKey.perDay),
        .cost("budget.key_usd_per_month", \.budgets.eachKey.perMonth),
        .share("budget.soft_ratio", \.budgets.softRatio),
        .flag("budget.shared", \.budgets.isShared),
    ]
}

extension LocatedValue {
    static let rates = 1...1_000_000_000
    static let streams = 1...1_000_000

    /// `{rpm, tpm, concurrent_streams}`.
    func limits() throws(ConfigError) -> Settings.Limits {
        let fields = try members(known: ["rpm", "tpm", "concurrent_streams"])
        return Settings.Limits(
            requestsPerMinute: try fields["rpm"]?.integer(in: Self.rates),
            tokensPerMinute: try fields["tpm"]?.integer(in: Self.rates),
            concurrentStreams: try fields["concurrent_streams"]?.integer(in: Self.streams)
        )
    }

    /// `{usd_per_day, usd_per_month}`.
    func budget() throws(ConfigError) -> Settings.Budget {
        let fields = try members(known: ["usd_per_day", "usd_per_month"])
        return Settings.Budget(perDay: try fields["usd_per_day"]?.cost(), perMonth: try fields["usd_per_month"]?.cost())
    }
}

extension ConfigKey {
    /// A list of keys, each as it is or as `{name, key_hash, limits, budget}`.
    static let clientKeys = ConfigKey("auth.keys") { value, settings throws(ConfigError) in
        guard let keys = try value.clientKeys(of: nil) else { return }
        settings.auth.keys = keys.plain
        settings.auth.hashedKeys = keys.hashed
    } show: {
        showKeys($0.auth.keys, $0.auth.hashedKeys)
    }

    /// Masked, as a list.
    static func showKeys(_ plain: [Secret], _ hashed: [KeyRecord]) -> String {
        let hashed = hashed.map { record in
            show([
                ("name", record.name), ("key_hash", "sha256:\(record.prefix):…"),
                ("limits", record.terms.flatMap { show($0.limits) }),
                ("budget", record.terms.flatMap { show($0.budget) }),
            ]) ?? "{}"
        }
        return "[\((plain.map(\.description) + hashed).joined(separator: ", "))]"
    }

    static func show(_ limits: Settings.Limits) -> String? {
        show([
            ("rpm", limits.requestsPerMinute.map(String.init)), ("tpm", limits.tokensPerMinute.map(String.init)),
            ("concurrent_streams", limits.concurrentStreams.map(String.init)),
        ])
    }

    static func show(_ budget: Settings.Budget) -> String? {
        show([
            ("usd_per_day", budget.perDay?.description), ("usd_per_month", budget.perMonth?.description),
        ])
    }

    /// A mapping of the members that have a value; nil where none has.
    static func show(_ members: [(name: String, value: String?)]) -> String? {
        let set = members.compactMap { member in member.value.map { "\(member.name): \($0)" } }
        return set.isEmpty ? nil : "{\(set.joined(separator: ", "))}"
    }
}

extension LocatedValue {
    /// Keys, plain and hashed; nil where nothing was written.
    func clientKeys(of project: String?) throws(ConfigError) -> (plain: [Secret], hashed: [KeyRecord])? {
        guard let items = try items() else { return nil }
        var plain: [Secret] = []
        var hashed: [KeyRecord] = []
        for item in items {
            if case .mapping = item.tree.content {
                let record = try item.keyRecord(of: project)
                guard !hashed.contains(where: { $0.name == record.name || $0.prefix == record.prefix }) else {
                    throw item.error("a second key with the name or the hash of \(record.name)")
                }
                hashed.append(record)
            } else if let key = try item.secret(), !plain.contains(key) {
                // What an unset variable leaves is no key.
                plain.append(key)
            }
        }
        return (plain, hashed)
    }

    private func keyRecord(of project: String?) throws(ConfigError) -> KeyRecord {
        let fields = try members(known: ["name", "key_hash", "limits", "budget"])
        guard let name = try fields["name"]?.plainName() else {
            throw (fields["name"] ?? self).error("expected a key with a name")
        }
        guard let text = try fields["key_hash"]?.text(),
            var record = KeyRecord(text: text, name: name, project: project)
        else { throw (fields["key_hash"] ?? self).error("expected a key_hash as `gatewayd keys create` prints it") }
        let terms = KeyTerms(
            limits: try fields["limits"]?.limits() ?? Settings.Limits(),
            budget: try fields["budget"]?.budget() ?? Settings.Budget()
        )
        if terms != KeyTerms() { record.terms = terms }
        return record
    }
}

extension Settings {
    /// Without projects every key is the default project's.
    mutating func mergeProjects() {
        for key in projects.flatMap(\.keys) where !auth.keys.contains(key) { auth.keys.append(key) }
        auth.hashedKeys += projects.flatMap(\.hashedKeys).map { record in
            var record = record
            record.project = nil
            return record
        }
        projects = []
    }
}

extension ConfigLoader {
    /// What is shared has to be shared somewhere.
    static func checkShared(_ settings: Settings, _ fields: [String: LocatedValue]) throws(ConfigError) {
        guard settings.cache.redisURL == nil else { return }
        for (path, isShared) in [
            ("limits.shared", settings.limits.isShared), ("budget.shared", settings.budgets.isShared),
        ]
        where isShared {
            let problem = "shared through Redis, which needs cache.redis_url or REDIS_URL"
            throw fields[path]?.error(problem) ?? ConfigError(source: path, problem: problem)
        }
    }
}
