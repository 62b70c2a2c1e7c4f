/// One exchange as its backend gets it: the client's own bytes with a few splices where both speak one dialect, a
/// translation where they do not.
struct Outgoing {
    let call: UpstreamRequest
    /// What was dropped or adapted on the way, a line each, for the client.
    let warnings: [String]
    /// What was done to the prompt, for the explanation.
    let notes: [String]
    /// What the way back has to know.
    let context: TranslationContext

    /// What `attempt` sends. Throws an `invalidRequest` for what the backend cannot be asked at all.
    init(
        _ exchange: Exchange,
        _ prompt: Prompt,
        _ backend: Backend,
        isStrict: Bool,
        defaultMaxTokens: Int
    ) throws(GatewayError) {
        try self.init(
            exchange.request,
            prompt,
            backend,
            adaptations: exchange.decision?.adaptations ?? [],
            notes: exchange.decision?.adaptationNotes ?? [],
            estimatedInputTokens: exchange.decision?.estimatedInputTokens ?? 0,
            markers: exchange.turn.flatMap { turn in
                turn.addedMarkers?.fitting(
                    backend,
                    promptTokens: backend.promptTokens(
                        characters: prompt.traits.promptCharacters,
                        measured: turn.view?.measured
                    )
                )
            },
            isStrict: isStrict,
            defaultMaxTokens: defaultMaxTokens
        )
    }

    /// A prompt for any backend, with the request that brought it: of that count only path, query, headers, id and time.
    init(
        _ request: ClientRequest,
        _ prompt: Prompt,
        _ backend: Backend,
        adaptations: [Adaptation],
        notes: [String] = [],
        estimatedInputTokens: Int,
        markers: CacheMarkers? = nil,
        isStrict: Bool,
        defaultMaxTokens: Int
    ) throws(GatewayError) {
        let isOwnDialect = backend.wire.dialect == prompt.dialect
        let translated: TranslatedRequest
        var warnings = notes
        if isOwnDialect {
            translated = TranslatedRequest(body: Splice.body(of: prompt, for: backend, adaptations, markers: markers))
            call = ProviderCall.own(backend, request, body: translated.body)
        } else {
            let target = backend.translationTarget(isStrict: isStrict, defaultMaxTokens: defaultMaxTokens)
            translated = try Self.marked(Self.translate(prompt, adaptations, to: target), markers)
            call = ProviderCall.translated(backend, request, body: translated.body)
            if !translated.warnings.isEmpty {
                warnings.append("not taken by \(backend.name) as sent: \(translated.warnings.joined(separator: ", "))")
            }
        }
        self.warnings = warnings
        self.notes = markers.map { [$0.sentence] } ?? []
        context = TranslationContext(
            exchangeID: request.id,
            unixSeconds: request.unixMilliseconds / 1_000,
            model: backend.model,
            toolNames: translated.toolNames,
            estimatedInputTokens: estimatedInputTokens,
            wantsUsageChunk: prompt.wantsUsageChunk
        )
    }

    /// A translated request with markers; the backend's wire is Anthropic's where there are any.
    private static func marked(
        _ request: TranslatedRequest,
        _ markers: CacheMarkers?
    ) throws(GatewayError) -> TranslatedRequest {
        guard let markers else { return request }
        let index: JSONIndex
        do throws(JSONProblem) {
            index = try JSONIndex(request.body)
        } catch {
            throw GatewayError(.internalFault("a translation made no JSON: \(error)"))
        }
        var request = request
        let edits = request.body.withUnsafeBufferPointer { bytes in
            index.withRoot(bytes) { markers.edits(in: $0) }
        }
        request.body = BodyEdit.apply(edits, to: request.body)
        return request
    }

    private static func translate(
        _ prompt: Prompt,
        _ adaptations: [Adaptation],
        to target: TranslationTarget
    ) throws(GatewayError) -> TranslatedRequest {
        let edits = adaptations.flatMap { $0.edits(prompt.body, prompt.index, dialect: prompt.dialect) }
        guard !edits.isEmpty else {
            return try RequestTranslation.translate(prompt.body, prompt.index, from: prompt.dialect, to: target)
        }
        let adapted = BodyEdit.apply(edits, to: prompt.body)
        let index: JSONIndex
        do throws(JSONProblem) {
            index = try JSONIndex(adapted)
        } catch {
            throw GatewayError(.internalFault("an adaptation broke the body: \(error)"))
        }
        return try RequestTranslation.translate(adapted, index, from: prompt.dialect, to: target)
    }
}
