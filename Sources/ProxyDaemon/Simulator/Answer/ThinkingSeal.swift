/// Signatures of thinking blocks, bound to the model and to all that came before them.
///
/// Newer models refuse a replayed block when anything before it was edited. Only signatures of this simulator are
/// checked, so that recorded conversations of real models can be replayed.
enum ThinkingSeal {
    private static let opening = "c2ltdWxhdGVk."

    static func signature(for request: MessagesRequest) -> String {
        signature(model: request.model, prefix: prefix(of: request, messages: request.messages.count))
    }

    static func check(_ request: MessagesRequest, betas: String) throws(APIError) {
        guard ModelTraits(request.model).checksPrefix else { return }
        let behaviour = request.body["thinking"]?["block_binding"]?["prefix_mismatch_behavior"]?.string
        if behaviour == "drop_block", betas.contains("thinking-binding-controls-2026-08-01") { return }
        for (index, message) in request.messages.enumerated() where message.role == "assistant" {
            for (position, block) in message.blocks.enumerated() where block["type"]?.string == "thinking" {
                // Blocks of other models are dropped without a word, as the models do.
                guard let signature = block["signature"]?.string, signature.hasPrefix(opening),
                    signature.hasSuffix("." + name(request.model))
                else { continue }
                let prefix = prefix(of: request, messages: index)
                guard signature == self.signature(model: request.model, prefix: prefix) else {
                    throw .invalid(
                        "messages.\(index).content.\(position): Invalid signature in thinking block. The block is "
                            + "bound to a different conversation"
                    )
                }
            }
        }
    }

    private static func signature(model: String, prefix: UInt64) -> String {
        opening + String(prefix, radix: 16) + "." + name(model)
    }

    private static func name(_ model: String) -> String { String(model.filter { $0.isLetter || $0.isNumber }) }

    /// Thinking blocks do not count themselves: earlier ones may be left out.
    private static func prefix(of request: MessagesRequest, messages count: Int) -> UInt64 {
        var hash = Fingerprint()
        for block in request.system { hash.add(block) }
        for tool in request.tools { hash.add(tool) }
        for message in request.messages.prefix(count) {
            hash.add(message.role)
            for block in message.blocks where block["type"]?.string?.hasSuffix("thinking") != true { hash.add(block) }
        }
        return hash.value
    }
}
