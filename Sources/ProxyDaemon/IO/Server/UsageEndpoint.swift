import GatewayCore
import Shared

/// `GET /admin/usage?by=project,model&since=…`: what was used and paid, added up in the database by any of `project`, `key`,
/// `model` and `day`; with `gateways=all` that of all gateways which share a PostgreSQL server.
struct UsageEndpoint: Sendable {
    private let exchanges: ExchangeDatabase?

    init(_ exchanges: ExchangeDatabase?) { self.exchanges = exchanges }

    private struct Answer: Encodable {
        let by: String
        let since: Int64
        let gateways: String
        let usage: [UsageSum]

        private enum CodingKeys: String, CodingKey {
            case by
            case since = "since_unix_ms"
            case gateways
            case usage
        }
    }

    func answer(_ request: ClientRequest) async throws(GatewayError) -> Reply {
        guard let exchanges else {
            throw GatewayError(.notFound("exchanges are not kept on disk (storage.path)"))
        }
        let items = request.queryItems
        let unknown = Set(items.keys).subtracting(["by", "since", "gateways"])
        guard unknown.isEmpty else {
            throw GatewayError(.invalidRequest("\(unknown.sorted()[0]): expected by, since or gateways"))
        }
        let words = items["by"] ?? UsageGrouping.project.rawValue
        var groupings: [UsageGrouping] = []
        for word in words.split(separator: ",", maxSplits: 8, omittingEmptySubsequences: false) {
            guard let grouping = UsageGrouping(rawValue: String(word)), !groupings.contains(grouping) else {
                let list = UsageGrouping.allCases.map(\.rawValue).joined(separator: ", ")
                let expected = "expected some of \(list), each once, with commas between them"
                throw GatewayError(.invalidRequest("by: \(expected); found \"\(words.prefix(60))\""))
            }
            groupings.append(grouping)
        }
        var since: Int64 = 0
        if let text = items["since"], !text.isEmpty {
            guard let moment = SinceMoment.milliseconds(text, nowUnixMilliseconds: request.unixMilliseconds) else {
                let expected = "expected \(SinceMoment.expected)"
                throw GatewayError(.invalidRequest("since: \(expected), found \"\(text.prefix(60))\""))
            }
            since = moment
        }
        let gateways = items["gateways"] ?? "this"
        guard ["this", "all"].contains(gateways) else {
            throw GatewayError(.invalidRequest("gateways: expected this or all, found \"\(gateways.prefix(60))\""))
        }
        let sums = try await exchanges.usage(
            by: groupings,
            sinceUnixMilliseconds: since,
            ofAll: gateways == "all"
        )
        return JSONReply.make(
            Answer(
                by: groupings.map(\.rawValue).joined(separator: ","),
                since: since,
                gateways: gateways,
                usage: sums
            ),
            id: request.id
        )
    }
}
