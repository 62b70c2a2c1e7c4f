/// A Messages request: the client's own bytes with an index of what is where, and what a decision needs to know. Never
/// changed, so that stages share one.
package final class AnthropicRequest: Sendable {
    /// The body as the client sent it.
    package let body: [UInt8]
    package let index: JSONIndex
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
        index = fields.index
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
    let index: JSONIndex
    var model = ""
    var modelSpan = 0..<0
    var isStream = false
    var maxTokens: Int?
    var traits = PromptTraits()

    init(_ bytes: UnsafeBufferPointer<UInt8>) throws(GatewayError) {
        do throws(JSONProblem) {
            index = try JSONIndex(bytes)
        } catch {
            throw GatewayError(.invalidRequest("the request body is \(error)"))
        }
        let problem = index.withRoot(bytes) { root -> GatewayError? in
            do throws(GatewayError) { try read(root) } catch { return error }
            return nil
        }
        if let problem { throw problem }
    }

    private mutating func read(_ root: JSONView) throws(GatewayError) {
        let bytes = root.bytes
        var seen: [(name: Range<Int>, value: JSONView)] = []
        seen.reserveCapacity(12)
        root.forEachMember { seen.append(($0, $1)) }
        guard seen.count <= Self.maximumMembers else {
            throw Self.invalid("the body has \(seen.count) members; at most \(Self.maximumMembers) are read")
        }
        var hasModel = false
        var messages: JSONView?
        for (at, member) in seen.enumerated() {
            let value = member.value
            func isNamed(_ name: StaticString) -> Bool { JSONText.equals(bytes, member.name, name) }
            // Two readers of one body may take different twins; a request must mean one thing only.
            for earlier in seen[..<at] where earlier.name.count == member.name.count {
                if bytes[earlier.name].elementsEqual(bytes[member.name]) {
                    throw Self.invalid("\(JSONText.decode(bytes, member.name)): given twice")
                }
            }
            if isNamed("model") {
                guard let text = value.string, !text.isEmpty else {
                    throw Self.invalid("model: expected a name, found \(value.kind.phrase)")
                }
                guard text.utf8.count <= Self.maximumNameBytes, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
                else {
                    throw Self.invalid("model: expected a name of at most \(Self.maximumNameBytes) plain characters")
                }
                hasModel = true
                model = text
                modelSpan = value.range
            } else if isNamed("stream") {
                guard let flag = value.bool ?? (value.kind == .null ? false : nil) else {
                    throw Self.invalid("stream: expected a boolean, found \(value.kind.phrase)")
                }
                isStream = flag
            } else if isNamed("max_tokens") {
                guard let limit = value.integer, limit >= 0 else {
                    throw Self.invalid("max_tokens: expected a whole number, found \(value.kind.phrase)")
                }
                maxTokens = limit
            } else if isNamed("messages") {
                guard value.kind == .array else {
                    throw Self.invalid("messages: expected an array, found \(value.kind.phrase)")
                }
                messages = value
            } else {
                traits.note(member: member.name, value)
            }
        }
        guard hasModel else { throw Self.invalid("model: Field required") }
        guard let messages else { throw Self.invalid("messages: Field required") }
        try traits.read(messages: messages)
    }

    /// Far above what the API has, and few enough to be compared with each other.
    private static let maximumMembers = 256
    private static let maximumNameBytes = 256

    static func invalid(_ text: String) -> GatewayError { GatewayError(.invalidRequest(text)) }
}
