/// What holds for the clients of a project, or else for all.
package struct ByProject<Value: Sendable>: Sendable {
    private let general: Value
    private let own: [String: Value]

    /// `value` gives a project's own from its settings and what holds for all.
    package init(_ settings: Settings, _ general: Value, _ value: (Settings.Project, Value) -> Value) {
        self.general = general
        own = Dictionary(
            settings.projects.map { ($0.name, value($0, general)) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// For all, whatever the project.
    package init(_ general: Value) {
        self.general = general
        own = [:]
    }

    package subscript(project: String) -> Value { own.isEmpty ? general : own[project] ?? general }

    /// All of them, that of everybody else first and the others by their projects' names.
    package var all: [Value] { [general] + own.sorted { $0.key < $1.key }.map(\.value) }
}
