/// Makes a JSON value that fits a simple JSON schema.
///
/// Understands types, properties, items, enum, const, anyOf/oneOf/allOf (the first), local references, ranges and the
/// common string formats; what else a schema says is passed over.
struct SchemaSample {
    private let root: JSONValue
    private let topics: [String]
    private var random: SeededRandom
    private static let deepest = 16

    init(schema: JSONValue, topics: [String], seed: UInt64) {
        root = schema
        self.topics = topics
        random = SeededRandom(seed: seed)
    }

    mutating func make() -> JSONValue { value(root, name: "value", depth: 0) }

    private mutating func value(_ schema: JSONValue, name: String, depth: Int) -> JSONValue {
        guard depth < Self.deepest else { return .null }
        if let constant = schema["const"] { return constant }
        if let choices = schema["enum"]?.array, !choices.isEmpty { return random.choose(choices, else: .null) }
        if let reference = schema["$ref"]?.string, let target = resolve(reference) {
            return value(target, name: name, depth: depth + 1)
        }
        for key in ["anyOf", "oneOf", "allOf"] {
            guard let choices = schema[key]?.array, let first = choices.first(where: { $0["type"]?.string != "null" })
            else { continue }
            return value(first, name: name, depth: depth + 1)
        }
        switch type(schema) {
        case "object": return object(schema, depth: depth)
        case "array": return array(schema, name: name, depth: depth)
        case "string": return .string(string(schema, name: name))
        case "integer": return .int(integer(schema))
        case "number": return number(schema)
        case "boolean": return .bool(random.below(2) == 1)
        default: return .null
        }
    }

    private func type(_ schema: JSONValue) -> String {
        if let type = schema["type"]?.string { return type }
        if let type = schema["type"]?.array?.compactMap(\.string).first(where: { $0 != "null" }) { return type }
        if schema["properties"] != nil { return "object" }
        if schema["items"] != nil { return "array" }
        return schema.object?.members.isEmpty == true ? "string" : "null"
    }

    private func resolve(_ reference: String) -> JSONValue? {
        guard reference.hasPrefix("#") else { return nil }
        return reference.dropFirst().split(separator: "/").reduce(root as JSONValue?) { $0?[String($1)] }
    }

    /// All properties while the schema is shallow; deep down only the required ones, so that recursion ends.
    private mutating func object(_ schema: JSONValue, depth: Int) -> JSONValue {
        var object = JSONObject()
        let required = Set(schema["required"]?.array?.compactMap(\.string) ?? [])
        for member in schema["properties"]?.object?.members ?? [] where depth < 6 || required.contains(member.key) {
            object[member.key] = value(member.value, name: member.key, depth: depth + 1)
        }
        for key in required.sorted() where object[key] == nil { object[key] = .string("simulated") }
        return .object(object)
    }

    private mutating func array(_ schema: JSONValue, name: String, depth: Int) -> JSONValue {
        let least = max(0, schema["minItems"]?.int ?? 0)
        let most = max(least, schema["maxItems"]?.int ?? max(least, 2))
        let count = depth < 6 ? min(most, max(least, 1 + random.below(2))) : least
        let items = schema["items"] ?? ["type": "string"]
        return .array((0..<min(count, 64)).map { _ in value(items, name: name, depth: depth + 1) })
    }

    private mutating func string(_ schema: JSONValue, name: String) -> String {
        switch schema["format"]?.string {
        case "date": return "2026-11-21"
        case "date-time": return "2026-11-21T12:00:00Z"
        case "time": return "12:00:00Z"
        case "email": return "simulated@example.com"
        case "uri", "url": return "https://example.com/simulated"
        case "uuid": return "00000000-0000-4000-8000-000000000000"
        case "ipv4": return "192.0.2.1"
        case "ipv6": return "2001:db8::1"
        default: break
        }
        var text = "simulated " + random.choose(topics, else: name)
        let least = max(0, min(schema["minLength"]?.int ?? 0, 100_000))
        while text.count < least { text += " simulated" }
        let most = max(least, schema["maxLength"]?.int ?? Int.max)
        return String(text.prefix(most))
    }

    private mutating func integer(_ schema: JSONValue) -> Int {
        let bounds = bounds(schema, step: 1)
        let low = Int(exactly: bounds.low.rounded(.up)) ?? 0
        let high = max(low, Int(exactly: bounds.high.rounded(.down)) ?? low)
        let step = max(1, schema["multipleOf"]?.int ?? 1)
        let (span, overflow) = high.subtractingReportingOverflow(low)
        let value = low + random.below(overflow ? 100 : min(span, 99) + 1)
        let multiple = value / step * step
        return multiple >= low ? multiple : min(high, multiple.addingReportingOverflow(step).partialValue)
    }

    private mutating func number(_ schema: JSONValue) -> JSONValue {
        let bounds = bounds(schema, step: 0.5)
        let value = bounds.low + (bounds.high - bounds.low) * Double(random.below(101)) / 100
        let short = (value * 100).rounded() / 100
        return .number("\((bounds.low...bounds.high).contains(short) ? short : value)")
    }

    private func bounds(_ schema: JSONValue, step: Double) -> (low: Double, high: Double) {
        let low = schema["minimum"]?.double ?? schema["exclusiveMinimum"]?.double.map { $0 + step }
        let high = schema["maximum"]?.double ?? schema["exclusiveMaximum"]?.double.map { $0 - step }
        let bottom = low ?? min(0, high ?? 0)
        return (bottom, max(bottom, high ?? bottom + 99))
    }
}
