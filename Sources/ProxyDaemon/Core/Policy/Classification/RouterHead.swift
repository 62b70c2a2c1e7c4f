/// A linear head: a constant, a weight for each standardised feature and, where meaning counts, for each number of the
/// embedding.
struct RouterHead: Sendable {
    let bias: Double
    let features: [Double]
    /// ``Embedding/dimensions`` weights, or none.
    let embedding: [Double]
    /// What the embedding adds for an average prompt.
    let typicalMeaning: Double

    init(_ reader: WeightsReader, features count: Int, usesEmbedding: Bool) throws(RouterModelError) {
        bias = try reader["bias"].number()
        features = try reader["features"].numbers(count)
        guard usesEmbedding else {
            embedding = []
            typicalMeaning = 0
            return
        }
        let scale = try reader["scale"].number()
        embedding = try reader["embedding"].signedBytes(Embedding.dimensions).map { Double($0) * scale }
        typicalMeaning = try reader["typical"].number()
    }

    /// `standardised` must have as many numbers as there are features.
    func callAsFunction(_ standardised: [Double], _ meaning: Embedding?) -> Double {
        var sum = bias
        for at in features.indices { sum += features[at] * standardised[at] }
        return sum + (meaning.map(self.meaning) ?? 0)
    }

    /// What the embedding adds.
    func meaning(_ embedding: Embedding) -> Double {
        var sum = 0.0
        for at in self.embedding.indices { sum += self.embedding[at] * Double(embedding.values[at]) }
        return sum
    }
}

/// All heads of one kind of input, and how their raw scores become scores and tiers.
struct RouterVariant: Sendable {
    /// Ranks exam-like questions.
    let exam: RouterHead
    /// Ranks everyday requests.
    let everyday: RouterHead
    /// Above zero for what is more like an exam question.
    let gate: RouterHead
    /// How much more often the strong model is right.
    let gain: RouterHead
    let tasks: [(TaskType, RouterHead)]
    let percentiles: PercentileTable
    /// Bounds by the quality they keep, rising.
    let thresholds: [(quality: Double, bounds: ScoreThresholds)]
    /// The chance that the tier is right, by how far the score is from the nearer bound.
    let confidence: (margins: [Double], chances: [Double])
    /// Scores nearer than this to a bound are a toss-up.
    let nearMargin: Double

    init(_ reader: WeightsReader, features: Int, usesEmbedding: Bool) throws(RouterModelError) {
        func head(_ name: StaticString) throws(RouterModelError) -> RouterHead {
            try RouterHead(reader[name], features: features, usesEmbedding: usesEmbedding)
        }
        exam = try head("exam")
        everyday = try head("everyday")
        gate = try head("gate")
        gain = try head("gain")
        tasks = try Self.tasks(reader["tasks"], features: features, usesEmbedding: usesEmbedding)
        percentiles = PercentileTable(knots: try reader["knots"].risingNumbers(PercentileTable.levels.count))
        var thresholds: [(quality: Double, bounds: ScoreThresholds)] = []
        for row in try reader["thresholds"].elements() {
            let bounds = ScoreThresholds(
                fastMaximum: try row["fast_max"].number(),
                balancedMaximum: try row["balanced_max"].number()
            )
            thresholds.append((try row["quality"].number(), bounds))
        }
        guard !thresholds.isEmpty, zip(thresholds, thresholds.dropFirst()).allSatisfy({ $0.quality < $1.quality })
        else { throw try reader["thresholds"].error("expected rows of rising quality") }
        self.thresholds = thresholds
        let margins = try reader["confidence"]["margins"].risingNumbers(nil)
        confidence = (margins, try reader["confidence"]["chances"].numbers(margins.count))
        nearMargin = try reader["near_margin"].number()
    }

    private static func tasks(
        _ reader: WeightsReader,
        features: Int,
        usesEmbedding: Bool
    ) throws(RouterModelError) -> [(TaskType, RouterHead)] {
        var tasks: [(TaskType, RouterHead)] = []
        for row in try reader.elements() {
            let name = try row["task"].text()
            guard let task = TaskType(rawValue: name) else { throw row.error("\"\(name)\" is no task type") }
            tasks.append((task, try RouterHead(row, features: features, usesEmbedding: usesEmbedding)))
        }
        guard Set(tasks.map(\.0)).count == TaskType.allCases.count, tasks.count == TaskType.allCases.count else {
            throw reader.error("expected each of the \(TaskType.allCases.count) task types once")
        }
        return tasks
    }

    /// The bounds that keep this share of the strong tier's quality: those of the lowest target in the table that is no
    /// lower, or of the table's highest.
    func thresholds(quality: Double) -> ScoreThresholds {
        // The first row is there: the table is not empty.
        let row = thresholds.first { $0.quality >= quality - 1e-9 } ?? thresholds.last
        return row?.bounds ?? ScoreThresholds(fastMaximum: 0, balancedMaximum: 0)
    }
}

/// Numbers between the knots of a table, on straight lines; beyond its ends, the end's.
func interpolated(_ value: Double, _ knots: [Double], _ levels: [Double]) -> Double {
    guard let first = levels.first, let last = levels.last, let above = knots.firstIndex(where: { $0 > value }) else {
        return levels.last ?? 0
    }
    guard above > 0, above < levels.count else { return above == 0 ? first : last }
    let share = (value - knots[above - 1]) / (knots[above] - knots[above - 1])
    return levels[above - 1] + share * (levels[above] - levels[above - 1])
}

/// Turns a raw score into the share of typical prompts below it, 0 to 100.
struct PercentileTable: Sendable, Equatable {
    /// The percentiles that the knots stand for.
    static let levels: [Double] = [0.5] + (1...99).map(Double.init) + [99.5]

    /// Raw scores, rising, as many as there are levels.
    let knots: [Double]

    /// Beyond the knots the score comes ever closer to 0 or 100, so that no two raw scores become one.
    func callAsFunction(_ raw: Double) -> Double {
        guard let first = knots.first, let last = knots.last, raw.isFinite else { return 50 }
        let spread = last - first
        if raw < first { return Self.levels[0] / (1 + 8 * (first - raw) / spread) }
        if raw > last { return 100 - (100 - Self.levels[Self.levels.count - 1]) / (1 + 8 * (raw - last) / spread) }
        return interpolated(raw, knots, Self.levels)
    }
}
