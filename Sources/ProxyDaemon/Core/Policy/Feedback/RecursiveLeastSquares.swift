/// Ridge regression that takes one observation at a time, as a Kalman filter with a constant state and unit noise.
///
/// The covariance is symmetric; its lower triangle is kept row by row, d(d+1)/2 numbers: 0.36 MB for d = 426. An
/// observation costs about 2·d² operations, a prediction d.
struct RecursiveLeastSquares: Sendable, Equatable {
    /// What an observation did.
    enum Update: Sendable, Equatable {
        case learned
        /// The numbers had become useless; everything is as at the start.
        case restarted
    }

    private let startWeights: [Float]
    /// The variances of the weights before the first observation: the inverse of the ridge penalties.
    private let startVariances: [Float]
    /// Of the way back to its start that each variance goes with every observation, so that old ones are forgotten: with
    /// a few hundred inputs the memory is some thousand observations long.
    private let drift: Float
    private(set) var weights: [Float]
    private(set) var covariance: [Float]

    /// `startVariances` must be as long as `startWeights`, finite and above 0; else nil.
    init?(startWeights: [Float], startVariances: [Float], drift: Float) {
        guard startWeights.count == startVariances.count, startVariances.allSatisfy({ $0.isFinite && $0 > 0 }),
            startWeights.allSatisfy(\.isFinite)
        else { return nil }
        self.startWeights = startWeights
        self.startVariances = startVariances
        self.drift = drift
        weights = startWeights
        covariance = Self.diagonal(startVariances)
    }

    var dimensions: Int { weights.count }

    private static func diagonal(_ variances: [Float]) -> [Float] {
        var packed = [Float](repeating: 0, count: variances.count * (variances.count + 1) / 2)
        for (row, variance) in variances.enumerated() { packed[Self.diagonalIndex(row)] = variance }
        return packed
    }

    private static func diagonalIndex(_ row: Int) -> Int { row * (row + 3) / 2 }

    /// Takes what was kept before. False where it does not fit, and nothing has changed.
    mutating func restore(weights: [Float], covariance: [Float]) -> Bool {
        guard weights.count == self.weights.count, covariance.count == self.covariance.count,
            weights.allSatisfy(\.isFinite), covariance.allSatisfy(\.isFinite),
            startVariances.indices.allSatisfy({ covariance[Self.diagonalIndex($0)] > 0 })
        else { return false }
        self.weights = weights
        self.covariance = covariance
        return true
    }

    /// The expected value at `x`, which must have ``dimensions`` numbers.
    func predict(_ x: [Float]) -> Float {
        var sum: Float = 0
        for (weight, value) in zip(weights, x) { sum += weight * value }
        return sum
    }

    /// Takes an observation. `x` must have ``dimensions`` finite numbers.
    mutating func update(_ x: [Float], target: Float) -> Update {
        let count = dimensions
        guard x.count == count else { return .learned }
        let spread = covarianceTimes(x)
        var variance: Float = 1
        for (value, other) in zip(x, spread) { variance += value * other }
        let error = target - predict(x)
        // The variance of a sound filter is at least that of the noise; less is rounding gone wrong.
        guard variance.isFinite, variance > 0.5, error.isFinite else { return restart() }
        let scale = 1 / variance
        covariance.withUnsafeMutableBufferPointer { packed in
            spread.withUnsafeBufferPointer { spread in
                var at = 0
                for row in 0..<count {
                    let factor = spread[row] * scale
                    for column in 0...row { packed[at + column] -= factor * spread[column] }
                    at += row + 1
                }
            }
        }
        var isSound = true
        for row in 0..<count {
            weights[row] += spread[row] * scale * error
            let index = Self.diagonalIndex(row)
            let left = covariance[index]
            isSound = isSound && left.isFinite && left > 0 && weights[row].isFinite
            covariance[index] = left + drift * max(0, startVariances[row] - left)
        }
        return isSound ? .learned : restart()
    }

    private mutating func restart() -> Update {
        weights = startWeights
        covariance = Self.diagonal(startVariances)
        return .restarted
    }

    private func covarianceTimes(_ x: [Float]) -> [Float] {
        let count = dimensions
        return [Float](unsafeUninitializedCapacity: count) { product, initialized in
            covariance.withUnsafeBufferPointer { packed in
                x.withUnsafeBufferPointer { x in
                    var at = 0
                    for row in 0..<count {
                        var sum: Float = 0
                        let value = x[row]
                        for column in 0..<row {
                            let entry = packed[at + column]
                            sum += entry * x[column]
                            product[column] += entry * value
                        }
                        product[row] = sum + packed[at + row] * value
                        at += row + 1
                    }
                }
            }
            initialized = count
        }
    }
}
