/// What becomes of one field of a client's request at a backend of another dialect.
///
/// The readers go by these rules for what is dropped and refused, and docs/compatibility.md is made of them.
package struct FieldRule: Sendable {
    package enum Handling: Sendable, Equatable {
        /// Carried over, as the note says.
        case mapped(String)
        /// Carried over under its own name, its value as it came.
        case passed
        /// Left out, with a warning. The note says why, where it is not plain.
        case dropped(String = "")
        /// A 400 with this text.
        case refused(String)
        /// Meant for the gateway, or without any effect on the answer: left out without a word.
        case consumed(String)
    }

    /// The field's name, or a type's; a `*` at its end stands for any ending, one at its beginning for any beginning.
    package let name: String
    /// By the backend's wire format. One without an entry belongs to the dialect itself.
    package let handling: [BackendWire: Handling]
    /// Values that say no more than the field's absence, without white space. `null` always is one.
    package let harmless: [String]
    /// The field's name in warnings, where it is not the table's scope and the name.
    package let warning: String?

    /// A rule for an OpenAI client's field.
    static func openAI(
        _ name: String,
        anthropic: Handling,
        ollama: Handling,
        unless harmless: [String] = [],
        warning: String? = nil
    ) -> FieldRule {
        FieldRule(
            name: name,
            handling: [.anthropic: anthropic, .ollama: ollama],
            harmless: harmless,
            warning: warning
        )
    }

    /// A rule for an Anthropic client's field.
    static func anthropic(
        _ name: String,
        openAI: Handling,
        ollama: Handling,
        unless harmless: [String] = [],
        warning: String? = nil
    ) -> FieldRule {
        FieldRule(name: name, handling: [.openai: openAI, .ollama: ollama], harmless: harmless, warning: warning)
    }
}

/// The rules for the members of one kind of object, or for the types of one kind of block.
package struct FieldTable: Sendable {
    /// For the head of the table in the documentation.
    package let title: String
    package let dialect: Dialect
    /// What stands before a member's name in warnings; empty for a request's own members.
    package let scope: String
    package let rules: [FieldRule]
    private let byName: [String: FieldRule]
    private let patterns: [FieldRule]

    init(_ title: String, _ dialect: Dialect, scope: String = "", _ rules: [FieldRule]) {
        self.title = title
        self.dialect = dialect
        self.scope = scope
        self.rules = rules
        patterns = rules.filter { $0.name.contains("*") }
        byName = Dictionary(rules.map { ($0.name, $0) }) { first, _ in first }
    }

    /// The rule for a name; nil for one that no rule is for.
    package func rule(for name: String) -> FieldRule? {
        if let rule = byName[name] { return rule }
        return patterns.first { rule in
            rule.name.hasPrefix("*") ? name.hasSuffix(rule.name.dropFirst()) : name.hasPrefix(rule.name.dropLast())
        }
    }

    /// What a warning calls a member.
    func warning(for name: String, _ rule: FieldRule?) -> String {
        rule?.warning ?? (scope.isEmpty ? name : "\(scope).\(name)")
    }
}

/// All rules, in the order of the documentation.
package enum FieldTables {
    package static let all = openAI + anthropic

    /// The tables of an OpenAI client's request.
    package static let openAI = [
        openAIRequest, openAIMessage, openAIPart, openAIPartMember, openAITool, openAIFunction,
    ]

    /// The tables of an Anthropic client's request.
    package static let anthropic = [
        anthropicRequest, anthropicMessage, anthropicBlock, anthropicBlockMember, anthropicToolType, anthropicTool,
    ]
}
