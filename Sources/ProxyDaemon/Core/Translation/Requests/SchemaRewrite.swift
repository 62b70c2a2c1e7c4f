/// JSON schemas between dialects that take different parts of the language.
enum SchemaRewrite {
    /// Constraints that Anthropic's structured output refuses
    /// (https://platform.claude.com/docs/en/build-with-claude/structured-outputs): told in the description instead.
    private static let refused: Set<String> = [
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
        "maxItems",
        "uniqueItems", "minProperties", "maxProperties", "patternProperties", "propertyNames", "contains",
        "minContains", "maxContains", "unevaluatedProperties", "unevaluatedItems", "dependentRequired",
        "dependentSchemas", "not", "if", "then", "else",
    ]

    /// A schema as Anthropic takes it: `oneOf` as `anyOf`, objects closed, and what it refuses as words. Order and all
    /// else stay.
    static func anthropic(_ schema: RawJSON, _ warnings: inout TranslationWarnings) -> RawJSON {
        let bytes = Array(schema)
        // A part of an indexed body, or a tool's plain schema, is valid as it stands.
        guard let index = try? JSONIndex(bytes) else { return schema }
        var rewriter = Rewriter(bytes: bytes, warnings: warnings)
        bytes.withUnsafeBufferPointer { buffer in index.withRoot(buffer) { rewriter.appendSchema($0) } }
        warnings = rewriter.warnings
        return rewriter.out[...]
    }

    private struct Rewriter {
        let bytes: [UInt8]
        var warnings: TranslationWarnings
        var out: [UInt8] = []

        mutating func appendSchema(_ schema: JSONView) {
            guard schema.kind == .object else { return out += bytes[schema.range] }
            let members = schema.members.map {
                (name: JSONText.decode(schema.bytes, $0.name), key: $0.name, value: $0.value)
            }
            let hasAnyOf = members.contains { $0.name == "anyOf" }
            let moved = members.filter { isRefused($0.name, $0.value, hasAnyOf: hasAnyOf) }
            var note: [UInt8] = []
            for member in moved {
                warnings.add("schema.\(member.name)")
                if !note.isEmpty { note.append(UInt8(ascii: " ")) }
                note += "(".utf8
                note += bytes[member.key]
                note += ": ".utf8
                JSONText.appendEscapedCompact(bytes[member.value.range], to: &note)
                note += ")".utf8
            }
            out.append(UInt8(ascii: "{"))
            for member in members where !isRefused(member.name, member.value, hasAnyOf: hasAnyOf) {
                if member.name == "description", !note.isEmpty, member.value.kind == .string {
                    let told = EscapedText(escaped: bytes[member.value.stringContents])
                    let both = told.joined(with: EscapedText(escaped: note[...]), separator: " ")
                    appendMember("description", both)
                    note = []
                } else {
                    appendMember(member.name, member.key, member.value)
                }
            }
            if !note.isEmpty { appendMember("description", EscapedText(escaped: note[...])) }
            if isOpenObject(members.map(\.name), schema) {
                separate()
                out += "\"additionalProperties\":false".utf8
            }
            out.append(UInt8(ascii: "}"))
        }

        private func isRefused(_ name: String, _ value: JSONView, hasAnyOf: Bool) -> Bool {
            switch name {
            case "minItems": value.integer != 0 && value.integer != 1
            case "oneOf": hasAnyOf
            case "additionalProperties": value.kind != .false
            default: SchemaRewrite.refused.contains(name)
            }
        }

        private func isOpenObject(_ names: [String], _ schema: JSONView) -> Bool {
            guard names.contains("properties") || schema["type"]?.string == "object" else { return false }
            return schema["additionalProperties"]?.kind != .false
        }

        private mutating func appendMember(_ name: String, _ key: Range<Int>, _ value: JSONView) {
            separate()
            out.append(UInt8(ascii: "\""))
            out += name == "oneOf" ? Array("anyOf".utf8)[...] : bytes[key]
            out += "\":".utf8
            switch name {
            case "properties", "$defs", "definitions":
                appendMap(value)
            case "items", "additionalProperties", "anyOf", "allOf", "oneOf", "prefixItems":
                if value.kind == .array { appendList(value) } else { appendSchema(value) }
            default: out += bytes[value.range]
            }
        }

        private mutating func appendMember(_ name: String, _ text: EscapedText) {
            separate()
            out += "\"\(name)\":\"".utf8
            out += text.bytes
            out.append(UInt8(ascii: "\""))
        }

        private mutating func appendMap(_ map: JSONView) {
            guard map.kind == .object else { return out += bytes[map.range] }
            out.append(UInt8(ascii: "{"))
            for member in map.members {
                separate()
                out.append(UInt8(ascii: "\""))
                out += bytes[member.name]
                out += "\":".utf8
                appendSchema(member.value)
            }
            out.append(UInt8(ascii: "}"))
        }

        private mutating func appendList(_ list: JSONView) {
            out.append(UInt8(ascii: "["))
            for element in list.elements {
                separate()
                appendSchema(element)
            }
            out.append(UInt8(ascii: "]"))
        }

        private mutating func separate() {
            if let last = out.last, last != UInt8(ascii: "{"), last != UInt8(ascii: "[") {
                out.append(UInt8(ascii: ","))
            }
        }
    }

    /// Whether a schema is as strict as OpenAI demands of strict ones: all objects closed, all their properties required
    /// (https://platform.openai.com/docs/guides/structured-outputs#supported-schemas).
    static func isStrict(_ schema: RawJSON) -> Bool {
        let bytes = Array(schema)
        guard let index = try? JSONIndex(bytes) else { return false }
        return bytes.withUnsafeBufferPointer { buffer in index.withRoot(buffer) { isStrict($0) } }
    }

    private static func isStrict(_ schema: JSONView) -> Bool {
        guard schema.kind == .object else { return true }
        if let properties = schema["properties"] {
            let required = Set((schema["required"]?.elements ?? []).compactMap(\.string))
            let names = properties.members.map { JSONText.decode(properties.bytes, $0.name) }
            guard names.allSatisfy(required.contains) else { return false }
        }
        if schema["properties"] != nil || schema["type"]?.string == "object" {
            guard schema["additionalProperties"]?.kind == .false else { return false }
        }
        for name: StaticString in ["properties", "$defs", "definitions"] {
            if let map = schema[name], !map.members.allSatisfy({ isStrict($0.value) }) { return false }
        }
        for name: StaticString in ["items", "anyOf", "allOf"] {
            guard let inner = schema[name] else { continue }
            if inner.kind == .array ? !inner.elements.allSatisfy({ isStrict($0) }) : !isStrict(inner) { return false }
        }
        return true
    }
}
