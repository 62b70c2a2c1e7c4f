package import GatewayCore
import Shared

/// One answered request, as the access log tells of it. Nothing of a prompt or of a key is in it.
package struct AccessEntry: Sendable {
    /// When its answer had gone out.
    package var unixMilliseconds: Int64
    package var clientAddress: String
    package var method: String
    /// Without the query string, which may hold anything.
    package var path: String
    /// 499 for a client that left before the answer was whole.
    package var status: Int
    /// Of the answer's body.
    package var bytes = 0
    /// From the request's first byte to the answer's last.
    package var durationMilliseconds = 0.0
    /// From the request's first byte to the answer's first; nil where there was none.
    package var firstByteMilliseconds: Double?
    package var queryID: String
    /// As the client got it: the provider's, or the gateway's own.
    package var requestID: String?
    /// What became of the exchange; nil for what was none.
    package var exchange: LedgerEntry?

    package init(
        unixMilliseconds: Int64,
        clientAddress: String,
        method: String,
        path: String,
        status: Int,
        queryID: String
    ) {
        self.unixMilliseconds = unixMilliseconds
        self.clientAddress = clientAddress
        self.method = method
        self.path = path
        self.status = status
        self.queryID = queryID
    }
}

extension AccessEntry {
    private enum Value {
        case text(String)
        case number(String)
    }

    /// What clients choose is cut at so many bytes.
    private static let mostBytes = 256

    /// The line, with its end.
    func line(_ format: Settings.AccessLogFormat) -> String {
        switch format {
        case .off: ""
        case .text: fields.map { "\($0)=\(Self.plain($1))" }.joined(separator: " ") + "\n"
        case .json: "{" + fields.map { "\"\($0)\":\(Self.json($1))" }.joined(separator: ",") + "}\n"
        }
    }

    private var fields: [(String, Value)] {
        var fields: [(String, Value)] = [
            ("time", .text(UTCTime.text(unixMilliseconds: unixMilliseconds))), ("remote_addr", .text(clientAddress)),
            ("method", .text(Self.cut(method))), ("path", .text(Self.cut(path))), ("status", .number("\(status)")),
            ("bytes", .number("\(bytes)")), ("duration_ms", .number(Self.decimal(durationMilliseconds))),
        ]
        if let firstByteMilliseconds { fields.append(("first_byte_ms", .number(Self.decimal(firstByteMilliseconds)))) }
        fields.append(("query_id", .text(queryID)))
        if let requestID { fields.append(("request_id", .text(Self.cut(requestID)))) }
        guard let exchange else { return fields }
        let summary = exchange.summary
        fields += [
            ("project", .text(summary.project)), ("key_fingerprint", .text(exchange.keyFingerprint)),
            ("requested_model", .text(Self.cut(summary.requestedModel))), ("model", .text(Self.cut(summary.model))),
            ("provider", .text(summary.provider)), ("backend", .text(Self.cut(summary.backend))),
            ("stream", .number("\(summary.stream)")), ("input_tokens", .number("\(summary.usage.input)")),
            ("output_tokens", .number("\(summary.usage.output)")),
            ("cache_read_tokens", .number("\(summary.usage.cacheRead)")),
            ("cache_write_tokens", .number("\(summary.usage.cacheWrite5m &+ summary.usage.cacheWrite1h)")),
            ("cost_usd", .number(summary.cost.description)), ("cache", .text(summary.cache)),
            ("escalations", .number("\(summary.escalations)")),
        ]
        return fields
    }

    private static func cut(_ text: String) -> String { StoredText.cut(text, bytes: mostBytes) }

    /// Three digits behind the point.
    private static func decimal(_ milliseconds: Double) -> String {
        let most = 1e12
        let micros = Int64(min(max(milliseconds, 0), most) * 1_000 + 0.5)
        let rest = String(micros % 1_000)
        return "\(micros / 1_000).\(String(repeating: "0", count: 3 - rest.utf8.count))\(rest)"
    }

    private static func json(_ value: Value) -> String {
        switch value {
        case .text(let text): JSONText.quoted(text)
        case .number(let text): text
        }
    }

    /// A word as it is, anything else in quotation marks; `-` for nothing.
    private static func plain(_ value: Value) -> String {
        guard case .text(let text) = value else {
            if case .number(let text) = value { return text }
            return "-"
        }
        if text.isEmpty { return "-" }
        let isWord = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x3D && $0 != 0x5C }
        if isWord { return text }
        let clean = PlainText.sanitized(text)
        return "\"" + clean.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}

/// Moments as people and log collectors read them.
enum UTCTime {
    /// `2026-11-21T23:55:44.123Z`.
    static func text(unixMilliseconds: Int64) -> String {
        let milliseconds = max(0, unixMilliseconds)
        let seconds = milliseconds / 1_000
        let ofDay = seconds % 86_400
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let rest = milliseconds % 1_000
        let fraction = (rest < 10 ? "00" : rest < 100 ? "0" : "") + "\(rest)"
        let clock = "\(two(ofDay / 3_600)):\(two(ofDay / 60 % 60)):\(two(ofDay % 60))"
        return "\(BudgetDate(unixSeconds: seconds).text)T\(clock).\(fraction)Z"
    }
}
