import Shared

/// Prompts that are kept: saved ones under names, and the last that were sent.
extension Dashboard {
    /// What is to be done before the first event.
    package var opening: [Effect] { keepsPrompts ? [.prompts(.recall)] : [] }

    /// Keeps a prompt that is being sent for the next start.
    func remember(_ prompt: String) -> [Effect] { keepsPrompts ? [.prompts(.remember(prompt))] : [] }

    /// Carries out what concerns the name under which a prompt is saved.
    mutating func performInSaving(_ action: Action) -> [Effect] {
        switch action {
        case .savePrompt:
            guard !tester.isBlank else {
                note("write a prompt first")
                return []
            }
            promptName = LineEditor(text: tester.savedName ?? Self.suggestedName(tester.editor.text))
        case .keepPrompt:
            guard let name = promptName?.text.trimmingBlanks, !name.isEmpty else {
                note("write a name first")
                return []
            }
            guard name.count <= PromptShelf.maximumName else {
                note("a name may have \(PromptShelf.maximumName) characters")
                return []
            }
            promptName = nil
            let prompt = SavedPrompt(
                name: name,
                prompt: tester.editor.text,
                model: tester.model,
                tier: tester.tier,
                skill: tester.skill,
                classifierMode: tester.classifierMode
            )
            // The prompt that it was reloaded from is what saving it again means.
            return [.prompts(.save(prompt, mayReplace: name == tester.savedName))]
        case .leaveName: promptName = nil
        default: break
        }
        return []
    }

    /// The first words of a prompt.
    private static func suggestedName(_ prompt: String) -> String {
        var name = ""
        for word in prompt.split(whereSeparator: \.isWhitespace).prefix(5) where name.count + word.count < 40 {
            name += (name.isEmpty ? "" : " ") + word
        }
        return name.safeToShow(limit: PromptShelf.maximumName)
    }

    /// Puts a saved prompt into the box, with all that it asks for.
    mutating func reload(_ saved: SavedPrompt) {
        let safe = saved.safe
        tester.editor.replace(with: safe.prompt)
        (tester.model, tester.tier, tester.skill) = (safe.model, safe.tier, safe.skill)
        tester.classifierMode = safe.classifierMode
        tester.savedName = saved.name
        tester.isComposing = true
    }

    /// Takes in what came of a file of prompts.
    mutating func take(_ answer: PromptFileAnswer) {
        switch answer {
        case .listed(let prompts): picker?.fill(prompts)
        case .saved(let name):
            tester.savedName = name
            note("saved as \"\(name.safeToShow(limit: PromptShelf.maximumName))\"")
        case .exists(let prompt):
            question = Question(
                text: "Replace the saved prompt \"\(prompt.name.safeToShow(limit: PromptShelf.maximumName))\"?",
                consequence: "What it was before is lost.",
                yes: .prompts(.save(prompt, mayReplace: true))
            )
        case .deleted(let name, let prompts):
            picker?.fill(prompts)
            if tester.savedName == name { tester.savedName = nil }
            note("deleted \"\(name.safeToShow(limit: PromptShelf.maximumName))\"")
        case .recalled(let prompts): tester.editor.recall(prompts)
        case .remembered: break
        case .failed(let request, let reason):
            let why = reason.safeToShow(limit: 300)
            switch request {
            case .list: picker?.content = .failed(why)
            case .save: note("nothing was saved: \(why)", milliseconds: 15_000)
            case .delete: note("nothing was deleted: \(why)", milliseconds: 15_000)
            case .recall, .remember: note("sent prompts are not kept: \(why)", milliseconds: 15_000)
            }
        }
    }
}
