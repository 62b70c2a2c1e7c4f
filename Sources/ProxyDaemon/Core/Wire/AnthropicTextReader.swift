/// Takes the visible text out of a Messages stream.
package struct AnthropicTextReader: Sendable {
    private var splitter = EventStreamSplitter()

    package init() {}

    /// Reads a piece of the stream and hands over the text of each delta that is now whole.
    package mutating func read(_ bytes: [UInt8], _ deliver: (String) -> Void) {
        _ = try? splitter.append(bytes) { event in
            guard let name = ServerSentEvent.nameRange(of: event),
                JSONText.equals(event, name, "content_block_delta")
            else { return }
            ServerSentEvent(parsing: event).data.withUnsafeBufferPointer { data in
                guard let index = try? JSONIndex(data) else { return }
                index.withRoot(data) { root in
                    if let text = root["delta"]?["text"]?.string { deliver(text) }
                }
            }
        }
    }
}
