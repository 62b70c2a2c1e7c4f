/// Holds a JSON value against a JSON Schema (https://json-schema.org/draft/2020-12/json-schema-validation), as far as
/// models' structured outputs and tools use it. Keywords outside of that pass, and so does a value that takes more work than
/// the bound: what is in doubt is never a finding.
struct SchemaCheck {
    private static let maximumDepth = 48
    private static let maximumWork = 50_000

    private let root: JSONView
    private var work = 0

    /// What is wrong with the value, such as `size: not one of the values allowed`; nil where it fits.
    static func problem(_ value: JSONView, schema: JSONView) -> String? {
        var check = SchemaCheck(root: schema)
        return check.problem(value, schema, at: "", depth: 0)
    }

    private init(root: JSONView) { self.root = root }

    private mutating func problem(_ value: JSONView, _ schema: JSONView, at path: String, depth: Int) -> String? {
        work += 1
        guard work < Self.maximumWork, depth < Self.maximumDepth else { return nil }
        if schema.kind == .false { return Self.say(path, "not allowed") }
        guard schema.kind == .object else { return nil }
        let keywords = Keywords(schema)
        if let reference = keywords.reference?.string, let target = resolve(reference) {
            if let problem = problem(value, target, at: path, depth: depth + 1) { return problem }
        }
        if let type = keywords.type, !fits(value, type: type) {
            return Self.say(path, "\(value.kind.phrase) where \(Self.typeName(type)) was asked for")
        }
        if let list = keywords.allowed {
            var isAmong = false
            list.forEachElement { if !isAmong, isEqual(value, $0, depth: 0) { isAmong = true } }
            if !isAmong { return Self.say(path, "not one of the values allowed") }
        }
        if let constant = keywords.constant, !isEqual(value, constant, depth: 0) {
            return Self.say(path, "not the value asked for")
        }
        let inner =
            switch value.kind {
            case .object: members(value, keywords, at: path, depth: depth)
            case .array: elements(value, keywords, at: path, depth: depth)
            case .number: bounds(value, keywords, at: path)
            case .string: length(value, keywords, at: path)
            default: nil as String?
            }
        return inner ?? combined(value, keywords, at: path, depth: depth)
    }

    private static func say(_ path: String, _ what: String) -> String {
        path.isEmpty ? what : "\(path.prefix(80)): \(what)"
    }

    // MARK: Kinds

    private func fits(_ value: JSONView, type: JSONView) -> Bool {
        var fits = type.kind != .string && type.kind != .array
        func look(_ name: JSONView) {
            switch value.kind {
            case .object: fits = fits || name.isString("object")
            case .array: fits = fits || name.isString("array")
            case .string: fits = fits || name.isString("string")
            case .null: fits = fits || name.isString("null")
            case .true, .false: fits = fits || name.isString("boolean")
            case .number:
                fits = fits || name.isString("number")
                if name.isString("integer"), let number = Self.number(value) {
                    fits = fits || number == number.rounded()
                }
            }
        }
        if type.kind == .string { look(type) }
        type.forEachElement(look)
        return fits
    }

    private static func typeName(_ type: JSONView) -> String {
        if let name = type.string { return String(name.prefix(20)) }
        var names: [String] = []
        type.forEachElement { if let name = $0.string, names.count < 6 { names.append(String(name.prefix(20))) } }
        return names.joined(separator: " or ")
    }

    // MARK: Values

    private mutating func members(_ value: JSONView, _ schema: Keywords, at path: String, depth: Int) -> String? {
        var given: [String: JSONView] = [:]
        value.forEachMember { name, member in given[JSONText.decode(value.bytes, name)] = member }
        work += given.count
        var problem: String?
        schema.required?.forEachElement { name in
            guard problem == nil, let name = name.string, given[name] == nil else { return }
            problem = Self.say(path, "without \(name.prefix(60))")
        }
        if let problem { return problem }
        var known: [String: JSONView] = [:]
        schema.properties?.forEachMember { name, member in
            known[JSONText.decode(member.bytes, name)] = member
        }
        work += known.count
        for name in given.keys.sorted() {
            guard let member = given[name] else { continue }
            let place = path.isEmpty ? String(name.prefix(60)) : "\(path).\(name.prefix(60))"
            if let wanted = known[name] {
                if let problem = self.problem(member, wanted, at: place, depth: depth + 1) { return problem }
            } else if let rest = schema.additional, schema.patterns == nil {
                if let problem = self.problem(member, rest, at: place, depth: depth + 1) { return problem }
            }
        }
        return nil
    }

    private mutating func elements(_ value: JSONView, _ schema: Keywords, at path: String, depth: Int) -> String? {
        var all: [JSONView] = []
        value.forEachElement { all.append($0) }
        work += all.count
        if let least = schema.minItems?.integer, all.count < least {
            return Self.say(path, "fewer than \(least) items")
        }
        if let most = schema.maxItems?.integer, all.count > most { return Self.say(path, "more than \(most) items") }
        var first: [JSONView] = []
        schema.prefixItems?.forEachElement { first.append($0) }
        for (at, element) in all.enumerated() {
            guard let wanted = at < first.count ? first[at] : schema.items else { continue }
            if let problem = problem(element, wanted, at: "\(path)[\(at)]", depth: depth + 1) { return problem }
        }
        return nil
    }

    private func bounds(_ value: JSONView, _ schema: Keywords, at path: String) -> String? {
        guard let number = Self.number(value) else { return nil }
        func beyond(_ limit: JSONView?, _ isBeyond: (Double) -> Bool) -> Bool {
            guard let limit, let bound = Self.number(limit) else { return false }
            return isBeyond(bound)
        }
        if beyond(schema.minimum, { number < $0 }) || beyond(schema.exclusiveMinimum, { number <= $0 }) {
            return Self.say(path, "below the minimum")
        }
        if beyond(schema.maximum, { number > $0 }) || beyond(schema.exclusiveMaximum, { number >= $0 }) {
            return Self.say(path, "above the maximum")
        }
        return nil
    }

    private func length(_ value: JSONView, _ schema: Keywords, at path: String) -> String? {
        guard schema.minLength != nil || schema.maxLength != nil, let text = value.string else { return nil }
        let count = text.unicodeScalars.count
        if let least = schema.minLength?.integer, count < least { return Self.say(path, "shorter than \(least)") }
        if let most = schema.maxLength?.integer, count > most { return Self.say(path, "longer than \(most)") }
        return nil
    }

    private mutating func combined(_ value: JSONView, _ schema: Keywords, at path: String, depth: Int) -> String? {
        for part in Self.list(schema.allOf) {
            if let problem = problem(value, part, at: path, depth: depth + 1) { return problem }
        }
        let any = Self.list(schema.anyOf)
        if !any.isEmpty {
            let fits = any.contains { problem(value, $0, at: path, depth: depth + 1) == nil }
            if !fits { return Self.say(path, "fits none of the schemas allowed") }
        }
        let one = Self.list(schema.oneOf)
        if !one.isEmpty {
            let fitting = one.filter { problem(value, $0, at: path, depth: depth + 1) == nil }.count
            if fitting != 1, work < Self.maximumWork {
                return Self.say(path, "fits \(fitting) of the schemas of which it must fit one")
            }
        }
        return nil
    }

    private static func list(_ array: JSONView?) -> [JSONView] {
        var all: [JSONView] = []
        array?.forEachElement { all.append($0) }
        return all
    }

    static func number(_ value: JSONView) -> Double? {
        guard value.kind == .number else { return nil }
        return Double(String(decoding: value.raw, as: UTF8.self))
    }

    // MARK: Equality

    private mutating func isEqual(_ left: JSONView, _ right: JSONView, depth: Int) -> Bool {
        work += 1
        guard work < Self.maximumWork, depth < Self.maximumDepth else { return true }
        guard left.kind == right.kind else { return false }
        switch left.kind {
        case .null, .true, .false: return true
        case .number: return Self.number(left) == Self.number(right)
        case .string: return left.string == right.string
        case .array:
            let (mine, other) = (Self.list(left), Self.list(right))
            return mine.count == other.count && zip(mine, other).allSatisfy { isEqual($0, $1, depth: depth + 1) }
        case .object:
            var mine: [String: JSONView] = [:]
            left.forEachMember { mine[JSONText.decode(left.bytes, $0)] = $1 }
            var other: [String: JSONView] = [:]
            right.forEachMember { other[JSONText.decode(right.bytes, $0)] = $1 }
            return mine.count == other.count
                && mine.allSatisfy { name, value in other[name].map { isEqual(value, $0, depth: depth + 1) } ?? false }
        }
    }

    // MARK: References

    /// The schema that a reference within the document points to.
    private func resolve(_ reference: String) -> JSONView? {
        guard reference.hasPrefix("#") else { return nil }
        var found = root
        for step in reference.dropFirst().split(separator: "/") {
            let name = Self.unescaped(step)
            var next: JSONView?
            found.forEachMember { key, value in
                if JSONText.decode(value.bytes, key) == name { next = value }
            }
            guard let next else { return nil }
            found = next
        }
        return found
    }

    /// Undoes a JSON Pointer's escapes (RFC 6901).
    private static func unescaped(_ step: Substring) -> String {
        var out = ""
        var isEscape = false
        for character in step {
            if isEscape {
                out.append(character == "1" ? "/" : character == "0" ? "~" : character)
                isEscape = false
            } else if character == "~" {
                isEscape = true
            } else {
                out.append(character)
            }
        }
        return out
    }
}

/// The keywords of one schema, found in one pass.
private struct Keywords {
    var reference, type, allowed, constant, required, properties, additional, patterns, items, prefixItems: JSONView?
    var minItems, maxItems, minimum, maximum, exclusiveMinimum, exclusiveMaximum, minLength, maxLength: JSONView?
    var allOf, anyOf, oneOf: JSONView?

    init(_ schema: JSONView) {
        schema.forEachMember { name, value in
            switch JSONText.decode(schema.bytes, name) {
            case "$ref": reference = value
            case "type": type = value
            case "enum": allowed = value
            case "const": constant = value
            case "required": required = value
            case "properties": properties = value
            case "additionalProperties": additional = value
            case "patternProperties": patterns = value
            case "items": items = value
            case "prefixItems": prefixItems = value
            case "minItems": minItems = value
            case "maxItems": maxItems = value
            case "minimum": minimum = value
            case "maximum": maximum = value
            case "exclusiveMinimum": exclusiveMinimum = value
            case "exclusiveMaximum": exclusiveMaximum = value
            case "minLength": minLength = value
            case "maxLength": maxLength = value
            case "allOf": allOf = value
            case "anyOf": anyOf = value
            case "oneOf": oneOf = value
            default: break
            }
        }
    }
}
