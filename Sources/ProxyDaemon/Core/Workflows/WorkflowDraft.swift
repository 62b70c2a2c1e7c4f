package import Shared

/// A workflow as it was written, before it is known to hold together.
package struct WorkflowDraft: Sendable, Equatable {
    /// One step: a prompt for a model.
    package struct Op: Sendable, Equatable {
        package var name: String
        /// Where it stands in its text, from 1.
        package var line: Int?
        package var prompt: String?
        /// In the place of the workflow's.
        package var system: String?
        /// nil: the gateway routes it.
        package var tier: Tier?
        /// A model or backend by name, which is then taken at its word.
        package var model: String?
        package var maxTokens = 1_024
        /// A plain decimal number, as JSON writes it.
        package var temperature: String?
        /// For one call; nil: the configured time.
        package var timeoutSeconds: Int?
        /// How often it is tried again after a failure that may pass.
        package var retries = 2
        /// A skill's id, sent as `X-Gateway-Skill`.
        package var skill: String?
        /// nil where it does not say.
        package var inputs: [String]?
        package var outputs: [String]?

        package init(name: String, line: Int? = nil, prompt: String? = nil) {
            self.name = name
            self.line = line
            self.prompt = prompt
        }
    }

    /// What it is for, in a line for people.
    package var purpose: String?
    /// For every op that has none of its own.
    package var system: String?
    package var startOps: [String]?
    package var endOps: [String]?
    /// In the order of the text.
    package var ops: [Op] = []

    package init() {}
}

/// One thing that is wrong with a workflow.
package struct WorkflowProblem: Sendable, Hashable, CustomStringConvertible {
    /// In the workflow's text, from 1; nil where there is no such place.
    package let line: Int?
    /// Names the ops and says what to do.
    package let text: String

    package init(line: Int? = nil, _ text: String) {
        self.line = line
        self.text = text
    }

    package var description: String { line.map { "line \($0): \(text)" } ?? text }
}

/// Everything that is wrong with a workflow.
package struct WorkflowProblems: Error, Sendable, Equatable, CustomStringConvertible {
    /// More than these are counted but not told.
    package static let mostTold = 50
    package let problems: [WorkflowProblem]

    package init(_ problems: [WorkflowProblem]) { self.problems = problems }

    package var description: String {
        guard problems.count > 1 else { return problems.first?.description ?? "" }
        let told = problems.prefix(Self.mostTold).enumerated().map { "(\($0.offset + 1)) \($0.element)" }
        let rest = problems.count > told.count ? "; and \(problems.count - told.count) more" : ""
        return "\(problems.count) problems: \(told.joined(separator: "; "))\(rest)"
    }
}
