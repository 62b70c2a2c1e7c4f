import GatewayCore
import Shared

extension ControlDesk {
    func history(
        _ request: ControlProtocol.HistoryRequest
    ) throws(JSONRPC.Failure) -> HistoryReport {
        guard (10...86_400).contains(request.seconds) else {
            throw .invalidParams("seconds: expected 10 to 86400, found \(request.seconds)")
        }
        guard (1...1_440).contains(request.points) else {
            throw .invalidParams("points: expected 1 to 1440, found \(request.points)")
        }
        return gateway.ledger.history(seconds: request.seconds, points: request.points)
    }

    func usage(
        _ request: ControlProtocol.UsageRequest
    ) async throws(JSONRPC.Failure) -> ControlProtocol.UsageReport {
        guard let exchanges else { throw .notFound("exchanges are not kept on disk (storage.path)") }
        let groupings = request.by.compactMap(UsageGrouping.init)
        guard groupings.count == request.by.count, Set(groupings).count == groupings.count else {
            let list = UsageGrouping.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalidParams("by: expected some of \(list), each once")
        }
        do throws(GatewayError) {
            let sums = try await exchanges.usage(
                by: groupings,
                sinceUnixMilliseconds: request.sinceUnixMilliseconds
            )
            return .init(by: request.by, rows: sums.map { .init(names: $0.names, totals: $0.totals) })
        } catch {
            throw .internalError(error.message)
        }
    }

    func reset(_ request: ControlProtocol.BackendReset) throws(JSONRPC.Failure) -> ControlProtocol.Empty {
        guard gateway.pool.reset(request.backend) else {
            throw .notFound("backend: there is no \(request.backend.prefix(60))")
        }
        return .init()
    }
}
