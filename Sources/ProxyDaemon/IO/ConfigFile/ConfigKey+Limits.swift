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
