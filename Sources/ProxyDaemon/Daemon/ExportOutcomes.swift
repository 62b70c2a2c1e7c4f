import ArgumentParser
import GatewayCore
import GatewayIO

/// `gatewayd export-outcomes`.
struct ExportOutcomes: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export-outcomes",
        abstract: "Print what routing decisions came to, a JSON object a line, oldest first.",
        discussion: "Reads the state database (storage.path), whether a gateway runs or not. See docs/outcomes.md."
    )

    @Option(name: .long, help: SettingsOptions.configHelp)
    var config: String?

    @Option(name: .long, help: "Only those since this moment, in seconds since 1970.")
    var since: Int64 = 0

    @Option(name: .long, help: "At most so many.")
    var limit: Int?

    func validate() throws {
        guard since >= 0 else { throw ValidationError("--since: expected whole seconds since 1970") }
        guard limit ?? 1 > 0 else { throw ValidationError("--limit: expected a number above 0") }
    }

    func run() throws {
        try StandardOutput.whole { print in
            let environment = Startup.environment()
            let loaded = try ConfigLoader.load(path: config, environment: environment, overrides: ConfigOverrides())
            guard let path = StoragePlace.database(loaded.settings.storage, environment: environment) else {
                throw StateFile.Problem("no state database: neither storage.path, XDG_STATE_HOME nor HOME is set")
            }
            let cursor = OutcomeCursor(sinceUnixSeconds: since)
            try OutcomeFile.export(path, since: cursor, limit: limit ?? .max, write: print)
        }
    }
}
