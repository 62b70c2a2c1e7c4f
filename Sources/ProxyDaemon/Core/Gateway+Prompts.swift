package import Shared

/// Prompts of front ends: what a prompt tester sends, and its dry runs.
extension Gateway {
    /// What would be decided for a prompt, with nothing sent: a dry run.
    package func explain(
        _ asked: ControlProtocol.PromptRequest
    ) async throws(GatewayError) -> DecisionExplanation {
        let mode = try asked.mode
        let (prompt, skillTiers) = try withSkill(asked)
        let parsed = try Prompt(parsing: Self.body(prompt, isStream: false))
        let client = ClientIdentity(project: ClientKeys.defaultProject, keyFingerprint: "")
        var request = routing(parsed, for: client)
        request.directives.tier = prompt.tier
        // Whoever asks wants to see the other tiers beside the forced one, which are weighed where escalations may come.
        if prompt.tier != nil { request.directives.maxEscalations = 0 }
        request.directives.tierAsker = .promptTester
        if prompt.isComparison == true {
            request.directives.compare()
        } else {
            request.directives.skillTiers = skillTiers
        }
        let question = ClassifierRequest(traits: parsed.traits, mode: mode, maySpend: false)
        var explanation = try await decide.decide(request, asking: question).decision.get().explained
        explanation.forcedTier = prompt.tier
        return explanation
    }

    /// Refuses what can be told to be wrong before anything is sent: an `invalidRequest` that names the member.
    package static func check(_ prompt: ControlProtocol.PromptRequest) throws(GatewayError) { _ = try prompt.mode }

    /// A prompt of the control socket as the body of a Messages request.
    package static func body(_ prompt: ControlProtocol.PromptRequest, isStream: Bool) -> [UInt8] {
        let system = prompt.system.map { ",\"system\":\(JSONText.quoted($0))" } ?? ""
        let text = """
            {"model":\(JSONText.quoted(prompt.model ?? "auto")),"max_tokens":\(prompt.maxTokens ?? 1_024),\
            "stream":\(isStream)\(system),"messages":[{"role":"user","content":\(JSONText.quoted(prompt.prompt))}]}
            """
        return Array(text.utf8)
    }
}

extension ControlProtocol.PromptRequest {
    /// How it is to be classified; nil for as configured.
    fileprivate var mode: Settings.ClassifierMode? {
        get throws(GatewayError) {
            guard let classifierMode else { return nil }
            return try Directives.classifierMode(classifierMode, name: "classifier_mode")
        }
    }
}

extension ClientRequest {
    /// A front end's prompt as a client would send it: streamed, in Anthropic's dialect, in the operator's own name.
    package convenience init(
        _ prompt: ControlProtocol.PromptRequest,
        id: String,
        arrivedNanoseconds: Int64,
        unixMilliseconds: Int64,
        trace: RequestTrace? = nil
    ) {
        var headers: [HeaderField] = []
        if let tier = prompt.tier { headers.append(HeaderField("x-gateway-tier", tier.name)) }
        if let skill = prompt.skill { headers.append(HeaderField("x-gateway-skill", skill)) }
        if let mode = prompt.classifierMode { headers.append(HeaderField("x-gateway-classifier-mode", mode)) }
        self.init(
            id: id,
            method: "POST",
            path: "/v1/messages",
            headers: headers,
            body: Gateway.body(prompt, isStream: true),
            isTrusted: true,
            arrivedNanoseconds: arrivedNanoseconds,
            unixMilliseconds: unixMilliseconds,
            trace: trace,
            isComparison: prompt.isComparison ?? false
        )
    }
}
