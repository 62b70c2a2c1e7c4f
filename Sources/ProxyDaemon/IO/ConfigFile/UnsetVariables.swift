/// Says where a setting is to come from a variable that is not set: the default then holds, and for a client's key or the
/// admin key the gateway lets in whom it should not, or nobody. A backend whose key is missing is told elsewhere.
struct UnsetVariables {
    /// Those of the file that is installed, which may stay unset.
    private static let usual: Set = ["GATEWAY_API_KEY", "ADMIN_KEY"]

    let expansion: Expansion

    /// A sentence for each such variable.
    func warnings(_ root: YAMLTree, file: String) -> [String] {
        guard case .mapping(let sections) = root.content else { return [] }
        var warnings: [String] = []
        for section in sections where section.key != "models" {
            visit(section.value) { text, line in
                for name in expansion.unset(in: text) where !Self.usual.contains(name) {
                    // A part of a longer value may be a part of a key.
                    let isAlone = text == "$\(name)" || text.hasPrefix("${\(name)") && text.hasSuffix("}")
                    let what = isAlone ? name : "a variable in this value"
                    let hint = isAlone ? "" : " ($$ is a dollar sign)"
                    let end = "is not set\(hint), so that what it stands for is not there"
                    warnings.append("\(file):\(line): \(section.key): \(what) \(end)")
                }
            }
        }
        return warnings
    }

    private func visit(_ tree: YAMLTree, _ look: (_ text: String, _ line: Int) -> Void) {
        switch tree.content {
        case .null: break
        case .scalar(let text): look(text, tree.line)
        case .sequence(let items): for item in items { visit(item, look) }
        case .mapping(let entries): for entry in entries { visit(entry.value, look) }
        }
    }
}
