import Shared

extension Dashboard {
    /// Marks the selected row and goes on to the next below, so that several are marked by holding the key.
    mutating func toggleMark() {
        guard let row = table.selectedRow(in: feed.log) else {
            note(
                table.selectedRun(in: feed.log) == nil ? "no request is selected" : "unfold the run and mark its steps"
            )
            return
        }
        if table.isFollowing { table.select(0, atRow: 0, in: feed.log) }
        changeLogs { $0.toggleMark(id: row.original.id) }
        table.move(by: 1, in: feed.log, visible: Layout(self).tableRows.height)
        let count = feed.log.markedCount
        note(
            count == 0
                ? "no request is marked any more"
                : "\(Format.count(count)) marked; \(keyLabel(.openExport)) exports them"
        )
    }

    /// Selects the nearest marked row below, or with -1 above.
    mutating func selectNextMark(_ step: Int) {
        let log = feed.log
        guard log.markedCount > 0 else {
            note("no request is marked; \(keyLabel(.toggleMark)) marks one")
            return
        }
        var index = (table.isFollowing ? -1 : table.selectedIndex(in: log)) + step
        while let line = log.lines[index] {
            if case .exchange(let sequence) = line.name, log.isMarked(sequence) {
                let distance = index - table.selectedIndex(in: log)
                if table.isFollowing { table.select(0, atRow: 0, in: log) }
                table.move(by: distance, in: log, visible: Layout(self).tableRows.height)
                if index == 0 { table.select(0, atRow: 0, in: log) }
                return
            }
            index += step
        }
        note(step > 0 ? "no marked request below" : "no marked request above")
    }

    // MARK: Older exchanges

    /// Whether the daemon's books have been asked for what came before the oldest exchange of the table.
    package enum OlderPages: Sendable, Hashable {
        case unasked
        case asked
        /// There are none.
        case exhausted
    }

    /// Going on downwards from the last line asks the daemon for what came before it.
    mutating func older(after action: Action) -> [Effect] {
        switch action {
        case .move(let step), .movePage(let step): guard step > 0 else { return [] }
        case .moveLast: break
        default: return []
        }
        guard isLive, frozen == nil, olderPages == .unasked, !latest.log.isFull,
            let oldest = latest.log.oldestUnixMilliseconds
        else { return [] }
        olderPages = .asked
        return [.call(.list(limit: Self.listLimit, notAfter: oldest))]
    }

    mutating func takeOlder(_ list: [ExchangeSummary]) {
        let count = latest.log.prepend(list)
        olderPages = count == 0 ? .exhausted : .unasked
        note(count == 0 ? "the gateway's books have no older request" : "\(Format.count(count)) older requests")
    }
}
