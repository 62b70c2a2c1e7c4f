import Shared

/// The small menu that says in which form a request is copied, or the rows are exported.
package struct OutputMenu: Sendable, Hashable {
    package enum Choice: Sendable, Hashable {
        case copy(CopyFormat)
        case export(ExportFormat)
    }

    package let choices: [Choice]
    package var index = 0
    /// What it is about, safe to show; the request as it was when the menu opened, however many come after it.
    package let title: String
    let summary: ExchangeSummary?

    package var marked: Choice { choices[index] }
}

/// What became of a text that was to leave the program.
package enum ClipOutcome: Sendable, Hashable {
    /// The terminal was asked to put it on the clipboard.
    case copied(what: String)
    /// It is in a file, for a clipboard takes no more.
    case written(what: String, path: String)
    case failed(what: String, reason: String)
}

/// A file for the directory of this user's state.
package struct ExportFile: Sendable, Hashable {
    /// Without a directory: `requests-20261122-104330.csv`.
    package var name: String
    package var text: String
    /// What it holds, for a person.
    package var what: String
}

extension Dashboard {
    /// Carries out what concerns copying and exporting.
    mutating func performOutput(_ action: Action) -> [Effect] {
        switch action {
        case .copyID:
            guard let row = table.selectedRow(in: feed.log) else { return nothingSelected() }
            return copy(.id, of: row.original)
        case .openCopy:
            guard let row = table.selectedRow(in: feed.log) else { return nothingSelected() }
            outputMenu = OutputMenu(
                choices: CopyFormat.allCases.map { .copy($0) },
                title: "copy \(row.summary.id.safeToShow(limit: 8))",
                summary: row.original
            )
        case .openExport:
            let marked = feed.log.markedCount
            let count = marked > 0 ? marked : feed.log.count
            guard count > 0 else {
                note("there is no request to export")
                return []
            }
            outputMenu = OutputMenu(
                choices: ExportFormat.allCases.map { .export($0) },
                title: "export \(Format.count(count)) \(marked > 0 ? "marked " : "")request\(count == 1 ? "" : "s")",
                summary: nil
            )
        case .moveOutput(let step):
            guard let menu = outputMenu else { return [] }
            outputMenu?.index = (menu.index + step + menu.choices.count) % menu.choices.count
        case .takeOutput(let number):
            guard let menu = outputMenu, (number ?? 1) <= menu.choices.count else { return [] }
            outputMenu = nil
            switch number.map({ menu.choices[$0 - 1] }) ?? menu.marked {
            case .copy(let format): return menu.summary.map { copy(format, of: $0) } ?? []
            case .export(let format): return export(format)
            }
        case .leaveOutput: outputMenu = nil
        default: break
        }
        return []
    }

    private mutating func nothingSelected() -> [Effect] {
        let isRun = table.selectedRun(in: feed.log) != nil
        note(isRun ? "a run has no query id; select one of its steps" : "no request is selected")
        return []
    }

    private mutating func copy(_ format: CopyFormat, of summary: ExchangeSummary) -> [Effect] {
        var loaded: ExchangeDetail?
        if case .loaded(let detail)? = detail?.content { loaded = detail }
        guard let clip = Clip(format, of: summary, detail: loaded, baseURL: status?.baseURL) else {
            note("this request holds a number that JSON cannot say; nothing was copied")
            return []
        }
        return [.copy(clip)]
    }

    private func export(_ format: ExportFormat) -> [Effect] {
        let summaries = feed.log.toExport
        let (date, time) = CivilTime.parts(unixMilliseconds: now.unixMilliseconds + Int64(now.utcOffsetSeconds) * 1_000)

        let digits = (date + time).filter(\.isNumber)
        let name = "requests-\(digits.prefix(8))-\(digits.suffix(6)).\(format.fileExtension)"
        let count = summaries.count
        let what = "\(Format.count(count)) request\(count == 1 ? "" : "s")"
        return [.export(ExportFile(name: name, text: format.text(summaries), what: what))]
    }

    /// Says what became of it.
    mutating func tell(_ outcome: ClipOutcome) {
        switch outcome {
        case .copied(let what): note("copied \(what)")
        case .written(let what, let path):
            let lead = "\(what) in "
            note(lead + shortened(path.safeToShow(limit: 300), columns - 2 - CellWidth.of(lead)), milliseconds: 15_000)
        case .failed(let what, let reason):
            note("\(what) could not be written: \(reason.safeToShow(limit: 300))", milliseconds: 15_000)
        }
    }

    /// A path that is too long without its beginning: its end is what names the file.
    private func shortened(_ path: String, _ room: Int) -> String {
        guard CellWidth.of(path) > room else { return path }
        var end = path[...]
        while !end.isEmpty, CellWidth.of(end) > max(20, room) - 1 { end.removeFirst() }
        return "…\(end)"
    }
}
