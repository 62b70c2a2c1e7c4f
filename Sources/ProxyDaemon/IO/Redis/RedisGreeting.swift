import Shared

/// What is said first on a fresh connection, and what the replies mean.
struct RedisGreeting {
    enum Verdict: Equatable {
        case goesOn
        /// Everything is said; what is left is the probe.
        case isSignedIn
        case isReady
        /// The connection cannot be used. Says why, after "Redis at …:".
        case fails(String)
    }

    let address: RedisAddress
    /// What `CLIENT LIST` is to show.
    let name: String

    /// The commands before the probe, in their order.
    var commands: [(RedisCall.Purpose, [String])] {
        var commands: [(RedisCall.Purpose, [String])] = []
        if let password = address.password {
            commands.append((.signIn, ["AUTH"] + (address.user.map { [$0] } ?? []) + [password]))
        }
        if address.database != 0 { commands.append((.selectDatabase, ["SELECT", "\(address.database)"])) }
        commands.append((.name, ["CLIENT", "SETNAME", name]))
        return commands
    }

    /// Redis may repeat a command's arguments in the text of an error, the password too: only the code is told.
    func judge(_ reply: RedisReply, to purpose: RedisCall.Purpose) -> Verdict {
        let code = PlainText.sanitized(reply.errorCode ?? "an unknown reply")
        switch (purpose, reply) {
        // What Redis says to a connection that it closes comes in the place of the first reply.
        case (_, .error(let text)) where text.hasPrefix("DENIED") || text.hasPrefix("ERR max number of clients"):
            return .fails("it takes no connection from here: \(PlainText.sanitized(text.prefix(100)))")
        // A refusal of the name is no matter: it is for those who look.
        case (.name, _): return .isSignedIn
        case (.signIn, .status), (.selectDatabase, .status): return .goesOn
        case (.probe, .status("PONG")): return .isReady
        // Redis is there and quick; that this user may not ask is no matter.
        case (.probe, .error) where reply.errorCode == "NOPERM": return .isReady
        case (_, .error) where reply.errorCode == "NOAUTH":
            return .fails("it wants a password (NOAUTH): put one into cache.redis_url, as in redis://:password@host")
        case (.signIn, _): return .fails("it refuses the sign-in (\(code)): check user and password in cache.redis_url")
        case (.selectDatabase, _): return .fails("it does not give database \(address.database) to this user (\(code))")
        default: return .fails("it takes no commands now (\(code))")
        }
    }
}
