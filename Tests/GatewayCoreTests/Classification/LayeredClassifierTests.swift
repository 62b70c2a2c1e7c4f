import GatewayCore
import Shared
import Testing

@Suite struct `Where a prompt is classified` {
    private func classifier(_ mode: Settings.ClassifierMode, asksModel: Bool = false) throws -> LayeredClassifier {
        var settings = Settings.Classifier()
        settings.mode = mode
        settings.asksModel = asksModel
        return LayeredClassifier(
            settings: settings,
            model: try RouterModel(parsing: RouterGolden.weights()),
            helpers: LayeredClassifier.Helpers(),
            stakes: Stakes([], clock: TestClock().port)
        )
    }

    private func request(bytes: Int, mode: Settings.ClassifierMode? = nil) -> ClassifierRequest {
        var traits = PromptTraits()
        traits.lastUserText = Array(repeating: UInt8(ascii: "a"), count: bytes)
        return ClassifierRequest(traits: traits, mode: mode)
    }

    @Test func `a short one is, where it came in, as long as nobody is to be asked`() throws {
        #expect(try classifier(.ruleBased).isBrief(request(bytes: 4_096)))
        // Without an embedding model there is nobody to ask in the other modes either.
        #expect(try classifier(.hybrid).isBrief(request(bytes: 100)))
        #expect(try classifier(.hybrid, asksModel: true).isBrief(request(bytes: 100, mode: .ruleBased)))
    }

    @Test func `a long one, or one for which a model may be asked, is not`() throws {
        #expect(try !classifier(.ruleBased).isBrief(request(bytes: 4_097)))
        #expect(try !classifier(.hybrid, asksModel: true).isBrief(request(bytes: 100)))
        #expect(try !classifier(.ruleBased, asksModel: true).isBrief(request(bytes: 100, mode: .llmBased)))
    }

    @Test(arguments: [100, 20_000])
    func `either way it is scored the same`(bytes: Int) async throws {
        let classifier = try classifier(.ruleBased)
        let request = request(bytes: bytes)
        let here = await classifier.classify(request)
        let there = await withTaskExecutorPreference(globalConcurrentExecutor) { await classifier.classify(request) }
        #expect(here.score == there.score && here.tier == there.tier && here.layer == there.layer)
    }
}
