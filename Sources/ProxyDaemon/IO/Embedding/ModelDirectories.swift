import Glibc

/// Where the model may lie.
package enum ModelDirectories {
    /// What to do where there is no usable model.
    static let remedy = "run make setup, or set embedding.path, then start gatewayd again"

    /// The directories to look in, in order: the configured one, the user's (`$XDG_DATA_HOME`, or `~/.local/share`), and
    /// the system's. Which of them it is makes no difference, as only files of one content are taken.
    package static func all(configured: String?, environment: [String: String]) -> [String] {
        var bases: [String] = []
        // The XDG base directory specification has relative paths ignored.
        if let data = environment["XDG_DATA_HOME"], data.hasPrefix("/") {
            bases.append(data)
        } else if let home = environment["HOME"], home.hasPrefix("/") {
            bases.append(home + "/.local/share")
        }
        bases += ["/usr/local/share", "/usr/share"]
        let usual = bases.map { "\($0)/llm-gateway/models/\(MiniLM.name)" }
        return [configured].compactMap(\.self).filter { !$0.isEmpty } + usual
    }

    /// Whether both files of the model are there.
    package static func hasModel(_ directory: String) -> Bool {
        [MiniLM.weightsFile, MiniLM.vocabularyFile].allSatisfy { access(directory + "/" + $0, R_OK) == 0 }
    }
}
