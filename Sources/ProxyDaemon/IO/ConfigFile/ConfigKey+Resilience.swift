import GatewayCore
import Shared

/// The kinds of keys that only resilience has.
extension ConfigKey {
    /// A list of tiers that answer in a tier's place; empty for none, null for the usual ones.
    static func fallbacks(of tier: Tier) -> ConfigKey {
        ConfigKey("fallbacks.\(tier.name)") { value, settings throws(ConfigError) in
            guard let items = try value.items() else { return }
            var tiers: [Tier] = []
            for item in items {
                guard let other = try item.tier() else { continue }
                guard other != tier else { throw item.error("a tier cannot answer in its own place") }
                if !tiers.contains(other) { tiers.append(other) }
            }
            settings.fallbacks[tier] = tiers
        } show: {
            $0.fallbacks[tier].map { "[\($0.map(\.name).joined(separator: ", "))]" } ?? "null"
        }
    }
}
