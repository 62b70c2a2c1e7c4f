/// The edits of a request that goes out in its own dialect. Every byte that no edit names stays as the client sent it.
enum Splice {
    static func body(
        of prompt: Prompt,
        for backend: Backend,
        _ adaptations: [Adaptation] = [],
        markers: CacheMarkers? = nil
    ) -> [UInt8] {
        var edits = prompt.body.withUnsafeBufferPointer { bytes in
            prompt.index.withRoot(bytes) { root -> [BodyEdit] in
                var edits: [BodyEdit] = []
                if prompt.model != backend.model {
                    edits.append(root.setting("model", to: JSONText.quoted(backend.model)))
                }
                switch prompt.dialect {
                case .anthropic:
                    if let markers { edits += markers.edits(in: root) }
                    if prompt.traits.hasUnsignedThinking { edits += unsignedThinking(root) }
                case .openai: edits += own(prompt, backend, root)
                }
                return edits
            }
        }
        for adaptation in adaptations { edits += adaptation.edits(prompt.body, prompt.index, dialect: prompt.dialect) }
        return BodyEdit.apply(edits, to: prompt.body)
    }

    /// The gateway's own members go, and a stream is asked for its usage.
    private static func own(_ prompt: Prompt, _ backend: Backend, _ root: JSONView) -> [BodyEdit] {
        var edits: [BodyEdit?] = [BodyEdit.removing("smart_routing", from: root)]
        if prompt.asksForLocal { edits.append(BodyEdit.removing("provider", from: root)) }
        if prompt.isStream, !prompt.wantsUsageChunk, backend.reportsStreamUsage {
            if let options = root["stream_options"], options.kind == .object {
                edits.append(options.setting("include_usage", to: "true"))
            } else {
                edits.append(root.setting("stream_options", to: "{\"include_usage\":true}"))
            }
        }
        return edits.compactMap(\.self)
    }

    /// Thinking without a signature was made here, from another provider's answer: Anthropic refuses it, and no other
    /// block depends on it. A turn of nothing else keeps its last block, as it may not be empty.
    private static func unsignedThinking(_ root: JSONView) -> [BodyEdit] {
        var edits: [BodyEdit] = []
        root["messages"]?.forEachElement { message in
            guard let content = message["content"], content.kind == .array else { return }
            var unsigned: [Range<Int>] = []
            var count = 0
            content.forEachElement { block in
                count += 1
                if PromptTraits.isUnsignedThinking(block) { unsigned.append(block.range) }
            }
            if unsigned.count < count {
                edits += unsigned.map { .removing(member: $0) }
            } else {
                edits += unsigned.map { .replacing($0, with: "{\"type\":\"text\",\"text\":\".\"}".utf8) }
            }
        }
        return edits
    }
}

extension JSONView {
    /// Gives a member of this object another value, or puts the member in first where there is none.
    fileprivate func setting(_ name: StaticString, to value: String) -> BodyEdit {
        if let present = self[name] { return .replacing(present.range, with: value.utf8) }
        var isEmpty = true
        forEachMember { _, _ in isEmpty = false }
        return .replacing(
            (range.lowerBound + 1)..<(range.lowerBound + 1),
            with: "\"\(name)\":\(value)\(isEmpty ? "" : ",")".utf8
        )
    }
}
