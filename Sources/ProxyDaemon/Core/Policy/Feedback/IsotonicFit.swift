/// What reports said of the answers in one bin of the score, after decay.
struct QualityBin: Sendable, Equatable {
    /// Reports.
    var weight = 0.0
    /// Their goodness added up; at most ``weight``.
    var goodness = 0.0
}

/// Quality as a function of the score that never rises: the pool-adjacent-violators algorithm, least squares under that
/// order (Ayer et al. 1955).
struct IsotonicFit: Sendable {
    /// Neighbouring bins with one value.
    struct Block: Sendable, Equatable {
        var bins: Range<Int>
        var weight: Double
        var goodness: Double

        var mean: Double { weight > 0 ? goodness / weight : 0 }
    }

    /// In the order of the score, the means falling; bins without a report are in none.
    let blocks: [Block]

    init(_ bins: [QualityBin]) {
        var blocks: [Block] = []
        for (at, bin) in bins.enumerated() where bin.weight > 0 {
            var block = Block(bins: at..<(at + 1), weight: bin.weight, goodness: bin.goodness)
            while let last = blocks.last, last.mean <= block.mean {
                block = Block(
                    bins: last.bins.lowerBound..<block.bins.upperBound,
                    weight: last.weight + block.weight,
                    goodness: last.goodness + block.goodness
                )
                blocks.removeLast()
            }
            blocks.append(block)
        }
        self.blocks = blocks
    }

    /// A stretch of scores on which there is a verdict.
    struct Verdict: Sendable, Equatable {
        /// The score where the stretch ends (good) or begins (weak).
        var edge: Double
        /// The mean goodness on the stretch, 0 to 1.
        var quality: Double
        /// The reports behind it, after decay.
        var weight: Double
    }

    /// The highest scores at which the quality still is on target; nil where too few reports say so.
    ///
    /// The edge is the highest one with `verdictWeight` reports between it and the end of the good stretch, so that a
    /// few lucky answers far out do not count for all that lies between.
    func good(_ bins: [QualityBin], target: Double, verdictWeight: Double) -> Verdict? {
        guard let end = blocks.last(where: { $0.mean >= target })?.bins.upperBound else { return nil }
        var weight = 0.0
        var goodness = 0.0
        for at in (0..<end).reversed() {
            weight += bins[at].weight
            goodness += bins[at].goodness
            guard weight >= verdictWeight else { continue }
            return Verdict(
                edge: Double(at + 1) * CalibrationRule.binWidth,
                quality: goodness / weight,
                weight: weight
            )
        }
        return nil
    }

    /// The lowest score from which on the quality is under the target; nil where too few reports say so.
    func weak(target: Double, verdictWeight: Double) -> Verdict? {
        let weak = blocks.filter { $0.mean < target }
        let weight = weak.reduce(0) { $0 + $1.weight }
        guard let first = weak.first, weight >= verdictWeight else { return nil }
        return Verdict(
            edge: Double(first.bins.lowerBound) * CalibrationRule.binWidth,
            quality: weak.reduce(0) { $0 + $1.goodness } / weight,
            weight: weight
        )
    }
}
