package import Shared

/// Why a body that came with status 200 is no answer.
package enum AnswerProblem: Error, Sendable, Equatable {
    /// Not the JSON of an answer: what was expected, and the first 200 characters of what came.
    case notAnAnswer(String)
    /// The body is an error, which ``ErrorTranslation/translate(status:body:from:to:requestID:)`` reads.
    case providerError
}

/// Translates everything that a provider answers into the client's dialect.
///
/// A whole answer is the same events as a stream, so that the two cannot differ.
package enum AnswerTranslation {
    /// The way of one stream. Where wire and dialect are the same its bytes pass as they are.
    package static func passage(
        from wire: BackendWire,
        to dialect: Dialect,
        context: TranslationContext
    ) -> any AnswerPassage {
        let events = PayloadCutter.events(EventStreamSplitter())
        switch (wire, dialect) {
        case (.anthropic, .anthropic): return AnthropicPassage(context)
        case (.openai, .openai): return OpenAIPassage(context)
        case (.anthropic, .openai):
            return TranslatedPassage(events, AnthropicAnswerReader(context), OpenAIAnswerWriter(context))
        case (.openai, .anthropic):
            let writer = AnthropicAnswerWriter(context, holdsCalls: false)
            return TranslatedPassage(events, OpenAIAnswerReader(context), writer)
        case (.ollama, .anthropic):
            let writer = AnthropicAnswerWriter(context, holdsCalls: false)
            return TranslatedPassage(.lines(LineCutter()), OllamaAnswerReader(context), writer)
        case (.ollama, .openai):
            return TranslatedPassage(.lines(LineCutter()), OllamaAnswerReader(context), OpenAIAnswerWriter(context))
        }
    }

    /// A whole answer with status 200. Where wire and dialect are the same its body comes back as it is.
    package static func whole(
        _ body: [UInt8],
        from wire: BackendWire,
        to dialect: Dialect,
        context: TranslationContext
    ) throws(AnswerProblem) -> TranslatedAnswer {
        if wire.dialect == dialect { return try own(body, wire, context) }
        try check(body, wire)
        switch dialect {
        case .openai:
            var writer = OpenAIMessageWriter(context)
            let (written, account) = try translate(body, wire, &writer, context)
            return answer(written, account)
        case .anthropic:
            var writer = AnthropicAnswerWriter(context, holdsCalls: true)
            let (written, account) = try translate(body, wire, &writer, context)
            guard let message = AnthropicReplay.json(fromStream: written) else {
                throw .notAnAnswer("an answer that could not be put together")
            }
            return answer(message, account)
        }
    }

    /// An answer that passes as it is: only read for the account.
    private static func own(
        _ body: [UInt8],
        _ wire: BackendWire,
        _ context: TranslationContext
    ) throws(AnswerProblem) -> TranslatedAnswer {
        // A client's JSON reader fails on it, and would not know whose fault it is.
        guard body.withUnsafeBufferPointer({ JSONScan.firstInvalidUTF8($0) == nil }) else {
            throw notAnAnswer("UTF-8", body)
        }
        if wire == .anthropic {
            let answer = AnthropicAnswer(parsing: body)
            // Nothing but an answer has a usage.
            if !answer.hasUsage { try check(body, wire) }
            return TranslatedAnswer(
                body: body,
                usage: answer.usage,
                hasUsage: answer.hasUsage,
                stopReason: answer.stopReason
            )
        }
        try check(body, wire)
        var reader = OpenAIAnswerReader(context)
        body.withUnsafeBufferPointer { bytes in reader.read(bytes) { _ in } }
        if !reader.isOver { reader.finish { _ in } }
        return answer(body, reader.account)
    }

    /// A whole answer of one dialect in the other. Nil for what cannot be carried over.
    ///
    /// The answer comes back as one JSON text, whatever it was.
    package static func carried(
        _ body: [UInt8],
        from source: Dialect,
        to dialect: Dialect,
        isStream: Bool,
        usage: TokenUsage,
        context: TranslationContext
    ) -> [UInt8]? {
        let message = replay(body, in: source, isStream: isStream, asStream: false, usage: usage, context: context)
        guard let message, source != dialect else { return message }
        let wire: BackendWire = source == .anthropic ? .anthropic : .openai
        return try? whole(message, from: wire, to: dialect, context: context).body
    }

    /// A whole answer of a dialect in the form a client of it asks for: one JSON text or a stream, OpenAI's with a usage
    /// chunk if `context` says so. Nil for what cannot be carried over; the caller then asks a provider.
    ///
    /// `usage` is what the answer came to, for a kept stream that does not say.
    package static func replay(
        _ body: [UInt8],
        in dialect: Dialect,
        isStream: Bool,
        asStream: Bool,
        usage: TokenUsage,
        context: TranslationContext
    ) -> [UInt8]? {
        switch dialect {
        case .anthropic where isStream == asStream: body
        case .anthropic: asStream ? AnthropicReplay.stream(fromJSON: body) : AnthropicReplay.json(fromStream: body)
        case .openai: OpenAIReplay.replay(body, isStream: isStream, asStream: asStream, usage: usage, context: context)
        }
    }

    private static func answer(_ body: [UInt8], _ account: AnswerAccount) -> TranslatedAnswer {
        TranslatedAnswer(
            body: body,
            usage: account.hasOutput ? account.usage : TokenUsage(),
            hasUsage: account.hasOutput,
            inputIsEstimated: account.hasOutput && !account.hasInput,
            stopReason: account.stopReason
        )
    }

    private static func translate(
        _ body: [UInt8],
        _ wire: BackendWire,
        _ writer: inout some AnswerWriter,
        _ context: TranslationContext
    ) throws(AnswerProblem) -> (body: [UInt8], account: AnswerAccount) {
        switch wire {
        case .openai: return try read(body, OpenAIAnswerReader(context), &writer)
        case .ollama: return try read(body, OllamaAnswerReader(context), &writer)
        case .anthropic:
            guard let stream = AnthropicReplay.stream(fromJSON: body) else {
                throw notAnAnswer("a message with a content", body)
            }
            return try readEvents(stream, AnthropicAnswerReader(context), &writer)
        }
    }

    /// Reads a body that is one JSON object.
    private static func read(
        _ body: [UInt8],
        _ reader: some AnswerReader,
        _ writer: inout some AnswerWriter
    ) throws(AnswerProblem) -> (body: [UInt8], account: AnswerAccount) {
        var reader = reader
        var out: [UInt8] = []
        body.withUnsafeBufferPointer { bytes in
            reader.read(bytes) { writer.write($0, to: &out) }
        }
        if !reader.isOver { reader.finish { writer.write($0, to: &out) } }
        return try finished(body, out, reader)
    }

    private static func readEvents(
        _ stream: [UInt8],
        _ reader: some AnswerReader,
        _ writer: inout some AnswerWriter
    ) throws(AnswerProblem) -> (body: [UInt8], account: AnswerAccount) {
        var reader = reader
        var out: [UInt8] = []
        var splitter = EventStreamSplitter(limit: .max)
        do throws(EventStreamSplitter.EventTooLong) {
            _ = try splitter.append(stream) { event in
                StreamPayload.look(at: event) { reader.read($0) { writer.write($0, to: &out) } }
            }
        } catch {
            throw .notAnAnswer("an answer of more than \(error.limit) bytes")
        }
        return try finished(stream, out, reader)
    }

    private static func finished(
        _ body: [UInt8],
        _ out: [UInt8],
        _ reader: some AnswerReader
    ) throws(AnswerProblem) -> (body: [UInt8], account: AnswerAccount) {
        guard reader.account.isComplete else { throw notAnAnswer("a whole answer", body) }
        return (EscapedPieces.validated(out), reader.account)
    }

    /// Whether the body has the shape of an answer of its wire.
    private static func check(_ body: [UInt8], _ wire: BackendWire) throws(AnswerProblem) {
        let problem = body.withUnsafeBufferPointer { bytes -> AnswerProblem? in
            guard let index = try? JSONIndex(bytes) else { return notAnAnswer("a JSON object", body) }
            return index.withRoot(bytes) { root -> AnswerProblem? in
                if let error = root["error"], ProviderFault(openAIError: error) != nil { return .providerError }
                switch wire {
                case .anthropic:
                    return root["content"]?.kind == .array ? nil : notAnAnswer("a message with a content", body)
                case .openai:
                    var hasMessage = false
                    root["choices"]?.forEachElement { hasMessage = hasMessage || $0["message"]?.kind == .object }
                    return hasMessage ? nil : notAnAnswer("a choice with a message", body)
                case .ollama:
                    return root["message"]?.kind == .object ? nil : notAnAnswer("a message", body)
                }
            }
        }
        if let problem { throw problem }
    }

    private static func notAnAnswer(_ expected: String, _ body: [UInt8]) -> AnswerProblem {
        let text = ProviderFault.excerpt(body)
        return .notAnAnswer("expected \(expected), got \(text.isEmpty ? "an empty body" : text)")
    }
}
