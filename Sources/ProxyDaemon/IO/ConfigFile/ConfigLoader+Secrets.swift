import GatewayCore

/// What the loader says about keys that protect less than they seem to.
extension ConfigLoader {
    /// Whoever has a client's key must not be the operator with it.
    static func refuseSharedAdminKey(
        _ settings: Settings,
        _ fields: [String: LocatedValue],
        isFromEnvironment: Bool
    ) throws(ConfigError) {
        guard let key = settings.auth.adminKey else { return }
        let plain: [(owner: String, keys: [Secret])] =
            [("auth.keys", settings.auth.keys)] + settings.projects.map { ("the project \($0.name)", $0.keys) }
        let hashed = settings.hashedKeys.first { $0.matches(key.exposed) }
        guard let owner = plain.first(where: { $0.keys.contains(key) })?.owner ?? hashed.map({ "the key \($0.name)" })
        else { return }
        let problem = "is a client's key, too (\(owner)), and would make the operator of its holder: choose another"
        if !isFromEnvironment, let field = fields["auth.admin_key"] { throw field.error(problem) }
        throw ConfigError(source: "environment", key: "ADMIN_KEY", problem: problem)
    }

    /// Without a secret that signs them, answers in Redis are whoever's who can write there.
    static func unsignedAnswers(_ settings: Settings) -> String? {
        guard settings.cache.isEnabled, settings.cache.redisURL != nil, settings.cache.signingKey == nil else {
            return nil
        }
        return
            "answers are kept in Redis without cache.signing_key: whoever can write to that Redis can plant answers for your clients. Set it to a long random secret, the same for all gateways that share the Redis"
    }
}
