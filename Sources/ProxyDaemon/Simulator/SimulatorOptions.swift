/// How a simulator behaves where a request does not say so itself.
package struct SimulatorOptions: Sendable, Equatable {
    /// With the same seed, the same request gets the same text.
    package var seed: UInt64
    /// The time scale of believable latency: 1 waits about as long as the models do, 0.1 a tenth of that, 0 not at all.
    ///
    /// What a directive asks for in milliseconds (`stall`, `delay`) is not scaled.
    package var speed: Double

    package init(seed: UInt64 = 1, speed: Double = 1) {
        self.seed = seed
        self.speed = speed.isFinite ? max(0, speed) : 1
    }

    /// The words of a `[[simulate: …]]` marker, explained one a line, for a program's help.
    package static var directiveHelp: String { Directives.help }
}
