import Shared

/// Makes the prompt what is to be sent of it: shorter by the reducers of its conversation, with the skill that was asked for.
///
/// What holds is decided at a conversation's first turn and kept for its life, so that the beginning of what is sent is
/// always what was sent before. Programs' own queries are left alone, unless they go on from a conversation that is not.
package final class Prepare: Stage {
    package static let name = "prepare"
    private let conversations: PreparedConversations
    private let plans: ByProject<ReductionPlan>
    /// Nobody's prompts are reduced.
    private let reducesNothing: Bool
    private let boilerplate: Boilerplate
    private let skills: SkillLibrary?
    private let tiers: Set<Tier>
    /// Every backend of a client's dialect takes messages of the role `system` in mid-conversation.
    private let takesSystemMessages: @Sendable (Dialect) -> Bool

    package init(
        _ plans: ByProject<ReductionPlan>,
        boilerplate: Boilerplate,
        skills: SkillLibrary?,
        conversations: PreparedConversations,
        backends: [Backend]
    ) {
        self.conversations = conversations
        self.plans = plans
        reducesNothing = plans.all.allSatisfy(\.isEmpty)
        self.boilerplate = boilerplate
        self.skills = skills
        tiers = Set(backends.map(\.tier))
        let allAnthropic = backends.allSatisfy { backend in
            backend.wire == .anthropic && backend.hasKnownCapabilities && backend.capabilities.systemMessages
                && !backend.capabilities.unsure.contains(.systemMessages)
        }
        let allOpenAI = backends.allSatisfy { $0.wire == .openai }
        takesSystemMessages = { $0 == .anthropic ? allAnthropic : allOpenAI }
    }

    /// Tells one configuration of reducers from another.
    package static func fingerprint(_ plans: ByProject<ReductionPlan>, _ boilerplate: Boilerplate) -> String {
        let all = plans.all
        let texts = all.map { "\($0)" }.joined(separator: " ")
        return "\(texts) \(all.contains(where: \.stripsBoilerplate) ? boilerplate.fingerprint : 0)"
    }

    package func handle(_ exchange: inout Exchange, next: Next) async throws(GatewayError) -> Reply {
        guard let prompt = exchange.prompt else {
            throw GatewayError(.internalFault("a request came to be prepared before it was read"))
        }
        let skill = try exchange.directives.skill.map { id throws(GatewayError) in try skills.named(id) }
        guard skill != nil || !reducesNothing || !conversations.isEmpty else { return try await next(&exchange) }
        try prepare(&exchange, prompt, skill)
        return try await next(&exchange)
    }

    private func prepare(_ exchange: inout Exchange, _ prompt: Prompt, _ skill: Skill?) throws(GatewayError) {
        let session = exchange.request.header("x-claude-code-session-id")
        let turn = Turn(prompt, of: exchange.client, session: session)
        let isNormal = turn.kind == .userTurn || turn.kind == .toolStep
        let known = conversations.find(turn.chain)
        if exchange.known == nil { exchange.turn = turn }
        guard isNormal || known != nil else { return }
        let shape = PromptShape(prompt)
        // A first turn is a new conversation, however often the same question is asked.
        let before = shape.hasHistory ? known : nil
        guard isNormal || before != nil else { return }
        let plan = plans[exchange.client.project]
        var conversation = before?.conversation ?? begun(prompt, shape, plan)
        if let skill, isNormal { place(skill, in: &conversation, shape, &exchange) }
        let edition = try edition(prompt, &conversation, mayPrune: isNormal)
        var chain = turn.chain
        if let edited = edition.prompt {
            chain = MessageChain(edited, partition: turn.chain.partition, session: session)
        }
        if let before, !edition.hasPruned, !isUnbroken(before, chain) {
            disable(&conversation, &exchange)
            chain = turn.chain
        } else if let edited = edition.prompt {
            exchange.prompt = edited
            exchange.turn = Turn(kind: turn.kind, chain: chain)
            exchange.known = nil
            tell(edition.report, conversation, &exchange)
        }
        guard isNormal, !plan.isEmpty || conversation.isDisabled || !conversation.changesNothing else { return }
        conversation.sent = chain.whole
        conversation.sentMessages = chain.messageCount
        conversations.keep(turn.chain, conversation, goingOnFrom: before?.hash)
    }

    /// A request to count the tokens of a prompt, as they would be sent: a conversation that is edited is counted so, and
    /// providers check its thinking as they would in a request for an answer. What cannot be read stays as it is, for
    /// the provider to judge.
    func counted(_ request: ClientRequest, of client: ClientIdentity) -> ClientRequest {
        guard !conversations.isEmpty, let prompt = try? Prompt(parsing: request.body) else { return request }
        let turn = Turn(prompt, of: client, session: request.header("x-claude-code-session-id"))
        guard var conversation = conversations.find(turn.chain)?.conversation,
            let edition = try? edition(prompt, &conversation, mayPrune: false).prompt
        else { return request }
        return request.at(request.path, body: edition.body)
    }

    // MARK: What holds

    /// For a conversation that nothing is known of. One in its middle began elsewhere, or before these reducers were
    /// configured, and is left alone unless they have been for long.
    private func begun(_ prompt: Prompt, _ shape: PromptShape, _ plan: ReductionPlan) -> PreparedConversation {
        if shape.hasHistory, prompt.traits.hasThinkingHistory || !conversations.hasSettled { return .untouched }
        var conversation = PreparedConversation(plan: plan)
        if plan.asksForDiffs, shape.isCoding {
            conversation.additions.append(PromptAddition(ReductionPlan.diffInstruction, at: .system))
        }
        return conversation
    }

    /// Gives a conversation the skill that its client asks for, once.
    private func place(
        _ skill: Skill,
        in conversation: inout PreparedConversation,
        _ shape: PromptShape,
        _ exchange: inout Exchange
    ) {
        if exchange.directives.tier == nil, exchange.directives.smartRouting != false,
            let list = SkillTiers(skill, among: tiers)
        {
            exchange.directives.skillTiers = list
            // What is known of the same bytes was decided without it.
            exchange.known = nil
        }
        guard !conversation.skills.contains(skill.id) else { return }
        let place: PromptAddition.Place
        if !shape.hasHistory {
            place = .system
        } else if conversation.isDisabled || conversation.additions.count >= PreparedConversation.maximumAdditions {
            return exchange.warnings.append("the skill \(skill.id) is not used: this conversation is left as it is")
        } else if takesSystemMessages(exchange.dialect), shape.endsWithUser || shape.endsWithTool {
            place = .systemMessage(after: shape.messageCount - 1)
        } else if shape.endsWithUser {
            place = .message(shape.messageCount - 1)
        } else {
            return exchange.warnings.append("the skill \(skill.id) waits for the user's next message")
        }
        conversation.additions.append(PromptAddition(skill.text, at: place))
        conversation.skills.append(skill.id)
    }

    // MARK: The edition

    private struct Edition {
        /// nil where nothing is changed.
        var prompt: Prompt?
        var report = ReductionReport()
        /// More of the past was left out than before: the beginning is another one on purpose.
        var hasPruned = false
    }

    private func edition(
        _ prompt: Prompt,
        _ conversation: inout PreparedConversation,
        mayPrune: Bool
    ) throws(GatewayError) -> Edition {
        var edition = Edition()
        guard !conversation.changesNothing else { return edition }
        let held = conversation
        var cut = held.prunedBefore
        let edits = prompt.body.withUnsafeBufferPointer { bytes in
            prompt.index.withRoot(bytes) { root -> [BodyEdit] in
                var edits: [BodyEdit] = []
                if !held.plan.isEmpty {
                    let blocks = TextBlock.all(in: root, dialect: prompt.dialect)
                    // Thinking is bound to all that came before it.
                    if mayPrune, held.plan.maxContextTokens > 0, !prompt.traits.hasThinkingHistory {
                        cut = ContextPruning.cut(
                            blocks,
                            characters: prompt.traits.promptCharacters,
                            messageCount: prompt.traits.messageCount,
                            budgetTokens: held.plan.maxContextTokens,
                            current: cut
                        )
                    }
                    let reduction = PromptReduction(
                        blocks,
                        root,
                        dialect: prompt.dialect,
                        plan: held.plan,
                        boilerplate: boilerplate,
                        prunedBefore: cut
                    )
                    edits = reduction.edits
                    edition.report = reduction.report
                }
                return edits + PromptAddition.edits(held.additions, in: root, dialect: prompt.dialect)
            }
        }
        edition.hasPruned = cut != held.prunedBefore
        conversation.prunedBefore = cut
        guard !edits.isEmpty else { return edition }
        do throws(GatewayError) {
            let body = BodyEdit.apply(edits, to: prompt.body)
            edition.prompt = try Prompt(parsing: body, dialect: prompt.dialect, editionOf: prompt)
        } catch {
            throw GatewayError(.internalFault("preparing the prompt broke it: \(error.message)"))
        }
        return edition
    }

    // MARK: The self-check

    /// Whether what is to be sent begins with what was sent before.
    private func isUnbroken(
        _ before: (conversation: PreparedConversation, hash: PrefixHash, newMessages: Int),
        _ chain: MessageChain
    ) -> Bool {
        guard before.newMessages > 0, let sent = before.conversation.sent else { return true }
        let behind = chain.messageCount - before.conversation.sentMessages
        // Too far back to be seen: nothing speaks against it.
        guard behind >= 0, behind < chain.links.count else { return true }
        return chain.links[chain.links.count - 1 - behind] == sent
    }

    private func disable(_ conversation: inout PreparedConversation, _ exchange: inout Exchange) {
        conversation = .untouched
        conversation.isDisabled = true
        conversations.noteDisabled()
        exchange.warnings.append(
            "the conversation's beginning would not have been what was sent before: it is left as the client sends it"
        )
    }

    private func tell(_ report: ReductionReport, _ conversation: PreparedConversation, _ exchange: inout Exchange) {
        exchange.reduction = report
        exchange.notes += report.sentences.map { sentence in
            sentence.prefix(1).uppercased() + sentence.dropFirst() + "."
        }
        if !report.isEmpty { exchange.warnings += report.sentences }
        let names = conversation.skills.joined(separator: ", ")
        if !names.isEmpty { exchange.notes.append("Asked with the method of the skill \(names).") }
    }
}
