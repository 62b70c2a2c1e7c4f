/// What the writers share: how a request is made to fit a model, and what is warned of on the way.
struct RequestAdaptation {
    let names: FieldNames
    let target: TranslationTarget
    var warnings: TranslationWarnings

    private var capabilities: ModelCapabilities { target.capabilities }

    /// A conversation's turns, with late instructions spoken by the user where they cannot stay instructions.
    mutating func turns(
        of conversation: Conversation,
        keepingSystemTurn isKept: (_ position: Int) -> Bool
    ) -> [Conversation.Turn] {
        let settled = conversation.turns(keepingSystemTurn: isKept)
        if settled.hasChanged { warnings.add("messages.system_mid_conversation") }
        return settled.turns
    }

    // MARK: Sampling

    /// The sampling that the model takes. A value that is the default anyway is left out without a word.
    mutating func sampling(_ asked: Conversation.Sampling) -> Conversation.Sampling {
        var taken = asked
        switch capabilities.sampling {
        case .any: break
        case .one:
            if taken.temperature != nil { drop(&taken.topP, "top_p") }
        case .defaults, .none:
            drop(&taken.temperature, "temperature")
            drop(&taken.topP, "top_p")
            drop(&taken.topK, "top_k")
        }
        return taken
    }

    /// Leaves a number out; warns unless it is 1, the default of what defaults to anything.
    mutating func drop(_ value: inout RawJSON?, _ name: String) {
        guard let dropped = value else { return }
        value = nil
        if name == "top_k" || Self.size(dropped) != 1 { warnings.add(name) }
    }

    /// A number's size, for comparing it with a bound.
    static func size(_ number: RawJSON) -> Double { Double(String(decoding: number, as: UTF8.self)) ?? .nan }

    /// A whole number; one too long for an integer is as high as can be.
    static func count(_ number: RawJSON) -> Int { Int(String(decoding: number, as: UTF8.self)) ?? .max }

    // MARK: Effort

    /// The level the model has that is nearest to the one asked for: the same, else the next lower one, else its lowest.
    mutating func effort(nearest asked: ModelCapabilities.Effort) -> ModelCapabilities.Effort? {
        let levels = capabilities.efforts.sorted()
        guard let level = levels.last(where: { $0 <= asked }) ?? levels.first else { return nil }
        if level != asked { warnings.add(names.effort) }
        return level
    }

    /// The thinking budget, in tokens, that older models get for an effort.
    static func budget(for effort: ModelCapabilities.Effort) -> Int {
        switch effort {
        case .low: 1_024
        case .medium: 2_048
        case .high: 4_096
        case .xhigh, .max: 8_192
        }
    }

    /// An effort for backends that know no budgets: `none`, a level, or nil for their own choice.
    mutating func effortWord(_ conversation: Conversation) -> String? {
        var asked = conversation.effort
        switch conversation.thinking {
        case .disabled:
            // A model that is not known to reason does not have to be told not to.
            if capabilities.efforts.isEmpty { return nil }
            if capabilities.thinking.contains(.disabled) { return "none" }
            warnings.add(names.thinking)
            return nil
        case .budget(let tokens):
            asked = tokens < 4_096 ? .low : tokens < 16_384 ? .medium : .high
            if capabilities.efforts.isEmpty {
                warnings.add(names.thinking)
                return nil
            }
        case .betweenTools: warnings.add(names.thinking)
        case .adaptive, nil: break
        }
        guard let asked else { return nil }
        guard let level = effort(nearest: asked) else {
            warnings.add(names.effort)
            return nil
        }
        return level.rawValue
    }

    // MARK: Tools

    /// Which tool may or must be called; nil where nothing is to be said. A forced tool that the backend is not given is
    /// thrown.
    mutating func toolChoice(
        _ conversation: Conversation,
        mayForce: Bool
    ) throws(Refusal) -> Conversation.ToolChoice? {
        guard let choice = conversation.toolChoice else { return nil }
        switch choice {
        case .auto, .never: return conversation.tools.isEmpty ? nil : choice
        case .tool(let name):
            let wanted = name.plain
            guard conversation.tools.contains(where: { $0.name.plain == wanted }) else {
                throw Refusal(
                    names.toolChoice,
                    "\(RequestSource.shortened(wanted)) is no tool that this backend is given"
                )
            }
        case .any: break
        }
        if conversation.tools.isEmpty {
            warnings.add(names.toolChoice)
            return nil
        }
        guard mayForce, capabilities.forcedTool else {
            warnings.add(names.toolChoice)
            return .auto
        }
        return choice
    }

    // MARK: Format

    static let jsonObjectLine = EscapedText("Reply with a single JSON object and nothing else.")

    /// An instruction in place of an answer's schema.
    static func line(for schema: RawJSON) -> EscapedText {
        var text = Array("Reply with a single JSON object that matches this JSON schema, and nothing else: ".utf8)
        JSONText.appendEscapedCompact(schema, to: &text)
        return EscapedText(escaped: text[...])
    }

    // MARK: Plain backends

    /// What a user's turn is for backends that take tool results as messages of their own, and those first.
    struct UserTurn {
        /// Results with the text of each, whatever else they held being in `rest`.
        var results: [(id: EscapedText, text: EscapedText)] = []
        var rest: [Conversation.Block] = []
    }

    mutating func userTurn(_ turn: Conversation.Turn) -> UserTurn {
        var split = UserTurn()
        var spoken: [Conversation.Block] = []
        for block in turn.blocks {
            guard case .toolResult(let result) = block.content else {
                spoken.append(plainBlock(block))
                continue
            }
            var text: [EscapedText] = []
            if result.isError {
                text.append(EscapedText("ERROR: "))
                warnings.add("tool_result.is_error")
            }
            for inner in result.content.map({ plainBlock($0) }) {
                let kind: String
                switch inner.content {
                case .text(let piece):
                    text.append(piece)
                    continue
                case .image: kind = "image"
                default: kind = "document"
                }
                warnings.add("tool_result.\(kind)")
                let label = EscapedText("[\(kind) returned by tool call ").joined(with: result.id)
                split.rest.append(Conversation.Block(.text(label.joined(with: EscapedText("]")))))
                split.rest.append(inner)
            }
            split.results.append((result.id, EscapedText.joined(text)))
        }
        split.rest += spoken
        return split
    }

    /// A document of text as text; every other block as it is.
    private mutating func plainBlock(_ block: Conversation.Block) -> Conversation.Block {
        guard case .document(let document) = block.content, case .text(let text) = document.source else { return block }
        warnings.add(names.document)
        var head = "<document"
        if let title = document.title { head += " title=\(JSONText.quoted(title.plain))" }
        if let context = document.context { head += " context=\(JSONText.quoted(context.plain))" }
        let whole = EscapedText.joined([EscapedText(head + ">\n"), text, EscapedText("\n</document>")])
        return Conversation.Block(.text(whole))
    }
}
