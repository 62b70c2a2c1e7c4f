import Shared

/// Which requests may be put to a second model, and in which form.
enum ShadowFitness {
    enum Outcome {
        case fit(Prompt, [Adaptation])
        case unfit(String)
    }

    /// The request as the other backend can be asked it: without a stream, adapted to its model. Unfit is what cannot be
    /// answered twice alike: steps of an agent, tools, images and documents, and whatever binds a request to its model.
    static func prepare(_ answered: ShadowRunner.Answered, for other: Backend, maximumBytes: Int) -> Outcome {
        let prompt = answered.prompt
        let traits = prompt.traits
        if other.name == answered.backend.name { return .unfit("the other backend is the one that answered") }
        if answered.isSideQuery { return .unfit("it is a side query") }
        if answered.isAgent { return .unfit("it belongs to an agent's session") }
        if traits.hasToolHistory || traits.toolCount > 0 { return .unfit("it uses tools") }
        if traits.imageCount > 0 || traits.hasPDF || traits.hasTextDocuments || traits.hasLinkedContent {
            return .unfit("it holds images or documents")
        }
        if prompt.body.count > maximumBytes { return .unfit("it is larger than \(maximumBytes) bytes") }
        if traits.isPrefilled { return .unfit("its answer was begun by the client") }
        if let reason = Capability.reasonToStay(traits, maxTokens: prompt.maxTokens, betas: betas(answered.request)) {
            return .unfit(reason)
        }
        var adaptations: [Adaptation] = []
        var maxTokens = prompt.maxTokens
        if let asked = maxTokens, let limit = other.maxOutput, asked > limit {
            adaptations.append(.capMaxTokens(from: asked, to: limit))
            maxTokens = limit
        }
        let tokens = other.estimatedTokens(characters: traits.systemBytes + traits.messageBytes)
        if let window = other.contextWindow, (maxTokens ?? 0) > window - tokens {
            return .unfit("it may be over the window of \(other.name)")
        }
        switch Capability.fit(traits, other, maxTokens: maxTokens) {
        case .refuses(let reason): return .unfit("\(other.name): \(reason)")
        case .fits(let more): adaptations += more
        }
        guard let plain = unstreamed(prompt) else { return .unfit("it could not be asked without a stream") }
        return .fit(plain, adaptations)
    }

    /// Whatever asks for a beta is left alone, but for those that change nothing.
    private static func betas(_ request: ClientRequest) -> [String] {
        request.headers.filter { $0.isNamed("anthropic-beta") }
            .flatMap { $0.value.split(separator: ",").map { String($0.drop { $0 == " " }) } }
    }

    private static func unstreamed(_ prompt: Prompt) -> Prompt? {
        guard prompt.isStream else { return prompt }
        let edits = prompt.body.withUnsafeBufferPointer { bytes in
            prompt.index.withRoot(bytes) { root in
                ["stream", "stream_options"].compactMap { (name: StaticString) in
                    BodyEdit.removing(name, from: root)
                }
            }
        }
        return try? Prompt(parsing: BodyEdit.apply(edits, to: prompt.body), dialect: prompt.dialect)
    }
}
