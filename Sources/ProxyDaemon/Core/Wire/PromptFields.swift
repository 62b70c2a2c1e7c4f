/// The checked members of a request's body, before the body is put beside them.
struct PromptFields {
    let index: JSONIndex
    var model = ""
    var isStream = false
    var maxTokens: Int?
    var traits = PromptTraits()
    var smartRouting: Bool?
    var asksForLocal = false
    var wantsUsageChunk = false

    private var hasModel = false
    /// `max_completion_tokens` was given: `max_tokens` is its deprecated name and counts only without it.
    private var hasCompletionLimit = false

    /// Far above what the APIs have, and few enough to be compared with each other.
    private static let maximumMembers = 256
    private static let maximumNameBytes = 256

    init(_ bytes: UnsafeBufferPointer<UInt8>, _ dialect: Dialect) throws(GatewayError) {
        do throws(JSONProblem) {
            index = try JSONIndex(bytes)
            if let problem = index.textProblem(bytes) { throw problem }
        } catch {
            throw GatewayError(.invalidRequest("the request body is \(error)"))
        }
        let problem = index.withRoot(bytes) { root -> GatewayError? in
            do throws(GatewayError) { try read(root, dialect) } catch { return error }
            return nil
        }
        if let problem { throw problem }
    }

    private mutating func read(_ root: JSONView, _ dialect: Dialect) throws(GatewayError) {
        let bytes = root.bytes
        var seen: [(name: Range<Int>, value: JSONView)] = []
        seen.reserveCapacity(12)
        root.forEachMember { seen.append(($0, $1)) }
        guard seen.count <= Self.maximumMembers else {
            throw Self.invalid("the body has \(seen.count) members; at most \(Self.maximumMembers) are read")
        }
        try refuseHiddenNames(seen.map(\.name), bytes)
        var messages: JSONView?
        for (at, member) in seen.enumerated() {
            // Two readers of one body may take different twins; a request must mean one thing only.
            for earlier in seen[..<at] where earlier.name.count == member.name.count {
                if bytes[earlier.name].elementsEqual(bytes[member.name]) {
                    throw Self.invalid("\(JSONText.decode(bytes, member.name)): given twice")
                }
            }
            if JSONText.equals(bytes, member.name, "messages") {
                guard member.value.kind == .array else {
                    throw Self.invalid("messages: expected an array, found \(member.value.kind.phrase)")
                }
                messages = member.value
                continue
            }
            if try readCommon(member.name, member.value) { continue }
            if let problem = RequestShape.problem(member: member.name, member.value) { throw Self.invalid(problem) }
            switch dialect {
            case .anthropic:
                if JSONText.equals(bytes, member.name, "max_tokens") {
                    maxTokens = try Self.limit("max_tokens", member.value)
                } else {
                    traits.note(member: member.name, member.value)
                }
            case .openai: try readOpenAI(member.name, member.value)
            }
        }
        if asksForLocal, !model.hasPrefix("local:") {
            let leavesItOpen = model.isEmpty || ModelNames.routed.contains(model.lowercased())
            model = leavesItOpen ? "local" : "local:\(model)"
        }
        guard hasModel || asksForLocal else { throw Self.invalid("model: Field required") }
        guard let messages else { throw Self.invalid("messages: Field required") }
        switch dialect {
        case .anthropic: try traits.read(messages: messages)
        case .openai: try traits.read(openAIMessages: messages)
        }
    }

    /// The members that the gateway reads or changes, which it looks for by their plain names.
    private static let readMembers = [
        "model", "messages", "stream", "max_tokens", "max_completion_tokens", "stream_options", "smart_routing",
        "provider", "system", "tools",
    ]

    /// A name spelled with escapes is the same name to the provider. One that the gateway reads would be passed over
    /// here and obeyed there: another model than the one that is paid for, a stream where none is expected.
    private func refuseHiddenNames(
        _ names: [Range<Int>],
        _ bytes: UnsafeBufferPointer<UInt8>
    ) throws(GatewayError) {
        guard names.contains(where: { bytes[$0].contains(UInt8(ascii: "\\")) }) else { return }
        var plain: Set<[UInt8]> = []
        for name in names {
            let text = JSONText.decode(bytes, name)
            guard plain.insert(Array(text.utf8)).inserted else {
                throw Self.invalid("\(Self.shortened(text)): given twice")
            }
            if bytes[name].contains(UInt8(ascii: "\\")), Self.readMembers.contains(text) {
                throw Self.invalid("\(text): expected the name without escapes")
            }
        }
    }

    private static func shortened(_ name: String) -> String {
        String(name.unicodeScalars.prefix(64).map(Character.init))
    }

    /// Reads `model` or `stream`; false for other members.
    private mutating func readCommon(_ name: Range<Int>, _ value: JSONView) throws(GatewayError) -> Bool {
        func isNamed(_ plain: StaticString) -> Bool { JSONText.equals(value.bytes, name, plain) }
        if isNamed("model") {
            try read(model: value)
        } else if isNamed("stream") {
            guard let flag = value.bool ?? (value.kind == .null ? false : nil) else {
                throw Self.invalid("stream: expected a boolean, found \(value.kind.phrase)")
            }
            isStream = flag
        } else {
            return false
        }
        return true
    }

    private mutating func read(model value: JSONView) throws(GatewayError) {
        guard let text = value.string, !text.isEmpty else {
            throw Self.invalid("model: expected a name, found \(value.kind.phrase)")
        }
        guard text.utf8.count <= Self.maximumNameBytes, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw Self.invalid("model: expected a name of at most \(Self.maximumNameBytes) plain characters")
        }
        hasModel = true
        model = text
    }

    private mutating func readOpenAI(_ name: Range<Int>, _ value: JSONView) throws(GatewayError) {
        func isNamed(_ plain: StaticString) -> Bool { JSONText.equals(value.bytes, name, plain) }
        if isNamed("max_completion_tokens") {
            guard value.kind != .null else { return }
            maxTokens = try Self.limit("max_completion_tokens", value)
            hasCompletionLimit = true
        } else if isNamed("max_tokens") {
            guard value.kind != .null else { return }
            let limit = try Self.limit("max_tokens", value)
            if !hasCompletionLimit { maxTokens = limit }
        } else if isNamed("stream_options") {
            wantsUsageChunk = value["include_usage"]?.bool ?? false
        } else if isNamed("smart_routing") {
            guard value.kind != .null else { return }
            guard let flag = value.bool else {
                throw Self.invalid("smart_routing: expected a boolean, found \(value.kind.phrase)")
            }
            smartRouting = flag
        } else if isNamed("provider"), value.kind == .string {
            guard JSONText.equals(value.bytes, value.stringContents, "local") else {
                throw Self.invalid("provider: expected \"local\", or nothing for the other backends")
            }
            asksForLocal = true
        } else {
            traits.note(openAIMember: name, value)
        }
    }

    private static func limit(_ name: String, _ value: JSONView) throws(GatewayError) -> Int {
        guard let limit = value.integer, limit >= 0 else {
            throw invalid("\(name): expected a whole number, found \(value.kind.phrase)")
        }
        return limit
    }

    private static func invalid(_ text: String) -> GatewayError { GatewayError(.invalidRequest(text)) }
}
