import GatewayCore
import Shared

/// Takes a workflow out of a YAML tree. Goes on after a mistake, so that all of them are told at once.
struct WorkflowReader {
    private(set) var problems: [WorkflowProblem] = []

    private static let topKeys = ["description", "system", "start_ops", "end_ops", "ops"]
    private static let opKeys = [
        "prompt", "tier", "max_tokens", "input_ops", "output_ops", "system", "model", "temperature", "timeout_sec",
        "retries", "skill",
    ]

    mutating func draft(_ root: LocatedValue) -> WorkflowDraft {
        var draft = WorkflowDraft()
        let fields = members(root, known: Self.topKeys)
        draft.purpose = read { () throws(ConfigError) in try fields["description"]?.text() }
        draft.system = text(fields["system"])
        draft.startOps = names(fields["start_ops"])
        draft.endOps = names(fields["end_ops"])
        guard let ops = fields["ops"] else { return draft }
        for (name, value) in entries(of: ops) {
            draft.ops.append(op(name, value))
        }
        return draft
    }

    private mutating func op(_ name: String, _ value: LocatedValue) -> WorkflowDraft.Op {
        var op = WorkflowDraft.Op(name: name, line: value.line)
        let fields = members(value, known: Self.opKeys)
        op.prompt = text(fields["prompt"])
        op.system = text(fields["system"])
        op.tier = read { () throws(ConfigError) in try fields["tier"]?.tier() }
        op.model = read { () throws(ConfigError) in try fields["model"]?.text() }
        op.skill = read { () throws(ConfigError) in try fields["skill"]?.text() }
        if let skill = op.skill, !OpName.isValid(skill) {
            problems.append(WorkflowProblem(line: fields["skill"]?.line, "op \(name): skill: expected a skill's id"))
            op.skill = nil
        }
        op.inputs = names(fields["input_ops"])
        op.outputs = names(fields["output_ops"])
        let scaled = read { () throws(ConfigError) in try fields["temperature"]?.decimal(places: 4, most: 20_000) }
        op.temperature = scaled.map { DecimalText.text($0, places: 4) }
        op.maxTokens = integer(fields["max_tokens"], 1...10_000_000) ?? op.maxTokens
        op.timeoutSeconds = integer(fields["timeout_sec"], 1...86_400)
        op.retries = integer(fields["retries"], 0...5) ?? op.retries
        return op
    }

    // MARK: Values

    private mutating func entries(of value: LocatedValue) -> [(key: String, value: LocatedValue)] {
        do throws(ConfigError) { return try value.entries() } catch {
            problems.append(problem(error))
            return []
        }
    }

    private mutating func members(_ value: LocatedValue, known: [String]) -> [String: LocatedValue] {
        var members: [String: LocatedValue] = [:]
        for (key, member) in entries(of: value) {
            if known.contains(key) {
                members[key] = member
            } else {
                let near = EditDistance.nearest(to: key, among: known).map { "did you mean \($0)?" }
                let advice = near ?? "expected one of \(known.sorted().joined(separator: ", "))"
                problems.append(problem(member.error("unknown key (\(advice))")))
            }
        }
        return members
    }

    /// A text as it stands, white space and all; nil where nothing was written.
    private mutating func text(_ value: LocatedValue?) -> String? {
        guard let value else { return nil }
        switch value.tree.content {
        case .null: return nil
        case .scalar(let text): return text
        case .sequence, .mapping:
            problems.append(problem(value.error("expected a text, got \(value.tree.kind)")))
            // Told once: that it is no text, and not that it is missing, too.
            return "-"
        }
    }

    private mutating func integer(_ value: LocatedValue?, _ range: ClosedRange<Int>) -> Int? {
        read { () throws(ConfigError) in try value?.integer(in: range) }
    }

    private mutating func names(_ value: LocatedValue?) -> [String]? {
        guard let value, let items = read({ () throws(ConfigError) in try value.items() }) else { return nil }
        var names: [String] = []
        for item in items {
            if let name = read({ () throws(ConfigError) in try item.text() }) {
                names.append(name)
            } else if case .null = item.tree.content {
                problems.append(problem(item.error("expected the name of an op, got nothing")))
            }
        }
        return names
    }

    private mutating func read<Value>(_ work: () throws(ConfigError) -> Value?) -> Value? {
        do throws(ConfigError) { return try work() } catch {
            problems.append(problem(error))
            return nil
        }
    }

    private func problem(_ error: ConfigError) -> WorkflowProblem {
        WorkflowProblem(line: error.line, [error.key, error.problem].compactMap(\.self).joined(separator: ": "))
    }
}
