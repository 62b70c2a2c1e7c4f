/// A client's request: its own bytes with an index of what is where, and what a decision needs to know. Never changed, so
/// that stages share one.
package final class Prompt: Sendable {
    package let dialect: Dialect
    /// The body as the client sent it.
    package let body: [UInt8]
    package let index: JSONIndex
    /// The model's name as the client gave it; empty where it left that to the gateway.
    package let model: String
    package let isStream: Bool
    /// The answer's limit in tokens.
    package let maxTokens: Int?
    package let traits: PromptTraits
    /// `smart_routing` in the body: nil where it is not there.
    package let smartRouting: Bool?
    /// `"provider": "local"` in the body.
    package let asksForLocal: Bool
    /// An OpenAI stream that is to end with its usage.
    package let wantsUsageChunk: Bool

    /// Reads a request body.
    ///
    /// Only what would make routing or accounting wrong is refused here; everything else is the provider's to judge.
    /// Throws an `invalidRequest` that names the field.
    ///
    /// `original` is the request as the client sent it, where this is the gateway's edition of it: what is asked is read
    /// there, so that nothing that was added or left out counts as the user's own words.
    package init(
        parsing body: [UInt8],
        dialect: Dialect = .anthropic,
        editionOf original: Prompt? = nil
    ) throws(GatewayError) {
        let parsed = body.withUnsafeBufferPointer { bytes -> Result<PromptFields, GatewayError> in
            do throws(GatewayError) {
                return .success(try PromptFields(bytes, dialect))
            } catch {
                return .failure(error)
            }
        }
        let fields = try parsed.get()
        self.dialect = dialect
        self.body = body
        index = fields.index
        model = fields.model
        isStream = fields.isStream
        maxTokens = fields.maxTokens
        var traits = fields.traits
        if let original {
            traits.lastUserText = original.traits.lastUserText
            traits.userTurns = original.traits.userTurns
        }
        self.traits = traits
        smartRouting = fields.smartRouting
        asksForLocal = fields.asksForLocal
        wantsUsageChunk = fields.wantsUsageChunk
    }
}
