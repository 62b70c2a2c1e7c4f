extension MetricsSnapshot.Totals {
    /// Adds another stretch of time.
    public static func += (left: inout Self, right: Self) {
        left.requests &+= right.requests
        left.errors &+= right.errors
        left.exactCacheHits &+= right.exactCacheHits
        left.semanticCacheHits &+= right.semanticCacheHits
        left.coalesced &+= right.coalesced
        left.escalations &+= right.escalations
        left.usage += right.usage
        left.cost += right.cost
        left.baseline += right.baseline
        left.saved += right.saved
        for purpose in OverheadPurpose.allCases { left.overhead[purpose] += right.overhead[purpose] }
        left.losses += right.losses
        left.overheadUsage += right.overheadUsage
        left.tokensSaved += right.tokensSaved
    }
}
