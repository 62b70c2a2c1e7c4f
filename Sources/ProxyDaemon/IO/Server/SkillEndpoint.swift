import GatewayCore

/// `GET /v1/skills`: the methods of work that `X-Gateway-Skill` may name.
struct SkillEndpoint: Sendable {
    private let gateway: Gateway

    init(gateway: Gateway) { self.gateway = gateway }

    func answer(_ request: ClientRequest) -> Reply {
        do throws(GatewayError) {
            _ = try gateway.identify(request)
            return JSONReply.make(gateway.skillList, id: request.id)
        } catch {
            return Gateway.refuse(error, id: request.id)
        }
    }
}
