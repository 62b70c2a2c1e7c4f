package import Shared

/// The line between two neighbouring tiers on the scale of the score.
package enum TierBoundary: Int, Sendable, CaseIterable {
    case fastBalanced
    case balancedPremium

    /// The boundary that answers of this tier tell of: whether that tier is good enough up to there. Answers of the
    /// other tiers tell of none.
    package init?(below tier: Tier) {
        switch tier {
        case .fast: self = .fastBalanced
        case .balanced: self = .balancedPremium
        case .local, .premium: return nil
        }
    }

    /// The tier that answers up to the boundary.
    package var lower: Tier { self == .fastBalanced ? .fast : .balanced }

    /// The tier that answers above it.
    package var upper: Tier { self == .fastBalanced ? .balanced : .premium }
}

/// Up to which score each tier answers. Scores are points from 0 to 100.
package struct ScoreThresholds: Sendable, Equatable {
    /// Scores up to this go to the fast tier.
    package var fastMaximum: Double
    /// Scores up to this go to the balanced tier, higher ones to the premium tier.
    package var balancedMaximum: Double

    package init(fastMaximum: Double, balancedMaximum: Double) {
        self.fastMaximum = fastMaximum
        self.balancedMaximum = balancedMaximum
    }

    package subscript(boundary: TierBoundary) -> Double {
        get { boundary == .fastBalanced ? fastMaximum : balancedMaximum }
        set {
            switch boundary {
            case .fastBalanced: fastMaximum = newValue
            case .balancedPremium: balancedMaximum = newValue
            }
        }
    }

    /// How far a score is from the nearer bound.
    package func margin(of score: Double) -> Double { min(abs(score - fastMaximum), abs(score - balancedMaximum)) }

    package func tier(forScore score: Double) -> Tier {
        score <= fastMaximum ? .fast : score <= balancedMaximum ? .balanced : .premium
    }
}
