/// What a model takes and refuses, read off its name.
///
/// The rules are those of Anthropic's models in November 2026. A name that tells no version refuses nothing, so that
/// any name can be simulated.
struct ModelTraits: Sendable, Equatable {
    enum Family: String, Sendable, CaseIterable { case haiku, sonnet, opus, fable, mythos }
    enum Sampling: Sendable, Equatable { case free, oneOfTwo, defaultsOnly, refused }
    enum Disabling: Sendable, Equatable { case allowed, upToHighEffort, refused }

    var family: Family?
    /// Ten times the major version plus the minor one: 4.7 is 47; nil when the name does not tell.
    var version: Int?
    var sampling = Sampling.free
    var takesThinkingBudget = true
    var takesAdaptiveThinking = true
    var takesBetweenTools = true
    var disabling = Disabling.allowed
    /// The values of `output_config.effort` that are taken; empty when the model has no effort.
    var efforts: [String] = ["low", "medium", "high", "xhigh", "max"]
    var takesPrefill = true
    var takesForcedTool = true
    var takesSystemRole = true
    /// Whether replayed thinking blocks are checked against all that came before them.
    var checksPrefix = false
    /// Whether thinking is sent without its text unless the request asks for it.
    var omitsThinking = false
    var contextWindow = 1_000_000
    var longestAnswer = 128_000

    init(_ name: String) {
        let name = name.split(separator: "/").last.map { $0.lowercased() } ?? ""
        family = Family.allCases.first { name.contains($0.rawValue) }
        version = Self.version(in: name)
        guard let family, let version else { return }
        switch (family, version) {
        case (.fable, _), (.mythos, _):
            setFifthGeneration(.refused, .refused)
            takesForcedTool = false
            takesSystemRole = version >= 51
            checksPrefix = version >= 51
        case (.opus, 55...):
            setFifthGeneration(.refused, .refused)
            takesForcedTool = false
            checksPrefix = true
        case (.sonnet, 55...):
            setFifthGeneration(.refused, .refused)
            takesForcedTool = false
            checksPrefix = true
        case (.haiku, 55...):
            setFifthGeneration(.defaultsOnly, .upToHighEffort)
            checksPrefix = true
        case (.opus, 50...):
            setFifthGeneration(.refused, .upToHighEffort)
        case (_, 50...):
            setFifthGeneration(.defaultsOnly, .allowed)
            takesSystemRole = false
        case (.opus, 47...):
            setFifthGeneration(.refused, .allowed)
            takesBetweenTools = false
            takesSystemRole = version >= 48
        case (_, 46...):
            setFourthGeneration(efforts: ["low", "medium", "high", "max"])
            takesAdaptiveThinking = true
            takesPrefill = false
        default:
            setFourthGeneration(efforts: family == .opus && version == 45 ? ["low", "medium", "high"] : [])
            contextWindow = 200_000
            longestAnswer = 64_000
        }
    }

    private mutating func setFifthGeneration(_ sampling: Sampling, _ disabling: Disabling) {
        self.sampling = sampling
        self.disabling = disabling
        takesThinkingBudget = false
        takesPrefill = false
        omitsThinking = true
    }

    private mutating func setFourthGeneration(efforts: [String]) {
        self.efforts = efforts
        sampling = .oneOfTwo
        takesAdaptiveThinking = false
        takesBetweenTools = false
        takesSystemRole = false
    }

    /// The version in names such as `claude-opus-4-7`, `claude-haiku-4-5-20251001` and `claude-3-5-sonnet-latest`.
    private static func version(in name: String) -> Int? {
        let numbers = name.split { $0 == "-" || $0 == "." || $0 == "@" }.filter { $0.utf8.count <= 2 }.compactMap {
            Int($0)
        }
        guard let major = numbers.first, (1...9).contains(major) else { return nil }
        let minor = numbers.dropFirst().first ?? 0
        return major * 10 + min(max(minor, 0), 9)
    }
}

/// How fast a model seems to be.
struct Pace: Sendable, Equatable {
    /// Milliseconds until the first token.
    var firstToken: Double
    var tokensPerSecond: Double

    init(_ model: String) {
        switch ModelTraits(model).family {
        case .haiku: (firstToken, tokensPerSecond) = (250, 150)
        case .opus, .fable, .mythos: (firstToken, tokensPerSecond) = (900, 50)
        case .sonnet, nil: (firstToken, tokensPerSecond) = (500, 80)
        }
    }
}
