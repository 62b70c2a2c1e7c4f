package import Shared

/// An exchange as the log keeps it, a hundred thousand of them: numbers as they are, names by their place in a table that all
/// share, and only the prompt as a text of its own. Some 250 bytes with it, where a summary takes four times as much.
///
/// What this has no room for (an error, a step of a workflow, a text that had to be made safe to show, a number beyond its
/// bounds) is kept whole beside it.
package struct StoredExchange: Sendable {
    /// The columns that hold names.
    enum Name {
        case dialect, requestedModel, model, backend, provider, classifier, cache, stopReason, project
    }

    private struct Flags: OptionSet {
        let rawValue: UInt8
        static let isStream = Flags(rawValue: 1)
        static let isEstimated = Flags(rawValue: 2)
        static let isSimulated = Flags(rawValue: 4)
        static let hasOverhead = Flags(rawValue: 8)
        static let hasStopReason = Flags(rawValue: 16)
        static let isFailed = Flags(rawValue: 32)
        static let isCached = Flags(rawValue: 64)
    }

    /// What is kept beside the packed members.
    private enum Rest: Sendable {
        case nothing
        /// The prompt as it was told, where it had to be made safe to show and nothing else had.
        case prompt(ToldPrompt)
        case whole(Whole)
    }

    private final class ToldPrompt: Sendable {
        let text: String
        init(_ text: String) { self.text = text }
    }

    /// What does not fit.
    final class Whole: Sendable {
        /// Safe to show.
        let shown: ExchangeSummary
        /// As the daemon told it: copies and exports repeat what was there.
        let told: ExchangeSummary
        /// Words are looked for here, in lower case.
        let searchable: String

        init(shown: ExchangeSummary, told: ExchangeSummary) {
            self.shown = shown
            self.told = told
            let step = shown.workflow.map { "\($0.mark) \($0.runID)" } ?? ""
            searchable = [shown.id, shown.error ?? "", step].joined(separator: " ").lowercased()
        }
    }

    /// The id's 16 digits.
    private let number: UInt64
    let unixMilliseconds: Int64
    let cost: USD
    let baseline: USD
    let saved: USD
    private let overhead: USD
    let latencyMilliseconds: Double
    let firstByteMilliseconds: Double
    private let input: Int32
    private let cacheRead: Int32
    private let cacheWrite5m: Int32
    private let cacheWrite1h: Int32
    let outputTokens: Int32
    private let nameNumbers: (UInt16, UInt16, UInt16, UInt16, UInt16, UInt16, UInt16, UInt16, UInt16)
    let status: Int16
    /// -1 for none.
    let score: Int16
    private let escalationCount: UInt8
    private let tierNumber: UInt8
    private let flags: Flags
    let prompt: String
    private let rest: Rest

    /// Makes the texts safe to show.
    package init(_ told: ExchangeSummary, names: inout NameTable) {
        let shown = told.safeToShow
        let packed = Self(packing: shown, names: &names, rest: .nothing)
        var harmless = told
        harmless.prompt = shown.prompt
        if harmless != shown || packed.unpacked(names) != shown {
            self = Self(packing: shown, names: &names, rest: .whole(Whole(shown: shown, told: told)))
        } else if told.prompt == shown.prompt {
            self = packed
        } else {
            // Most prompts of more than a line.
            self = Self(packing: shown, names: &names, rest: .prompt(ToldPrompt(told.prompt)))
        }
    }

    private init(packing summary: ExchangeSummary, names: inout NameTable, rest: Rest) {
        number = Self.number(of: summary.id) ?? 0
        unixMilliseconds = summary.unixMilliseconds
        (cost, baseline, saved) = (summary.cost, summary.baseline, summary.saved)
        overhead = summary.overhead ?? .zero
        latencyMilliseconds = summary.latencyMilliseconds
        firstByteMilliseconds = summary.firstByteMilliseconds
        input = Int32(clamping: summary.usage.input)
        cacheRead = Int32(clamping: summary.usage.cacheRead)
        cacheWrite5m = Int32(clamping: summary.usage.cacheWrite5m)
        cacheWrite1h = Int32(clamping: summary.usage.cacheWrite1h)
        outputTokens = Int32(clamping: summary.usage.output)
        nameNumbers = (
            names.number(of: summary.dialect), names.number(of: summary.requestedModel),
            names.number(of: summary.model), names.number(of: summary.backend), names.number(of: summary.provider),
            names.number(of: summary.classifier), names.number(of: summary.cache),
            names.number(of: summary.stopReason ?? ""), names.number(of: summary.project)
        )
        status = Int16(clamping: summary.status)
        score = Int16(clamping: summary.score ?? -1)
        escalationCount = UInt8(clamping: summary.escalations)
        tierNumber = UInt8(clamping: summary.tier.flatMap { Tier.allCases.firstIndex(of: $0) } ?? Int(UInt8.max))
        var flags: Flags = []
        if summary.stream { flags.insert(.isStream) }
        if summary.usageIsEstimated { flags.insert(.isEstimated) }
        if summary.isSimulated { flags.insert(.isSimulated) }
        if summary.overhead != nil { flags.insert(.hasOverhead) }
        if summary.stopReason != nil { flags.insert(.hasStopReason) }
        if summary.isFailed { flags.insert(.isFailed) }
        if summary.isCached { flags.insert(.isCached) }
        self.flags = flags
        prompt = summary.prompt
        self.rest = rest
    }

    /// The summary that the packed members stand for; where something did not fit, it is another one.
    private func unpacked(_ names: NameTable) -> ExchangeSummary {
        ExchangeSummary(
            id: packedID,
            unixMilliseconds: unixMilliseconds,
            dialect: names[nameNumbers.0],
            requestedModel: names[nameNumbers.1],
            model: names[nameNumbers.2],
            backend: names[nameNumbers.3],
            provider: names[nameNumbers.4],
            tier: tier,
            score: score < 0 ? nil : Int(score),
            classifier: names[nameNumbers.5],
            cache: names[nameNumbers.6],
            status: Int(status),
            stopReason: flags.contains(.hasStopReason) ? names[nameNumbers.7] : nil,
            stream: flags.contains(.isStream),
            latencyMilliseconds: latencyMilliseconds,
            firstByteMilliseconds: firstByteMilliseconds,
            usage: TokenUsage(
                input: Int(input),
                cacheRead: Int(cacheRead),
                cacheWrite5m: Int(cacheWrite5m),
                cacheWrite1h: Int(cacheWrite1h),
                output: Int(outputTokens)
            ),
            cost: cost,
            baseline: baseline,
            saved: saved,
            overhead: flags.contains(.hasOverhead) ? overhead : nil,
            escalations: Int(escalationCount),
            prompt: prompt,
            usageIsEstimated: isEstimated,
            isSimulated: isSimulated,
            project: names[nameNumbers.8]
        )
    }

    // MARK: What is asked for

    /// Safe to show.
    package func summary(_ names: NameTable) -> ExchangeSummary { whole?.shown ?? unpacked(names) }

    /// As the daemon told it, where that differs. Not to be drawn.
    func told(_ names: NameTable) -> ExchangeSummary? {
        switch rest {
        case .nothing: return nil
        case .whole(let whole): return whole.told
        case .prompt(let told):
            var summary = unpacked(names)
            summary.prompt = told.text
            return summary
        }
    }

    /// As the daemon told it. Not to be drawn.
    package func original(_ names: NameTable) -> ExchangeSummary { told(names) ?? unpacked(names) }

    var whole: Whole? {
        if case .whole(let whole) = rest { return whole }
        return nil
    }

    /// About so many bytes of memory.
    var bytes: Int {
        let own = MemoryLayout<Self>.stride + prompt.utf8.count
        switch rest {
        case .nothing: return own
        case .prompt(let told): return own + told.text.utf8.count
        case .whole(let whole):
            let told = whole.told
            return own + 2 * MemoryLayout<ExchangeSummary>.stride + told.prompt.utf8.count
                + 2 * (told.error?.utf8.count ?? 0) + whole.searchable.utf8.count
        }
    }

    var id: String { whole?.shown.id ?? packedID }
    var workflow: WorkflowStep? { whole?.shown.workflow }
    var tier: Tier? { tierNumber < Tier.allCases.count ? Tier.allCases[Int(tierNumber)] : nil }
    var escalations: Int { Int(escalationCount) }
    var inputTokens: Int { Int(input) + Int(cacheRead) + Int(cacheWrite5m) + Int(cacheWrite1h) }
    var tokens: Int { inputTokens + Int(outputTokens) }
    var isStream: Bool { flags.contains(.isStream) }
    var isEstimated: Bool { flags.contains(.isEstimated) }
    var isSimulated: Bool { flags.contains(.isSimulated) }
    /// The client got an error, or a stream that broke.
    var isFailed: Bool { flags.contains(.isFailed) }
    var isCached: Bool { flags.contains(.isCached) }

    /// A name's number in the table.
    func name(_ name: Name) -> UInt16 {
        switch name {
        case .dialect: nameNumbers.0
        case .requestedModel: nameNumbers.1
        case .model: nameNumbers.2
        case .backend: nameNumbers.3
        case .provider: nameNumbers.4
        case .classifier: nameNumbers.5
        case .cache: nameNumbers.6
        case .stopReason: nameNumbers.7
        case .project: nameNumbers.8
        }
    }

    /// Whether it is the exchange with that id, whose number may be given.
    func isNamed(_ id: String, number: UInt64?) -> Bool {
        if let whole { return whole.shown.id == id }
        return number == self.number
    }

    /// Whether the digits of its id hold these.
    func hasDigits(_ digits: HexDigits?) -> Bool { digits?.occur(in: number) ?? false }

    private var packedID: String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    /// The number that an id of 16 lower case hexadecimal digits stands for; nil for any other.
    static func number(of id: String) -> UInt64? {
        guard id.utf8.count == 16 else { return nil }
        var number: UInt64 = 0
        for byte in id.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt64(byte & 0x0F)
            case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt64(byte - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return number
    }
}

/// The names that exchanges have in common, each once.
package struct NameTable: Sendable {
    private static let most = Int(UInt16.max)
    private var names = [""]
    private var numbers = ["": UInt16(0)]

    package init() {}

    var count: Int { names.count }

    subscript(number: UInt16) -> String { names[Int(number)] }

    /// The name's number; that of the empty name where there are too many of them.
    mutating func number(of name: String) -> UInt16 {
        if let known = numbers[name] { return known }
        guard names.count < Self.most else { return 0 }
        let number = UInt16(names.count)
        names.append(name)
        numbers[name] = number
        return number
    }

    /// For each number the place of its name among all of them in order.
    func ranks() -> [Int] {
        var ranks = [Int](repeating: 0, count: names.count)
        for (rank, number) in names.indices.sorted(by: { names[$0] < names[$1] }).enumerated() { ranks[number] = rank }
        return ranks
    }
}
