import Shared
import Testing

@testable import GatewayCore

/// Reports one after the other, with the seconds that pass between them.
private struct Reporting {
    var calibration = ThresholdCalibration()
    var rule = CalibrationRule()
    var priors = ScoreThresholds(fastMaximum: 30, balancedMaximum: 70)
    var now: Int64 = 1_000_000
    var secondsBetween: Int64 = 10

    var thresholds: ScoreThresholds { calibration.thresholds(scale: .words, priors: priors, rule: rule) }

    @discardableResult
    mutating func record(_ score: Double, _ tier: Tier, _ quality: Double) -> ThresholdCalibration.Outcome {
        now += secondsBetween
        return calibration.record(
            scale: .words,
            score: score,
            tier: tier,
            quality: quality,
            priors: priors,
            rule: rule,
            unixSeconds: now
        )
    }
}

@Suite struct `Pool adjacent violators` {
    private func bins(_ values: [(weight: Double, mean: Double)]) -> [QualityBin] {
        var bins = values.map { QualityBin(weight: $0.weight, goodness: $0.weight * $0.mean) }
        while bins.count < CalibrationRule.binCount { bins.append(QualityBin()) }
        return bins
    }

    /// By hand: 0.5 and 1 break the order and become (0.5 + 3·1)/4 = 0.875; 0.9 before them does not.
    @Test func `gives violators their weighted mean`() {
        let fit = IsotonicFit(bins([(2, 0.9), (1, 0.5), (3, 1), (4, 0.25)]))
        // 0.9 < 0.875 is false, so three blocks stay.
        #expect(fit.blocks.map(\.bins) == [0..<1, 1..<3, 3..<4])
        #expect(fit.blocks.map(\.mean) == [0.9, 0.875, 0.25])
    }

    /// By hand: 0, 0.5, 1 with weight 1 each all break the order: one block of mean 0.5.
    @Test func `goes back as far as the order is broken`() {
        let fit = IsotonicFit(bins([(1, 0), (1, 0.5), (0, 0), (1, 1)]))
        #expect(fit.blocks == [.init(bins: 0..<4, weight: 3, goodness: 1.5)])
    }

    @Test func `minimises the squared distance under the order`() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<20 {
            let sample = (0..<6).map { _ in
                (weight: Double(Int.random(in: 1...5, using: &random)), mean: Double.random(in: 0...1, using: &random))
            }
            let fit = IsotonicFit(bins(sample))
            var fitted = [Double](repeating: 0, count: 6)
            for block in fit.blocks { for at in block.bins where at < 6 { fitted[at] = block.mean } }
            func loss(_ values: [Double]) -> Double {
                zip(sample, values).reduce(0) { $0 + $1.0.weight * ($1.0.mean - $1.1) * ($1.0.mean - $1.1) }
            }
            #expect(zip(fitted, fitted.dropFirst()).allSatisfy { $0 >= $1 })
            // No falling sequence nearby does better.
            for _ in 0..<200 {
                let other = fitted.map { $0 + Double.random(in: -0.05...0.05, using: &random) }
                guard zip(other, other.dropFirst()).allSatisfy({ $0 >= $1 }) else { continue }
                #expect(loss(other) >= loss(fitted) - 1e-12)
            }
        }
    }

    @Test func `says where quality ends only on enough reports`() {
        let sample = bins([(40, 1), (40, 0.975), (4, 0)])
        let fit = IsotonicFit(sample)
        #expect(fit.weak(target: 0.95, verdictWeight: 5) == nil)
        #expect(fit.good(sample, target: 0.95, verdictWeight: 5) == .init(edge: 10, quality: 0.975, weight: 40))
        let weaker = bins([(40, 1), (40, 0.975), (4, 0), (1, 0)])
        #expect(IsotonicFit(weaker).weak(target: 0.95, verdictWeight: 5) == .init(edge: 10, quality: 0, weight: 5))
    }
}

@Suite struct `A threshold` {
    @Test func `stands still until there are 30 reports`() {
        var reporting = Reporting()
        for _ in 0..<29 { #expect(reporting.record(28, .fast, 0) == .counted(moved: false)) }
        #expect(reporting.thresholds == reporting.priors)
        #expect(reporting.record(28, .fast, 0) == .counted(moved: true))
        #expect(reporting.thresholds.fastMaximum == 29.8)
        #expect(reporting.thresholds.balancedMaximum == 70)
    }

    @Test func `is moved by answers of the tier below it alone`() {
        var reporting = Reporting()
        for _ in 0..<200 {
            reporting.record(10, .balanced, 0)
            #expect(reporting.record(90, .premium, 0) == .noBoundary)
            #expect(reporting.record(10, .local, 0) == .noBoundary)
        }
        #expect(reporting.thresholds.fastMaximum == 30)
        #expect(reporting.thresholds.balancedMaximum < 70)
    }

    @Test func `counts a quality of 0.9 as good`() {
        var reporting = Reporting()
        for _ in 0..<200 { reporting.record(28, .fast, 0.9) }
        // Good up to 30, so that scores up to 35 are tried.
        #expect(reporting.thresholds.fastMaximum == 35)
    }

    @Test func `stays where no report at the top of its range asks for more`() {
        var reporting = Reporting()
        for _ in 0..<200 { reporting.record(4, .fast, 1) }
        #expect(reporting.thresholds.fastMaximum == 30)
    }

    @Test func `takes no number that is none`() {
        var reporting = Reporting()
        let before = reporting.calibration
        for (score, quality) in [(.nan, 1), (10, .nan), (-1, 1), (101, 1), (10, 1.5), (.infinity, 0)]
            as [(Double, Double)]
        {
            #expect(reporting.record(score, .fast, quality) == .invalid)
        }
        #expect(reporting.calibration == before)
    }

    @Test func `returns to its prior at a reset, and forgets`() {
        var reporting = Reporting()
        for _ in 0..<100 { reporting.record(28, .fast, 0) }
        #expect(reporting.thresholds.fastMaximum < 28)
        reporting.calibration.reset(
            priors: { [priors = reporting.priors] _ in priors },
            rule: reporting.rule,
            unixSeconds: reporting.now
        )
        #expect(reporting.thresholds == reporting.priors)
        let shown = reporting.calibration.snapshot(scale: .words, priors: reporting.priors, rule: reporting.rule)[0]
        #expect(shown.events == 0)
        #expect(shown.lastChange?.reason == .reset)
        #expect(shown.lastChange?.to == 30)
        #expect(reporting.record(28, .fast, 0) == .counted(moved: false))
    }

    @Test func `shows its prior, its place and its last move`() {
        var reporting = Reporting()
        var shown = reporting.calibration.snapshot(scale: .words, priors: reporting.priors, rule: reporting.rule)
        #expect(shown.map(\.boundary) == [.fastBalanced, .balancedPremium])
        #expect(
            shown[0].sentence
                == "The threshold fast|balanced is at 30, its prior; 30 more reports on answers of the fast tier may move it."
        )
        for _ in 0..<32 { reporting.record(28, .fast, 0) }
        shown = reporting.calibration.snapshot(scale: .words, priors: reporting.priors, rule: reporting.rule)
        #expect(shown[0].prior == 30)
        #expect(abs(shown[0].current - 29.4) < 1e-9)
        #expect(shown[0].events == 32)
        // Three steps of 0.2 within a point are told as one move.
        #expect(shown[0].changes.count == 1)
        #expect(shown[0].lastChange?.from == 30)
        #expect(shown[0].lastChange?.unixSeconds == reporting.now)
        #expect(
            shown[0].sentence.contains(
                "is at 29.4 (prior 30, 32 reports): answers from a score of 25 on were weak (0 by"
            )
        )
        #expect(shown[1].events == 0)
    }

    @Test func `remembers a bounded number of moves`() {
        var reporting = Reporting()
        reporting.rule.halfLifeEvents = 5
        for round in 0..<40 { for _ in 0..<40 { reporting.record(28, .fast, round.isMultiple(of: 2) ? 0 : 1) } }
        let changes = reporting.calibration.snapshot(scale: .words, priors: reporting.priors, rule: reporting.rule)[0]
            .changes
        #expect(changes.count == 12)
        #expect(zip(changes, changes.dropFirst()).allSatisfy { $0.to == $1.from })
    }

    @Test(
        arguments: [
            (30, 10.0...50.0), (10, 5...30), (90, 70...95), (2, 2...22), (98, 78...98), (0, 0...20), (.nan, 30...70),
        ] as [(Double, ClosedRange<Double>)]
    )
    func `has bounds around its prior`(prior: Double, range: ClosedRange<Double>) {
        #expect(CalibrationRule().range(prior: prior) == range)
    }

    @Test func `of the fast tier gives way where the two cross`() {
        var reporting = Reporting()
        reporting.priors = ScoreThresholds(fastMaximum: 45, balancedMaximum: 55)
        for at in 0..<600 {
            reporting.record(Double(at % 60), .fast, 1)
            reporting.record(Double(at % 60), .balanced, 0)
        }
        #expect(reporting.thresholds == ScoreThresholds(fastMaximum: 35, balancedMaximum: 35))
        #expect(reporting.thresholds.tier(forScore: 35) == .fast)
        #expect(reporting.thresholds.tier(forScore: 36) == .premium)
    }
}

@Suite struct `Thresholds in a simulated world` {
    /// The fast tier succeeds with a probability that falls with the score and crosses 0.95 at `crossing`.
    private func isGood(_ score: Double, crossing: Double, _ random: inout SeededGenerator) -> Bool {
        // From 1 down by 0.01 a point from 5 points before the crossing: 0.95 there, 0.75 20 points beyond.
        let chance = min(1, max(0, 0.95 + 0.01 * (crossing - score)))
        return Double.random(in: 0..<1, using: &random) < chance
    }

    /// Only what is routed to the fast tier is ever reported on.
    private func simulate(_ reporting: inout Reporting, crossing: Double, reports: Int, seed: UInt64) -> [Double] {
        var random = SeededGenerator(seed: seed)
        var path: [Double] = []
        while path.count < reports {
            let score = Double.random(in: 0...100, using: &random)
            guard score <= reporting.thresholds.fastMaximum else { continue }
            reporting.record(score, .fast, isGood(score, crossing: crossing, &random) ? 1 : 0)
            path.append(reporting.thresholds.fastMaximum)
        }
        return path
    }

    @Test(arguments: [(prior: 30.0, crossing: 42.0), (50, 38), (30, 30)], [1, 2, 3] as [UInt64])
    func `find the right place from a wrong prior`(world: (prior: Double, crossing: Double), seed: UInt64) {
        var reporting = Reporting()
        reporting.priors = ScoreThresholds(fastMaximum: world.prior, balancedMaximum: 90)
        let path = simulate(&reporting, crossing: world.crossing, reports: 6_000, seed: seed)
        let late = path.suffix(3_000)
        let mean = late.reduce(0, +) / Double(late.count)
        #expect(abs(mean - world.crossing) < 6, "\(mean)")
    }

    @Test func `follow the world when it changes`() {
        var reporting = Reporting()
        reporting.priors = ScoreThresholds(fastMaximum: 40, balancedMaximum: 90)
        let before = simulate(&reporting, crossing: 55, reports: 4_000, seed: 5).suffix(1_000)
        let after = simulate(&reporting, crossing: 30, reports: 4_000, seed: 6).suffix(1_000)
        #expect(before.reduce(0, +) / 1_000 > 49)
        #expect(after.reduce(0, +) / 1_000 < 36)
    }

    private static let streams: [(name: String, quality: @Sendable (Int, inout SeededGenerator) -> Double)] = [
        ("all 0", { _, _ in 0 }),
        ("all 1", { _, _ in 1 }),
        ("alternating", { at, _ in Double(at % 2) }),
        ("alternating in long runs", { at, _ in Double(at / 500 % 2) }),
        ("random", { _, random in Double.random(in: 0...1, using: &random) }),
    ]

    @Test(arguments: 0..<streams.count)
    func `do not run away under hostile reports`(stream: Int) {
        var random = SeededGenerator(seed: 9)
        var reporting = Reporting()
        reporting.secondsBetween = 0
        var perMinute: [Int64: Double] = [:]
        for at in 0..<20_000 {
            if at % 100 == 0 { reporting.now += 60 }
            let before = reporting.thresholds
            let tier: Tier = at % 3 == 0 ? .balanced : .fast
            let score = Double.random(in: 0...100, using: &random)
            reporting.record(score, tier, Self.streams[stream].quality(at, &random))
            let after = reporting.thresholds
            #expect(abs(after.fastMaximum - before.fastMaximum) <= 0.2 + 1e-9)
            perMinute[reporting.now / 60, default: 0] += abs(after.fastMaximum - before.fastMaximum)
            #expect((10...50).contains(after.fastMaximum))
            #expect((50...90).contains(after.balancedMaximum))
            #expect(after.fastMaximum <= after.balancedMaximum)
        }
        #expect(perMinute.values.allSatisfy { $0 <= 2 + 1e-9 })
        if stream == 0 { #expect(reporting.thresholds == ScoreThresholds(fastMaximum: 10, balancedMaximum: 50)) }
        if stream == 1 { #expect(reporting.thresholds == ScoreThresholds(fastMaximum: 50, balancedMaximum: 90)) }
    }

    @Test func `recover when hostile reports give way to honest ones`() {
        var reporting = Reporting()
        for at in 0..<3_000 { reporting.record(Double(at % 30), .fast, 0) }
        #expect(reporting.thresholds.fastMaximum == 10)
        let path = simulate(&reporting, crossing: 40, reports: 6_000, seed: 8)
        let late = path.suffix(1_000).reduce(0, +) / 1_000
        #expect(abs(late - 40) < 6, "\(late)")
    }

    @Test func `count at most 60 reports a minute`() {
        var reporting = Reporting()
        reporting.secondsBetween = 0
        reporting.now = 6_000_000
        for _ in 0..<60 { #expect(reporting.record(28, .fast, 0) != .overLimit) }
        for _ in 0..<1_000 { #expect(reporting.record(28, .fast, 0) == .overLimit) }
        // 30 reports passed before the first step, and no minute moves a threshold by more than 2 points.
        #expect(abs(reporting.thresholds.fastMaximum - 28) < 1e-9)
        reporting.now += 60
        #expect(reporting.record(28, .fast, 0) != .overLimit)
    }
}
