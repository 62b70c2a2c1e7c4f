/// Makes a request for a provider of another dialect.
///
/// A client's dialect is read into a ``Conversation``, and that is written in the provider's wire format: two readers and
/// three writers. What maps how stands in ``FieldTables``. Pure.
package enum RequestTranslation {
    /// The request as the target's wire format has it.
    ///
    /// `index` is that of `body`. Throws an `invalidRequest` whose text begins with the field at fault, in the client's
    /// own words: what is malformed, what the target cannot do, and, where the target is strict, what it would not be told.
    package static func translate(
        _ body: [UInt8],
        _ index: JSONIndex,
        from dialect: Dialect,
        to target: TranslationTarget
    ) throws(GatewayError) -> TranslatedRequest {
        let outcome = body.withUnsafeBufferPointer { bytes in
            index.withRoot(bytes) { root -> Result<TranslatedRequest, Refusal> in
                do throws(Refusal) {
                    return .success(try translate(RequestSource(body: body, target: target), root, dialect, target))
                } catch {
                    return .failure(error)
                }
            }
        }
        do throws(Refusal) { return try outcome.get() } catch {
            throw GatewayError(.invalidRequest(error.text(in: dialect)))
        }
    }

    private static func translate(
        _ source: RequestSource,
        _ root: JSONView,
        _ dialect: Dialect,
        _ target: TranslationTarget
    ) throws(Refusal) -> TranslatedRequest {
        var warnings = TranslationWarnings()
        let conversation: Conversation
        switch dialect {
        case .openai:
            var reader = OpenAIRequestReader(source)
            conversation = try reader.read(root)
            warnings = reader.source.warnings
        case .anthropic:
            var reader = AnthropicRequestReader(source)
            conversation = try reader.read(root)
            warnings = reader.source.warnings
        }
        var toolNames: [String: String] = [:]
        let written: [UInt8]
        switch target.wire {
        case .anthropic:
            var writer = AnthropicRequestWriter(conversation, target, warnings)
            written = try writer.write()
            warnings = writer.warnings
        case .openai:
            var writer = OpenAIRequestWriter(conversation, target, warnings)
            written = try writer.write()
            warnings = writer.warnings
            toolNames = writer.toolNames
        case .ollama:
            var writer = OllamaRequestWriter(conversation, target, warnings)
            written = try writer.write()
            warnings = writer.warnings
        }
        if target.isStrict, let first = warnings.names.first {
            let others = warnings.names.dropFirst()
            throw Refusal(
                first,
                "is not carried over to this backend as it stands, and strict_translation is on"
                    + (others.isEmpty ? "" : " (also: \(others.joined(separator: ", ")))")
            )
        }
        return TranslatedRequest(body: written, warnings: warnings.names, toolNames: toolNames)
    }
}

/// What was dropped or changed, by its name in the client's dialect: each once, in order of sight.
struct TranslationWarnings {
    /// More are not told apart: the names may be the client's own inventions, and they go into a header.
    static let maximumNames = 32
    private static let maximumNameLength = 64

    private(set) var names: [String] = []

    mutating func add(_ name: String) {
        guard names.count < Self.maximumNames else { return }
        let plain = String(
            name.unicodeScalars.prefix(Self.maximumNameLength).map { scalar in
                // Commas part the names in the header.
                scalar.isASCII && scalar.value > 0x20 && scalar.value != 0x7F && scalar != "," ? Character(scalar) : "?"
            }
        )
        if !names.contains(plain) { names.append(plain) }
    }
}

/// Why a request cannot be translated, and where in it.
struct Refusal: Error, Equatable {
    enum Step: Equatable {
        case member(String)
        case element(Int)
    }

    /// From the outside in.
    private(set) var path: [Step]
    let why: String

    init(_ field: String, _ why: String) {
        path = [.member(field)]
        self.why = why
    }

    /// Of something whose place is yet to be named.
    init(_ why: String) {
        path = []
        self.why = why
    }

    /// The same, seen from the container around.
    func inside(_ steps: Step...) -> Refusal {
        var outer = self
        outer.path = steps + path
        return outer
    }

    /// The same, of an element of what the path ends in.
    func at(element position: Int) -> Refusal {
        var inner = self
        inner.path.append(.element(position))
        return inner
    }

    /// `messages.0.content: why`, as Anthropic writes it, or `messages[0].content: why`, as OpenAI does.
    func text(in dialect: Dialect) -> String {
        var text = ""
        for step in path {
            switch (step, dialect) {
            case (.member(let name), _): text += text.isEmpty ? name : ".\(name)"
            case (.element(let position), .anthropic): text += ".\(position)"
            case (.element(let position), .openai): text += "[\(position)]"
            }
        }
        return "\(text): \(why)"
    }
}
