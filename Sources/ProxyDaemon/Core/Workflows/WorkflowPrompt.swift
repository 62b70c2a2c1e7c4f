/// The text that an op's model is asked with.
///
/// A prompt without placeholders is put last, under the run's input and the outputs of the op's inputs, each under a
/// heading: what several ops share stands first, so that their prompts begin alike and a provider's prompt cache serves
/// them, and models follow instructions best that stand after long material. A prompt with a placeholder is given as it is
/// written, and only what it names.
enum WorkflowPrompt {
    /// A text of the workflow's own, and what follows it.
    struct Part: Equatable {
        var text: String
        /// `input`, or an op's name.
        var source: String?
    }

    /// A prompt in pieces that are sent as blocks of their own, so that a marker can stand between them.
    struct Blocks: Equatable {
        var texts: [String] = []
        /// How many parts of the prompt end with which text. The last text need not be among them.
        var parts: [Int] = []
    }

    static func parts(of step: Workflow.Step) -> [Part] {
        guard step.template.placeholders.isEmpty else {
            var parts: [Part] = []
            var text = ""
            for part in step.template.parts {
                switch part {
                case .text(let more): text += more
                case .placeholder(let name):
                    parts.append(Part(text: text, source: name))
                    text = ""
                }
            }
            if !text.isEmpty { parts.append(Part(text: text)) }
            return parts
        }
        var parts = [Part(text: "# Input\n\n", source: PromptTemplate.input)]
        for name in step.inputNames { parts.append(Part(text: "\n\n# Output of \(name)\n\n", source: name)) }
        // Without placeholders a template is one text, its escapes undone.
        let task = step.template.parts.map { if case .text(let text) = $0 { text } else { "" } }.joined()
        parts.append(Part(text: "\n\n# Task\n\n\(task)"))
        return parts
    }

    /// The size of the text in bytes after each of its parts, without making it: a placeholder may stand in a prompt
    /// thousands of times.
    static func byteCounts(of step: Workflow.Step, input: String, output: (String) -> String) -> [Int] {
        var sum = 0
        return parts(of: step).map { part in
            let (count, overflow) = sum.addingReportingOverflow(
                part.text.utf8.count + (part.source.map { value($0, input, output).utf8.count } ?? 0)
            )
            sum = overflow ? .max : count
            return sum
        }
    }

    /// The text, cut after so many of its parts where that leaves no text blank. `output` gives what an op of that name wrote.
    static func blocks(
        of step: Workflow.Step,
        cutAfter cuts: [Int],
        input: String,
        output: (String) -> String
    ) -> Blocks {
        let parts = parts(of: step)
        var blocks = Blocks()
        var text = ""
        for (position, part) in parts.enumerated() {
            text += part.text
            if let source = part.source { text += value(source, input, output) }
            guard cuts.contains(position + 1), !isBlank(text) else { continue }
            blocks.texts.append(text)
            blocks.parts.append(position + 1)
            text = ""
        }
        guard !text.isEmpty || blocks.texts.isEmpty else { return blocks }
        if isBlank(text), let last = blocks.texts.popLast() {
            // Providers refuse a block of white space alone.
            blocks.parts.removeLast()
            text = last + text
        }
        blocks.texts.append(text)
        return blocks
    }

    private static func isBlank(_ text: String) -> Bool { text.allSatisfy(\.isWhitespace) }

    private static func value(_ source: String, _ input: String, _ output: (String) -> String) -> String {
        source == PromptTemplate.input ? input : output(source)
    }
}

/// How much the prompts of a workflow's ops have in common at their beginnings.
///
/// A provider keeps beginnings by model and system prompt. So ops are compared that go to the same tier, or the same model,
/// with the same system prompt and skill; one that is routed may go anywhere, and counts on nothing. Compared is by parts:
/// equal words of the workflow's own with the same thing put in behind them.
struct SharedBeginnings: Sendable {
    private let parts: [[Int]]

    init(_ workflow: Workflow) {
        let steps = workflow.steps
        let all = steps.map { WorkflowPrompt.parts(of: $0) }
        parts = steps.indices.map { op in
            steps.indices.map { other in
                guard op != other, Self.mayShare(steps[op], steps[other]) else { return 0 }
                return zip(all[op], all[other]).prefix { $0 == $1 && $0.source != nil }.count
            }
        }
    }

    /// How many parts two ops have in common.
    func common(_ op: Int, _ other: Int) -> Int { parts[op][other] }

    /// After how many parts an op's prompt parts from another's, ascending.
    func ends(_ op: Int) -> [Int] { Set(parts[op]).subtracting([0]).sorted() }

    private static func mayShare(_ step: Workflow.Step, _ other: Workflow.Step) -> Bool {
        (step.op.tier != nil || step.op.model != nil) && step.op.tier == other.op.tier
            && step.op.model == other.op.model && step.system == other.system && step.op.skill == other.op.skill
    }
}
