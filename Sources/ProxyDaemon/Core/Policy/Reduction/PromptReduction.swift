import Shared

/// A prompt's texts made shorter by the reducers of its conversation. Pure: each text's edits depend on that text, on what
/// stands before it and on the plan, never on the turn.
struct PromptReduction {
    private(set) var edits: [BodyEdit] = []
    private(set) var report = ReductionReport()

    /// Shorter tool results are not worth a stub.
    static let shortestPruned = 400
    /// A span is left in rather than leaving a text almost empty: providers refuse empty ones.
    private static let leastLeft = 16

    /// - Parameters:
    ///   - blocks: The texts of the body, in order.
    ///   - root: The body.
    ///   - dialect: The body's.
    ///   - plan: What holds for the conversation.
    ///   - boilerplate: What is left out by `plan.stripsBoilerplate`.
    ///   - prunedBefore: Tool results in messages before this one become stubs.
    init(
        _ blocks: [TextBlock],
        _ root: JSONView,
        dialect: Dialect,
        plan: ReductionPlan,
        boilerplate: Boilerplate,
        prunedBefore: Int
    ) {
        let bytes = root.bytes
        let strips = plan.stripsBoilerplate && !Boilerplate.mustStay(root, dialect: dialect)
        var copies = FileCopies(bytes)
        for block in blocks {
            if Self.isPruned(block, before: prunedBefore) {
                prune(block, bytes)
                continue
            }
            var changes: [Change] = []
            if strips { changes = Self.stripped(block, bytes, boilerplate) }
            var fresh: [FileCopies.Unit] = []
            if plan.deduplicatesFiles, block.place != .system {
                let units = copies.units(of: block, apartFrom: changes.map(\.range))
                changes += units.copies.map {
                    Change(range: $0.range, replacement: copies.reference(to: $0), reducer: .fileDeduplication)
                }
                fresh = units.fresh
            }
            // A text that loses its middle is no copy to refer to.
            if !cut(block, bytes, changes, limit: plan.limit(block.place)) {
                add(changes, bytes)
                copies.keep(fresh)
            }
        }
    }

    private struct Change {
        let range: Range<Int>
        var replacement: [UInt8] = []
        let reducer: Reducer
    }

    static func isPruned(_ block: TextBlock, before message: Int) -> Bool {
        block.place == .toolResult && block.message < message && block.contents.count > shortestPruned
    }

    private mutating func prune(_ block: TextBlock, _ bytes: UnsafeBufferPointer<UInt8>) {
        let characters = MiddleCut.characters(UnsafeBufferPointer(rebasing: bytes[block.contents]))
        let text = "[an old tool result of \(SwitchPlan.grouped(characters)) characters was left out]"
        edits.append(.replacing(block.contents, with: text.utf8))
        report.add(.contextPruning, characters: characters - text.utf8.count)
    }

    private static func stripped(
        _ block: TextBlock,
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ boilerplate: Boilerplate
    ) -> [Change] {
        let spans = boilerplate.spans(of: block, in: bytes)
        let left = block.contents.count - spans.reduce(0) { $0 + $1.count }
        guard left >= leastLeft else { return [] }
        return spans.map { Change(range: $0, reducer: .ideBoilerplate) }
    }

    private mutating func add(_ changes: [Change], _ bytes: UnsafeBufferPointer<UInt8>) {
        for change in changes {
            edits.append(.replacing(change.range, with: change.replacement))
            note(change, bytes)
        }
    }

    private mutating func note(_ change: Change, _ bytes: UnsafeBufferPointer<UInt8>) {
        let characters = MiddleCut.characters(UnsafeBufferPointer(rebasing: bytes[change.range]))
        report.add(change.reducer, characters: characters - change.replacement.count)
    }

    /// Takes the middle out of a text that is over its limit with its other changes made; false where it is within.
    private mutating func cut(
        _ block: TextBlock,
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ changes: [Change],
        limit: Int
    ) -> Bool {
        let after = block.contents.count + changes.reduce(0) { $0 + $1.replacement.count - $1.range.count }
        guard limit > 0, after > limit else { return false }
        var text: [UInt8] = []
        var place: MiddleCut.Cut?
        if changes.isEmpty {
            place = MiddleCut.cut(UnsafeBufferPointer(rebasing: bytes[block.contents]), limit: limit)
            guard let place else { return false }
            let start = block.contents.lowerBound
            edits.append(
                .replacing((start + place.range.lowerBound)..<(start + place.range.upperBound), with: place.marker)
            )
        } else {
            text.reserveCapacity(after)
            var copied = block.contents.lowerBound
            for change in changes.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
                text += bytes[copied..<change.range.lowerBound]
                text += change.replacement
                copied = change.range.upperBound
            }
            text += bytes[copied..<block.contents.upperBound]
            place = text.withUnsafeBufferPointer { MiddleCut.cut($0, limit: limit) }
            guard let place else { return false }
            text.replaceSubrange(place.range, with: place.marker)
            edits.append(.replacing(block.contents, with: text))
            for change in changes { note(change, bytes) }
        }
        if let place { report.add(.responseLimits, characters: place.characters - place.marker.count) }
        return true
    }
}

/// How much of a long conversation's past is left out to keep within a budget.
enum ContextPruning {
    /// What a step leaves of the budget, in tenths: steps are large and rare, as each loses the prompt cache once.
    private static let leftTenths = 6
    /// A step that frees less, in tenths of the budget, is not worth the cache that it loses.
    private static let leastTenths = 2
    /// The last messages are never touched: they are what is being worked on.
    private static let keptMessages = 6

    /// Before which message tool results become stubs, for a prompt of so many characters of text that became stubs before
    /// `current` so far. Never less than `current`.
    static func cut(
        _ blocks: [TextBlock],
        characters: Int,
        messageCount: Int,
        budgetTokens: Int,
        current: Int
    ) -> Int {
        var tokens = ReductionReport.tokens(characters)
        for block in blocks where PromptReduction.isPruned(block, before: current) {
            tokens -= ReductionReport.tokens(block.contents.count)
        }
        guard budgetTokens > 0, tokens > budgetTokens else { return current }
        let before = tokens
        let target = budgetTokens / 10 * leftTenths
        var cut = current
        for block in blocks where block.place == .toolResult && block.message >= current {
            guard block.message < messageCount - keptMessages else { break }
            // All results of a message go together.
            if tokens <= target, block.message >= cut { break }
            cut = block.message + 1
            if block.contents.count > PromptReduction.shortestPruned {
                tokens -= ReductionReport.tokens(block.contents.count)
            }
        }
        return before - tokens >= budgetTokens / 10 * leastTenths ? cut : current
    }
}

/// One plan applied to prompts outside of any conversation, for measuring.
package struct ReductionRun: Sendable {
    private let plan: ReductionPlan
    private let boilerplate: Boilerplate

    package init(_ plan: ReductionPlan, _ boilerplate: Boilerplate) {
        self.plan = plan
        self.boilerplate = boilerplate
    }

    /// How long the prompt's body is with all edits made.
    package func editedBytes(of prompt: Prompt) -> Int {
        let edits = prompt.body.withUnsafeBufferPointer { bytes in
            prompt.index.withRoot(bytes) { root in
                PromptReduction(
                    TextBlock.all(in: root, dialect: prompt.dialect),
                    root,
                    dialect: prompt.dialect,
                    plan: plan,
                    boilerplate: boilerplate,
                    prunedBefore: 0
                ).edits
            }
        }
        return BodyEdit.apply(edits, to: prompt.body).count
    }
}
