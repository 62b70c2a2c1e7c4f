/// The palette: every action that is possible now, by name, narrowed while one writes.
package struct CommandPalette: Sendable {
    package private(set) var editor = LineEditor()
    /// The marked line.
    package private(set) var index = 0
    /// What is possible, in the order of the contexts.
    private let all: [KeyTable.Binding]
    /// What is found, best first.
    package private(set) var found: [KeyTable.Binding]

    package init(_ possible: [KeyTable.Binding]) {
        all = possible
        found = possible
    }

    package var marked: KeyTable.Binding? { found.indices.contains(index) ? found[index] : nil }

    package mutating func move(_ step: Int) { index = max(0, min(found.count - 1, index + step)) }

    package mutating func edit(_ change: (inout LineEditor) -> Void) {
        let before = editor.text
        change(&editor)
        guard editor.text != before else { return }
        index = 0
        found = Self.search(all, for: editor.text)
    }

    /// Those that hold the query's letters in their order, best first, and otherwise as they stood.
    package static func search(_ bindings: [KeyTable.Binding], for query: String) -> [KeyTable.Binding] {
        bindings.enumerated()
            .compactMap { offset, binding -> (binding: KeyTable.Binding, score: Int, offset: Int)? in
                let scores = [binding.action.name, binding.help].compactMap { FuzzyMatch.score(query, in: $0) }
                return scores.max().map { (binding, $0, offset) }
            }
            .sorted { ($1.score, $0.offset) < ($0.score, $1.offset) }
            .map(\.binding)
    }
}

extension Dashboard {
    /// What can be done here and now, the nearest context first: the palette's lines.
    package var possibleBindings: [KeyTable.Binding] {
        var below = self
        below.palette = nil
        let contexts = below.contexts
        var seen = Set<Action>()
        return contexts.flatMap { context in
            keyMap.bindings.filter { binding in
                guard binding.context == context, below.isPossible(binding.action) else { return false }
                // What a key means here is what counts: a nearer context may give it another meaning.
                let isReached = binding.keys.contains { keyMap.action(for: $0, in: contexts) == binding.action }
                return (isReached || binding.keys.isEmpty) && seen.insert(binding.action).inserted
            }
        }
    }

    /// Whether the action would do anything now.
    private func isPossible(_ action: Action) -> Bool {
        if isReadOnly, action.isRefusedReadOnly { return false }
        let hasRequest = table.selectedRow(in: feed.log) != nil
        return switch action {
        // Those that move or write a text are of use only as keys.
        case .edit, .move, .movePage, .moveFlush, .movePick, .movePalette, .moveOutput, .takePalette, .leavePalette,
            .moveBackend, .moveWorkflow, .scrollSavings, .stepLog:
            false
        case .openPalette: false
        case .show(let view): view != currentView
        case .reconnect: !isLive
        case .copyID, .openCopy, .flushSelected: hasRequest
        case .openExport: feed.log.count > 0
        case .send: isLive && !tester.isBlank && !tester.isAnswering
        case .clearBox: !tester.isAnswering
        case .openSkills: isLive
        case .compare: isLive && !tester.isBlank && !tester.isAnswering
        case .savePrompt: !tester.isBlank
        case .nextColumn: tester.shownComparison != nil
        case .deletePrompt: picker?.current != nil
        case .resetBackend: isLive && selectedBackend != nil
        case .runWorkflow: isLive && workflows.selected != nil && workflows.watched?.isRunning != true
        case .cancelRun: workflows.isComposing || workflows.watched?.isRunning == true
        case .follow: !table.isFollowing
        case .cancelAnswer: tester.isAnswering || tester.isComposing || tester.comparison != nil
        default: true
        }
    }

    /// Carries out what concerns the palette.
    mutating func performInPalette(_ action: Action) -> [Effect] {
        switch action {
        case .openPalette: palette = CommandPalette(possibleBindings)
        case .movePalette(let step): palette?.move(step)
        case .leavePalette: palette = nil
        case .takePalette:
            guard let chosen = palette?.marked else { return [] }
            palette = nil
            return perform(chosen.action)
        default: break
        }
        return []
    }
}
