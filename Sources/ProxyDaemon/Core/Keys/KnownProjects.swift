/// Which projects there are for a client key to belong to: the default one and those of the configuration. Where none is
/// configured a key's project is only a name, and any will do.
package struct KnownProjects: Sendable, Equatable {
    private let names: [String]

    package init(_ projects: [Settings.Project]) { names = projects.map(\.name) }

    /// None are configured.
    package var isEmpty: Bool { names.isEmpty }

    /// Whether a key may belong to it; nil stands for the default project.
    package func includes(_ project: String?) -> Bool {
        guard let project, !names.isEmpty else { return true }
        return project == ClientKeys.defaultProject || names.contains(project)
    }

    /// All of them, for the operator.
    package var list: String { ([ClientKeys.defaultProject] + names).joined(separator: ", ") }
}
