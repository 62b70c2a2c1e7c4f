import Shared
import Synchronization
import Testing

@testable import GatewayCore

/// A store that can be made to fail, and counts.
private final class FlakyStore: StateStore {
    struct State {
        var documents: [String: [UInt8]] = [:]
        var isBroken = false
        var saves: [String] = []
    }

    let state = Mutex(State())

    func load(_ name: String) async -> [UInt8]? { state.withLock { $0.documents[name] } }

    func save(_ document: [UInt8], as name: String) async throws(StateStoreError) {
        let isBroken = state.withLock { state in
            state.saves.append(name)
            if !state.isBroken { state.documents[name] = document }
            return state.isBroken
        }
        if isBroken { throw StateStoreError("no space") }
    }

    var saves: [String] { state.withLock { $0.saves } }
}

@Suite struct `What is learned` {
    private let clock = TestClock()
    private let priors = ScoreThresholds(fastMaximum: 30, balancedMaximum: 70)

    private func state(_ scores: String = "weights-1", inputs: Int = 3) -> LearnedState {
        LearnedState(scores: scores, inputCount: inputs, clock: clock.port)
    }

    private func rate(
        _ learned: LearnedState,
        _ project: String,
        _ quality: Double,
        times: Int,
        scale: ScoreScale = .meaning,
        priors: ScoreThresholds? = nil
    ) {
        for _ in 0..<times {
            clock.advance(seconds: 10)
            _ = learned.record(
                .init(project: project, scale: scale, score: 28, tier: .fast, quality: quality),
                priors: priors ?? self.priors
            )
        }
    }

    /// The cheap model fails where the first input is above 0.
    private func teach(_ learned: LearnedState, _ project: String, pairs: Int) {
        var random = SeededGenerator(seed: 31)
        for _ in 0..<pairs {
            let input = (0..<3).map { _ in Float.random(in: -1...1, using: &random) }
            let score = Double.random(in: 0...100, using: &random)
            let pair = ShadowPair(project: project, score: score, input: input, cheap: input[0] > 0 ? 0 : 1, strong: 1)
            _ = learned.record(pair: pair)
        }
    }

    @Test func `of one project moves no other`() {
        let learned = state()
        rate(learned, "red", 0, times: 100)
        teach(learned, "red", pairs: 150)
        #expect(learned.thresholds(project: "red", scale: .meaning, priors: priors).fastMaximum < 30)
        #expect(learned.thresholds(project: "blue", scale: .meaning, priors: priors) == priors)
        #expect(learned.adjusts(project: "red"))
        #expect(learned.adjust(score: 50, input: [1, 0, 0], project: "red") > 60)
        #expect(learned.adjust(score: 50, input: [-1, 0, 0], project: "red") < 40)
        #expect(!learned.adjusts(project: "blue"))
        #expect(learned.adjust(score: 50, input: [1, 0, 0], project: "blue") == 50)
        #expect(learned.projects == ["red"])
    }

    @Test(arguments: ScoreScale.allCases)
    func `on one scale moves nothing on the other`(rated: ScoreScale) {
        let other: ScoreScale = rated == .meaning ? .words : .meaning
        let far = ScoreThresholds(fastMaximum: 18, balancedMaximum: 55)
        let learned = state()
        // 200 good answers in the bin that ends at 30: a bin beyond it is tried.
        rate(learned, "red", 1, times: 200, scale: rated)
        #expect(learned.thresholds(project: "red", scale: rated, priors: priors).fastMaximum == 35)
        #expect(learned.thresholds(project: "red", scale: other, priors: far) == far)
        let untouched = learned.snapshot(project: "red", scale: other, priors: far)
        #expect(untouched.scale == other)
        #expect(untouched.boundaries.map(\.events) == [0, 0])
        #expect(untouched.boundaries.map(\.missingEvents) == [30, 30])
        #expect(learned.snapshot(project: "red", scale: rated, priors: priors).boundaries[0].events == 200)

        // The other one waits for its own 30 reports, then moves from its own prior by a step of 0.2.
        rate(learned, "red", 1, times: 29, scale: other, priors: far)
        #expect(learned.thresholds(project: "red", scale: other, priors: far) == far)
        rate(learned, "red", 1, times: 1, scale: other, priors: far)
        #expect(abs(learned.thresholds(project: "red", scale: other, priors: far).fastMaximum - 18.2) < 1e-9)
        #expect(learned.thresholds(project: "red", scale: rated, priors: priors).fastMaximum == 35)
    }

    @Test func `on both scales counts against one limit of the project`() {
        let learned = state()
        func report(_ scale: ScoreScale) -> ThresholdCalibration.Outcome {
            let answer = RatedAnswer(project: "red", scale: scale, score: 28, tier: .fast, quality: 1)
            return learned.record(answer, priors: priors)
        }
        for _ in 0..<30 {
            #expect(report(.meaning) != .overLimit)
            #expect(report(.words) != .overLimit)
        }
        #expect(report(.meaning) == .overLimit)
        #expect(report(.words) == .overLimit)
        for scale in ScoreScale.allCases {
            let shown = learned.snapshot(project: "red", scale: scale, priors: priors)
            #expect(shown.boundaries[0].events == 30)
            #expect(shown.reportsOverLimit == 2)
        }
        #expect(learned.projects == ["red"])
    }

    @Test func `from ratings never touches the ranking`() {
        let learned = state()
        rate(learned, "red", 0, times: 500)
        #expect(!learned.adjusts(project: "red"))
        #expect(learned.snapshot(project: "red", scale: .meaning, priors: priors).ranking == nil)
        #expect(learned.adjust(score: 42, input: [1, 1, 1], project: "red") == 42)
    }

    @Test func `counts each exchange once`() {
        let learned = state()
        let answer = RatedAnswer(queryID: "q", project: "red", scale: .meaning, score: 28, tier: .fast, quality: 0)
        #expect(learned.record(answer, priors: priors) == .counted(moved: false))
        #expect(learned.record(answer, priors: priors) == .repeated)
        #expect(learned.snapshot(project: "red", scale: .meaning, priors: priors).boundaries[0].events == 1)
        for id in 0..<4_096 {
            clock.advance(seconds: 2)
            _ = learned.record(
                .init(queryID: String(id), project: "red", scale: .meaning, score: 28, tier: .fast, quality: 1),
                priors: priors
            )
        }
        // The first has left the memory by now.
        #expect(learned.record(answer, priors: priors) == .counted(moved: false))
        let ninth = RatedAnswer(queryID: "9", project: "red", scale: .words, score: 2, tier: .fast, quality: 1)
        #expect(learned.record(ninth, priors: priors) == .repeated)
    }

    @Test func `is taken back by a reset`() {
        let learned = state()
        rate(learned, "red", 0, times: 100)
        teach(learned, "red", pairs: 150)
        learned.reset(project: "red") { _ in priors }
        #expect(learned.thresholds(project: "red", scale: .meaning, priors: priors) == priors)
        #expect(!learned.adjusts(project: "red"))
        let shown = learned.snapshot(project: "red", scale: .meaning, priors: priors)
        #expect(shown.ranking == nil)
        #expect(shown.boundaries[0].lastChange?.reason == .reset)
    }

    @Test func `is taken back by a reset on every scale, each to its own priors`() {
        let far = ScoreThresholds(fastMaximum: 18, balancedMaximum: 55)
        let learned = state()
        rate(learned, "red", 0, times: 100, scale: .meaning)
        rate(learned, "red", 1, times: 100, scale: .words, priors: far)
        #expect(learned.thresholds(project: "red", scale: .meaning, priors: priors).fastMaximum < 30)
        #expect(learned.thresholds(project: "red", scale: .words, priors: far).fastMaximum > 18)
        learned.reset(project: "red") { $0 == .meaning ? priors : far }
        #expect(learned.thresholds(project: "red", scale: .meaning, priors: priors) == priors)
        #expect(learned.thresholds(project: "red", scale: .words, priors: far) == far)
        for (scale, own) in [(ScoreScale.meaning, priors), (.words, far)] {
            let shown = learned.snapshot(project: "red", scale: scale, priors: own).boundaries[0]
            #expect(shown.events == 0)
            #expect(shown.lastChange?.reason == .reset)
            #expect(shown.lastChange?.to == own.fastMaximum)
        }
    }

    @Test func `outlives the daemon`() async throws {
        let store = FlakyStore()
        let learned = state()
        rate(learned, "red", 0, times: 100)
        rate(learned, "blue", 1, times: 100)
        rate(learned, "red", 1, times: 60, scale: .words)
        teach(learned, "red", pairs: 150)
        try await learned.save(to: store)
        let next = state()
        #expect(await next.load(from: store) == [])
        for project in ["red", "blue"] {
            for scale in ScoreScale.allCases {
                let kept = next.snapshot(project: project, scale: scale, priors: priors)
                #expect(kept == learned.snapshot(project: project, scale: scale, priors: priors))
            }
        }
        #expect(next.thresholds(project: "red", scale: .meaning, priors: priors).fastMaximum < 30)
        #expect(next.thresholds(project: "red", scale: .words, priors: priors).fastMaximum > 30)
        let input: [Float] = [0.3, -0.2, 0.9]
        let before = learned.adjust(score: 50, input: input, project: "red")
        #expect(before != 50)
        #expect(next.adjust(score: 50, input: input, project: "red") == before)
        // Both go on from the same place.
        teach(learned, "red", pairs: 20)
        teach(next, "red", pairs: 20)
        #expect(
            next.adjust(score: 50, input: input, project: "red")
                == learned.adjust(score: 50, input: input, project: "red")
        )
    }

    @Test func `from other scores or in another shape begins anew, and says so`() async throws {
        let store = FlakyStore()
        let learned = state()
        rate(learned, "red", 0, times: 100)
        teach(learned, "red", pairs: 150)
        try await learned.save(to: store)

        let other = state("weights-2")
        let notices = await other.load(from: store)
        #expect(notices.count == 2)
        #expect(notices.allSatisfy { $0.contains("was learned from another scorer's scores") })
        #expect(other.thresholds(project: "red", scale: .meaning, priors: priors) == priors)
        #expect(!other.adjusts(project: "red"))

        let wider = state(inputs: 4)
        #expect(
            await wider.load(from: store) == [
                "The kept rankings begin anew: learned-rankings holds rankings of another shape."
            ]
        )
        #expect(wider.thresholds(project: "red", scale: .meaning, priors: priors).fastMaximum < 30)
    }

    /// Format 1 kept one set of thresholds for all scales.
    @Test func `in the format of before the scales begins anew, and says so`() async {
        var writer = StateWriter(kind: 1, format: 1, scores: "weights-1")
        writer.add(0)
        let old = writer.finished()
        let store = FlakyStore()
        store.state.withLock { $0.documents["learned-thresholds"] = old }
        let learned = state()
        #expect(
            await learned.load(from: store) == [
                "The kept thresholds begin anew at their priors: learned-thresholds is of another release's format."
            ]
        )
        #expect(learned.projects == [])
        rate(learned, "red", 0, times: 40)
        #expect(learned.thresholds(project: "red", scale: .meaning, priors: priors).fastMaximum < 30)
    }

    @Test func `that is damaged begins anew, whatever the damage`() async throws {
        let store = FlakyStore()
        let learned = state()
        rate(learned, "red", 0, times: 40)
        teach(learned, "red", pairs: 20)
        try await learned.save(to: store)
        let whole = store.state.withLock { $0.documents }
        var random = SeededGenerator(seed: 41)
        for round in 0..<300 {
            for (name, document) in whole {
                var damaged = document
                if round.isMultiple(of: 3) {
                    damaged.removeLast(Int.random(in: 1...document.count, using: &random))
                } else {
                    damaged[Int.random(in: 0..<document.count, using: &random)] ^= UInt8.random(
                        in: 1...255,
                        using: &random
                    )
                }
                store.state.withLock { $0.documents[name] = damaged }
            }
            let next = state()
            #expect(await next.load(from: store).count == 2)
            #expect(next.projects == [])
        }
    }

    /// What has the right checksum may still be nonsense: the readers themselves must take it.
    @Test func `that was forged begins anew or stays within its bounds`() async throws {
        let store = FlakyStore()
        let learned = state()
        rate(learned, "red", 0, times: 40)
        teach(learned, "red", pairs: 120)
        try await learned.save(to: store)
        let whole = store.state.withLock { $0.documents }
        var random = SeededGenerator(seed: 42)
        for _ in 0..<300 {
            for (name, document) in whole {
                var forged = Array(document.dropLast(8))
                for _ in 0..<3 {
                    forged[Int.random(in: 15..<forged.count, using: &random)] =
                        [0, 0x7F, 0xFF].randomElement(using: &random) ?? 0
                }
                let sum = FNV1a.hash(forged)
                for shift in stride(from: 0, to: 64, by: 8) {
                    forged.append(UInt8(truncatingIfNeeded: sum >> UInt64(shift)))
                }
                store.state.withLock { $0.documents[name] = forged }
            }
            let next = state()
            _ = await next.load(from: store)
            for project in next.projects + ["red"] {
                for scale in ScoreScale.allCases {
                    let bounds = next.thresholds(project: project, scale: scale, priors: priors)
                    #expect((10...50).contains(bounds.fastMaximum))
                }
                #expect((0...100).contains(next.adjust(score: 50, input: [1, 1, 1], project: project)))
            }
            teach(next, "red", pairs: 1)
        }
    }

    @Test func `is saved when it has changed and some seconds have passed`() async throws {
        let store = FlakyStore()
        let learned = state()
        try await learned.save(to: store)
        #expect(store.saves == [])
        rate(learned, "red", 0, times: 1)
        try await learned.save(to: store)
        try await learned.save(to: store)
        #expect(store.saves == ["learned-thresholds"])
        _ = learned.record(.init(project: "red", scale: .meaning, score: 28, tier: .fast, quality: 0), priors: priors)
        clock.advance(seconds: 4)
        try await learned.save(to: store)
        #expect(store.saves.count == 1)
        clock.advance(seconds: 1)
        try await learned.save(to: store)
        #expect(store.saves.count == 2)
        _ = learned.record(.init(project: "red", scale: .meaning, score: 28, tier: .fast, quality: 0), priors: priors)
        try await learned.save(to: store, isForced: true)
        #expect(store.saves.count == 3)
        teach(learned, "red", pairs: 1)
        try await learned.save(to: store)
        #expect(store.saves.last == "learned-rankings")
    }

    @Test func `stays in memory while the store fails, and is saved later`() async throws {
        let store = FlakyStore()
        let learned = state()
        rate(learned, "red", 0, times: 40)
        store.state.withLock { $0.isBroken = true }
        await #expect(throws: StateStoreError.self) { try await learned.save(to: store) }
        // Not with every tick.
        try await learned.save(to: store)
        #expect(store.saves.count == 1)
        store.state.withLock { $0.isBroken = false }
        clock.advance(seconds: 5)
        try await learned.save(to: store)
        let next = state()
        _ = await next.load(from: store)
        #expect(
            next.thresholds(project: "red", scale: .meaning, priors: priors)
                == learned.thresholds(project: "red", scale: .meaning, priors: priors)
        )
    }

    @Test func `has room for 8 rankings, of which only an idle one gives way`() {
        let learned = state()
        func pair(_ project: String) -> ShadowRanking.Outcome? {
            clock.advance(seconds: 1)
            return learned.record(pair: .init(project: project, score: 5, input: [0, 0, 1], cheap: 0, strong: 1))
        }
        for number in 0..<8 { #expect(pair("p\(number)") == .recorded(isInUse: false)) }
        #expect(pair("new") == nil)
        clock.advance(seconds: 86_400)
        #expect(pair("p0") == .recorded(isInUse: false))
        #expect(pair("new") == .recorded(isInUse: false))
        #expect(learned.projects == ["new", "p0", "p2", "p3", "p4", "p5", "p6", "p7"])
        #expect(state(inputs: 0).record(pair: .init(project: "p", score: 5, input: [], cheap: 0, strong: 1)) == nil)
    }

    @Test func `has room for 256 projects' thresholds`() {
        let learned = state()
        for number in 0..<256 { rate(learned, "p\(number)", 1, times: 1) }
        let answer = RatedAnswer(project: "new", scale: .meaning, score: 5, tier: .fast, quality: 1)
        #expect(learned.record(answer, priors: priors) == .noRoom)
        #expect(learned.projects.count == 256)
        clock.advance(seconds: 86_400)
        #expect(learned.record(answer, priors: priors) == .counted(moved: false))
        #expect(learned.projects.count == 256)
        #expect(!learned.projects.contains("p0"))
    }
}
