/// What an editor says in every prompt, and may be left out: a span of text between two plain marks.
package struct BoilerplateRule: Sendable, Equatable {
    package enum Place: String, Sendable, CaseIterable {
        case system
        case user
    }

    /// For people.
    package let name: String
    package let place: Place
    /// A text that has to stand in the same block; nil for none.
    package let within: String?
    /// The span's first words and its last ones, both left out with it.
    package let from: String
    package let to: String
    /// A longer span stays.
    package let maxBytes: Int

    package init(name: String, place: Place, within: String? = nil, from: String, to: String, maxBytes: Int = 8_192) {
        self.name = name
        self.place = place
        self.within = within
        self.from = from
        self.to = to
        self.maxBytes = maxBytes
    }
}

/// The rules in force, ready to be looked for in the inside of JSON strings.
package struct Boilerplate: Sendable, Equatable {
    private struct Needle: Sendable, Equatable {
        let place: BoilerplateRule.Place
        let within: [UInt8]
        let from: [UInt8]
        let to: [UInt8]
        let maxBytes: Int
    }

    /// An editor says nothing so often.
    private static let maximumSpans = 64

    private let needles: [Needle]
    /// Tells rules from other rules.
    package let fingerprint: UInt64

    package init(_ rules: [BoilerplateRule] = []) {
        needles = rules.filter { !$0.from.isEmpty && !$0.to.isEmpty }.map { rule in
            Needle(
                place: rule.place,
                within: Self.escaped(rule.within ?? ""),
                from: Self.escaped(rule.from),
                to: Self.escaped(rule.to),
                maxBytes: rule.maxBytes
            )
        }
        var spelled: [UInt8] = []
        for needle in needles {
            spelled.append(needle.place == .system ? 1 : 2)
            for words in [needle.within, needle.from, needle.to] {
                spelled += words
                spelled.append(0)
            }
        }
        fingerprint = FNV1a.hash(spelled)
    }

    /// Clients whose system prompt has to reach the provider as it is, by how its first text begins.
    private static let untouched: [StaticString] = [
        "x-anthropic-billing-header:", "You are Claude Code", "You are a Claude agent",
    ]

    /// Whether the system prompt must stay as it is.
    static func mustStay(_ root: JSONView, dialect: Dialect) -> Bool {
        var first: JSONView?
        func take(_ content: JSONView) {
            if content.kind == .string { first = first ?? content }
            content.forEachElement { block in if first == nil { first = block["text"] } }
        }
        if dialect == .anthropic {
            if let system = root["system"] { take(system) }
        } else {
            root["messages"]?.forEachElement { message in
                guard first == nil, let role = message["role"], let content = message["content"],
                    role.isText("system") || role.isText("developer")
                else { return }
                take(content)
            }
        }
        guard let first else { return false }
        return untouched.contains { first.begins(with: $0) }
    }

    /// The spans of a block that are left out, in their order and apart from each other; ranges of the body.
    func spans(of block: TextBlock, in bytes: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
        let place: BoilerplateRule.Place
        switch block.place {
        case .system: place = .system
        case .user: place = .user
        case .toolResult: return []
        }
        var found: [Range<Int>] = []
        for needle in needles where needle.place == place {
            if !needle.within.isEmpty, Self.find(needle.within, bytes, block.contents) == nil { continue }
            var rest = block.contents
            while found.count < Self.maximumSpans, let start = Self.find(needle.from, bytes, rest) {
                let inside = (start + needle.from.count)..<rest.upperBound
                guard let end = Self.find(needle.to, bytes, inside) else { break }
                let span = start..<(end + needle.to.count)
                if span.count <= needle.maxBytes, !found.contains(where: { $0.overlaps(span) }) { found.append(span) }
                rest = span.upperBound..<rest.upperBound
            }
        }
        return found.sorted { $0.lowerBound < $1.lowerBound }
    }

    private static func escaped(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        JSONText.appendEscaped(text.utf8, to: &bytes)
        return bytes
    }

    /// Where the words begin, not in the middle of an escape.
    private static func find(_ words: [UInt8], _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Int? {
        var rest = range
        while let place = JSONScan.next(words, bytes, in: rest) {
            if !isEscaped(bytes, place, from: range.lowerBound) { return place }
            rest = (place + 1)..<range.upperBound
        }
        return nil
    }

    private static func isEscaped(_ bytes: UnsafeBufferPointer<UInt8>, _ place: Int, from start: Int) -> Bool {
        var slash = place
        while slash > start, bytes[slash - 1] == UInt8(ascii: "\\") { slash -= 1 }
        return (place - slash) & 1 == 1
    }
}
