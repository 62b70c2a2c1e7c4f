import NIOHTTP1

@testable import Simulator

/// Asks a responder without a socket and reads what it would send.
struct Sample {
    let responder = Responder(options: SimulatorOptions(seed: 7, speed: 0))

    func send(
        _ body: JSONValue,
        path: String = "/v1/messages",
        method: HTTPMethod = .POST,
        headers: [(String, String)] = [("x-api-key", "k"), ("anthropic-version", "2023-06-01")]
    ) -> Reply {
        responder.reply(
            to: HTTPRequestHead(version: .http1_1, method: method, uri: path, headers: HTTPHeaders(headers)),
            body: body.bytes
        )
    }

    func ask(_ text: String, _ fields: [(String, JSONValue)] = []) -> Reply { send(Self.body(text, fields)) }

    /// A request with one user message; fields replace or add to the usual ones.
    static func body(_ text: String, _ fields: [(String, JSONValue)] = []) -> JSONValue {
        var object = JSONObject(members: [
            .init(key: "model", value: "claude-sonnet-4-6"), .init(key: "max_tokens", value: 4000),
            .init(key: "messages", value: [["role": "user", "content": .string(text)]]),
        ])
        for (key, value) in fields { object[key] = value }
        return .object(object)
    }
}

extension Reply {
    /// The body, if it is one piece of JSON.
    var json: JSONValue? {
        let bytes = steps.flatMap { step in
            if case .raw(let bytes) = step { bytes } else { [UInt8]() }
        }
        return try? JSONParser.parse(bytes)
    }

    /// The text of the first text block.
    var text: String {
        json?["content"]?.array?.first { $0["type"]?.string == "text" }?["text"]?.string ?? ""
    }

    var errorMessage: String { json?["error"]?["message"]?.string ?? "" }

    func header(_ name: String) -> String? { headers.first { $0.0 == name }?.1 }

    /// The events of a stream, read back from their bytes.
    var events: [JSONValue] {
        steps.filter { $0.events > 0 }.compactMap { step in
            let lines = String(decoding: step.bytes, as: UTF8.self).split(separator: "\n")
            guard lines.count == 2, lines[0].hasPrefix("event: "), lines[1].hasPrefix("data: ") else { return nil }
            let json = try? JSONParser.parse(Array(lines[1].dropFirst(6).utf8))
            guard let json, json["type"]?.string == String(lines[0].dropFirst(7)) else { return nil }
            return json
        }
    }

    /// The joined field of all deltas of a type.
    func joined(_ type: String, _ field: String) -> String {
        events.map { $0["delta"] }.filter { $0?["type"]?.string == type }
            .compactMap { $0?[field]?.string }.joined()
    }
}
