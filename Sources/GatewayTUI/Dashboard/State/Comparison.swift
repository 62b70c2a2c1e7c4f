package import Shared

/// Who is to answer in a comparison.
package enum CompareTarget: Sendable, Hashable {
    case tier(Tier)
    /// A configured name of a model, or a model's id.
    case model(String)

    package var name: String {
        switch self {
        case .tier(let tier): "tier \(tier.name)"
        case .model(let name): name
        }
    }
}

/// One prompt, sent to several at once.
package struct Comparison: Sendable {
    package static let least = 2
    package static let most = 4

    package struct Estimate: Sendable, Hashable {
        package var cost: USD
        package var isSimulated: Bool
    }

    package struct Column: Sendable {
        package let target: CompareTarget
        package let request: ControlProtocol.PromptRequest
        package var estimate: Estimate?
        package var answer = StreamedAnswer()

        /// Somebody else has answered than was asked for: budgets, failures and bounds may bring that about.
        package var isSubstitute: Bool {
            guard let summary = answer.detail?.summary, !summary.backend.isEmpty else { return false }
            switch target {
            case .tier(let tier): return summary.tier != tier
            case .model(let name): return summary.backend != name && summary.model != name
            }
        }
    }

    package enum Stage: Sendable, Hashable {
        /// The dry runs that tell the costs are under way.
        case estimating
        /// A yes is waited for.
        case asking
        case sent
    }

    package let prompt: String
    package var columns: [Column]
    package var stage = Stage.estimating
    /// The column that is shown where there is no room for all of them.
    package var shown = 0
    /// Rows that the answers are scrolled up from their ends.
    package var scroll = 0

    /// What `request` asks, of each of the targets.
    package init(_ request: ControlProtocol.PromptRequest, _ targets: [CompareTarget]) {
        prompt = request.prompt
        columns = targets.map { target in
            // Who is named answers: there is nothing to classify.
            var own = ControlProtocol.PromptRequest(
                prompt: request.prompt,
                system: request.system,
                maxTokens: request.maxTokens,
                skill: request.skill,
                isComparison: true
            )
            switch target {
            case .tier(let tier): own.tier = tier
            case .model(let name): own.model = name
            }
            return Column(target: target, request: own)
        }
    }

    package var isRunning: Bool {
        switch stage {
        case .estimating: true
        case .asking: false
        case .sent: columns.contains { $0.answer.phase.isRunning }
        }
    }

    /// What all of them are expected to cost; nil while one is not known.
    package var estimatedCost: USD? {
        let known = columns.compactMap(\.estimate?.cost)
        return known.count == columns.count ? known.reduce(.zero, +) : nil
    }

    /// Nobody is paid.
    package var isSimulated: Bool { columns.allSatisfy { $0.estimate?.isSimulated == true } }

    /// What they have cost so far.
    package var cost: USD { columns.reduce(.zero) { $0 + ($1.answer.detail?.summary.cost ?? .zero) } }

    /// The positions of the best ones; empty where there is nothing to compare or all are alike.
    package static func best(_ values: [Double?], isLeast: Bool) -> Set<Int> {
        let known = values.compactMap(\.self).filter(\.isFinite)
        guard known.count > 1, let least = known.min(), let most = known.max(), least < most else { return [] }
        let wanted = isLeast ? least : most
        return Set(values.indices.filter { values[$0] == wanted })
    }
}
