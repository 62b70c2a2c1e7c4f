import GatewayCore
import NIOHTTP1

extension ClientRequest {
    /// A request that has come in whole, now.
    convenience init(
        _ head: HTTPRequestHead,
        _ body: [UInt8],
        id: String,
        isFromLoopback: Bool,
        _ trace: RequestTrace?,
        _ cutOff: CutOff
    ) {
        let target = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        self.init(
            id: id,
            method: head.method.rawValue,
            path: target.first.map(String.init) ?? "/",
            query: target.count > 1 ? String(target[1]) : nil,
            headers: head.headers.map { HeaderField($0.name, $0.value) },
            body: body,
            isFromLoopback: isFromLoopback,
            arrivedNanoseconds: MonotonicTime.nanoseconds(),
            unixMilliseconds: MonotonicTime.unixMilliseconds(),
            trace: trace,
            cutOff: cutOff
        )
    }
}
