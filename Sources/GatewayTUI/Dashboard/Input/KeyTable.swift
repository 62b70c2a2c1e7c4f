/// Every key and what it does: the one list that the key handling, the footer and the help screen are made from.
package enum KeyTable {
    /// Where a binding holds. Several contexts hold at once; the first that knows a key wins.
    package enum Context: String, Sendable, Hashable, CaseIterable {
        case composing = "TEXT BOX"
        case filtering = "FILTER"
        case editing = "EDITING TEXT"
        case flushing = "FLUSH MENU"
        case naming = "FLUSH: NAME"
        case confirming = "FLUSH: SURE?"
        case picking = "LISTS IN THE TESTER"
        case marking = "WHO IS COMPARED"
        case shelf = "SAVED PROMPTS"
        case saving = "NAME OF A PROMPT"
        case palette = "PALETTE"
        case output = "COPY, EXPORT"
        case detail = "DETAIL"
        case list = "LISTS"
        case run = "A WORKFLOW'S RUN"
        case step = "A STEP OF A RUN"
        case requests = "REQUESTS"
        case figures = "DASHBOARD, CACHE"
        case cache = "CACHE"
        case tester = "TESTER"
        case backends = "BACKENDS"
        case savings = "SAVINGS"
        case workflows = "WORKFLOWS"
        case writingInput = "WORKFLOW'S INPUT"
        case log = "LOG"
        case asking = "SURE?"
        case offline = "NO GATEWAY"
        case everywhere = "EVERYWHERE"
    }

    package struct Binding: Sendable, Hashable {
        package var keys: [Key]
        package var action: Action
        package var context: Context
        package var help: String
        /// The word in the footer, for the keys people need most.
        package var footer: String?

        init(_ keys: [Key], _ action: Action, _ context: Context, _ help: String, footer: String? = nil) {
            self.keys = keys
            self.action = action
            self.context = context
            self.help = help
            self.footer = footer
        }

        package func label(_ glyphs: Glyphs) -> String { keys.map { $0.label(glyphs) }.joined(separator: " ") }
    }

    package static let all: [Binding] =
        everywhere + lists + runs + requests + figures + cache + detail + tester + box + filter + editing + flush
        + pickers + views + palette + output + offline

    /// The action of a key, looked for in the contexts in their order.
    package static func action(for key: Key, in contexts: [Context]) -> Action? {
        KeyMap.standard.action(for: key, in: contexts)
    }

    private static let everywhere: [Binding] = [
        Binding([.character("1"), .alt("1")], .show(.dashboard), .everywhere, "Dashboard"),
        Binding([.character("2"), .alt("2")], .show(.requests), .everywhere, "Requests"),
        Binding([.character("3"), .alt("3")], .show(.tester), .everywhere, "Tester"),
        Binding([.character("4"), .alt("4")], .show(.backends), .everywhere, "Backends"),
        Binding([.character("5"), .alt("5")], .show(.cache), .everywhere, "Cache"),
        Binding([.character("6"), .alt("6")], .show(.savings), .everywhere, "Savings"),
        Binding([.character("7"), .alt("7")], .show(.workflows), .everywhere, "Workflows"),
        Binding([.character("8"), .alt("8")], .show(.log), .everywhere, "Log"),
        Binding([.tab], .nextView, .everywhere, "next view"),
        Binding([.backTab], .previousView, .everywhere, "previous view"),
        Binding([.character("?"), .function(1)], .help, .everywhere, "this help"),
        Binding([.character("r")], .reconnect, .everywhere, "reconnect now"),
        Binding([.character("m")], .toggleMouse, .everywhere, "mouse on, off"),
        Binding([.character(":"), .alt("x")], .openPalette, .everywhere, "all that can be done"),
        Binding([.character("T")], .cycleTheme, .everywhere, "next theme"),
        Binding([.control("l")], .redraw, .everywhere, "draw anew"),
        Binding([.control("z")], .suspend, .everywhere, "suspend"),
        Binding([.control("c")], .interrupt, .everywhere, "cancel, else quit"),
        Binding([.character("q")], .quit, .everywhere, "quit", footer: "quit"),
    ]

    private static let lists: [Binding] = [
        Binding([.up, .character("k")], .move(-1), .list, "newer", footer: "select"),
        Binding([.down, .character("j")], .move(1), .list, "older"),
        Binding([.enter], .open, .list, "why it was routed so", footer: "detail"),
        Binding([.character("/")], .filter, .list, "filter", footer: "filter"),
        Binding([.character("f")], .follow, .list, "follow the newest", footer: "follow"),
        Binding([.character(" ")], .pause, .list, "pause the picture", footer: "pause"),
        Binding([.character("s")], .sort, .list, "sort by the next column", footer: "sort"),
        Binding([.character("S")], .reverseOrder, .list, "the other way round"),
        Binding([.character("v")], .toggleMark, .list, "mark, unmark"),
        Binding([.character("n")], .nextMark(1), .list, "next marked one below"),
        Binding([.character("N")], .nextMark(-1), .list, "next marked one above"),
        Binding([.character("V")], .clearMarks, .list, "take all marks away"),
        Binding([.pageUp, .control("u")], .movePage(-1), .list, "a page newer"),
        Binding([.pageDown, .control("d")], .movePage(1), .list, "a page older"),
        Binding([.home, .character("g")], .moveFirst, .list, "newest"),
        Binding([.end, .character("G")], .moveLast, .list, "oldest; again: older ones"),
        Binding([.character("y")], .copyID, .list, "copy the query id", footer: "copy id"),
        Binding([.character("Y")], .openCopy, .list, "copy as JSON, curl …"),
        Binding([.character("e")], .openExport, .list, "export CSV, JSONL", footer: "export"),
        Binding([.escape], .back, .list, "close, clear the filter"),
    ]

    private static let runs: [Binding] = [
        Binding([.enter, .character("w")], .fold, .run, "fold, unfold its steps", footer: "fold/unfold"),
        Binding([.character("w")], .fold, .step, "fold its run", footer: "fold run"),
    ]

    private static let requests: [Binding] = [
        Binding([.character("x")], .flushSelected, .requests, "flush its answer", footer: "flush")
    ]

    private static let figures: [Binding] = [
        Binding([.character("t")], .scope, .figures, "today, month, total", footer: "period"),
        Binding([.character("[")], .window(-1), .figures, "shorter window"),
        Binding([.character("]")], .window(1), .figures, "longer window", footer: "window"),
    ]

    private static let cache: [Binding] = [
        Binding([.character("x")], .openFlush, .cache, "flush answers …", footer: "flush")
    ]

    private static let detail: [Binding] = [
        Binding([.pageDown, .character("J")], .scrollDetail(1), .detail, "scroll down", footer: "scroll"),
        Binding([.pageUp, .character("K")], .scrollDetail(-1), .detail, "scroll up"),
        Binding([.character("z")], .zoom, .detail, "full height", footer: "zoom"),
    ]

    private static let tester: [Binding] = [
        Binding([.character("i"), .enter], .compose, .tester, "write in the box", footer: "write"),
        Binding([.character("t")], .cycleTier, .tester, "force a tier", footer: "tier"),
        Binding([.character("v")], .compare, .tester, "compare models …", footer: "compare"),
        Binding([.character("o")], .openModels, .tester, "choose a model", footer: "model"),
        Binding([.character("s")], .openSkills, .tester, "choose a skill", footer: "skill"),
        Binding([.character("p")], .openPrompts, .tester, "saved prompts …", footer: "saved"),
        Binding([.character("w")], .savePrompt, .tester, "save the prompt …", footer: "save"),
        Binding([.character("g")], .cycleMode, .tester, "how it is classified", footer: "classifier"),
        Binding([.left], .nextColumn(-1), .tester, "compared answer before"),
        Binding([.right], .nextColumn(1), .tester, "compared answer after"),
        Binding([.character("x")], .clearBox, .tester, "clear everything", footer: "clear"),
        Binding([.up, .pageUp, .character("k")], .scrollAnswer(-1), .tester, "scroll the answer up", footer: "scroll"),
        Binding([.down, .pageDown, .character("j")], .scrollAnswer(1), .tester, "scroll the answer down"),
        Binding([.escape], .cancelAnswer, .tester, "cancel, else close"),
    ]

    private static let box: [Binding] = [
        Binding([.enter], .send, .composing, "send", footer: "send"),
        Binding([.control("v")], .compare, .composing, "compare models …", footer: "compare"),
        Binding([.altEnter, .control("j")], .edit(.newline), .composing, "new line", footer: "newline"),
        Binding([.escape], .cancelAnswer, .composing, "cancel, else leave", footer: "cancel/leave"),
        Binding([.tab], .leave, .composing, "leave the box"),
        Binding([.pageUp], .scrollAnswer(-1), .composing, "scroll the answer up"),
        Binding([.pageDown], .scrollAnswer(1), .composing, "scroll the answer down"),
        Binding([.up, .control("p")], .edit(.up), .composing, "line above, history", footer: "history"),
        Binding([.down, .control("n")], .edit(.down), .composing, "line below, history"),
        Binding([.control("t")], .cycleTier, .composing, "force a tier", footer: "tier"),
        Binding([.control("o")], .openModels, .composing, "choose a model", footer: "model"),
        Binding([.control("s")], .openSkills, .composing, "choose a skill", footer: "skill"),
        Binding([.alt("p")], .openPrompts, .composing, "saved prompts …", footer: "saved"),
        Binding([.alt("w")], .savePrompt, .composing, "save the prompt …", footer: "save"),
        Binding([.control("g")], .cycleMode, .composing, "how it is classified", footer: "classifier"),
    ]

    private static let pickers: [Binding] = [
        Binding([.up, .character("k")], .movePick(-1), .picking, "line above"),
        Binding([.down, .character("j")], .movePick(1), .picking, "line below"),
        Binding([.pageUp], .movePick(-8), .picking, "lines above"),
        Binding([.pageDown], .movePick(8), .picking, "lines below"),
        Binding([.enter], .takePick, .picking, "take the marked one", footer: "take"),
        Binding([.escape], .leavePick, .picking, "leave as it was", footer: "leave"),
        Binding([.character(" "), .character("x")], .togglePick, .marking, "mark, unmark", footer: "mark"),
        Binding([.character("a")], .checkTiers, .marking, "mark each tier", footer: "each tier"),
        Binding([.enter], .takePick, .marking, "compare the marked", footer: "compare"),
        Binding([.character("d"), .delete], .deletePrompt, .shelf, "delete it …", footer: "delete"),
        Binding([.enter], .keepPrompt, .saving, "save", footer: "save"),
        Binding([.escape], .leaveName, .saving, "leave", footer: "leave"),
    ]

    private static let palette: [Binding] = [
        Binding([.up, .control("p")], .movePalette(-1), .palette, "line above"),
        Binding([.down, .control("n"), .tab], .movePalette(1), .palette, "line below"),
        Binding([.pageUp], .movePalette(-8), .palette, "lines above"),
        Binding([.pageDown], .movePalette(8), .palette, "lines below"),
        Binding([.enter], .takePalette, .palette, "do the marked one", footer: "do it"),
        Binding([.escape], .leavePalette, .palette, "leave", footer: "leave"),
    ]

    private static let output: [Binding] = [
        Binding([.up, .character("k")], .moveOutput(-1), .output, "line above"),
        Binding([.down, .character("j")], .moveOutput(1), .output, "line below"),
        Binding([.enter], .takeOutput(nil), .output, "take the marked line", footer: "take"),
        Binding([.character("1")], .takeOutput(1), .output, "first line"),
        Binding([.character("2")], .takeOutput(2), .output, "second line"),
        Binding([.character("3")], .takeOutput(3), .output, "third line"),
        Binding([.escape], .leaveOutput, .output, "leave", footer: "leave"),
    ]

    private static let filter: [Binding] = [
        Binding([.enter], .acceptFilter, .filtering, "keep the filter", footer: "keep"),
        Binding([.escape], .cancelFilter, .filtering, "clear it", footer: "clear"),
    ]

    private static let flush: [Binding] = [
        Binding([.up, .character("k")], .moveFlush(-1), .flushing, "line above"),
        Binding([.down, .character("j")], .moveFlush(1), .flushing, "line below"),
        Binding([.enter], .chooseFlush(nil), .flushing, "take the marked line", footer: "take"),
        Binding([.character("1")], .chooseFlush(.everything), .flushing, "everything", footer: "everything"),
        Binding([.character("2")], .chooseFlush(.selected), .flushing, "the selected answer", footer: "selected"),
        Binding([.character("3")], .chooseFlush(.project), .flushing, "a project", footer: "project"),
        Binding([.character("4")], .chooseFlush(.key), .flushing, "a key", footer: "key"),
        Binding([.escape], .leaveFlush, .flushing, "close the menu", footer: "close"),
        Binding([.enter], .nameFlush, .naming, "go on", footer: "go on"),
        Binding([.escape], .leaveFlush, .naming, "back", footer: "back"),
        Binding([.character("y")], .confirmFlush, .confirming, "yes, flush", footer: "yes"),
        Binding([.character("n"), .escape, .enter], .leaveFlush, .confirming, "no", footer: "no"),
    ]

    private static let views: [Binding] = [
        Binding([.up, .character("k")], .moveBackend(-1), .backends, "line above", footer: "select"),
        Binding([.down, .character("j")], .moveBackend(1), .backends, "line below"),
        Binding([.character("x")], .resetBackend, .backends, "close its breaker …", footer: "close breaker"),
        Binding([.character("g")], .nextGrouping, .savings, "day, project, model, key", footer: "group"),
        Binding([.up, .character("k")], .scrollSavings(-1), .savings, "line above"),
        Binding([.down, .character("j")], .scrollSavings(1), .savings, "line below"),
        Binding([.pageUp], .scrollSavings(-10), .savings, "lines above"),
        Binding([.pageDown], .scrollSavings(10), .savings, "lines below"),
        Binding([.up, .character("k")], .moveWorkflow(-1), .workflows, "workflow above", footer: "select"),
        Binding([.down, .character("j")], .moveWorkflow(1), .workflows, "workflow below"),
        Binding([.character("i"), .enter], .composeWorkflow, .workflows, "write its input", footer: "input"),
        Binding([.character("o")], .nextOutput, .workflows, "next op's output", footer: "output"),
        Binding([.pageUp], .scrollOutput(-1), .workflows, "scroll the output up"),
        Binding([.pageDown], .scrollOutput(1), .workflows, "scroll the output down", footer: "scroll"),
        Binding([.escape], .cancelRun, .workflows, "cancel the run", footer: "cancel"),
        Binding([.enter], .runWorkflow, .writingInput, "run it", footer: "run"),
        Binding([.altEnter, .control("j")], .edit(.newline), .writingInput, "new line", footer: "newline"),
        Binding([.escape, .tab], .leaveWorkflow, .writingInput, "leave the box", footer: "leave"),
        Binding([.up, .control("p")], .edit(.up), .writingInput, "line above, history"),
        Binding([.down, .control("n")], .edit(.down), .writingInput, "line below, history"),
        Binding([.character("L")], .nextLevel, .log, "least level", footer: "level"),
        Binding([.up, .character("k")], .stepLog(1), .log, "older", footer: "scroll"),
        Binding([.down, .character("j")], .stepLog(-1), .log, "newer"),
        Binding([.pageUp], .scrollLog(1), .log, "a page older"),
        Binding([.pageDown], .scrollLog(-1), .log, "a page newer"),
        Binding([.character("f"), .end, .escape], .followLog, .log, "follow the newest", footer: "follow"),
        Binding([.character("y")], .answer(true), .asking, "yes", footer: "yes"),
        Binding([.character("n"), .escape, .enter], .answer(false), .asking, "no", footer: "no"),
    ]

    private static let offline: [Binding] = [
        Binding([.character("s")], .startDaemon, .offline, "start gatewayd", footer: "start gatewayd")
    ]

    private static let editing: [Binding] = [
        Binding([.left, .control("b")], .edit(.left), .editing, "left"),
        Binding([.right, .control("f")], .edit(.right), .editing, "right"),
        Binding([.wordLeft, .alt("b")], .edit(.wordLeft), .editing, "word left"),
        Binding([.wordRight, .alt("f")], .edit(.wordRight), .editing, "word right"),
        Binding([.home, .control("a")], .edit(.lineStart), .editing, "start of line"),
        Binding([.end, .control("e")], .edit(.lineEnd), .editing, "end of line"),
        Binding([.backspace], .edit(.backspace), .editing, "delete left"),
        Binding([.delete, .control("d")], .edit(.delete), .editing, "delete right"),
        Binding([.control("w"), .alt("\u{7F}")], .edit(.killWord), .editing, "cut the word before"),
        Binding([.control("k")], .edit(.killToEnd), .editing, "cut to end of line"),
        Binding([.control("u")], .edit(.killToStart), .editing, "cut to start of line"),
        Binding([.control("y")], .edit(.yank), .editing, "put back what was cut"),
        Binding([.alt("z")], .edit(.undo), .editing, "undo"),
        Binding([.alt("Z")], .edit(.redo), .editing, "do it again"),
    ]
}
