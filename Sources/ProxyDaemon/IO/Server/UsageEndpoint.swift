import GatewayCore
import Shared

/// `GET /admin/usage?by=project|key|model|day&since=…`: what was used and paid, added up in the database.
struct UsageEndpoint: Sendable {
    private let exchanges: ExchangeDatabase?

    init(_ exchanges: ExchangeDatabase?) { self.exchanges = exchanges }

    private struct Answer: Encodable {
        let by: String
        let since: Int64
        let usage: [UsageSum]

        private enum CodingKeys: String, CodingKey {
            case by
            case since = "since_unix_ms"
            case usage
        }
    }

    func answer(_ request: ClientRequest) async throws(GatewayError) -> Reply {
        guard let exchanges else {
            throw GatewayError(.notFound("exchanges are not kept on disk (storage.path)"))
        }
        let items = request.queryItems
        let unknown = Set(items.keys).subtracting(["by", "since"])
        guard unknown.isEmpty else {
            throw GatewayError(.invalidRequest("\(unknown.sorted()[0]): expected by or since"))
        }
        let word = items["by"] ?? UsageGrouping.project.rawValue
        guard let grouping = UsageGrouping(rawValue: word) else {
            let list = UsageGrouping.allCases.map(\.rawValue).joined(separator: ", ")
            throw GatewayError(.invalidRequest("by: expected one of \(list), found \"\(word.prefix(60))\""))
        }
        var since: Int64 = 0
        if let text = items["since"], !text.isEmpty {
            guard let moment = UTCDay.milliseconds(text) else {
                let expected = "expected a date such as 2026-11-21, or whole seconds since 1970"
                throw GatewayError(.invalidRequest("since: \(expected), found \"\(text.prefix(60))\""))
            }
            since = moment
        }
        let sums = try await exchanges.usage(by: grouping, sinceUnixMilliseconds: since)
        return JSONReply.make(Answer(by: grouping.rawValue, since: since, usage: sums), id: request.id)
    }
}
