import GatewayCore

/// Reads workflows from YAML and from JSON. What it is given may come from anybody.
enum WorkflowText {
    /// A longer text is refused.
    static let maximumBytes = 262_144

    /// Reads and checks a workflow of YAML.
    ///
    /// - Throws: ``WorkflowProblems`` with all that is wrong and where.
    static func workflow(yaml text: String, maxOps: Int) throws(WorkflowProblems) -> Workflow {
        guard text.utf8.count <= maximumBytes else {
            throw problem("it has \(text.utf8.count) bytes, at most \(maximumBytes) may be")
        }
        // The YAML library hashes keys, and a key made of aliases of aliases would never be done.
        if let name = YAMLAliases.uses(in: text).keys.min() {
            throw problem(
                "&\(name) and *\(name): anchors and aliases are not taken here; write the value out each time"
            )
        }
        let tree: YAMLTree
        do throws(ConfigError) { tree = try YAMLTree.parse(text, file: "workflow") } catch {
            throw problem(
                [error.key.map(told), error.problem].compactMap(\.self).joined(separator: ": "),
                line: error.line
            )
        }
        return try workflow(tree, maxOps: maxOps)
    }

    /// The same of a JSON object inside of a request.
    static func workflow(json value: JSONView, maxOps: Int) throws(WorkflowProblems) -> Workflow {
        guard value.range.count <= maximumBytes else {
            throw problem("it has \(value.range.count) bytes, at most \(maximumBytes) may be")
        }
        var builder = JSONTree()
        let tree = builder.tree(value)
        guard builder.problems.isEmpty else { throw WorkflowProblems(builder.problems) }
        return try workflow(tree, maxOps: maxOps)
    }

    private static func workflow(_ tree: YAMLTree, maxOps: Int) throws(WorkflowProblems) -> Workflow {
        var reader = WorkflowReader()
        let draft = reader.draft(LocatedValue(root: tree, file: "workflow"))
        do throws(WorkflowProblems) {
            let workflow = try Workflow(draft, maxOps: maxOps)
            guard reader.problems.isEmpty else { throw WorkflowProblems(reader.problems) }
            return workflow
        } catch {
            guard error.problems != reader.problems else { throw error }
            throw WorkflowProblems(reader.problems + error.problems)
        }
    }

    /// A key as other problems speak of it: `op merge` for `ops.merge`.
    private static func told(_ key: String) -> String {
        let parts = key.split(separator: ".", maxSplits: 2)
        return parts.count == 2 && parts[0] == "ops" ? "op \(parts[1])" : key
    }

    private static func problem(_ text: String, line: Int? = nil) -> WorkflowProblems {
        WorkflowProblems([WorkflowProblem(line: line, text)])
    }

    /// A JSON value as the tree that YAML is read into, with the lines that its parts stand on.
    private struct JSONTree {
        var problems: [WorkflowProblem] = []
        private var counted = 0
        private var line = 1

        init() {}

        mutating func tree(_ value: JSONView) -> YAMLTree {
            let line = line(at: value.range.lowerBound, in: value.bytes)
            switch value.kind {
            case .null: return YAMLTree(content: .null, line: line)
            case .string: return YAMLTree(content: .scalar(value.string ?? ""), line: line)
            case .number, .true, .false:
                return YAMLTree(content: .scalar(String(decoding: value.raw, as: UTF8.self)), line: line)
            case .array:
                var items: [YAMLTree] = []
                value.forEachElement { items.append(tree($0)) }
                return YAMLTree(content: .sequence(items), line: line)
            case .object:
                var entries: [YAMLTree.Entry] = []
                var names = Set<String>()
                value.forEachMember { key, member in
                    let name = JSONText.decode(value.bytes, key)
                    let keyLine = self.line(at: key.lowerBound, in: value.bytes)
                    if !names.insert(name).inserted {
                        problems.append(WorkflowProblem(line: keyLine, "\(name.prefix(80)): given more than once"))
                    }
                    entries.append(YAMLTree.Entry(key: name, line: keyLine, value: tree(member)))
                }
                return YAMLTree(content: .mapping(entries), line: line)
            }
        }

        /// Values come in the order of the text, so that each break is counted once.
        private mutating func line(at offset: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int {
            while counted < offset {
                if bytes[counted] == 0x0A { line += 1 }
                counted += 1
            }
            return line
        }
    }
}
