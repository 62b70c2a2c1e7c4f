import Foundation
import GatewayCore
import Testing

/// The recorded answers beside the repository, and what is compared of two answers.
enum AnswerFixtures {
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "shared/wire/fixtures")

    static func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: folder.appending(path: name))) }

    static let context = TranslationContext(
        exchangeID: "fx",
        unixSeconds: 0,
        model: "asked-for",
        wantsUsageChunk: true
    )
}

/// What went in and came out of one passage.
struct PassageRun {
    var out: [UInt8] = []
    var passage: any AnswerPassage

    /// Sends a stream through in pieces whose sizes `size` gives, one after the other.
    init(
        _ stream: [UInt8],
        from wire: BackendWire,
        to dialect: Dialect,
        _ context: TranslationContext = AnswerFixtures.context,
        size: () -> Int = { Int.max }
    ) throws {
        passage = AnswerTranslation.passage(from: wire, to: dialect, context: context)
        var at = 0
        while at < stream.count {
            let end = at + min(size(), stream.count - at)
            out += try passage.append(Array(stream[at..<end]))
            at = end
        }
        out += passage.finish()
    }

    var text: String { String(decoding: out, as: UTF8.self) }

    /// Every way of cutting that a stream must survive: whole, bytes, sevens, and 50 at random.
    static func cuts() -> [() -> Int] {
        let random = (0..<50).map { seed in
            var generator = SeededGenerator(seed: UInt64(seed))
            return { Int.random(in: 1...40, using: &generator) }
        }
        return [{ Int.max }, { 1 }, { 7 }] + random
    }
}

/// One event of a stream, its data parsed, so that spelling does not count.
struct ParsedEvent: Equatable, CustomStringConvertible {
    var name: String
    var data: NSObject

    var description: String { "\(name) \(data)" }

    /// The events of a stream, without comments. `change` may level what is known to differ.
    static func all(in stream: [UInt8], _ change: (inout [String: Any]) -> Void = { _ in }) throws -> [ParsedEvent] {
        var events: [ParsedEvent] = []
        var splitter = EventStreamSplitter()
        _ = try splitter.append(stream) { bytes in
            let event = ServerSentEvent(parsing: bytes)
            guard !event.data.isEmpty else { return }
            if event.data == Array("[DONE]".utf8) {
                events.append(ParsedEvent(name: event.name, data: "[DONE]" as NSString))
                return
            }
            guard var object = (try? JSONSerialization.jsonObject(with: Data(event.data))) as? [String: Any] else {
                Issue.record("no JSON: \(String(decoding: event.data, as: UTF8.self))")
                return
            }
            change(&object)
            events.append(ParsedEvent(name: event.name, data: object as NSDictionary))
        }
        return events
    }
}

/// A JSON text as a value that can be compared.
func parsedJSON(_ bytes: [UInt8]) throws -> NSObject {
    try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? NSObject)
}

func parsedJSON(_ text: String) throws -> NSObject { try parsedJSON(Array(text.utf8)) }
