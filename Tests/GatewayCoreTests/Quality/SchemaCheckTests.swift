import GatewayCore
import Testing

@Suite struct `An answer's schema` {
    private static func problem(_ schema: String, _ value: String) throws -> String? {
        let body = """
            {"model":"m","messages":[{"role":"user","content":"go"}],"response_format":{"type":"json_schema",\
            "json_schema":{"name":"a","schema":\(schema)}}}
            """
        let prompt = try Prompt(parsing: Array(body.utf8), dialect: .openai)
        var quality = AnswerQuality(QualityExpectation(prompt, score: nil), QualityRules(), dialect: .openai)
        let answer = """
            {"choices":[{"index":0,"message":{"role":"assistant","content":\(JSONText.quoted(value))},"finish_reason":"stop"}]}
            """
        quality.read(whole: Array(answer.utf8))
        return quality.finished().findings.first { $0.signal == .schemaViolation || $0.signal == .invalidJSON }?.reason
    }

    @Test(arguments: [
        (#"{"type":"integer"}"#, "3"), (#"{"type":"integer"}"#, "3.0"), (#"{"type":["string","null"]}"#, "null"),
        (#"{"enum":[1,"a",{"b":[2]}]}"#, #"{"b":[2.0]}"#), (#"{"const":"é"}"#, #""\u00e9""#), (#"{"minimum":1}"#, "1"),
        (#"{"minLength":1,"maxLength":1}"#, #""🎈""#), (#"{"required":["a"]}"#, #"{"a":null}"#),
        (#"{"additionalProperties":false,"properties":{"a":true}}"#, #"{"a":1}"#),
        (#"{"additionalProperties":{"type":"number"}}"#, #"{"x":1}"#),
        (#"{"oneOf":[{"type":"string"},{"type":"number"}]}"#, "1"),
        (#"{"allOf":[{"type":"number"},{"maximum":2}]}"#, "2"),
        (#"{"prefixItems":[{"type":"string"}],"items":{"type":"number"}}"#, #"["a",1,2]"#),
        (##"{"$ref":"#/$defs/a~1b","$defs":{"a/b":{"type":"string"}}}"##, #""x""#),
        (#"{"$ref":"https://example.org/other"}"#, "1"), (#"{"pattern":"^a$","format":"date","unknown":7}"#, #""b""#),
        (##"{"$ref":"#"}"##, "1"), ("{}", "[]"),
    ])
    func `is met`(schema: String, value: String) throws {
        #expect(try Self.problem(schema, value) == nil)
    }

    @Test(arguments: [
        (#"{"type":"integer"}"#, "3.5", "a number where integer was asked for"),
        (#"{"type":["string","null"]}"#, "1", "a number where string or null was asked for"),
        (#"{"enum":["a"]}"#, #""b""#, "not one of the values allowed"),
        (#"{"const":1}"#, "2", "not the value asked for"),
        (#"{"exclusiveMinimum":1}"#, "1", "below the minimum"), (#"{"maximum":2}"#, "3", "above the maximum"),
        (#"{"maxLength":2}"#, #""abc""#, "longer than 2"), (#"{"required":["a"]}"#, "{}", "without a"),
        (#"{"additionalProperties":false}"#, #"{"x":1}"#, "x: not allowed"),
        (
            #"{"properties":{"a":{"items":{"type":"string"}}}}"#, #"{"a":["x",1]}"#,
            "a[1]: a number where string was asked for"
        ),
        (#"{"minItems":1}"#, "[]", "fewer than 1 items"), (#"{"maxItems":1}"#, "[1,2]", "more than 1 items"),
        (#"{"anyOf":[{"type":"string"},{"type":"null"}]}"#, "1", "fits none of the schemas allowed"),
        (#"{"oneOf":[{"type":"number"},{"minimum":0}]}"#, "1", "fits 2 of the schemas of which it must fit one"),
        (##"{"$ref":"#/$defs/a","$defs":{"a":{"type":"string"}}}"##, "1", "a number where string was asked for"),
    ])
    func `is broken`(schema: String, value: String, problem: String) throws {
        #expect(try Self.problem(schema, value) == "does not fit the schema: \(problem)")
    }

    @Test(arguments: ["", "1 2", #"1,"w":2"#, "{'a':1}", "[1,]", #"{"a":"b"c"}"#, "\"\\x\"", "tru"])
    func `is missed by what is no JSON`(value: String) throws {
        #expect(try Self.problem("{}", value) == "no JSON where JSON was asked for")
    }

    @Test func `may be as deep and wide as it likes`() throws {
        let deep =
            String(repeating: #"{"properties":{"a":"#, count: 30) + #"{"type":"string"}"#
            + String(repeating: "}}", count: 30)
        let value = String(repeating: #"{"a":"#, count: 30) + "1" + String(repeating: "}", count: 30)
        #expect(try Self.problem(deep, value)?.hasSuffix("a number where string was asked for") == true)
        let loop = ##"{"anyOf":[{"$ref":"#"},{"$ref":"#"},{"$ref":"#"}]}"##
        #expect(try Self.problem(loop, "1") == nil)
        let wide = "[" + Array(repeating: "1", count: 40_000).joined(separator: ",") + "]"
        #expect(try Self.problem(#"{"items":{"type":"integer"}}"#, wide) == nil)
    }
}
