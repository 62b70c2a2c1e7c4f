import Foundation
import GatewayCore
import Shared
import Testing

@Suite struct `The learned score` {
    @Test func `is what the trainer works out, with the embedding and without`() throws {
        let model = try RouterModel(parsing: RouterGolden.weights())
        let golden = try RouterGolden.load()
        #expect(golden.vectors.count >= 32)
        for vector in golden.vectors {
            let ask = vector.parsed
            #expect(String(decoding: ask.text, as: UTF8.self) == vector.ask)
            let features = AskFeatures(ask)
            for (at, name) in AskFeatures.names.enumerated() {
                let expected = vector.features[at]
                #expect(
                    abs(features.values[at] - expected) <= 1e-9 * max(1, abs(expected)),
                    "\(name) of \(vector.prompt.prefix(60))"
                )
            }
            let embedding = try #require(vector.unitEmbedding)
            for (judgement, expected) in [
                (model.judge(features, embedding: embedding), vector.meaning), (model.judge(features), vector.words),
            ] {
                #expect(abs(judgement.score - expected.score) < 1e-3, "\(vector.prompt.prefix(60))")
                #expect(abs(judgement.gain - expected.gain) < 1e-5)
                #expect(abs(judgement.complexity - expected.complexity) < 1e-3)
                #expect(abs(judgement.examLikelihood - expected.gate) < 1e-5)
                #expect(judgement.taskType.rawValue == expected.task)
            }
        }
    }

    @Test func `is explained by points that add up to it`() throws {
        let model = try RouterModel(parsing: RouterGolden.weights())
        let golden = try RouterGolden.load()
        for vector in golden.vectors {
            for embedding in [vector.unitEmbedding, nil] {
                let judgement = model.judge(AskFeatures(vector.parsed), embedding: embedding)
                let sum = judgement.signals.reduce(judgement.baseline) { $0 + $1.points }
                #expect(abs(sum - judgement.score) < 0.1)
                #expect((0...100).contains(judgement.score))
                #expect((0...1).contains(judgement.confidence))
                #expect((1...10).contains(judgement.complexityOfTen))
                #expect(judgement.usesEmbedding == (embedding != nil))
            }
        }
    }

    @Test(arguments: [
        ("What is 2+2?", TaskType.simpleQA, Tier.fast), ("What is the capital of France?", .simpleQA, .fast),
        ("Write a Python function to reverse a string", .code, .balanced),
        ("Write a haiku about the ocean", .creative, .balanced),
        ("Analyze pros and cons of microservices vs monolith in detail", .analysis, .premium),
        ("Solve the integral of x^2 * e^x dx step by step", .math, .premium),
        ("Explain quantum entanglement to a 5-year-old", .reasoning, .premium),
    ])
    func `judges the well-known prompts as expected`(prompt: String, task: TaskType, tier: Tier) throws {
        let model = try RouterModel(parsing: RouterGolden.weights())
        let golden = try RouterGolden.load()
        let vector = try #require(golden.vectors.first { $0.prompt == prompt })
        let features = AskFeatures(vector.parsed)
        for judgement in [model.judge(features, embedding: vector.unitEmbedding), model.judge(features)] {
            #expect(judgement.taskType == task)
            #expect(judgement.tier == tier)
        }
    }

    @Test(arguments: [
        (0.0, 1), (0.4, 1), (10, 1), (10.1, 2), (55, 6), (70, 7), (99.7, 10), (100, 10),
    ])
    func `is also a number from 1 to 10`(score: Double, expected: Int) throws {
        let model = try RouterModel(parsing: RouterGolden.weights())
        var judgement = model.judge(AskFeatures(Ask(Array("hi".utf8))))
        judgement.score = score
        #expect(judgement.complexityOfTen == expected)
    }

    @Test func `picks the tier by the bounds it is given`() throws {
        let model = try RouterModel(parsing: RouterGolden.weights())
        let features = AskFeatures(Ask(Array("Write a Python function to reverse a string".utf8)))
        let score = model.judge(features).score
        for (bounds, tier) in [
            (ScoreThresholds(fastMaximum: score, balancedMaximum: 100), Tier.fast),
            (ScoreThresholds(fastMaximum: score - 1, balancedMaximum: score), .balanced),
            (ScoreThresholds(fastMaximum: 0, balancedMaximum: score - 1), .premium),
            // A bound below the other is raised to it.
            (ScoreThresholds(fastMaximum: score + 1, balancedMaximum: 0), .fast),
        ] {
            #expect(model.judge(features, thresholds: bounds).tier == tier)
        }
    }

    @Test(arguments: [true, false])
    func `asks more of the cheap tiers where more quality is to be kept`(withEmbedding: Bool) throws {
        let model = try RouterModel(parsing: RouterGolden.weights())
        let bounds = [0.5, 0.9, 0.95, 0.98, 0.999].map { model.thresholds(quality: $0, withEmbedding: withEmbedding) }
        for (looser, stricter) in zip(bounds, bounds.dropFirst()) {
            #expect(looser.fastMaximum >= stricter.fastMaximum)
            #expect(looser.balancedMaximum >= stricter.balancedMaximum)
        }
        #expect(bounds[0] == bounds[1])
        #expect(bounds[1] != bounds[3])
        #expect(bounds[3] == bounds[4])
    }

    // MARK: The file

    /// The weights file with one text replaced by another.
    private func edited(_ text: String, _ replacement: String) throws -> [UInt8] {
        let file = String(decoding: try RouterGolden.weights(), as: UTF8.self)
        let range = try #require(file.range(of: text))
        return Array(file.replacingCharacters(in: range, with: replacement).utf8)
    }

    @Test(arguments: [
        (#""version":1"#, #""version":2"#, "version", "expected version 1"),
        (#""log_ask""#, #""log_bask""#, "features[1]", "expected \"log_ask\", found \"log_bask\""),
        (#""log_length","#, "", "features[0]", "expected \"log_length\", found \"log_ask\""),
        (#","cue_comparison""#, "", "features", "expected 53 names, found 52"),
        (#""mean":["#, #""mean":[1,"#, "mean", "expected 53 numbers, found 54"),
        (#""deviation":["#, #""deviation":[0,"#, "deviation", "expected 53 numbers"),
        (#""count":32"#, #""count":31"#, "novelty.centroids", "expected 11904 bytes"),
        (#""tokens":128"#, #""tokens":"128""#, "embedder.tokens", "expected a number, found a string"),
        (#""words":{"#, #""worlds":{"#, "variants", "there is no \"words\""),
        (#""knots":["#, #""knots":[9,"#, "variants.meaning.knots", "expected 101 numbers"),
        (#""task":"math""#, #""task":"maths""#, "variants.meaning.tasks[2]", "\"maths\" is no task type"),
        (#""task":"math""#, #""task":"code""#, "variants.meaning.tasks", "each of the 8 task types once"),
        (#"{"version""#, #"[{"version""#, "", "invalid JSON"),
    ])
    func `is refused with weights that do not fit, and says why`(
        text: String,
        replacement: String,
        path: String,
        problem: String
    ) throws {
        let bytes = try edited(text, replacement)
        let error = #expect(throws: RouterModelError.self) { _ = try RouterModel(parsing: bytes) }
        #expect(error?.path == path)
        #expect(error?.problem.contains(problem) == true, "\(String(describing: error))")
    }

    @Test func `is refused where another embedding model is in use`() throws {
        let weights = try RouterGolden.weights()
        let model = try RouterModel(parsing: weights)
        #expect(model.embedderModel == "all-MiniLM-L6-v2")
        #expect(model.maximumTokens == 128)
        _ = try RouterModel(parsing: weights, embedderSHA256: model.embedderSHA256)
        let error = #expect(throws: RouterModelError.self) {
            _ = try RouterModel(parsing: weights, embedderSHA256: String(repeating: "0", count: 64))
        }
        #expect(error?.path == "embedder.sha256")
    }

    @Test func `never traps on a broken file`() throws {
        let weights = try RouterGolden.weights()
        var random = SeededGenerator(seed: 3)
        for _ in 0..<60 {
            var bytes = weights
            for _ in 0..<3 {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if let model = try? RouterModel(parsing: bytes) {
                #expect(!model.judge(AskFeatures(Ask(Array("Why?".utf8)))).score.isNaN)
            }
            _ = try? RouterModel(parsing: Array(weights.prefix(Int.random(in: 0..<weights.count, using: &random))))
        }
    }
}
