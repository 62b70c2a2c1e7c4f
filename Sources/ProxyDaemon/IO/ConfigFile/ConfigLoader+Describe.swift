package import GatewayCore
import Shared

extension ConfigLoader {
    /// The settings in force, a line each, in the words of the file and with every secret masked.
    package static func describe(_ settings: Settings) -> String {
        var lines = ["demo: \(settings.isDemo)", "models:"]
        for backend in settings.backends { lines += describe(backend) }
        var section = ""
        for key in ConfigKey.all {
            let parts = key.path.split(separator: ".")
            let inner = parts.dropLast()
            if !inner.isEmpty, section != inner.joined(separator: ".") {
                if inner.count == 1 || !section.hasPrefix(inner[0]) { lines.append("\(inner[0]):") }
                if inner.count == 2 { lines.append("  \(inner[1]):") }
                section = inner.joined(separator: ".")
            }
            guard let name = parts.last else { continue }
            let shown = key.show(settings)
            // A list of several lines begins on one of its own.
            let gap = shown.hasPrefix("\n") ? "" : " "
            lines.append("\(String(repeating: "  ", count: inner.count))\(name):\(gap)\(shown)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func describe(_ backend: Settings.Backend) -> [String] {
        var members = [
            ("name", backend.name), ("provider", backend.provider.rawValue), ("model", backend.model),
            ("tier", backend.tier.name), ("base_url", backend.baseURL.isEmpty ? "null" : backend.baseURL),
            ("api_key", backend.apiKey.map(\.description) ?? "null"),
        ]
        if !backend.headers.isEmpty {
            // Their values may be keys as well.
            members.append(("headers", "{\(backend.headers.map { "\($0.name): …" }.joined(separator: ", "))}"))
        }
        if let price = backend.price {
            members += [
                ("cost_per_1k_in", price.input), ("cost_per_1k_out", price.output),
                ("cost_per_1k_cache_read", price.cacheRead), ("cost_per_1k_cache_write_5m", price.cacheWrite5m),
                ("cost_per_1k_cache_write_1h", price.cacheWrite1h),
            ].map { ($0.0, DecimalText.text($0.1, places: 9)) }
        }
        if let tokens = backend.maxTokens { members.append(("max_tokens", String(tokens))) }
        if let most = backend.maxConcurrent { members.append(("max_concurrent", String(most))) }
        if !backend.allowedModels.isEmpty {
            members.append(("allowed_models", "[\(backend.allowedModels.joined(separator: ", "))]"))
        }
        if let tokens = backend.contextTokens { members.append(("num_ctx", String(tokens))) }
        if !backend.reportsStreamUsage { members.append(("stream_usage", "false")) }
        if let seconds = backend.timeoutSeconds { members.append(("timeout_sec", String(seconds))) }
        return members.enumerated().map { index, member in
            "\(index == 0 ? "  - " : "    ")\(member.0): \(member.1)"
        }
    }
}
