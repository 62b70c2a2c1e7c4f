import Foundation
import GatewayCore

/// The weights that ship, and the prompts whose numbers the Python trainer worked out.
struct RouterGolden: Decodable {
    struct Vector: Decodable {
        struct Expected: Decodable {
            var score: Double
            var gain: Double
            var complexity: Double
            var gate: Double
            var task: String
        }

        var prompt: String
        var turns: Int
        var system: Int
        var tools: Int
        var ask: String
        var features: [Double]
        var embedding: String
        var meaning: Expected
        var words: Expected

        var parsed: Ask { Ask(Array(prompt.utf8), userTurns: turns, systemBytes: system, toolCount: tools) }

        /// The bytes of the file, made a vector of unit length.
        var unitEmbedding: Embedding? {
            guard let data = Data(base64Encoded: embedding) else { return nil }
            let values = data.map { Float(Int8(bitPattern: $0)) }
            let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return Embedding(values.map { $0 / length })
        }
    }

    var vectors: [Vector]

    static func load() throws -> RouterGolden {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "router.golden.json")
        return try JSONDecoder().decode(RouterGolden.self, from: Data(contentsOf: file))
    }

    static func weights() throws -> [UInt8] {
        let root = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return [UInt8](
            try Data(contentsOf: root.appending(path: "Sources/ProxyDaemon/IO/Classifier/router.weights.json"))
        )
    }
}
