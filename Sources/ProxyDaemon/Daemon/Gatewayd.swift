import ArgumentParser
import Shared

/// The daemon's command line.
@main
struct Gatewayd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gatewayd",
        abstract:
            "An LLM gateway: routes each request to the cheapest model that can do it, and accounts for every cent.",
        discussion: """
            Point ANTHROPIC_BASE_URL at it and change nothing else. Without an API key it starts in demo mode, with \
            simulated models. See config.yaml for every setting, and gateway-tui for a live view.
            """,
        version: GatewayVersion.headerValue,
        subcommands: [
            Serve.self, CheckConfig.self, Keys.self, Export.self, ExportOutcomes.self, Version.self,
        ],
        defaultSubcommand: Serve.self
    )
}

/// `gatewayd version`.
struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the version.")

    func run() { print(GatewayVersion.headerValue) }
}

/// Options that change settings; they go before the environment and the file.
struct SettingsOptions: ParsableArguments {
    /// Of every command that reads the configuration.
    static let configHelp: ArgumentHelp = """
        Configuration file. Default: the first of ./config.yaml, ~/.config/llm-gateway/config.yaml and \
        /etc/llm-gateway/config.yaml.
        """

    @Option(name: .long, help: Self.configHelp)
    var config: String?

    @Option(name: .long, help: "Address to listen on. Other than 127.0.0.1 needs client keys (auth.keys).")
    var host: String?

    @Option(name: .long, help: "Port to listen on; 0 means any free one.")
    var port: Int?

    @Option(name: .long, help: "Path of the control socket that gateway-tui connects to.")
    var socket: String?

    @Flag(name: .long, help: "Demo mode: answer from simulated models, without any key or cost.")
    var demo = false

    @Option(name: .customLong("log-level"), help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel: String?
}
