package import Shared

extension Settings {
    /// Runs of several calls, each taking up what others wrote.
    package struct Workflows: Sendable, Equatable {
        package var isEnabled = true
        /// The directory of named workflows; nil: `workflows` beside the configuration file, or in the user's own.
        package var path: String?
        /// Calls of one run under way at once.
        package var maxParallel = 4
        package var maxOps = 64
        /// Calls of one run, those tried again counted.
        package var maxCalls = 128
        /// For one run; nil: no bound.
        package var maxCost: USD?
        /// For one call of an op that names no time of its own.
        package var opTimeoutSeconds = 120
        package init() {}
    }
}
