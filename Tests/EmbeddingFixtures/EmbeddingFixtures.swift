package import GatewayCore
import Glibc

/// What the reference makes of some thousand texts; for the tests and for the benchmark.
///
/// `wordpiece.jsonl` has a line for each text, `embeddings.f16` the half-precision numbers of an
/// embedding for each of the first of them. Both come from `tools/embedding/fixtures.py`.
package enum EmbeddingFixtures {
    /// Tokens, with those of start and end, of which the embeddings were made.
    package static let maximumTokens = 256

    package struct Unreadable: Error, CustomStringConvertible {
        package let description: String
    }

    /// Each text with its tokens, without those of start and end.
    package static func tokens(in directory: String) throws -> [(text: [UInt8], tokens: [Int32])] {
        try read(directory + "/wordpiece.jsonl").split(separator: UInt8(ascii: "\n")).map { line in
            let line = Array(line)
            let index = try JSONIndex(line)
            return line.withUnsafeBufferPointer { bytes in
                index.withRoot(bytes) { root in
                    var tokens: [Int32] = []
                    root["tokens"]?.forEachElement { tokens.append(Int32(clamping: $0.integer ?? -1)) }
                    return (Array((root["text"]?.string ?? "").utf8), tokens)
                }
            }
        }
    }

    /// The embeddings of the first texts.
    package static func embeddings(in directory: String) throws -> [Embedding] {
        let bytes = try read(directory + "/embeddings.f16")
        let values = stride(from: 0, to: bytes.count - 1, by: 2).map { at -> Float in
            let half = UInt32(bytes[at]) | UInt32(bytes[at + 1]) << 8
            // A half's exponent and fraction in a float's places are 2^112 too small.
            return Float(bitPattern: (half & 0x7FFF) << 13) * 0x1p112 * (half & 0x8000 == 0 ? 1 : -1)
        }
        return stride(from: 0, to: values.count, by: Embedding.dimensions).compactMap { start in
            let row = values[start..<min(start + Embedding.dimensions, values.count)]
            // Rounding has changed the length a little, by up to 1e-4.
            let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return Embedding(row.map { $0 / length })
        }
    }

    private static func read(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "r") else { throw Unreadable(description: "cannot open \(path)") }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        return bytes
    }
}
