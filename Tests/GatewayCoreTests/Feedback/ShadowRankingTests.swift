import Testing

@testable import GatewayCore

@Suite struct `Recursive least squares` {
    private func filter(_ count: Int, drift: Float = 0) throws -> RecursiveLeastSquares {
        try #require(
            RecursiveLeastSquares(
                startWeights: [Float](repeating: 0, count: count),
                startVariances: [Float](repeating: 0.25, count: count),
                drift: drift
            )
        )
    }

    /// Ridge with penalty 4 on one input, by hand: after n observations of 1 at x = 1 the weight is n / (4 + n).
    @Test func `is ridge regression`() throws {
        var filter = try filter(2)
        _ = filter.update([1, 0], target: 1)
        #expect(abs(filter.weights[0] - 0.2) < 1e-6)
        _ = filter.update([1, 0], target: 1)
        #expect(abs(filter.weights[0] - 1.0 / 3) < 1e-6)
        #expect(filter.weights[1] == 0)
        #expect(abs(filter.predict([3, 5]) - 1) < 1e-6)
    }

    @Test func `agrees with the normal equations`() throws {
        var random = SeededGenerator(seed: 21)
        let count = 7
        var filter = try filter(count)
        var normal = (0..<count).map { row in (0..<count).map { $0 == row ? 4.0 : 0 } }
        var right = [Double](repeating: 0, count: count)
        for _ in 0..<300 {
            let x = (0..<count).map { _ in Float.random(in: -1...1, using: &random) }
            let target = Float.random(in: -1...1, using: &random) + x[2]
            #expect(filter.update(x, target: target) == .learned)
            for row in 0..<count {
                right[row] += Double(x[row] * target)
                for column in 0..<count { normal[row][column] += Double(x[row] * x[column]) }
            }
        }
        // Gauss-Jordan; the matrix is positive definite, so no pivoting is needed.
        for pivot in 0..<count {
            for row in 0..<count where row != pivot {
                let factor = normal[row][pivot] / normal[pivot][pivot]
                for column in 0..<count { normal[row][column] -= factor * normal[pivot][column] }
                right[row] -= factor * right[pivot]
            }
        }
        for at in 0..<count { #expect(abs(Double(filter.weights[at]) - right[at] / normal[at][at]) < 1e-4) }
    }

    @Test func `stays sound over many large and collinear observations`() throws {
        var random = SeededGenerator(seed: 22)
        var filter = try filter(6, drift: 0.0001)
        for _ in 0..<20_000 {
            let size = Float.random(in: -8...8, using: &random)
            let x = [size, size, size * 0.5, 0, 8, Float.random(in: -1e-3...1e-3, using: &random)]
            #expect(filter.update(x, target: size > 0 ? 1 : -1) == .learned)
        }
        #expect(filter.weights.allSatisfy { $0.isFinite && abs($0) < 10 })
        #expect(filter.covariance.allSatisfy { $0.isFinite })
        for row in 0..<6 { #expect((0.0...0.25).contains(filter.covariance[row * (row + 3) / 2])) }
        // Never excited, so as unknown as at the start.
        #expect(filter.covariance[3 * 6 / 2] == 0.25)
    }

    @Test func `follows a world that changes, by its drift`() throws {
        var fixed = try filter(1)
        var drifting = try filter(1, drift: 0.01)
        for at in 0..<4_000 {
            _ = fixed.update([1], target: at < 2_000 ? 1 : -1)
            _ = drifting.update([1], target: at < 2_000 ? 1 : -1)
        }
        #expect(abs(fixed.weights[0]) < 0.01)
        #expect(drifting.weights[0] < -0.99)
    }

    @Test func `begins anew when its numbers are useless`() throws {
        let fresh = try filter(2)
        var filter = fresh
        _ = filter.update([1, 1], target: 1)
        #expect(filter.update([.greatestFiniteMagnitude, 1], target: 1) == .restarted)
        #expect(filter == fresh)
        #expect(RecursiveLeastSquares(startWeights: [0], startVariances: [0], drift: 0) == nil)
        #expect(RecursiveLeastSquares(startWeights: [0], startVariances: [.nan], drift: 0) == nil)
    }
}

@Suite struct `A trial of rankings` {
    /// By hand: couples (1,0) (2,0) (2,1); the predictions have two right and one tie, the scores one of three.
    @Test func `counts the couples in the right order`() {
        let trial = RankingTrial([
            RankedPair(score: 30, prediction: 0.1, gain: -1),
            RankedPair(score: 10, prediction: 0.3, gain: 0),
            RankedPair(score: 20, prediction: 0.3, gain: 1),
        ])
        #expect(trial.couples == 3)
        #expect(abs(trial.concordance - 2.5 / 3) < 1e-12)
        #expect(abs(trial.lead - (2.5 / 3 - 1.0 / 3)) < 1e-12)
        // Parts by hand: pair 0 has 2 - 2·5/6, the others 1.5 - 2·5/6 each; the root of the squares over 3 couples.
        let parts = [2 - 5.0 / 3, 1.5 - 5.0 / 3, 1.5 - 5.0 / 3]
        let error = parts.reduce(0) { $0 + $1 * $1 }.squareRoot() / 3
        #expect(abs(trial.concordanceError - error) < 1e-12)
    }

    @Test func `says nothing where all gains are alike`() {
        let trial = RankingTrial([
            RankedPair(score: 30, prediction: 0.1, gain: 0), RankedPair(score: 10, prediction: 0.3, gain: 0),
        ])
        #expect(trial.couples == 0)
        #expect(trial.concordance == 0.5)
        #expect(trial.lead == 0)
    }
}

/// A family of requests: what the cheap model can do depends on inputs that the prior's score hardly knows.
private struct Family {
    static let inputCount = 8
    var random: SeededGenerator
    /// How much the inputs say; 0 makes the gains noise.
    var effect: Double

    struct Request {
        var score: Double
        var input: [Float]
        var cheap: Double
        var strong: Double
    }

    mutating func next() -> Request {
        let input = (0..<Self.inputCount).map { _ in Float.random(in: -1...1, using: &random) }
        let cheapChance = 0.6 + effect * Double(input[0] - input[1])
        return Request(
            score: Double.random(in: 0...100, using: &random),
            input: input,
            cheap: Double.random(in: 0..<1, using: &random) < cheapChance ? 1 : 0,
            strong: Double.random(in: 0..<1, using: &random) < 0.9 ? 1 : 0
        )
    }
}

extension ShadowRanking {
    fileprivate mutating func record(_ request: Family.Request) -> Outcome {
        record(score: request.score, input: request.input, cheap: request.cheap, strong: request.strong)
    }

    fileprivate func adjusted(_ request: Family.Request) -> Double {
        scorer?.score(prior: request.score, input: request.input) ?? request.score
    }
}

/// The area under the share of the gain won against the share of strong calls, 0.5 for a random order.
private func apgr(_ scored: [(score: Double, gain: Double)]) -> Double {
    let ordered = scored.sorted { $0.score > $1.score }
    let total = ordered.reduce(0) { $0 + $1.gain }
    var won = 0.0
    var area = 0.0
    for (_, gain) in ordered {
        area += (2 * won + gain) / 2
        won += gain
    }
    return area / total / Double(ordered.count)
}

@Suite struct `A ranking from shadow pairs` {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `beats the prior after 300 pairs`(seed: UInt64) throws {
        var family = Family(random: SeededGenerator(seed: seed), effect: 0.3)
        var ranking = try #require(ShadowRanking(inputCount: Family.inputCount))
        for _ in 0..<300 { _ = ranking.record(family.next()) }
        #expect(ranking.isInUse)
        let fresh = (0..<1_500).map { _ in family.next() }
        let before = apgr(fresh.map { ($0.score, $0.strong - $0.cheap) })
        let after = apgr(fresh.map { (ranking.adjusted($0), $0.strong - $0.cheap) })
        #expect(abs(before - 0.5) < 0.06)
        #expect(after > before + 0.1, "\(before) \(after)")
    }

    @Test func `does nothing before it has 100 pairs`() throws {
        var family = Family(random: SeededGenerator(seed: 4), effect: 0.4)
        var ranking = try #require(ShadowRanking(inputCount: Family.inputCount))
        for at in 1..<100 {
            #expect(ranking.record(family.next()) == .recorded(isInUse: false))
            #expect(ranking.scorer == nil)
            #expect(ranking.snapshot.missingPairs == 100 - at)
        }
        // Two trials, at 100 and at 110 pairs, have to be won.
        for _ in 100..<110 { #expect(ranking.record(family.next()) == .recorded(isInUse: false)) }
        #expect(ranking.record(family.next()) == .recorded(isInUse: true))
        #expect(ranking.snapshot.missingPairs == 0)
    }

    @Test func `is not used where there is nothing to learn`() throws {
        for seed in 100..<106 as Range<UInt64> {
            var family = Family(random: SeededGenerator(seed: seed), effect: 0)
            var ranking = try #require(ShadowRanking(inputCount: Family.inputCount))
            for _ in 0..<300 { #expect(ranking.record(family.next()) == .recorded(isInUse: false), "seed \(seed)") }
        }
    }

    @Test func `is taken out of use when it no longer holds`() throws {
        var family = Family(random: SeededGenerator(seed: 5), effect: 0.3)
        var ranking = try #require(ShadowRanking(inputCount: Family.inputCount))
        for _ in 0..<300 { _ = ranking.record(family.next()) }
        #expect(ranking.isInUse)
        // What was easy is hard now: the learned order is worse than none until it has been unlearned.
        family.effect = -0.3
        var wasDropped = false
        for _ in 0..<200 { if ranking.record(family.next()) == .recorded(isInUse: false) { wasDropped = true } }
        #expect(wasDropped)
    }

    @Test func `spreads its scores as the prior does`() throws {
        var family = Family(random: SeededGenerator(seed: 6), effect: 0.3)
        var ranking = try #require(ShadowRanking(inputCount: Family.inputCount))
        for _ in 0..<400 { _ = ranking.record(family.next()) }
        let scorer = try #require(ranking.scorer)
        let adjusted = (0..<2_000).map { _ in
            let request = family.next()
            return scorer.score(prior: request.score, input: request.input)
        }
        #expect(adjusted.allSatisfy { (0...100).contains($0) })
        // The prior's scores are uniform: a third of them below 33.
        let low = Double(adjusted.count { $0 < 33 }) / 2_000
        let high = Double(adjusted.count { $0 > 67 }) / 2_000
        #expect(abs(low - 0.33) < 0.12, "\(low)")
        #expect(abs(high - 0.33) < 0.12, "\(high)")
    }

    @Test func `gives the prior's score back for an input that is none`() throws {
        var family = Family(random: SeededGenerator(seed: 7), effect: 0.4)
        var ranking = try #require(ShadowRanking(inputCount: Family.inputCount))
        for _ in 0..<200 { _ = ranking.record(family.next()) }
        let scorer = try #require(ranking.scorer)
        let input = [Float](repeating: 0.5, count: Family.inputCount)
        #expect(scorer.score(prior: 40, input: []) == 40)
        #expect(scorer.score(prior: 40, input: [.nan] + input.dropFirst()) == 40)
        #expect(scorer.score(prior: 140, input: input) == 140)
        let far = [Float](repeating: .greatestFiniteMagnitude, count: Family.inputCount)
        #expect((0...100).contains(scorer.score(prior: 40, input: far)))
    }

    @Test func `takes no pair with numbers that are none`() throws {
        var ranking = try #require(ShadowRanking(inputCount: 2))
        let before = ranking
        let pairs: [(Double, [Float], Double, Double)] = [
            (.nan, [0, 0], 1, 1), (101, [0, 0], 1, 1), (1, [0], 1, 1), (1, [0, .infinity], 1, 1), (1, [0, 0], 1.1, 1),
            (1, [0, 0], 1, .nan),
        ]
        for (score, input, cheap, strong) in pairs {
            #expect(ranking.record(score: score, input: input, cheap: cheap, strong: strong) == .invalid)
        }
        #expect(ranking == before)
        #expect(ShadowRanking(inputCount: 0) == nil)
        #expect(ShadowRanking(inputCount: 513) == nil)
    }

    @Test func `takes an embedding and features`() throws {
        var random = SeededGenerator(seed: 8)
        var ranking = try #require(ShadowRanking(inputCount: 424))
        #expect(ranking.filter.covariance.count == 426 * 427 / 2)
        for _ in 0..<5 {
            let input = (0..<424).map { _ in Float.random(in: -0.1...0.1, using: &random) }
            #expect(ranking.record(score: 50, input: input, cheap: 0, strong: 1) == .recorded(isInUse: false))
        }
    }
}
