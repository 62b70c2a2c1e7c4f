import GatewayCore
import Shared

/// Decides whether the daemon can call its providers or only pretends to.
enum DemoMode {
    /// Turns the backends into simulated ones where that was asked for, or where no backend could answer otherwise.
    /// Gives a warning where it was not asked for.
    ///
    /// - Throws: ``ConfigError``, when some backends have no key and others could answer, or a key is there and not used.
    static func settle(
        _ settings: inout Settings,
        drafts: [BackendDraft],
        asked: Bool?,
        environment: [String: String],
        path: String?
    ) throws(ConfigError) -> String? {
        settings.backends = drafts.map(\.backend)
        if asked == true {
            simulate(&settings)
            return nil
        }
        guard let keyless = drafts.first(where: \.lacksKey) else { return nil }
        let isWholeLineUp = drafts.allSatisfy(\.lacksKey)
        let isKeyWaiting = drafts.contains { !(environment[Self.keyVariable($0)] ?? "").isEmpty }
        guard isWholeLineUp, !isKeyWaiting, asked == nil else {
            throw missingKey(keyless, isDemoBarred: asked == false)
        }
        simulate(&settings)
        let demo = "demo mode, answers are simulated"
        guard let path else {
            let names = BuiltInBackends.variables.joined(separator: ", ")
            return "none of \(names) is set, and there is no config file: \(demo)"
        }
        let names = unique(drafts.flatMap(\.unsetVariables))
        guard !names.isEmpty else { return "\(path): no backend has an api_key: \(demo)" }
        let isOne = names.count == 1
        let cause = "\(isOne ? "" : "none of ")\(names.joined(separator: ", ")) is \(isOne ? "not set" : "set")"
        return "\(path): \(cause), so that no backend has a key: \(demo)\(unused(environment, path, names))"
    }

    /// What to do with a key that is there and that no backend of the file takes.
    private static func unused(_ environment: [String: String], _ path: String, _ names: [String]) -> String {
        let keys = ["ANTHROPIC_API_KEY", "OPENAI_API_KEY"]
        let waiting = keys.filter { !names.contains($0) && !(environment[$0] ?? "").isEmpty }
        guard let key = waiting.first else { return "" }
        return
            ". \(key) is set, and no backend of \(path) takes it: add one with `api_key: $\(key)` under `models`, or "
            + "start with --config /dev/null, which serves that provider's models"
    }

    private static func simulate(_ settings: inout Settings) {
        settings.isDemo = true
        for index in settings.backends.indices where settings.backends[index].provider != .simulated {
            settings.backends[index].provider = .simulated
            settings.backends[index].baseURL = ""
            settings.backends[index].apiKey = nil
            settings.backends[index].headers = []
        }
    }

    /// The variable that usually holds the key of such a backend.
    private static func keyVariable(_ draft: BackendDraft) -> String {
        draft.backend.provider == .openai ? "OPENAI_API_KEY" : "ANTHROPIC_API_KEY"
    }

    private static func missingKey(_ draft: BackendDraft, isDemoBarred: Bool) -> ConfigError {
        let name = draft.backend.name
        let demo = isDemoBarred ? "" : ", or start with --demo"
        guard let origin = draft.origin else {
            return ConfigError(source: "environment", key: "ANTHROPIC_API_KEY", problem: "not set\(demo)")
        }
        let problem =
            draft.unsetVariables.isEmpty
            ? "backend \(name) has no key: add the line `api_key: $\(keyVariable(draft))`\(demo)"
            : "backend \(name) has no key: set \(unique(draft.unsetVariables).joined(separator: ", ")) in the "
                + "environment, give another key in the line `api_key: ...`\(demo)"
        return ConfigError(source: origin.file, line: origin.line, key: "\(origin.path).api_key", problem: problem)
    }

    private static func unique(_ names: [String]) -> [String] {
        names.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}
