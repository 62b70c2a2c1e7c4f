import Shared

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// Reads a Chat Completions stream as it goes by. Only the few events that carry more than content are decoded.
struct OpenAIStreamMeter: Sendable {
    /// What becomes of an event.
    enum Verdict {
        case keep
        case drop
        case replace([UInt8])
    }

    private(set) var account: AnswerAccount
    /// The provider's own error: its type and message.
    var error: String? { account.error }
    var isComplete: Bool { account.isComplete }
    private let withholdsUsage: Bool
    private var isFinished = false
    /// The answer calls tools, whatever its `finish_reason` says of it; the model refused.
    private var hasCalls = false
    private var hasRefused = false
    /// For an estimate: all data seen, in how many events, the shortest of which is nearly all envelope.
    private var dataBytes = 0
    private var events = 0
    /// Events with data.
    private(set) var eventCount = 0
    private var shortest = Int.max

    init(_ context: TranslationContext) {
        account = AnswerAccount(context)
        withholdsUsage = !context.wantsUsageChunk
    }

    /// Reads one whole event.
    mutating func read(_ event: UnsafeBufferPointer<UInt8>) -> Verdict {
        // The bulk of every stream: one line of data, and a blank one.
        let usual: StaticString = "data:"
        let start = usual.utf8CodeUnitCount
        if event.count > start, JSONText.equals(event, 0..<start, usual),
            let end = JSONScan.next(0x0A, event, from: start), end + 3 > event.count,
            JSONScan.next(UInt8(ascii: "{"), event, from: start) ?? end <= start + 1
        {
            return read(payload: UnsafeBufferPointer(rebasing: event[start..<end]))
        }
        return readUnusual(event)
    }

    /// The stream has ended. Whether its answer is whole and only the mark of it missing.
    mutating func finish() -> Bool {
        guard isFinished, !account.isComplete, account.error == nil else { return false }
        account.isComplete = true
        return true
    }

    /// The counts so far, what is missing estimated: about four bytes of content a token.
    var estimatedUsage: TokenUsage {
        var estimating = account
        if events > 0 { estimating.contentBytes = dataBytes - events * (shortest - 1) }
        return estimating.estimatedUsage
    }

    private mutating func read(payload: UnsafeBufferPointer<UInt8>) -> Verdict {
        eventCount += 1
        guard !account.isComplete, account.error == nil else { return .keep }
        if !tellsMoreThanContent(payload) {
            account.hasStarted = true
            dataBytes += payload.count
            events += 1
            shortest = min(shortest, payload.count)
            return .keep
        }
        guard let index = try? JSONIndex(payload) else { return .keep }
        return index.withRoot(payload) { read(chunk: $0) }
    }

    /// Whether a member that says more of the stream than its content has a value other than null. Content cannot be
    /// taken for one: its quotes are escaped. Takes note of calls and refusals on the way.
    private mutating func tellsMoreThanContent(_ payload: UnsafeBufferPointer<UInt8>) -> Bool {
        var at = 0
        while let quote = JSONScan.next(0x22, payload, from: at) {
            at = quote + 1
            guard at < payload.count else { return false }
            let name: StaticString
            switch payload[at] {
            case UInt8(ascii: "f"):
                if !hasCalls, hasValue("function_call\"", payload, at) { hasCalls = true }
                name = "finish_reason\""
            case UInt8(ascii: "u"): name = "usage\""
            case UInt8(ascii: "e"): name = "error\""
            case UInt8(ascii: "t") where !hasCalls:
                if hasValue("tool_calls\"", payload, at) { hasCalls = true }
                continue
            case UInt8(ascii: "r") where !hasRefused:
                if hasValue("refusal\"", payload, at) { hasRefused = true }
                continue
            default: continue
            }
            let end = at + name.utf8CodeUnitCount
            guard end <= payload.count, JSONText.equals(payload, at..<end, name) else { continue }
            at = end
            while at < payload.count, payload[at] == 0x20 || payload[at] == UInt8(ascii: ":") { at += 1 }
            if at < payload.count, payload[at] != UInt8(ascii: "n") { return true }
        }
        return false
    }

    /// Whether a member of this name begins here and its value is neither null nor empty.
    private func hasValue(_ name: StaticString, _ payload: UnsafeBufferPointer<UInt8>, _ start: Int) -> Bool {
        var at = start + name.utf8CodeUnitCount
        guard at <= payload.count, JSONText.equals(payload, start..<at, name) else { return false }
        func skip(_ byte: UInt8) -> Bool {
            while at < payload.count, payload[at] == 0x20 { at += 1 }
            guard at < payload.count, payload[at] == byte else { return false }
            at += 1
            return true
        }
        guard skip(UInt8(ascii: ":")) else { return false }
        if skip(UInt8(ascii: "[")) { return !skip(UInt8(ascii: "]")) }
        if skip(UInt8(ascii: "{")) { return !skip(UInt8(ascii: "}")) }
        return skip(0x22) && at < payload.count && payload[at] != 0x22
    }

    private mutating func read(chunk: JSONView) -> Verdict {
        if let problem = chunk["error"], let fault = ProviderFault(openAIError: problem) {
            if fault.kind == .credentials {
                // The provider's own words would show a part of the gateway's key.
                let told = fault.openAI
                account.error = "\(told.type): \(told.message)"
                return .replace(
                    OpenAIErrors.event(
                        OpenAIErrors.body(message: told.message, type: told.type, param: nil, code: told.code)
                    )
                )
            }
            let type = problem["type"]?.string ?? fault.anthropic.type
            account.error = "\(type): \(fault.message)"
            return .keep
        }
        account.hasStarted = true
        var hasUsage = false
        if let usage = chunk["usage"], usage.kind == .object {
            hasUsage = OpenAIUsage.read(usage, into: &account)
        }
        var choiceCount = 0
        chunk["choices"]?.forEachElement { choice in
            choiceCount += 1
            guard choice["index"]?.integer ?? 0 == 0, let reason = choice["finish_reason"]?.string else { return }
            isFinished = true
            let said = choice["delta"] ?? choice["message"]
            said?["tool_calls"]?.forEachElement { _ in hasCalls = true }
            account.stopReason = OpenAIUsage.stopReason(reason, hasCalls: hasCalls, hasRefused: hasRefused)
        }
        return hasUsage && withholdsUsage && choiceCount == 0 && chunk["choices"]?.kind == .array ? .drop : .keep
    }

    /// Reads an event of another shape: the end, comments, several lines, fields that OpenAI never sends.
    private mutating func readUnusual(_ bytes: UnsafeBufferPointer<UInt8>) -> Verdict {
        // A byte order mark would cost the client the first event.
        let hasMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
        let event = UnsafeBufferPointer(rebasing: bytes.dropFirst(hasMark ? 3 : 0))
        var kept: [UInt8] = []
        var hasBadLine = hasMark
        var hasData = false
        var hasField = false
        var hasComment = false
        forEachLine(of: event) { line in
            let content = UnsafeBufferPointer(rebasing: event[line])
            let field = Self.fieldName(content)
            switch field {
            case "id", "retry":
                hasBadLine = true
                return
            case "data": hasData = hasData || content.dropFirst(5).contains { $0 > 0x20 }
            case "": hasComment = hasComment || content.first == UInt8(ascii: ":")
            default: hasField = true
            }
            if !field.isEmpty { hasField = true }
            kept.append(contentsOf: content)
        }
        if hasData {
            var verdict = Verdict.keep
            StreamPayload.look(at: event) { payload in
                if OpenAIAnswerReader.isDone(payload) {
                    if account.error == nil { account.isComplete = true }
                } else {
                    verdict = read(payload: payload)
                }
            }
            if case .keep = verdict, hasBadLine { return .replace(kept) }
            return verdict
        }
        // A client takes fields without data for an event and fails to parse it.
        if hasField || hasBadLine { return hasComment ? .replace(Self.comments(of: kept)) : .drop }
        return .keep
    }

    private static func comments(of event: [UInt8]) -> [UInt8] {
        event.split(separator: 0x0A).filter { $0.first == UInt8(ascii: ":") }.reduce(into: []) { $0 += $1 + [0x0A] }
            + [0x0A]
    }

    private static func fieldName(_ line: UnsafeBufferPointer<UInt8>) -> String {
        String(decoding: line.prefix { $0 != UInt8(ascii: ":") && $0 > 0x20 }.prefix(16), as: UTF8.self)
    }

    /// Calls `visit` with the range of each line and its end.
    private func forEachLine(of event: UnsafeBufferPointer<UInt8>, _ visit: (Range<Int>) -> Void) {
        var start = 0
        while start < event.count {
            var end = start
            while end < event.count, event[end] != 0x0A, event[end] != 0x0D { end += 1 }
            if end < event.count {
                end += event[end] == 0x0D && end + 1 < event.count && event[end + 1] == 0x0A ? 2 : 1
            }
            visit(start..<end)
            start = end
        }
    }
}
