import GatewayCore
import NIOHTTP1

/// What the access log will tell of a request that is being answered. Bound to its connection's event loop.
struct AccessDraft {
    /// Is told what becomes of the request.
    let trace = RequestTrace()
    private let startedNanoseconds = MonotonicTime.nanoseconds()
    private var firstByteNanoseconds: Int64?
    private var bytes = 0

    /// So many bytes of the answer's body go out, 0 for a head alone.
    mutating func wrote(_ count: Int) {
        if firstByteNanoseconds == nil { firstByteNanoseconds = MonotonicTime.nanoseconds() }
        bytes += count
    }

    /// Hands the line over, once the exchange's books are closed. `isWhole`: all of the answer went out.
    func finish(
        _ head: HTTPRequestHead,
        _ reply: Reply,
        clientAddress: String,
        isWhole: Bool,
        log: AccessLog
    ) {
        var entry = AccessEntry(
            unixMilliseconds: MonotonicTime.unixMilliseconds(),
            clientAddress: clientAddress,
            method: head.method.rawValue,
            path: String(head.uri.prefix { $0 != "?" }),
            status: isWhole ? reply.status : 499,
            queryID: reply.headers.first { $0.isNamed("x-gateway-query-id") }?.value ?? ""
        )
        entry.requestID =
            (reply.headers.first { $0.isNamed("request-id") } ?? reply.headers.first { $0.isNamed("x-request-id") })?
            .value
        entry.bytes = bytes
        entry.durationMilliseconds = milliseconds(MonotonicTime.nanoseconds())
        entry.firstByteMilliseconds = firstByteNanoseconds.map(milliseconds)
        trace.whenSettled { [entry] exchange in
            var entry = entry
            entry.exchange = exchange
            log.write(entry)
        }
    }

    private func milliseconds(_ moment: Int64) -> Double { Double(moment - startedNanoseconds) / 1e6 }
}
