import FoundationEssentials
package import Shared

/// JSON whose text does nothing to the terminal, shell or editor that it lands in.
enum JSONText {
    /// The value on one line, or over several; nil where it has no JSON, such as a number that is none.
    static func of(_ value: some Encodable, isPretty: Bool = false) -> String? {
        let encoder = JSONEncoder()
        encoder.outputFormatting =
            isPretty ? [.withoutEscapingSlashes, .prettyPrinted, .sortedKeys] : [.withoutEscapingSlashes]
        do {
            return inert(String(decoding: try encoder.encode(value), as: UTF8.self))
        } catch {
            return nil
        }
    }

    /// C1 controls, bidirectional and invisible characters are legal in JSON; they are written as `\u` escapes, which
    /// mean the same. They can stand in strings only.
    private static func inert(_ json: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in json.unicodeScalars {
            if scalar == "\n" || (0x20..<0x7F).contains(scalar.value)
                || PlainText.sanitized(String(scalar)) == String(scalar)
            {
                scalars.append(scalar)
            } else {
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    scalars.append(
                        contentsOf: "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".unicodeScalars
                    )
                }
            }
        }
        return String(scalars)
    }
}

/// `--json`: what the gateway tells, members named as on the control socket.
package struct SnapshotReport: Sendable, Encodable {
    private let daemon: String
    private let snapshot: MetricsSnapshot
    /// Newest first.
    private let exchanges: [ExchangeSummary]

    package init(daemon: String, snapshot: MetricsSnapshot, exchanges: [ExchangeSummary]) {
        self.daemon = daemon
        self.snapshot = snapshot
        self.exchanges = exchanges
    }

    /// The one object, over several lines; nil should it have no JSON.
    package var text: String? { JSONText.of(self, isPretty: true) }
}
