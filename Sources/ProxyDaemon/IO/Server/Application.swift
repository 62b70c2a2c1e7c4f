import FoundationEssentials
package import GatewayCore
import Shared

/// Which path is whose: the model's endpoints go to the gateway, the rest tells of the gateway itself.
package struct Application: HTTPResponder {
    private let gateway: Gateway
    private let status: StatusEndpoints
    /// Bodies from this size on are read, scored and hashed off the event loop.
    private static let largeBytes = 65_536

    package init(gateway: Gateway, catalogue: Catalogue) {
        self.gateway = gateway
        status = StatusEndpoints(gateway: gateway, catalogue: catalogue)
    }

    package func respond(to request: ClientRequest) async -> Reply {
        // Clients whose base URL ends in /v1 double it.
        let path = request.path.hasPrefix("/v1/v1/") ? String(request.path.dropFirst(3)) : request.path
        let isRead = request.method == "GET" || request.method == "HEAD"
        switch path {
        case "/v1/messages":
            guard request.method == "POST" else { return refuse(.methodNotAllowed(allowed: "POST"), request) }
            let request = request.at(path)
            guard request.body.count >= Self.largeBytes else { return await gateway.messages(request) }
            return await withTaskExecutorPreference(globalConcurrentExecutor) { await gateway.messages(request) }
        case "/v1/messages/count_tokens":
            guard request.method == "POST" else { return refuse(.methodNotAllowed(allowed: "POST"), request) }
            return await gateway.passThrough(request.at(path))
        case "/", "/api/hello", "/live", "/ready", "/health":
            guard isRead else { return refuse(.methodNotAllowed(allowed: "GET, HEAD"), request) }
            return status.open(path, request)
        case "/v1/models" where !gateway.settings.isDemo,
            _ where path.hasPrefix("/v1/models/") && !gateway.settings.isDemo:
            guard isRead else { return refuse(.methodNotAllowed(allowed: "GET"), request) }
            // Nothing but a model's name: a path with dots in it could lead to any of the provider's endpoints.
            guard path == "/v1/models" || Self.isModelName(path.dropFirst("/v1/models/".count)) else {
                return refuse(.notFound("model: not a model's name"), request)
            }
            return await gateway.passThrough(request.at(path))
        default:
            guard let answer = status.answer(path, request) else {
                return refuse(.notFound("\(request.method) \(path) is not served here; see docs/http-api.md"), request)
            }
            guard isRead else { return refuse(.methodNotAllowed(allowed: "GET, HEAD"), request) }
            return answer()
        }
    }

    private static func isModelName(_ text: Substring) -> Bool {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"),
                UInt8(ascii: "@"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        return isPlain && !text.isEmpty && text != "." && text != ".."
    }

    private func refuse(_ kind: GatewayError.Kind, _ request: ClientRequest) -> Reply {
        Gateway.refuse(GatewayError(kind), id: request.id)
    }
}

extension ClientRequest {
    /// The same request under another path.
    fileprivate func at(_ path: String) -> ClientRequest {
        guard path != self.path else { return self }
        return ClientRequest(
            id: id,
            method: method,
            path: path,
            query: query,
            headers: headers,
            body: body,
            isFromLoopback: isFromLoopback,
            isTrusted: isTrusted,
            arrivedNanoseconds: arrivedNanoseconds,
            unixMilliseconds: unixMilliseconds
        )
    }
}
