/// A Messages request: the client's own bytes with an index of what is where, and what a decision needs to know.
package struct AnthropicRequest: Sendable {
    /// The body as the client sent it.
    package let body: [UInt8]
    package let members: [JSONMember]
    package let model: String
    /// Where the value of `model` is in the body, quotes included.
    package let modelSpan: Range<Int>
    package let isStream: Bool
    package let maxTokens: Int?
    package let traits: PromptTraits

    /// Reads a request body.
    ///
    /// Only what would make routing or accounting wrong is refused here; everything else is the provider's to judge.
    /// Throws an `invalidRequest` that names the field.
    package init(parsing body: [UInt8]) throws(GatewayError) {
        let parsed = body.withUnsafeBufferPointer { bytes -> Result<Parsed, GatewayError> in
            do throws(GatewayError) { return .success(try Parsed(bytes)) } catch { return .failure(error) }
        }
        let fields = try parsed.get()
        self.body = body
        members = fields.members
        model = fields.model
        modelSpan = fields.modelSpan
        isStream = fields.isStream
        maxTokens = fields.maxTokens
        traits = fields.traits
    }

    /// The body with another model in it and every other byte as it was.
    package func body(withModel replacement: String) -> [UInt8] {
        if replacement == model { return body }
        var edited: [UInt8] = []
        edited.reserveCapacity(body.count + replacement.utf8.count)
        edited.append(contentsOf: body[..<modelSpan.lowerBound])
        JSONText.appendQuoted(replacement, to: &edited)
        edited.append(contentsOf: body[modelSpan.upperBound...])
        return edited
    }
}

/// The checked fields, before the body is put beside them.
private struct Parsed {
    var members: [JSONMember]
    var model = ""
    var modelSpan = 0..<0
    var isStream = false
    var maxTokens: Int?
    var traits = PromptTraits()

    init(_ bytes: UnsafeBufferPointer<UInt8>) throws(GatewayError) {
        do throws(JSONProblem) {
            members = try JSONIndex(bytes).members
        } catch {
            throw GatewayError(.invalidRequest("the request body is \(error)"))
        }
        var hasModel = false
        var messages: JSONView?
        for (at, member) in members.enumerated() {
            let value = JSONView(bytes, member.value)
            func isNamed(_ name: StaticString) -> Bool { JSONText.equals(bytes, member.key, name) }
            // Two readers of one body may take different twins; a request must mean one thing only.
            for earlier in members[..<at] where earlier.key.count == member.key.count {
                if bytes[earlier.key].elementsEqual(bytes[member.key]) {
                    throw Self.invalid("\(JSONText.decode(bytes, member.key)): given twice")
                }
            }
            if isNamed("model") {
                guard let text = value.string, !text.isEmpty else {
                    throw Self.invalid("model: expected a name, found \(value.kind.phrase)")
                }
                hasModel = true
                model = text
                modelSpan = member.value
            } else if isNamed("stream") {
                guard let flag = value.bool ?? (member.kind == .null ? false : nil) else {
                    throw Self.invalid("stream: expected a boolean, found \(value.kind.phrase)")
                }
                isStream = flag
            } else if isNamed("max_tokens") {
                guard let limit = value.integer, limit >= 0 else {
                    throw Self.invalid("max_tokens: expected a whole number, found \(value.kind.phrase)")
                }
                maxTokens = limit
            } else if isNamed("messages") {
                guard member.kind == .array else {
                    throw Self.invalid("messages: expected an array, found \(value.kind.phrase)")
                }
                messages = value
            } else {
                traits.note(member: member.key, value)
            }
        }
        guard hasModel else { throw Self.invalid("model: Field required") }
        guard let messages else { throw Self.invalid("messages: Field required") }
        try traits.read(messages: messages)
    }

    static func invalid(_ text: String) -> GatewayError { GatewayError(.invalidRequest(text)) }
}
