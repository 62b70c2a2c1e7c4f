/// What a request is in its conversation, by its shape: whether it may be routed anew.
///
/// Only a fresh user turn may change the tier. Whatever is plainly something else is named; what is not, and ends with
/// text of the user's own, is a fresh user turn.
package enum TurnKind: Sendable, Equatable {
    /// The user said something: the request may be classified and routed.
    case userTurn
    /// The last message brings back what tools returned, and nothing from the user: it keeps its user turn's tier.
    case toolStep
    /// A request that a program made for its own ends. It passes as it is.
    case sideQuery(SideQuery)
    /// None of these; with the reason, a clause. It passes as it is.
    case other(String)

    package enum SideQuery: String, Sendable, CaseIterable {
        /// An answer of at most one token: whether the account may call, or how much quota is left.
        case quotaProbe = "quota_probe"
        /// No answer at all: the prompt is to be cached.
        case cacheWarming = "cache_warming"
        /// The last message is the assistant's, to be continued.
        case continuation
        /// Whether a command or a text is safe.
        case safetyCheck = "safety_check"
        /// A title for a conversation, or whether it has a new topic.
        case title
        /// A summary in the place of a history that has become too long.
        case compaction
        /// Other small work on a program's own text: what files a command touches, what a page says, what comes next.
        case chore
    }

    package init(_ prompt: Prompt) {
        self = prompt.body.withUnsafeBufferPointer { bytes in
            prompt.index.withRoot(bytes) { TurnReader(prompt, $0).kind }
        }
    }

    /// Why, in a clause for the explanation.
    package var reason: String {
        switch self {
        case .userTurn: "it ends with the user's own text"
        case .toolStep: "it brings back tool results and no new text of the user's"
        case .sideQuery(.quotaProbe): "an answer of at most one token is a probe"
        case .sideQuery(.cacheWarming): "max_tokens 0 asks for no answer, only for the prompt to be cached"
        case .sideQuery(.continuation): "it ends with the assistant's own words, which are to be continued"
        case .sideQuery(.safetyCheck): "it reads like a program's safety check"
        case .sideQuery(.title): "it reads like a program's request for a title or a topic"
        case .sideQuery(.compaction): "it reads like the summary that takes a long history's place"
        case .sideQuery(.chore): "it reads like a program's request on its own behalf"
        case .other(let why): why
        }
    }

    /// Whether the request may be classified and routed anew.
    package var mayChangeTier: Bool { self == .userTurn }
}

/// Looks at the end of a request, and at the beginning of its system prompt where that may tell something.
private struct TurnReader {
    private let prompt: Prompt
    private let root: JSONView

    init(_ prompt: Prompt, _ root: JSONView) {
        self.prompt = prompt
        self.root = root
    }

    /// What the last message but instructions in mid-conversation holds.
    private struct Ending {
        enum Role {
            case user
            case assistant
            case tool
        }

        var role: Role
        var hasToolResults = false
        /// The user's own text, its beginning only.
        var text: [UInt8] = []
        var hasOwnText = false
        var hasReminders = false
        /// Messages but instructions, this one among them.
        var messageCount = 0
        /// An answer of the assistant's came before.
        var hasHistory = false
    }

    /// In bytes. A program that asks for one small thing mostly says so in few words.
    private static let longestSystemPrompt = 8_192

    var kind: TurnKind {
        if let limit = prompt.maxTokens, limit <= 1 { return .sideQuery(limit == 0 ? .cacheWarming : .quotaProbe) }
        guard let ending else { return .other("it has no message of the user's") }
        switch ending.role {
        case .assistant: return .sideQuery(.continuation)
        case .tool: return .toolStep
        case .user: break
        }
        if ending.hasOwnText {
            if let query = sideQuery(ending) { return .sideQuery(query) }
            return TurnText.isToolResult(ending.text) ? .toolStep : .userTurn
        }
        if ending.hasToolResults { return .toolStep }
        return .other(
            ending.hasReminders
                ? "it ends with reminders of the client's own and no text of the user's"
                : "it ends with no text of the user's"
        )
    }

    private var ending: Ending? {
        var last: (message: JSONView, role: Ending.Role)?
        var messageCount = 0
        var hasHistory = false
        root["messages"]?.forEachElement { message in
            guard let role = message["role"] else { return }
            if role.isText("user") {
                last = (message, .user)
            } else if role.isText("assistant") {
                last = (message, .assistant)
                hasHistory = true
            } else if role.isText("tool") || role.isText("function") {
                last = (message, .tool)
            } else {
                return
            }
            messageCount += 1
        }
        guard let last else { return nil }
        var ending = Ending(role: last.role, messageCount: messageCount, hasHistory: hasHistory)
        guard last.role == .user, let content = last.message["content"] else { return ending }
        func take(_ text: JSONView) {
            let own = TurnText.own(text)
            ending.hasReminders = ending.hasReminders || own.hasReminders
            guard own.isThere else { return }
            ending.hasOwnText = true
            guard ending.text.count < TurnText.keptBytes else { return }
            if !ending.text.isEmpty { ending.text.append(0x0A) }
            ending.text += own.beginning
        }
        if content.kind == .string { take(content) }
        content.forEachElement { block in
            guard let type = block["type"] else { return }
            if type.isText("tool_result") {
                ending.hasToolResults = true
            } else if type.isText("text"), let text = block["text"] {
                take(text)
            }
        }
        return ending
    }

    /// What a text gives away about who wrote it. After a history only what has to stand there is looked for; a title
    /// and the like only where there are no tools, and in a short system prompt: an agent's or an application's own
    /// names many things.
    private func sideQuery(_ ending: Ending) -> TurnKind.SideQuery? {
        let user = ending.text
        if ending.hasHistory, let query = SideQueryCue.query(in: user, at: .historyEnd) { return query }
        guard prompt.traits.toolCount == 0, ending.messageCount <= 2 else { return nil }
        if let query = SideQueryCue.query(in: user, at: .user) { return query }
        let isShort = prompt.traits.systemBytes <= Self.longestSystemPrompt
        return SideQueryCue.query(in: systemBeginning, at: isShort ? .system : .longSystem)
    }

    private var systemBeginning: [UInt8] {
        var text: [UInt8] = []
        func take(_ content: JSONView) {
            if content.kind == .string { return TurnText.append(content, to: &text) }
            content.forEachElement { block in
                if !block.isAttribution, let words = block["text"] { TurnText.append(words, to: &text) }
            }
        }
        if prompt.dialect == .anthropic {
            if let system = root["system"] { take(system) }
            return text
        }
        var isLeading = true
        root["messages"]?.forEachElement { message in
            guard isLeading else { return }
            isLeading = message["role"].map { $0.isText("system") || $0.isText("developer") } ?? false
            if isLeading, let content = message["content"] { take(content) }
        }
        return text
    }
}
