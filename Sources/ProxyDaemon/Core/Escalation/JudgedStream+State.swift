extension JudgedStream {
    /// What is known of the streams so far, and what is held back.
    struct State {
        var relay: EventRelay
        var headers: [HeaderField]
        var quality: AnswerQuality
        var judgement: AnswerJudgement
        var held: [UInt8] = []
        /// What comes after the held bytes, where the stream has ended badly.
        var last: StreamStep?
        var isDecided = false
        var isTimeUp = false
        /// A silence was noticed before there was a client to hear of it.
        var owesPing = false
        /// The first bytes of the relay in force have come.
        var hasBegun = false
        /// How the relay in force ended.
        var ended: StreamOutcome?
        var isSettled = false
        var escalationsLeft: Int
        var captureLimit = Window.mostBytes
        var endings: [@Sendable (StreamOutcome) -> Void] = []
        var onFirstEvent: (@Sendable () -> Void)?
        var asking: PendingValue<Replacement>?
        var isCancelled = false
        var timer: Task<Void, Never>?
    }
}

extension JudgedStream.State {
    /// What whoever reads is to do now.
    mutating func turn() -> JudgedStream.Turn {
        if owesPing {
            owesPing = false
            return .give(.silence, isFirst: false)
        }
        guard isDecided else { return asking.map { .wait($0) } ?? .read(relay, isDecided: false) }
        if !held.isEmpty {
            defer { held = [] }
            return .give(.bytes(held), isFirst: true)
        }
        if let last {
            self.last = nil
            return .give(last, isFirst: false)
        }
        return .read(relay, isDecided: true)
    }

    /// What is to become of a stream that has brought something. It is judged once, when the window is over: half a sentence
    /// says little.
    mutating func rule(_ window: JudgedStream.Window) -> JudgedStream.Ruling {
        // There is nobody left to ask.
        guard escalationsLeft > 0 else { return .release }
        let isFull = quality.outputCharacters >= window.characters || held.count >= JudgedStream.Window.mostBytes
        guard ended != nil || isFull || isTimeUp else { return .hold }
        let verdict = ended.map { quality.finished(usageIsEstimated: $0.usageIsEstimated) } ?? quality.opening()
        judgement.quality = verdict
        return verdict.isWeak ? .weak(verdict) : .release
    }
}
