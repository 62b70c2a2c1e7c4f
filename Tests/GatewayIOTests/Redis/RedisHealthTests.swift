import Testing

@testable import GatewayIO

@Suite struct `Redis' health` {
    private var health = RedisHealth()

    @Test mutating func `comes with a probe and goes with five timeouts in a row`() {
        #expect(!health.isUp)
        health.greeted(now: 0)
        #expect(health.isUp)
        for _ in 0..<4 { health.timedOut() }
        #expect(health.isUp)
        health.answered()
        for _ in 0..<4 { health.timedOut() }
        #expect(health.isUp)
        health.timedOut()
        #expect(!health.isUp)
    }

    @Test mutating func `outlives the quiet end of one good connection`() {
        health.greeted(now: 0)
        #expect(health.lost(isQuiet: true, now: 10_000_000_000, random: 0.5) == 0)
        #expect(health.isUp)
        // The next one does not come about.
        #expect(health.lost(isQuiet: true, now: 10_000_000_001, random: 1) == 200)
        #expect(!health.isUp)
    }

    @Test mutating func `goes with a connection that breaks under a call`() {
        health.greeted(now: 0)
        #expect(health.lost(isQuiet: false, now: 10_000_000_000, random: 1) == 100)
        #expect(!health.isUp)
    }

    @Test mutating func `doubles its pauses up to five seconds`() {
        let pauses = (0..<10).map { _ in health.lost(isQuiet: false, now: 0, random: 1) }
        #expect(pauses == [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000, 5_000])
        var other = RedisHealth()
        #expect(other.lost(isQuiet: false, now: 0, random: 0) == 50)
        #expect(other.lost(isQuiet: false, now: 0, random: 0.5) == 150)
    }

    @Test mutating func `does not hurry back to connections that do not hold`() {
        health.greeted(now: 0)
        #expect(health.lost(isQuiet: true, now: 1_000, random: 1) == 0)
        health.greeted(now: 2_000)
        #expect(health.lost(isQuiet: true, now: 3_000, random: 1) == 200)
        #expect(!health.isUp)
        health.greeted(now: 1_000_000_000)
        // Held for a second: as if nothing had been.
        #expect(health.lost(isQuiet: true, now: 2_000_000_000, random: 1) == 0)
        #expect(health.isUp)
    }
}

@Suite struct `The greeting of Redis` {
    private func greeting(_ url: String) throws -> RedisGreeting {
        RedisGreeting(address: try RedisAddress(url), name: "n")
    }

    @Test func `says what the address says`() throws {
        #expect(try greeting("redis://h").commands.map(\.1) == [["CLIENT", "SETNAME", "n"]])
        #expect(
            try greeting("redis://u:p@h/3").commands.map(\.1)
                == [["AUTH", "u", "p"], ["SELECT", "3"], ["CLIENT", "SETNAME", "n"]]
        )
        #expect(try greeting("redis://:p@h").commands.first?.1 == ["AUTH", "p"])
    }

    @Test func `judges replies`() throws {
        let greeting = try greeting("redis://:Geheim@h/3")
        #expect(greeting.judge(.status("OK"), to: .signIn) == .goesOn)
        #expect(greeting.judge(.status("OK"), to: .selectDatabase) == .goesOn)
        #expect(greeting.judge(.error("NOPERM no"), to: .name) == .isSignedIn)
        #expect(greeting.judge(.status("PONG"), to: .probe) == .isReady)
        #expect(greeting.judge(.error("NOPERM no"), to: .probe) == .isReady)
        for reply in [
            RedisReply.null, .integer(1), .string([]), .status("OK"), .array([]), .error("LOADING x"), .error(""),
        ] {
            guard case .fails = greeting.judge(reply, to: .probe) else {
                Issue.record("\(reply)")
                continue
            }
        }
    }

    @Test func `tells why Redis closes the door`() throws {
        let denied = try greeting("redis://h").judge(.error("ERR max number of clients reached"), to: .name)
        #expect(denied == .fails("it takes no connection from here: ERR max number of clients reached"))
    }

    @Test func `says what to do, and never the password`() throws {
        let greeting = try greeting("redis://:Geheim@h/3")
        let refused = greeting.judge(
            .error("ERR unknown command 'AUTH', with args beginning with: 'Geheim'"),
            to: .signIn
        )
        #expect(refused == .fails("it refuses the sign-in (ERR): check user and password in cache.redis_url"))
        guard case .fails(let text) = greeting.judge(.error("NOAUTH Authentication required."), to: .probe) else {
            return #expect(Bool(false))
        }
        #expect(text.contains("redis://:password@host"))
        #expect(
            greeting.judge(.error("ERR DB index is out of range"), to: .selectDatabase)
                == .fails("it does not give database 3 to this user (ERR)")
        )
    }
}
