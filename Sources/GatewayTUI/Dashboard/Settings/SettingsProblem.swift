/// What is wrong with the user's settings.
package struct SettingsProblem: Error, Sendable, Hashable {
    /// The line of the file; nil for what does not stand in the file.
    package var line: Int?
    /// What it is and what to do, for a person.
    package var message: String

    package init(_ line: Int?, _ message: String) {
        self.line = line
        self.message = message
    }
}
