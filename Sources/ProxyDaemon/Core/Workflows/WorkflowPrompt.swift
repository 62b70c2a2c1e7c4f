/// The text that an op's model is asked with.
///
/// A prompt without placeholders is put last, under the run's input and the outputs of the op's inputs, each under a
/// heading: what several ops share stands first, so that their prompts begin alike and a provider's prompt cache serves
/// them, and models follow instructions best that stand after long material. A prompt with a placeholder is given as it is
/// written, and only what it names.
enum WorkflowPrompt {
    /// The size of the text in bytes, without making it: a placeholder may stand in a prompt thousands of times.
    static func byteCount(of step: Workflow.Step, input: String, output: (String) -> String) -> Int {
        pieces(step).reduce(0) { sum, piece in
            let (count, overflow) = sum.addingReportingOverflow(
                piece.text.utf8.count + (piece.source.map { value($0, input, output).utf8.count } ?? 0)
            )
            return overflow ? .max : count
        }
    }

    /// The text. `output` gives what an op of that name wrote.
    static func text(of step: Workflow.Step, input: String, output: (String) -> String) -> String {
        var text = ""
        for piece in pieces(step) {
            text += piece.text
            if let source = piece.source { text += value(source, input, output) }
        }
        return text
    }

    /// A text of the workflow's own, and what follows it.
    private struct Piece {
        var text: String
        /// `input`, or an op's name.
        var source: String?
    }

    private static func value(_ source: String, _ input: String, _ output: (String) -> String) -> String {
        source == PromptTemplate.input ? input : output(source)
    }

    private static func pieces(_ step: Workflow.Step) -> [Piece] {
        guard step.template.placeholders.isEmpty else {
            return step.template.parts.map { part in
                switch part {
                case .text(let text): Piece(text: text)
                case .placeholder(let name): Piece(text: "", source: name)
                }
            }
        }
        var pieces = [Piece(text: "# Input\n\n", source: PromptTemplate.input)]
        for name in step.inputNames { pieces.append(Piece(text: "\n\n# Output of \(name)\n\n", source: name)) }
        // Without placeholders a template is one text, its escapes undone.
        let task = step.template.parts.map { if case .text(let text) = $0 { text } else { "" } }.joined()
        pieces.append(Piece(text: "\n\n# Task\n\n\(task)"))
        return pieces
    }
}
