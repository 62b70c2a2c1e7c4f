import Shared

extension Dashboard {
    /// Carries out what concerns the flush menu.
    mutating func performInFlush(_ action: Action) -> [Effect] {
        switch action {
        case .openFlush: openFlush()
        case .flushSelected:
            if let selected = flushable {
                flush = FlushState(direct: selected)
            } else {
                note("no request is selected")
            }
        case .moveFlush(let step):
            let all = FlushState.Choice.allCases
            let index = (flush?.choice.rawValue ?? 1) - 1 + step
            flush?.choice = all[(index + all.count) % all.count]
        case .chooseFlush(let choice):
            if let choice { flush?.choice = choice }
            choose()
        case .nameFlush: name()
        case .confirmFlush: return confirm()
        case .leaveFlush: leave()
        default: break
        }
        return []
    }

    /// The exchange whose answer can be flushed.
    private var flushable: FlushState.Selected? {
        table.selectedRow(in: feed.log).map { .init(id: $0.summary.id, prompt: $0.summary.prompt) }
    }

    private mutating func openFlush() { flush = FlushState(selected: flushable) }

    private mutating func choose() {
        guard let state = flush else { return }
        switch state.choice {
        case .everything: flush?.step = .confirming(ControlProtocol.CacheFlush())
        case .selected:
            guard let selected = state.selected else { return note("no request is selected") }
            flush?.step = .confirming(ControlProtocol.CacheFlush(queryID: selected.id))
        case .project, .key: flush?.step = .naming(LineEditor())
        }
    }

    private mutating func name() {
        guard let state = flush, case .naming(let editor) = state.step else { return }
        // Nothing written must never become "everything".
        let name = editor.text.trimmingBlanks
        guard !name.isEmpty else { return note("write a name first") }
        let isKey = state.choice == .key
        flush?.step = .confirming(ControlProtocol.CacheFlush(project: isKey ? nil : name, key: isKey ? name : nil))
    }

    private mutating func leave() {
        guard let state = flush else { return }
        if state.isDirect || state.step == .choosing {
            flush = nil
        } else {
            flush?.step = .choosing
        }
    }

    private mutating func confirm() -> [Effect] {
        guard let state = flush, case .confirming(let request) = state.step else { return [] }
        flush = nil
        guard isLive else {
            note("not connected to the gateway")
            return []
        }
        guard pendingFlush == nil else {
            note("still flushing")
            return []
        }
        pendingFlush = request
        note("flushing …", milliseconds: 60_000)
        return [.call(.flush(request))]
    }

    /// Takes in what came of a flush.
    mutating func finishFlush(_ result: Result<ControlProtocol.CacheFlushed, JSONRPC.Failure>) {
        pendingFlush = nil
        switch result {
        case .success(let flushed): note(flushed.safeToShow.sentence, milliseconds: 10_000)
        case .failure(let failure):
            let isOlder = failure.code == JSONRPC.Failure.methodNotFound("").code
            let why = isOlder ? "this gateway is too old for it" : failure.message
            note("nothing was flushed: \(why)", milliseconds: 10_000)
        }
    }

    /// The connection went before an answer came.
    mutating func loseFlush() {
        guard pendingFlush != nil else { return }
        pendingFlush = nil
        note("the connection was lost; whether the flush was done is not known", milliseconds: 10_000)
    }
}
