import ArgumentParser
import GatewayCore
import GatewayIO
import Shared

/// `gatewayd keys …`: makes and ends client keys, whether a gateway runs or not; one that runs notices within a second.
struct Keys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make, list, rotate and revoke client keys.",
        discussion: "Only hashes are kept, in $XDG_STATE_HOME/llm-gateway/keys. See docs/keys-and-budgets.md.",
        subcommands: [Create.self, List.self, Rotate.self, Revoke.self]
    )

    fileprivate static var now: Int64 { MonotonicTime.unixMilliseconds() / 1_000 }

    /// Runs something with the keys file of this user.
    fileprivate static func run(_ body: (KeyFile) async throws(KeyFileProblem) -> Void) async throws {
        Descriptors.confine()
        guard let directory = StateFiles.standardDirectory(environment: Startup.environment()) else {
            Startup.complain("neither XDG_STATE_HOME nor HOME is set")
            throw ExitCode(2)
        }
        do throws(KeyFileProblem) {
            try await body(KeyFile(directory: directory, servesOwner: true))
        } catch {
            Startup.complain("\(error)")
            throw ExitCode(2)
        }
    }

    /// The key alone on standard output, so that a script can take it.
    fileprivate static func show(_ made: KeyFile.Made) {
        print(made.key.exposed)
        let record = made.record
        Startup.complain(
            "this key is shown once; for a configuration file: {name: \(record.name), key_hash: \"\(record.text)\"}"
        )
    }

    struct Named: ParsableArguments {
        @Option(name: .long, help: "The project that the key belongs to; none: the default project.")
        var project: String?

        @Option(name: .long, help: "What the key is called.")
        var name: String
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a key and print it, once.")
        @OptionGroup var named: Named

        @Option(name: .long, help: "How long it is taken, as in 30d or 12h; for ever where nothing is said.")
        var expires: String?

        @Option(name: .long, help: "Requests a minute, for this key alone.")
        var rpm: Int?

        @Option(name: .long, help: "Tokens a minute, for this key alone.")
        var tpm: Int?

        @Option(name: .long, help: "Streams at once, for this key alone.")
        var concurrentStreams: Int?

        @Option(name: .long, help: "Dollars a day (UTC) that this key may spend.")
        var usdPerDay: String?

        @Option(name: .long, help: "Dollars a month (UTC) that this key may spend.")
        var usdPerMonth: String?

        func run() async throws {
            let seconds = try expires.map { try Keys.seconds($0, "--expires") }
            guard seconds != 0 else { throw ValidationError("--expires: expected 1m or more") }
            let terms = KeyTerms(
                limits: .init(requestsPerMinute: rpm, tokensPerMinute: tpm, concurrentStreams: concurrentStreams),
                budget: .init(
                    perDay: try usdPerDay.map { try Keys.dollars($0, "--usd-per-day") },
                    perMonth: try usdPerMonth.map { try Keys.dollars($0, "--usd-per-month") }
                )
            )
            try await Keys.run { (file) throws(KeyFileProblem) in
                let now = Keys.now
                Keys.show(
                    try await file.create(
                        name: named.name,
                        project: named.project,
                        expiresUnixSeconds: seconds.map { now + $0 },
                        terms: terms,
                        nowUnixSeconds: now
                    )
                )
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the keys: id, state, project, name, expiry.")

        func run() async throws {
            try await Keys.run { (file) throws(KeyFileProblem) in
                for record in try await file.load() {
                    let isInForce = record.isInForce(unixSeconds: Keys.now)
                    let state = record.isRevoked ? "revoked" : isInForce ? "active" : "expired"
                    let end = record.expiresUnixSeconds.map { BudgetDate(unixSeconds: $0).text } ?? "never"
                    print("\(record.prefix)\t\(state)\t\(record.project ?? "-")\t\(record.name)\t\(end)")
                }
            }
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key in another's place and print it; the old one is taken for a while yet."
        )
        @OptionGroup var named: Named

        @Option(name: .long, help: "How long the old key is taken yet, as in 24h or 0h.")
        var grace = "24h"

        func run() async throws {
            let seconds = try Keys.seconds(grace, "--grace")
            try await Keys.run { (file) throws(KeyFileProblem) in
                Keys.show(
                    try await file.rotate(
                        name: named.name,
                        project: named.project,
                        graceSeconds: seconds,
                        nowUnixSeconds: Keys.now
                    )
                )
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End a key at once, old ones of its name included.")
        @OptionGroup var named: Named

        func run() async throws {
            try await Keys.run { (file) throws(KeyFileProblem) in
                _ = try await file.revoke(name: named.name, project: named.project)
            }
        }
    }

    fileprivate static func dollars(_ text: String, _ option: String) throws -> USD {
        guard let amount = USD(decimal: text) else {
            throw ValidationError("\(option): expected dollars, as in 12.50")
        }
        return amount
    }

    /// Seconds of a text such as `30d`, `12h`, `15m`.
    fileprivate static func seconds(_ text: String, _ option: String) throws -> Int64 {
        let units: [Character: Int64] = ["m": 60, "h": 3_600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[$0] }), let number = Int64(text.dropLast()),
            (0...52_560_000) ~= number
        else { throw ValidationError("\(option): expected a number and m, h or d, as in 30d") }
        return min(number * unit, 3_153_600_000)
    }
}
