import ArgumentParser
import GatewayCore
import GatewayIO
import Glibc

/// `gatewayd export`.
struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the exchanges that are kept, oldest first, as CSV or as JSON Lines.",
        discussion: "Reads the state database (storage.path), whether a gateway runs or not. See docs/storage.md."
    )

    @Option(name: .long, help: SettingsOptions.configHelp)
    var config: String?

    @Option(name: .long, help: "Only those since then: \(SinceMoment.expected).")
    var since: String?

    @Option(name: .long, help: "csv or jsonl.")
    var format = "jsonl"

    @Option(name: .long, help: "Only those of this project.")
    var project: String?

    func validate() throws {
        guard since == nil || moment != nil else {
            throw ValidationError("--since: expected \(SinceMoment.expected)")
        }
        guard ExchangeFormat(rawValue: format) != nil else { throw ValidationError("--format: expected csv or jsonl") }
    }

    /// In milliseconds since 1970.
    private var moment: Int64? {
        since.flatMap { SinceMoment.milliseconds($0, nowUnixMilliseconds: MonotonicTime.unixMilliseconds()) }
    }

    func run() throws {
        try StandardOutput.whole { print in
            let environment = Startup.environment()
            let loaded = try ConfigLoader.load(path: config, environment: environment, overrides: ConfigOverrides())
            guard let path = StoragePlace.database(loaded.settings.storage, environment: environment) else {
                throw StateFile.Problem("no state database: neither storage.path, XDG_STATE_HOME nor HOME is set")
            }
            try ExchangeFile.export(
                path,
                sinceUnixMilliseconds: moment ?? 0,
                project: project,
                format: ExchangeFormat(rawValue: format) ?? .jsonl,
                write: print
            )
        }
    }
}

/// What commands that export have in common.
enum StandardOutput {
    /// Runs an export, and ends the command with a line that says why where that fails.
    static func whole(_ export: (([UInt8]) throws -> Void) throws -> Void) throws {
        do {
            try export(print)
        } catch {
            Startup.complain("\(error)")
            throw ExitCode(2)
        }
    }

    private static func print(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw StateFile.Problem("cannot write: \(String(cString: strerror(errno)).lowercased())")
            }
            rest.removeFirst(count)
        }
    }
}
