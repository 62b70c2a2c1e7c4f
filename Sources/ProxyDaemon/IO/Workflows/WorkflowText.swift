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
        if let name = aliased(in: text) {
            throw problem(
                "&\(name) and *\(name): anchors and aliases are not taken here; write the value out each time"
            )
        }
        let tree: YAMLTree
        do throws(ConfigError) { tree = try YAMLTree.parse(text, file: "workflow") } catch {
            throw problem([error.key, error.problem].compactMap(\.self).joined(separator: ": "), line: error.line)
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

    private static func problem(_ text: String, line: Int? = nil) -> WorkflowProblems {
        WorkflowProblems([WorkflowProblem(line: line, text)])
    }

    /// A name that looks both like an anchor's and like an alias's. Words in a prompt may look like either; both with one
    /// name are as good as never found but where they are meant.
    static func aliased(in text: String) -> String? {
        guard text.utf8.contains(UInt8(ascii: "&")), text.utf8.contains(UInt8(ascii: "*")) else { return nil }
        let bytes = Array(text.utf8)
        let anchors = names(after: UInt8(ascii: "&"), in: bytes)
        guard !anchors.isEmpty else { return nil }
        return names(after: UInt8(ascii: "*"), in: bytes).intersection(anchors).min()
    }

    /// The names after a mark, wherever libyaml could take them for one.
    private static func names(after mark: UInt8, in bytes: [UInt8]) -> Set<String> {
        var names: Set<String> = []
        for at in bytes.indices where bytes[at] == mark {
            if at > 0, !Self.before.contains(bytes[at - 1]) { continue }
            var end = at + 1
            while end < bytes.count, isName(bytes[end]) { end += 1 }
            guard end > at + 1, end == bytes.count || Self.after.contains(bytes[end]) else { continue }
            names.insert(String(decoding: bytes[(at + 1)..<end], as: UTF8.self))
        }
        return names
    }

    private static let before = Set(" \t\r\n[]{},:?-\"'!>|".utf8)
    /// What may follow, by libyaml's scanner, and the breaks beyond ASCII.
    private static let after = Set(" \t\r\n?:,]}%@`".utf8).union([0x00, 0xC2, 0xE2])

    private static func isName(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || (byte | 0x20) &- UInt8(ascii: "a") < 26
            || byte &- UInt8(ascii: "0") < 10
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
