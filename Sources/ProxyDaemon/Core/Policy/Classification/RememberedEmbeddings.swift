import Synchronization

/// Embeddings of texts, those of late remembered: a prompt that comes again is not computed again.
package final class RememberedEmbeddings: Sendable {
    /// About 1,600 bytes each.
    private static let capacity = 1_024
    /// Longer texts are not kept as keys.
    private static let maximumKeyBytes = 2_048

    private struct Memory {
        var embeddings: [[UInt8]: Embedding] = [:]
        /// The keys in the order they came, as a ring.
        var order: [[UInt8]] = []
        var next = 0
    }

    private let embedder: any Embedder
    private let memory = Mutex(Memory())

    package init(_ embedder: any Embedder) { self.embedder = embedder }

    /// The embedding of a UTF-8 text; nil where there is none to be had.
    package func embedding(of text: [UInt8], maximumTokens: Int) async -> Embedding? {
        guard !text.isEmpty else { return nil }
        if let known = memory.withLock({ $0.embeddings[text] }) { return known }
        guard let made = await embedder.embed(text, maximumTokens: maximumTokens) else { return nil }
        guard text.count <= Self.maximumKeyBytes else { return made }
        memory.withLock { memory in
            guard memory.embeddings.updateValue(made, forKey: text) == nil else { return }
            if memory.order.count < Self.capacity {
                memory.order.append(text)
            } else {
                memory.embeddings[memory.order[memory.next]] = nil
                memory.order[memory.next] = text
                memory.next = (memory.next + 1) % Self.capacity
            }
        }
        return made
    }

    var state: EmbedderState { embedder.state }

    /// The layer is not off.
    var isOn: Bool {
        if case .off = embedder.state { return false }
        return true
    }

    /// Why there was no embedding, a clause.
    var reasonForNone: String {
        if case .off(let why) = embedder.state { return why }
        return "too many texts are waiting for theirs"
    }
}
