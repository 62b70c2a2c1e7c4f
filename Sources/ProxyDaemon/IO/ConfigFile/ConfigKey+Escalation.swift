import GatewayCore
import Shared

/// The kinds of keys that only escalation has.
extension ConfigKey {
    /// Names of signals of a weak answer: those that count, or with a minus before each those that do not, which leaves all
    /// others; `all` may stand before these.
    static func signals(
        _ path: String,
        _ member: any WritableKeyPath<Settings, Set<QualitySignal>> & Sendable
    ) -> ConfigKey {
        ConfigKey(path) { value, settings throws(ConfigError) in
            guard let items = try value.items() else { return }
            var on: Set<QualitySignal> = []
            var off: Set<QualitySignal> = []
            var hasAll = false
            for item in items {
                guard let text = try item.text() else { continue }
                let name = (text.hasPrefix("-") ? String(text.dropFirst()) : text).lowercased()
                if name == "all", !text.hasPrefix("-") {
                    hasAll = true
                } else if let signal = QualitySignal(rawValue: name) {
                    if text.hasPrefix("-") { off.insert(signal) } else { on.insert(signal) }
                } else {
                    let names = QualitySignal.allCases.map(\.rawValue)
                    let minus = text.hasPrefix("-") ? "-" : ""
                    let near = EditDistance.nearest(to: name, among: names)
                    let hint = near.map { " (did you mean \(minus)\($0)?)" } ?? ""
                    throw item.error(
                        "expected all, or one of \(names.joined(separator: ", ")), with a minus to leave it out; "
                            + "got \(item.shown(text))\(hint)"
                    )
                }
                guard on.isEmpty || off.isEmpty && !hasAll else {
                    throw item.error(
                        "a list names either the signals that count or, each with a minus, those that do not; "
                            + "\(item.shown(text)) mixes the two"
                    )
                }
            }
            settings[keyPath: member] = on.isEmpty ? Set(QualitySignal.allCases).subtracting(off) : on
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
