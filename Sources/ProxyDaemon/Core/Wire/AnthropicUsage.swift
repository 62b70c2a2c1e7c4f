package import Shared

/// Reading of Anthropic's `usage` object.
package enum AnthropicUsage {
    /// A count that can be added up: nonsense from a broken provider must not end the process.
    private static func count(_ value: JSONView) -> Int? { value.integer.map { max(0, min($0, 1 << 40)) } }

    /// Lays the counts that are there over those known so far: a stream's counts are cumulative, and null or absent
    /// means unchanged.
    package static func merge(_ usage: JSONView, into known: inout TokenUsage) {
        var cacheCreation: Int?
        var isSplit = false
        usage.forEachMember { name, value in
            let bytes = usage.bytes
            if JSONText.equals(bytes, name, "input_tokens") {
                known.input = count(value) ?? known.input
            } else if JSONText.equals(bytes, name, "output_tokens") {
                known.output = count(value) ?? known.output
            } else if JSONText.equals(bytes, name, "cache_read_input_tokens") {
                known.cacheRead = count(value) ?? known.cacheRead
            } else if JSONText.equals(bytes, name, "cache_creation_input_tokens") {
                cacheCreation = count(value)
            } else if JSONText.equals(bytes, name, "cache_creation"), value.kind == .object {
                isSplit = true
                known.cacheWrite5m = value["ephemeral_5m_input_tokens"].flatMap(count) ?? known.cacheWrite5m
                known.cacheWrite1h = value["ephemeral_1h_input_tokens"].flatMap(count) ?? known.cacheWrite1h
            }
        }
        // Without the split by lifetime, what is not known to be for an hour is for five minutes, Anthropic's default.
        if !isSplit, let cacheCreation, cacheCreation != known.cacheWrite5m + known.cacheWrite1h {
            known.cacheWrite5m = max(0, cacheCreation - known.cacheWrite1h)
        }
    }
}

/// What a whole answer says about itself.
package struct AnthropicAnswer: Sendable, Equatable {
    package var usage = TokenUsage()
    package var stopReason: String?
    /// The output was counted: a `usage` without that, or with null for it, tells no cost.
    package var hasUsage = false

    /// Reads a Messages response. Bytes that are no such thing give an answer without usage.
    package init(parsing body: [UInt8]) {
        body.withUnsafeBufferPointer { bytes in
            guard let index = try? JSONIndex(bytes) else { return }
            index.withRoot(bytes) { root in
                root.forEachMember { name, value in
                    if JSONText.equals(bytes, name, "usage"), value.kind == .object {
                        AnthropicUsage.merge(value, into: &usage)
                        hasUsage = value["output_tokens"]?.integer != nil
                    } else if JSONText.equals(bytes, name, "stop_reason") {
                        stopReason = value.string
                    }
                }
            }
        }
    }
}

/// Reads a Messages stream as it goes by: usage, stop reason, whether it ended well. Only the few events that carry
/// these are decoded.
package struct AnthropicStreamMeter: Sendable {
    package private(set) var usage = TokenUsage()
    package private(set) var stopReason: String?
    package private(set) var hasStarted = false
    /// `message_stop` was seen.
    package private(set) var isComplete = false
    /// The provider's own `error` event: its type and message.
    package private(set) var error: String?
    /// The provider's final count of output tokens was seen.
    package private(set) var hasFinalUsage = false
    /// Bytes of content seen, for an estimate where the final count never comes.
    private var contentBytes = 0
    /// Events seen, pings left out.
    package private(set) var eventCount = 0

    /// What an event of a text delta weighs without its text.
    private static let deltaOverhead = 110

    package init() {}

    /// Reads one whole event.
    package mutating func read(_ event: UnsafeBufferPointer<UInt8>) {
        // The bulk of every stream, spelled as every provider spells it: no need to take the event apart.
        let usual: StaticString = "event: content_block_delta\n"
        if event.count > usual.utf8CodeUnitCount, JSONText.equals(event, 0..<usual.utf8CodeUnitCount, usual) {
            contentBytes += max(1, event.count - Self.deltaOverhead)
            eventCount += 1
            return
        }
        guard let name = ServerSentEvent.nameRange(of: event) else { return }
        if !JSONText.equals(event, name, "ping") { eventCount += 1 }
        if JSONText.equals(event, name, "content_block_delta") {
            contentBytes += max(1, event.count - Self.deltaOverhead)
            return
        }
        if JSONText.equals(event, name, "message_start") {
            hasStarted = true
            decode(event) { message in
                if let usage = message["message"]?["usage"] {
                    AnthropicUsage.merge(usage, into: &self.usage)
                }
            }
        } else if JSONText.equals(event, name, "message_delta") {
            decode(event) { message in
                if let reason = message["delta"]?["stop_reason"]?.string { stopReason = reason }
                guard let usage = message["usage"] else { return }
                if usage["output_tokens"]?.integer != nil { hasFinalUsage = true }
                AnthropicUsage.merge(usage, into: &self.usage)
            }
        } else if JSONText.equals(event, name, "message_stop") {
            isComplete = true
        } else if JSONText.equals(event, name, "error") {
            error = "the provider sent an error event"
            decode(event) { message in
                let problem = message["error"]
                let type = problem?["type"]?.string ?? "error"
                error = "\(type): \(problem?["message"]?.string ?? "no message")"
            }
        }
    }

    /// The counts so far with the output estimated from the content that went by: about four bytes a token.
    package var estimatedUsage: TokenUsage {
        var estimate = usage
        estimate.output = max(estimate.output, contentBytes / 4)
        return estimate
    }

    private func decode(_ event: UnsafeBufferPointer<UInt8>, _ read: (JSONView) -> Void) {
        let data = ServerSentEvent(parsing: event).data
        data.withUnsafeBufferPointer { bytes in
            guard let index = try? JSONIndex(bytes) else { return }
            index.withRoot(bytes, read)
        }
    }
}
