import ArgumentParser
import GatewayCore
import GatewayIO
import Glibc
import Logging
import NIOPosix
import ServiceLifecycle
import Shared

/// `gatewayd serve`: runs until SIGTERM or SIGINT.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the gateway (the default).",
        discussion: "Exit codes: 0 stopped as asked, 2 cannot start (one line says why), 3 already running."
    )

    @OptionGroup var options: SettingsOptions

    func run() async throws {
        Descriptors.confine()
        SQLiteSettings.apply()
        signal(SIGPIPE, SIG_IGN)
        do {
            try await Daemon { [options] in try Startup.load(options) }.run()
        } catch let error as ControlSocketError {
            Startup.complain("\(error)")
            if case .alreadyRunning = error { throw ExitCode(3) }
            throw ExitCode(2)
        } catch {
            Startup.complain("\(error)")
            throw ExitCode(2)
        }
    }
}

/// `gatewayd check-config`.
struct CheckConfig: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config",
        abstract: "Check the configuration and print the settings in force, keys masked."
    )

    @OptionGroup var options: SettingsOptions

    func run() throws {
        do {
            let config = try Startup.load(options)
            _ = try ServerTLS(config.settings.server)
            for warning in config.warnings { Startup.complain("warning: \(warning)") }
            let skills = try describeSkills(config)
            print(ConfigLoader.describe(config.settings), terminator: "")
            // As comments: the whole is YAML.
            print("# \(skills)")
            print("# configuration is valid (\(config.path ?? "built-in defaults"))")
        } catch let code as ExitCode {
            throw code
        } catch {
            Startup.complain("\(error)")
            throw ExitCode(2)
        }
    }
}

extension CheckConfig {
    /// How many skills there are, as one line. Complains of every bad file before it throws.
    private func describeSkills(_ config: LoadedConfig) throws -> String {
        let settings = config.settings.skills
        guard settings.isEnabled else { return "skills in force: none, they are switched off" }
        let loaded = SkillFiles.load(settings, configPath: config.path, environment: Startup.environment())
        for problem in loaded.problems { Startup.complain("\(problem)") }
        guard loaded.problems.isEmpty else { throw ExitCode(2) }
        let own = loaded.library.skills.count { $0.source == .user }
        let place = loaded.directory.map { ", \(own) from \($0)" } ?? ""
        return "skills in force: \(loaded.library.skills.count - own) built in\(place)"
    }
}

/// What `serve` and `check-config` have in common.
enum Startup {
    static func load(_ options: SettingsOptions) throws -> LoadedConfig {
        let overrides = ConfigOverrides(
            host: options.host,
            port: options.port,
            socket: options.socket,
            demo: options.demo ? true : nil,
            logLevel: options.logLevel
        )
        return try ConfigLoader.load(path: options.config, environment: environment(), overrides: overrides)
    }

    /// The process's environment.
    static func environment() -> [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let pair = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { variables[String(pair[0])] = String(pair[1]) }
            entry += 1
        }
        return variables
    }

    /// One line to standard error.
    static func complain(_ text: String) {
        let line = Array("gatewayd: \(text)\n".utf8)
        _ = line.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
    }
}
