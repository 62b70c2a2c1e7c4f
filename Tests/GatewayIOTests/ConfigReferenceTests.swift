import FoundationEssentials
import GatewayCore
import Testing

@testable import GatewayIO

@Suite struct `The reference config.yaml` {
    private static let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("config.yaml").path

    private static func text() throws -> String { try TextFile.read(path) }

    @Test(arguments: [
        ["ANTHROPIC_API_KEY": "k"], ["ANTHROPIC_API_KEY": "k", "GATEWAY_API_KEY": "a", "ADMIN_KEY": "b"],
    ])
    func `has the values that the code has`(environment: [String: String]) throws {
        let reference = try loadConfig(Self.text(), environment: environment)
        let builtIn = try loadConfig("", path: nil, environment: environment)
        #expect(reference.settings == builtIn.settings)
        #expect(reference.warnings == [])
    }

    @Test func `names every key that works`() throws {
        let tree = try YAMLTree.parse(Self.text(), file: "config.yaml")
        let root = LocatedValue(root: tree, file: "config.yaml", expansion: Expansion(environment: [:]))
        var settings = Settings()
        let given = try FileReader.read(root, into: &settings).fields
        for key in ConfigKey.all { #expect(given[key.path] != nil, "\(key.path)") }
    }

    @Test func `names every key of a backend, if only in a comment`() throws {
        let text = try Self.text()
        for key in ConfigKey.backend { #expect(text.contains("\(key):"), "\(key)") }
    }

    @Test func `leads to demo mode where there is no key`() throws {
        let loaded = try loadConfig(Self.text(), environment: [:])
        #expect(loaded.settings.isDemo)
        #expect(loaded.settings.backends == (try loadConfig("", path: nil, environment: [:]).settings.backends))
        #expect(loaded.warnings.count == 1)
    }

    @Test func `has examples that work when their marks are taken away`() throws {
        var lines: [String] = []
        let text = try Self.text()
        let models = text.split(separator: "\n").prefix { $0 != "routing:" }
        for line in models where line.hasPrefix("  # ") {
            let rest = line.dropFirst(4)
            // The sentences between the examples stay comments.
            if rest.hasPrefix("- ") || rest.hasPrefix("  ") { lines.append("  " + rest) }
        }
        let shown = "models:\n" + lines.joined(separator: "\n")
        let environment = ["ANTHROPIC_API_KEY": "k", "OPENAI_API_KEY": "k"]
        let settings = try loadConfig(shown, environment: environment).settings
        #expect(settings.backends.map(\.name) == ["haiku", "sonnet", "opus", "sol", "home", "coder"])
        let catalogue = try CatalogueFile.builtIn()
        for backend in settings.backends.prefix(3) {
            #expect(catalogue.model(backend.model)?.tier == backend.tier)
        }
        #expect(settings.backends.last?.price == .free)
    }
}
