/// How hard a request is, found out layer by layer.
package struct LayeredClassifier: Classifying {
    private let settings: Settings.Classifier

    package init(settings: Settings.Classifier) { self.settings = settings }

    package func classify(_ request: ClassifierRequest) async -> Classification {
        await withTaskExecutorPreference(globalConcurrentExecutor) {
            HeuristicClassifier.classify(request.traits, settings)
        }
    }
}
