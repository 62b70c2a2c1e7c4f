import GatewayCore
import Shared

/// Writes Prometheus' text format, version 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/).
struct PrometheusWriter {
    enum Kind: String {
        case counter
        case gauge
        case histogram
    }

    typealias Labels = [(String, String)]
    typealias Sample = (labels: Labels, value: String)

    /// What every name of the gateway's own begins with.
    static let prefix = "gateway_"

    private(set) var text = ""

    /// A metric without labels.
    mutating func add(_ kind: Kind, _ name: String, _ help: String, _ value: Int) {
        add(kind, name, help, [([], "\(value)")])
    }

    mutating func add(_ kind: Kind, _ name: String, _ help: String, _ value: Double) {
        add(kind, name, help, [([], Self.number(value))])
    }

    mutating func add(_ kind: Kind, _ name: String, _ help: String, money: USD) {
        add(kind, name, help, [([], money.description)])
    }

    /// A metric with a line for each sample; nothing where there are none. `prefix` for names that are everybody's.
    mutating func add(
        _ kind: Kind,
        _ name: String,
        _ help: String,
        prefix: String = Self.prefix,
        _ samples: [Sample]
    ) {
        guard !samples.isEmpty else { return }
        begin(kind, prefix + name, help)
        for sample in samples { line(prefix + name, sample.labels, sample.value) }
    }

    /// Counts by upper bound as Prometheus wants them: each with all that is below it.
    mutating func add(_ name: String, _ help: String, _ histograms: [(labels: Labels, histogram: Histogram)]) {
        guard !histograms.isEmpty else { return }
        let full = Self.prefix + name
        begin(.histogram, full, help)
        for (labels, histogram) in histograms {
            var count = 0
            for (bound, more) in zip(histogram.bounds, histogram.counts) {
                count += more
                line(full + "_bucket", labels + [("le", Self.number(bound))], "\(count)")
            }
            let total = histogram.count
            line(full + "_bucket", labels + [("le", "+Inf")], "\(total)")
            line(full + "_sum", labels, Self.number(histogram.sum))
            line(full + "_count", labels, "\(total)")
        }
    }

    private mutating func begin(_ kind: Kind, _ name: String, _ help: String) {
        text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n"
    }

    private mutating func line(_ name: String, _ labels: Labels, _ value: String) {
        text += name
        if !labels.isEmpty {
            text += "{\(labels.map { "\($0)=\"\(Self.escaped($1, quotes: true))\"" }.joined(separator: ","))}"
        }
        text += " \(value)\n"
    }

    /// A number as Go reads it, which Prometheus is written in.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        guard value.isFinite else { return value < 0 ? "-Inf" : "+Inf" }
        return "\(value)"
    }

    /// A label's value, or a help text, in which quotation marks may stand as they are.
    private static func escaped(_ value: String, quotes: Bool) -> String {
        var out = ""
        for character in value.unicodeScalars {
            switch character {
            case "\\": out += "\\\\"
            case "\"" where quotes: out += "\\\""
            case "\n": out += "\\n"
            default: out.unicodeScalars.append(character)
            }
        }
        return out
    }
}
