/// What is configured about methods of work that clients ask for by name.
extension Settings {
    package struct Skills: Sendable, Equatable {
        package var isEnabled = true
        /// The directory with the operator's own; nil for `skills` beside the configuration file, or in the user's
        /// configuration directory.
        package var path: String?
        package init() {}
    }
}
