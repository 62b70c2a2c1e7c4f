import Shared
import Synchronization

/// Where the gateway marks a prompt for Anthropic's cache whose client marked nothing.
package struct CacheMarkers: Sendable, Equatable {
    /// The end of tools and system.
    package var marksHead: Bool
    /// The end of the messages, and of those that the request before had.
    package var marksMessages: Bool
    /// Bytes of tools and system, and of the whole prompt, as ``CacheMarks`` counts them.
    let headBytes: Int
    let totalBytes: Int
    /// What other steps of the same run send, too; nil for requests that are none.
    var shared: SharedBlocks?

    /// What is marked, as if the client had done it.
    package var marks: CacheMarks {
        var marks = CacheMarks()
        marks.totalBytes = totalBytes
        let blocks = shared.map { min(headBytes + $0.bytes, totalBytes) } ?? 0
        marks.markedBytes = marksMessages ? totalBytes : max(blocks, marksHead ? headBytes : 0)
        marks.moves = marksMessages
        return marks
    }

    /// The markers that a request to this backend gets; nil for none: it caches by itself, or too little of the prompt
    /// reaches its shortest prefix.
    func fitting(_ backend: Backend, promptTokens: Int) -> CacheMarkers? {
        guard backend.takesCacheMarkers, promptTokens >= backend.minCacheableTokens, totalBytes > 0 else { return nil }
        var fitting = self
        let headTokens = Int(Int128(promptTokens) * Int128(headBytes) / Int128(totalBytes))
        if headTokens < backend.minCacheableTokens { fitting.marksHead = false }
        return fitting.marksHead || fitting.marksMessages || shared != nil ? fitting : nil
    }

    /// What was marked, for the explanation.
    var sentence: String {
        let places = [
            marksHead ? "tools and system" : nil,
            shared == nil ? nil : "what other steps of the run begin with",
            marksMessages ? "the messages so far" : nil,
        ]
        return "Marked for the provider's prompt cache: \(places.compactMap(\.self).joined(separator: ", "))."
    }

    // MARK: Edits

    private static let marker = "\"cache_control\":{\"type\":\"ephemeral\"}"

    /// The edits that put the markers into a body of Anthropic's Messages: at most the four that are allowed.
    func edits(in root: JSONView) -> [BodyEdit] {
        var edits: [BodyEdit] = []
        if marksHead { edits += Self.head(root) }
        if let shared { edits += Self.blocks(shared.ends, root) }
        guard marksMessages else { return edits }
        var answersSinceUser = 0
        var last: JSONView?
        var previous: JSONView?
        root["messages"]?.forEachElement { message in
            guard let role = message["role"] else { return }
            if role.isText("user") {
                if answersSinceUser > 0 { previous = last }
                last = message
                answersSinceUser = 0
            } else if role.isText("assistant") {
                answersSinceUser += 1
            }
        }
        // The last user message before the last answer: it ends what the request before had cached.
        for message in [previous, last] {
            if let content = message?["content"] { edits += Self.marking(content) }
        }
        return edits
    }

    private static func head(_ root: JSONView) -> [BodyEdit] {
        if let system = root["system"] {
            let edits = marking(system)
            if !edits.isEmpty { return edits }
        }
        var last: JSONView?
        root["tools"]?.forEachElement { last = $0 }
        guard let last, last.kind == .object, last["defer_loading"] == nil else { return [] }
        return [marking(block: last)]
    }

    /// Markers on these blocks of the first message, or on the one that a string stands for.
    private static func blocks(_ ends: [Int], _ root: JSONView) -> [BodyEdit] {
        var edits: [BodyEdit] = []
        var isFirst = true
        root["messages"]?.forEachElement { message in
            defer { isFirst = false }
            guard isFirst, let content = message["content"] else { return }
            if content.kind == .string, ends.contains(0) { edits = marking(content) }
            var number = 0
            content.forEachElement { block in
                if ends.contains(number) { edits += marking(last: block) }
                number += 1
            }
        }
        return edits
    }

    /// A marker on the last block of a content, or on the one that a string stands for.
    private static func marking(_ content: JSONView) -> [BodyEdit] {
        if content.kind == .string {
            guard !content.stringContents.isEmpty else { return [] }
            let range = content.range
            return [
                .replacing(range.lowerBound..<range.lowerBound, with: "[{\"type\":\"text\",\"text\":".utf8),
                .replacing(range.upperBound..<range.upperBound, with: ",\(marker)}]".utf8),
            ]
        }
        var last: JSONView?
        content.forEachElement { last = $0 }
        return last.map { marking(last: $0) } ?? []
    }

    /// A marker on a block of a message, if it may have one.
    private static func marking(last block: JSONView) -> [BodyEdit] {
        guard let type = block["type"] else { return [] }
        if type.isText("text") {
            // The provider refuses a marker on an empty text.
            guard let text = block["text"], !text.stringContents.isEmpty else { return [] }
        } else {
            guard type.isText("tool_result") || type.isText("image") || type.isText("document") else { return [] }
        }
        return [marking(block: block)]
    }

    private static func marking(block: JSONView) -> BodyEdit {
        if let present = block["cache_control"] {
            return .replacing(present.range, with: "{\"type\":\"ephemeral\"}".utf8)
        }
        let start = block.range.lowerBound + 1
        return .replacing(start..<start, with: "\(marker),".utf8)
    }
}

/// Decides which prompts are marked.
///
/// What is written to the cache costs a quarter more than plain input, what is read a tenth of it
/// (https://platform.claude.com/docs/en/build-with-claude/prompt-caching): a marker pays where the same beginning comes
/// again within five minutes with a chance above 0.25 / 0.9.
package final class CacheMarking: Sendable {
    private static let breakEven = 0.25 / 0.9
    private static let lifetimeNanoseconds = Int64(PromptCaching.shortSeconds) * 1_000_000_000
    private static let rememberedHeads = 1_024
    /// Even the densest text has no more tokens than bytes halved.
    private static let leastBytesPerToken = 2

    /// Prompts with less text are passed over without a further look.
    let leastBytes: Int
    /// When tools and system prompts were seen last, on the monotonic clock.
    private let heads = Mutex<[Head: Int64]>([:])

    private struct Head: Hashable {
        let hash: PrefixHash
        let partition: String
    }

    /// nil where no backend caches what is marked.
    package init?(_ backends: [Backend]) {
        let shortest = backends.filter(\.takesCacheMarkers).map(\.minCacheableTokens).min()
        guard let shortest else { return nil }
        leastBytes = shortest * Self.leastBytesPerToken
    }

    /// The markers for a request; nil where they would not pay, or its client has markers of its own. `shared` is what of a
    /// step other steps of its run send, too.
    func markers(_ turn: Turn, _ traits: PromptTraits, sharing shared: SharedBlocks? = nil, now: Int64) -> CacheMarkers?
    {
        let chain = turn.chain
        guard chain.marks.markedBytes == 0 else { return nil }
        let head = Head(hash: chain.head, partition: chain.partition)
        let seen = heads.withLock { $0[head] }
        let comesAgain = seen.map { now - $0 < Self.lifetimeNanoseconds } ?? false
        if let shared {
            return CacheMarkers(
                marksHead: chain.headBytes > 0 && comesAgain,
                marksMessages: false,
                headBytes: chain.headBytes,
                totalBytes: chain.marks.totalBytes,
                shared: shared
            )
        }
        guard turn.kind == .userTurn || turn.kind == .toolStep else { return nil }
        let goesOn =
            Self.chanceOfMore(turn.view, traits) > Self.breakEven
            // What is warm is read only where it is marked.
            || turn.view?.warm.isEmpty == false
        guard goesOn || comesAgain, chain.marks.totalBytes > 0 else { return nil }
        return CacheMarkers(
            marksHead: chain.headBytes > 0,
            marksMessages: goesOn,
            headBytes: chain.headBytes,
            totalBytes: chain.marks.totalBytes
        )
    }

    /// Takes note of a request's tools and system prompt.
    func note(_ chain: MessageChain, now: Int64) {
        guard chain.headBytes > 0 else { return }
        heads.withLock { heads in
            heads[Head(hash: chain.head, partition: chain.partition)] = now
            guard heads.count > Self.rememberedHeads else { return }
            heads = heads.filter { now - $0.value < Self.lifetimeNanoseconds }
            // A flood of new ones within five minutes: it does not matter which go.
            while heads.count > Self.rememberedHeads, let any = heads.first?.key { heads[any] = nil }
        }
    }

    /// The chance that the conversation goes on before its cache has gone, by how it went so far: of n turns the next
    /// comes with n in n + 1.
    static func chanceOfMore(_ view: ConversationView?, _ traits: PromptTraits) -> Double {
        let expected = ExpectedTurns(
            view,
            wanted: .fast,
            offersTools: traits.toolCount > 0,
            outputTokens: 0,
            promptTokens: 0
        )
        let steps = Double(expected.stepsPerTurn)
        // One that is met in its middle has its past in the prompt.
        let turns = Double(max(expected.userTurns, min(traits.userTurns - 1, ExpectedTurns.mostUserTurns)))
        let isPrompt = expected.gapSeconds < PromptCaching.shortSeconds
        let more = isPrompt ? turns / (turns + 1) : 0
        return 1 - (1 - more) * (1 - steps / (steps + 1))
    }
}
