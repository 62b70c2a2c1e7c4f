/// What is kept of one project, with the time of the last thing that was learned.
struct Learned<Value: Sendable & Equatable>: Sendable, Equatable {
    var value: Value
    /// Seconds since 1970.
    var touched: Int64
}

/// The document of all projects' thresholds.
enum ThresholdDocument {
    static let name = "learned-thresholds"
    private static let kind: UInt8 = 1
    /// 1 kept the reports on all scales together.
    private static let format: UInt8 = 2

    static func encode(_ projects: [String: Learned<ThresholdCalibration>], scores: String) -> [UInt8] {
        var writer = StateWriter(kind: kind, format: format, scores: scores)
        writer.add(projects.count)
        for (name, project) in projects.sorted(by: { $0.key < $1.key }) {
            writer.add(name)
            writer.add(project.touched)
            for scale in ScoreScale.allCases {
                for boundary in project.value[scale] { add(boundary, to: &writer) }
            }
        }
        return writer.finished()
    }

    private static func add(_ boundary: BoundaryCalibration, to writer: inout StateWriter) {
        writer.add(Int64(boundary.events))
        writer.add(boundary.threshold != nil)
        writer.add(boundary.threshold ?? 0)
        for bin in boundary.bins {
            writer.add(bin.weight)
            writer.add(bin.goodness)
        }
        writer.add(boundary.changes.count)
        for change in boundary.changes {
            writer.add(change.unixSeconds)
            writer.add(change.from)
            writer.add(change.to)
            let (kind, numbers) = fields(change.reason)
            writer.add(kind)
            for number in numbers { writer.add(number) }
        }
    }

    private static func fields(_ reason: ThresholdChange.Reason) -> (Int, [Double]) {
        switch reason {
        case .reset: (0, [0, 0, 0])
        case .goodUpTo(let score, let quality, let reports): (1, [score, quality, reports])
        case .weakFrom(let score, let quality, let reports): (2, [score, quality, reports])
        }
    }

    static func decode(
        _ document: [UInt8],
        scores: String
    ) throws(StateProblem) -> [String: Learned<ThresholdCalibration>] {
        var reader = try StateReader(document, kind: kind, format: format, scores: scores)
        var projects: [String: Learned<ThresholdCalibration>] = [:]
        for _ in 0..<(try reader.count(limit: LearnedState.maximumProjects)) {
            let name = try reader.text()
            let touched = try reader.integer()
            var calibration = ThresholdCalibration()
            for scale in ScoreScale.allCases {
                for at in calibration[scale].indices { calibration[scale][at] = try boundary(&reader) }
            }
            projects[name] = Learned(value: calibration, touched: touched)
        }
        guard reader.isAtEnd else { throw StateProblem(words: "is damaged") }
        return projects
    }

    private static func boundary(_ reader: inout StateReader) throws(StateProblem) -> BoundaryCalibration {
        var boundary = BoundaryCalibration()
        boundary.events = Int(max(0, try reader.integer()))
        let isMoved = try reader.bool()
        let threshold = try reader.number(0...100)
        boundary.threshold = isMoved ? threshold : nil
        for at in boundary.bins.indices {
            let weight = try reader.number(0...1e6)
            boundary.bins[at] = QualityBin(weight: weight, goodness: try reader.number(0...weight))
        }
        for _ in 0..<(try reader.count(limit: BoundaryCalibration.rememberedChanges)) {
            let seconds = try reader.integer()
            let from = try reader.number(0...100)
            let to = try reader.number(0...100)
            let kind = try reader.count(limit: 2)
            let score = try reader.number(0...100)
            let quality = try reader.number(0...1)
            let reports = try reader.number(0...1e6)
            let reason: ThresholdChange.Reason =
                switch kind {
                case 1: .goodUpTo(score: score, quality: quality, reports: reports)
                case 2: .weakFrom(score: score, quality: quality, reports: reports)
                default: .reset
                }
            boundary.changes.append(ThresholdChange(unixSeconds: seconds, from: from, to: to, reason: reason))
        }
        return boundary
    }
}

/// The document of all projects' rankings: for 426 weights 0.37 MB each.
enum RankingDocument {
    static let name = "learned-rankings"
    private static let kind: UInt8 = 2
    private static let format: UInt8 = 1

    static func encode(_ projects: [String: Learned<ShadowRanking>], scores: String) -> [UInt8] {
        var writer = StateWriter(kind: kind, format: format, scores: scores)
        writer.add(projects.count)
        for (name, project) in projects.sorted(by: { $0.key < $1.key }) {
            let ranking = project.value
            writer.add(name)
            writer.add(project.touched)
            writer.add(Int64(ranking.pairs))
            writer.add(ranking.isInUse)
            writer.add(ranking.filter.weights)
            writer.add(ranking.filter.covariance)
            writer.add(ranking.recent.flatMap { [$0.score, $0.prediction, $0.gain] })
        }
        return writer.finished()
    }

    /// Rankings with another number of inputs or another window than `empty` has cannot be used.
    static func decode(
        _ document: [UInt8],
        scores: String,
        empty: ShadowRanking
    ) throws(StateProblem) -> [String: Learned<ShadowRanking>] {
        var reader = try StateReader(document, kind: kind, format: format, scores: scores)
        var projects: [String: Learned<ShadowRanking>] = [:]
        for _ in 0..<(try reader.count(limit: LearnedState.maximumRankings)) {
            let name = try reader.text()
            let touched = try reader.integer()
            let pairs = Int(max(0, try reader.integer()))
            let isInUse = try reader.bool()
            let most = ShadowRanking.maximumInputs + 2
            let weights = try reader.floats(limit: most)
            let covariance = try reader.floats(limit: most * (most + 1) / 2)
            let numbers = try reader.floats(limit: 3 * empty.rule.window)
            let recent = stride(from: 0, to: numbers.count - 2, by: 3).map { at in
                RankedPair(score: numbers[at], prediction: numbers[at + 1], gain: numbers[at + 2])
            }
            var ranking = empty
            guard
                ranking.restore(
                    weights: weights,
                    covariance: covariance,
                    recent: recent,
                    pairs: pairs,
                    isInUse: isInUse
                )
            else { throw StateProblem(words: "holds rankings of another shape") }
            projects[name] = Learned(value: ranking, touched: touched)
        }
        guard reader.isAtEnd else { throw StateProblem(words: "is damaged") }
        return projects
    }
}
