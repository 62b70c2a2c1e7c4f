import Synchronization

/// Embeddings of texts, those of late remembered: a prompt that comes again is not computed again.
package final class RememberedEmbeddings: Sendable {
    /// About 1,600 bytes each.
    private static let capacity = 1_024
    /// Longer texts are not kept as keys.
    private static let maximumKeyBytes = 2_048

    private let embedder: any Embedder
    private let clock: Clock
    private let timeoutMilliseconds: Int
    /// What was made of a text, of which so many tokens at most were read.
    private struct Made: Sendable {
        var text: EmbeddedText
        var maximumTokens: Int
    }

    private let memory = Mutex(RecentValues<[UInt8], Made>(capacity: capacity))

    /// No text is waited for longer than `timeoutMilliseconds`.
    package init(_ embedder: any Embedder, timeoutMilliseconds: Int, clock: Clock) {
        self.embedder = embedder
        self.timeoutMilliseconds = timeoutMilliseconds
        self.clock = clock
    }

    /// The embedding of a UTF-8 text; nil where there is none to be had in time. What is remembered of one partition is not
    /// given to another.
    package func embedding(of text: [UInt8], maximumTokens: Int, partition: String) async -> Embedding? {
        await embeddedText(text, maximumTokens: maximumTokens, partition: partition)?.embedding
    }

    /// The same, with word of whether the text was read to its end.
    package func embeddedText(_ text: [UInt8], maximumTokens: Int, partition: String) async -> EmbeddedText? {
        guard !text.isEmpty, isOn else { return nil }
        let key = Array(partition.utf8) + [0] + text
        if let known = memory.withLock({ $0[key] }), known.text.isWhole || known.maximumTokens == maximumTokens {
            return known.text
        }
        let outcome = await Deadline.run(milliseconds: timeoutMilliseconds, clock: clock) { [embedder] in
            await embedder.embedText(text, maximumTokens: maximumTokens)
        }
        guard let made = outcome.value ?? nil else { return nil }
        if key.count <= Self.maximumKeyBytes {
            memory.withLock { $0.store(Made(text: made, maximumTokens: maximumTokens), for: key) }
        }
        return made
    }

    var state: EmbedderState { embedder.state }

    /// Embeddings can be had.
    var isOn: Bool {
        if case .off = embedder.state { return false }
        return true
    }

    /// Why there was no embedding, a clause.
    var reasonForNone: String {
        if case .off(let why) = embedder.state { return why }
        return "it was not there in time"
    }
}
