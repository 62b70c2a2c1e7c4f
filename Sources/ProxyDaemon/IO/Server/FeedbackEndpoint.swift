import FoundationEssentials
import GatewayCore
import Shared

/// `/v1/feedback`: POST takes a report in, GET shows what reports have moved, DELETE takes it back.
struct FeedbackEndpoint: Sendable {
    static let methods = "POST, GET, DELETE"
    private let gateway: Gateway

    init(gateway: Gateway) { self.gateway = gateway }

    func answer(_ request: ClientRequest) -> Reply {
        do throws(GatewayError) {
            switch request.method {
            case "POST":
                let receipt = try gateway.report(request)
                let answer = Receipt(
                    outcome: receipt.outcome,
                    detail: receipt.detail,
                    bounds: receipt.learned.map { .init($0) }
                )
                return JSONReply.make(answer, id: request.id)
            case "GET": return JSONReply.make(LearnedReport(try gateway.learned(request)), id: request.id)
            case "DELETE": return JSONReply.make(LearnedReport(try gateway.forget(request)), id: request.id)
            default: throw GatewayError(.methodNotAllowed(allowed: Self.methods))
            }
        } catch {
            return Gateway.refuse(error, id: request.id)
        }
    }

    private struct Receipt: Encodable {
        var outcome: String
        var detail: String
        var bounds: LearnedReport?

        private enum CodingKeys: String, CodingKey {
            case outcome
            case detail
            case bounds = "learned"
        }
    }
}

extension LearnedReport {
    init(_ learned: LearnedSnapshot) {
        self.init(
            project: learned.project,
            thresholds: learned.boundaries.map { boundary in
                Threshold(
                    below: boundary.boundary.lower,
                    above: boundary.boundary.upper,
                    prior: boundary.prior,
                    current: boundary.current,
                    events: boundary.events,
                    missingEvents: boundary.missingEvents,
                    targetQuality: boundary.targetQuality,
                    sentence: boundary.sentence
                )
            },
            ranking: learned.ranking.map { ranking in
                Ranking(
                    pairs: ranking.pairs,
                    missingPairs: ranking.missingPairs,
                    isInUse: ranking.isInUse,
                    lead: ranking.lead
                )
            },
            reportsOverLimit: learned.reportsOverLimit
        )
    }
}
