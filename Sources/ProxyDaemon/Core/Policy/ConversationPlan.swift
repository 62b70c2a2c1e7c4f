import Shared

/// The planner's word on a request's candidates, where there is something to plan: a conversation that goes on, tools that
/// will call again, or a prompt that is marked for caching.
struct ConversationPlan {
    let plan: SwitchPlan
    /// The candidate that is expected to cost least.
    let choice: Decision.Candidate

    /// `able` is every candidate that may take the request, as later turns may go to any of them, and `pool` those among which
    /// the choice is. Nil where there is nothing to plan.
    init?(_ draft: RoutingDraft, _ able: [Decision.Candidate], _ pool: [Decision.Candidate], wanted: Tier) {
        guard let turn = draft.request.turn, able.count > 1 else { return nil }
        guard turn.view != nil || turn.marks.markedBytes > 0 || draft.traits.toolCount > 0 else { return nil }
        let candidates = able.map { candidate in
            PlanCandidate(
                candidate.backend,
                characters: draft.characters,
                effort: draft.traits.effort,
                marks: turn.marks,
                view: turn.view,
                unixSeconds: draft.request.unixSeconds
            )
        }
        // What is known of the conversation's growth is in the tokens of the model that counted last.
        let counted = turn.view?.measured.map { measured in
            measured.tokens(ofPrompt: draft.characters, perThousand: measured.tokensPerThousandCharacters)
        }
        let expected = ExpectedTurns(
            turn.view,
            wanted: wanted,
            offersTools: draft.traits.toolCount > 0,
            outputTokens: draft.estimatedOutput,
            promptTokens: counted ?? candidates[0].promptTokens
        )
        guard let planned = SwitchCostPlanner.plan(candidates, wanted: wanted, expected: expected) else { return nil }
        let open = able.indices.filter { at in pool.contains { $0.backend === able[at].backend } }
        let best = open.min { left, right in
            let (one, other) = (planned.options[left], planned.options[right])
            return (one.total, one.candidate.tier, left) < (other.total, other.candidate.tier, right)
        }
        guard let best else { return nil }
        choice = able[best]
        plan = SwitchPlan(
            options: planned.options,
            chosen: best,
            wanted: wanted,
            expected: expected,
            isCheapest: best == planned.chosen
        )
    }

    /// What the request is expected to cost on the dearest of these; nil where none of them can take it.
    func cost(onDearestOf backends: [Backend]) -> USD? {
        let names = backends.map(\.name)
        return plan.options.filter { names.contains($0.candidate.name) }.map(\.now).max()
    }

    /// The candidates with what the request is expected to cost on each, its prompt cache included.
    func priced(_ candidates: [Decision.Candidate]) -> [Decision.Candidate] {
        candidates.map { candidate in
            guard let option = plan.options.first(where: { $0.candidate.name == candidate.backend.name }) else {
                return candidate
            }
            var candidate = candidate
            candidate.estimatedCost = option.now
            return candidate
        }
    }
}

extension Turn {
    /// Why the request goes to the model that was named for it, whatever it asks; nil where it may be routed.
    var reasonToPass: String? {
        switch kind {
        case .userTurn, .toolStep: nil
        case .sideQuery, .other: kind.reason
        }
    }
}
