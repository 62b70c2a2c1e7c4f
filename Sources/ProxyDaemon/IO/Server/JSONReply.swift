import FoundationEssentials
import GatewayCore

/// A value as a JSON answer of the gateway's own.
enum JSONReply {
    static func make(_ value: some Encodable, id: String, status: Int = 200) -> Reply {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        do {
            var body = Array(try encoder.encode(value))
            body.append(0x0A)
            let headers = [HeaderField("content-type", "application/json")] + GatewayHeaders.identity(id: id)
            return Reply(status: status, headers: headers, body: .bytes(body))
        } catch {
            return Gateway.refuse(GatewayError(.internalFault("\(error)")), id: id)
        }
    }
}
