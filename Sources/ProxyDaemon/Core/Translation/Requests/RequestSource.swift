/// What both readers read with: typed looks at a client's JSON that say in its own words what is wrong, and the tables'
/// rules put to work.
struct RequestSource {
    /// The members of an object that are carried over, by name.
    struct Fields {
        fileprivate(set) var values: [(name: String, value: JSONView)] = []

        /// A member that is there and not null. The last of twins counts.
        subscript(name: String) -> JSONView? { values.last { $0.name == name }?.value }
    }

    let body: [UInt8]
    let wire: BackendWire
    let takesPDF: Bool
    var warnings = TranslationWarnings()

    init(body: [UInt8], target: TranslationTarget) {
        self.body = body
        wire = target.wire
        takesPDF = target.wire == .anthropic || target.isOpenAIProper && target.wire == .openai
    }

    /// A document in base64 is thrown where the backend takes none; it stands in `field`.
    func checkPDF(_ field: String) throws(Refusal) {
        guard takesPDF else { throw Refusal(field, "this backend takes no PDF documents; send their text") }
    }

    /// An image that a backend would have to fetch is thrown where the backend does not; its address stands in `field`.
    func checkImageURL(_ field: String) throws(Refusal) {
        guard wire != .ollama else { throw Refusal(field, "this backend takes images in base64 only, none by URL") }
    }

    func raw(_ view: JSONView) -> RawJSON { body[view.range] }

    /// What is carried over of an object. What the table drops is warned of, and what it refuses is thrown.
    mutating func fields(
        of object: JSONView,
        by table: FieldTable,
        isTopLevel: Bool = false
    ) throws(Refusal) -> Fields {
        var carried = Fields()
        var seen: Set<String> = []
        for member in object.members {
            let name = JSONText.decode(object.bytes, member.name)
            if isTopLevel, !seen.insert(name).inserted { throw Refusal(name, "given twice") }
            if member.value.kind == .null { continue }
            let rule = table.rule(for: name)
            switch rule?.handling[wire] ?? .dropped() {
            case .mapped, .passed: carried.values.append((name, member.value))
            case .consumed: break
            case .dropped:
                if !isHarmless(member.value, rule) { warnings.add(table.warning(for: name, rule)) }
            case .refused(let why):
                if !isHarmless(member.value, rule) { throw Refusal(name, why) }
            }
        }
        return carried
    }

    /// Whether a block or tool of this type is carried over. One that the table drops is warned of, and one that it
    /// refuses or does not know is thrown.
    mutating func isCarried(type: String, by table: FieldTable, unknown: FieldRule.Handling) throws(Refusal) -> Bool {
        let rule = table.rule(for: type)
        switch rule?.handling[wire] ?? unknown {
        case .mapped, .passed: return true
        case .consumed: return false
        case .dropped:
            warnings.add(table.warning(for: type, rule))
            return false
        case .refused(let why): throw Refusal("type", "\(Self.shortened(type)) \(why)")
        }
    }

    private func isHarmless(_ value: JSONView, _ rule: FieldRule?) -> Bool {
        guard let rule, !rule.harmless.isEmpty, value.range.count <= 64 else { return false }
        var compact: [UInt8] = []
        JSONText.appendCompact(raw(value), to: &compact)
        return rule.harmless.contains { $0.utf8.elementsEqual(compact) }
    }

    // MARK: Typed looks

    func text(_ view: JSONView, _ field: String) throws(Refusal) -> EscapedText {
        guard view.kind == .string else { throw wrong(view, field, "a string") }
        return EscapedText(escaped: body[view.stringContents])
    }

    func string(_ view: JSONView, _ field: String) throws(Refusal) -> String { try text(view, field).plain }

    func object(_ view: JSONView, _ field: String) throws(Refusal) -> JSONView {
        guard view.kind == .object else { throw wrong(view, field, "an object") }
        return view
    }

    /// An object whose place the caller names.
    func object(element view: JSONView) throws(Refusal) -> JSONView {
        guard view.kind == .object else { throw Refusal("expected an object, found \(view.kind.phrase)") }
        return view
    }

    func array(_ view: JSONView, _ field: String) throws(Refusal) -> [JSONView] {
        guard view.kind == .array else { throw wrong(view, field, "an array") }
        return view.elements
    }

    func bool(_ view: JSONView, _ field: String) throws(Refusal) -> Bool {
        guard let value = view.bool else { throw wrong(view, field, "a boolean") }
        return value
    }

    func number(_ view: JSONView, _ field: String) throws(Refusal) -> RawJSON {
        guard view.kind == .number else { throw wrong(view, field, "a number") }
        return raw(view)
    }

    /// A whole number of at least 1, of any length.
    func count(_ view: JSONView, _ field: String) throws(Refusal) -> RawJSON {
        let digits = try number(view, field)
        let isWhole = digits.dropFirst(digits.first == UInt8(ascii: "-") ? 1 : 0).allSatisfy {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        }
        guard isWhole else { throw Refusal(field, "expected a whole number") }
        guard digits.first != UInt8(ascii: "-"), digits != [UInt8(ascii: "0")] else {
            throw Refusal(field, "must be at least 1 for this backend")
        }
        return digits
    }

    /// A member that must be there.
    func required(_ view: JSONView?, _ field: String) throws(Refusal) -> JSONView {
        guard let view else { throw Refusal(field, "Field required") }
        return view
    }

    func wrong(_ view: JSONView, _ field: String, _ expected: String) -> Refusal {
        Refusal(field, "expected \(expected), found \(view.kind.phrase)")
    }

    /// A client's word for a message.
    static func shortened(_ word: String) -> String {
        word.unicodeScalars.count <= 64 ? "\"\(word)\"" : "\"\(String(word.unicodeScalars.prefix(64)))…\""
    }
}

extension JSONView {
    var elements: [JSONView] {
        var all: [JSONView] = []
        forEachElement { all.append($0) }
        return all
    }

    var members: [(name: Range<Int>, value: JSONView)] {
        var all: [(name: Range<Int>, value: JSONView)] = []
        forEachMember { all.append(($0, $1)) }
        return all
    }
}
