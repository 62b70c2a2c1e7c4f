import GatewayCore
import Shared

extension ControlDesk {
    /// The newest from memory, older ones from the books.
    func list(
        _ request: ControlProtocol.ExchangesListRequest
    ) async throws(JSONRPC.Failure) -> ControlProtocol.ExchangesList {
        guard (1...Ledger.remembered).contains(request.limit) else {
            throw .invalidParams("limit: expected 1 to \(Ledger.remembered), found \(request.limit)")
        }
        guard let before = request.beforeUnixMilliseconds else {
            return Self.fitting(gateway.ledger.recent(request.limit))
        }
        guard let exchanges else {
            let known = gateway.ledger.recent(Ledger.remembered).filter { $0.unixMilliseconds <= before }
            return Self.fitting(Array(known.prefix(request.limit)))
        }
        do throws(GatewayError) {
            return Self.fitting(try await exchanges.exchanges(notAfter: before, limit: request.limit))
        } catch {
            throw .internalError(error.message)
        }
    }

    /// As many of them, from the newest on, as one line may hold: prompts may be kept whole.
    private static func fitting(_ exchanges: [ExchangeSummary]) -> ControlProtocol.ExchangesList {
        // Beside them, the line has its own few members.
        var room = ControlProtocol.maximumLineBytes - 1_024
        let fitting = exchanges.prefix { exchange in
            room -= largestFixedBytes + escapedBytes(exchange.prompt) + escapedBytes(exchange.error ?? "")
            for name in [exchange.requestedModel, exchange.model, exchange.backend, exchange.project] {
                room -= escapedBytes(name)
            }
            // Which few have.
            if exchange.workflow != nil || exchange.tokensSaved != nil { room -= 500 }
            return room >= 0
        }
        // A page of none would be taken for the end.
        return ControlProtocol.ExchangesList(exchanges: Array(fitting.isEmpty ? exchanges.prefix(1) : fitting))
    }

    /// The names of all members of an exchange, its numbers with every digit, and what comes from short lists.
    private static let largestFixedBytes = 850

    /// How long a text is in JSON.
    private static func escapedBytes(_ text: String) -> Int {
        text.utf8.reduce(0) { $0 + ($1 < 0x20 ? 6 : $1 == UInt8(ascii: "\"") || $1 == UInt8(ascii: "\\") ? 2 : 1) }
    }

    /// With its explanation where that is remembered; else what the books have.
    func detail(_ request: ControlProtocol.ExchangesGetRequest) async throws(JSONRPC.Failure) -> ExchangeDetail {
        if let entry = gateway.ledger.entry(id: request.id) { return entry.detail }
        var summary: ExchangeSummary?
        if let exchanges {
            do throws(GatewayError) {
                summary = try await exchanges.exchange(id: request.id)
            } catch {
                throw .internalError(error.message)
            }
        }
        guard let summary else { throw .notFound("no exchange \(request.id) is known") }
        let note = "its explanation is gone: the daemon keeps those of the last \(Ledger.remembered) exchanges it saw"
        return ExchangeDetail(summary: summary, warnings: [note])
    }

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
