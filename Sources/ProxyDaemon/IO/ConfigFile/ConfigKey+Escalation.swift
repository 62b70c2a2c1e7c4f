import GatewayCore
import Shared

/// The kinds of keys that only escalation has.
extension ConfigKey {
    /// Names of signals of a weak answer: a list, `all`, or a list of names with a minus before them, which leaves all others.
    static func signals(
        _ path: String,
        _ member: any WritableKeyPath<Settings, Set<QualitySignal>> & Sendable
    ) -> ConfigKey {
        ConfigKey(path) { value, settings throws(ConfigError) in
            guard let items = try value.items() else { return }
            var on: Set<QualitySignal> = []
            var off: Set<QualitySignal> = []
            for item in items {
                guard let text = try item.text() else { continue }
                let name = text.hasPrefix("-") ? String(text.dropFirst()) : text
                if name == "all" {
                    on = Set(QualitySignal.allCases)
                } else if let signal = QualitySignal(rawValue: name.lowercased()) {
                    if text.hasPrefix("-") { off.insert(signal) } else { on.insert(signal) }
                } else {
                    let names = QualitySignal.allCases.map(\.rawValue).joined(separator: ", ")
                    throw item.error(
                        "expected all, or one of \(names), with a minus to leave it out; got \(item.shown(text))"
                    )
                }
            }
            settings[keyPath: member] = (on.isEmpty ? Set(QualitySignal.allCases) : on).subtracting(off)
        } show: {
            let signals = $0[keyPath: member]
            if signals.count == QualitySignal.allCases.count { return "[all]" }
            return "[\(QualitySignal.allCases.filter(signals.contains).map(\.rawValue).joined(separator: ", "))]"
        }
    }

    /// A tier; there always is one.
    static func cascadeTier(_ path: String, _ member: any WritableKeyPath<Settings, Tier> & Sendable) -> ConfigKey {
        ConfigKey(path) { value, settings throws(ConfigError) in
            if let tier = try value.tier() { settings[keyPath: member] = tier }
        } show: {
            $0[keyPath: member].name
        }
    }
}
