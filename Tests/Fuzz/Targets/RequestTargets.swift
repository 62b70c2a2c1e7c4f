import Shared

@testable import GatewayCore

extension FuzzTarget {
    private static let requestProperty =
        "a body is refused in words or read; spliced, reduced and translated it is JSON that reads back; another spelling has the same cache key and conversation"

    /// Anthropic's requests, and what providers get of them.
    static let anthropicRequest = FuzzTarget(
        name: "anthropic-request",
        property: requestProperty,
        maximumBytes: 4_096
    ) { RequestWays.check($0, .anthropic) }

    /// OpenAI's.
    static let openAIRequest = FuzzTarget(
        name: "openai-request",
        property: requestProperty,
        maximumBytes: 4_096
    ) { RequestWays.check($0, .openai) }
}

/// The ways of a request through the gateway, as far as they are pure.
private enum RequestWays {
    static func check(_ bytes: [UInt8], _ dialect: Dialect) {
        let prompt: Prompt
        do throws(GatewayError) {
            prompt = try Prompt(parsing: bytes, dialect: dialect)
        } catch {
            return refused(error, dialect)
        }
        keys(prompt)
        splices(prompt)
        reduction(prompt)
        translations(prompt)
        _ = TurnKind(prompt)
        _ = Stall(prompt)
    }

    private static func refused(_ error: GatewayError, _ dialect: Dialect) {
        expect(error.status == 400, "a body that cannot be read has status \(error.status)")
        let body = dialect.errorBody(error, requestID: "0123456789abcdef")
        isJSON(body, "an error body")
        expect(body.count < 4_096, "an error body of \(body.count) bytes")
    }

    static func isJSON(_ bytes: [UInt8], _ what: @autoclosure () -> String) {
        guard let index = try? JSONIndex(bytes) else { return expect(false, "\(what()) is no JSON: \(shown(bytes))") }
        bytes.withUnsafeBufferPointer { buffer in
            expect(index.textProblem(buffer) == nil, "\(what()) holds what is no text: \(shown(bytes))")
        }
    }

    /// 20 times is what no request may cost in memory; what is put in whatever the size comes on top.
    private static func isBounded(_ out: [UInt8], _ bytes: [UInt8], _ what: String) {
        expect(out.count <= 20 * bytes.count + 4_096, "\(what) made \(out.count) bytes of \(bytes.count)")
    }

    // MARK: Cache key and conversation

    private static func keys(_ prompt: Prompt) {
        let content = CanonicalRequest.content(of: prompt)
        isBounded(content, prompt.body, "the canonical form")
        let context = CanonicalRequest.context(of: prompt)
        let chain = MessageChain(prompt, partition: "p")
        guard let spelled = Respelling.of(prompt.body, prompt.index),
            let other = try? Prompt(parsing: spelled, dialect: prompt.dialect)
        else { return expect(false, "another spelling cannot be read: \(shown(prompt.body))") }
        expect(CanonicalRequest.content(of: other) == content, "another key: \(shown(prompt.body)), \(shown(spelled))")
        expect(CanonicalRequest.context(of: other) == context, "another context: \(shown(prompt.body))")
        expect(
            MessageChain(other, partition: "p").links == chain.links,
            "another conversation: \(shown(prompt.body)), \(shown(spelled))"
        )
        // Whatever nobody knows shapes the answer.
        let unknown = Array("{\"zz_fuzz\":1,".utf8) + prompt.body.drop { $0 != UInt8(ascii: "{") }.dropFirst()
        if let more = try? Prompt(parsing: unknown, dialect: prompt.dialect) {
            expect(CanonicalRequest.content(of: more) != content, "an unknown member is not in the key")
        }
    }

    // MARK: The same dialect

    private static func splices(_ prompt: Prompt) {
        for backend in Backends.all where backend.wire.dialect == prompt.dialect {
            let body = Splice.body(of: prompt, for: backend)
            isBounded(body, prompt.body, "a splice")
            let sent = reread(body, prompt, "a splice")
            expect(sent.model == backend.model, "the spliced model is \(sent.model)")
            expect(sent.isStream == prompt.isStream && sent.maxTokens == prompt.maxTokens, "a splice changed more")
            if prompt.model == backend.model, prompt.dialect == .anthropic, !prompt.traits.hasUnsignedThinking {
                expect(body == prompt.body, "a splice changed what need not change")
            }
        }
        let changes: [Adaptation] = [
            .dropTemperature, .dropTopP, .thinkAdaptively, .thinkBetweenTools, .dropThinkingDisplay,
            .capMaxTokens(from: 9, to: 8),
        ]
        let edits = changes.flatMap { $0.edits(prompt.body, prompt.index, dialect: prompt.dialect) }
        _ = reread(BodyEdit.apply(edits, to: prompt.body), prompt, "an adaptation")
    }

    private static func reread(_ body: [UInt8], _ prompt: Prompt, _ what: String) -> Prompt {
        do throws(GatewayError) {
            return try Prompt(parsing: body, dialect: prompt.dialect, editionOf: prompt)
        } catch {
            expect(false, "\(what) made \(error.message) of \(shown(prompt.body)): \(shown(body))")
            return prompt
        }
    }

    // MARK: Reduction

    private static func reduction(_ prompt: Prompt) {
        var plan = ReductionPlan()
        plan.systemMaxCharacters = 40
        plan.userMaxCharacters = 60
        plan.toolResultMaxCharacters = 50
        plan.stripsBoilerplate = true
        plan.deduplicatesFiles = true
        let additions = [
            PromptAddition("added", at: .system), PromptAddition("more", at: .message(0)),
            PromptAddition("said", at: .systemMessage(after: 0)),
        ]
        let edits = prompt.body.withUnsafeBufferPointer { bytes in
            prompt.index.withRoot(bytes) { root -> [BodyEdit] in
                let blocks = TextBlock.all(in: root, dialect: prompt.dialect)
                let reduction = PromptReduction(
                    blocks,
                    root,
                    dialect: prompt.dialect,
                    plan: plan,
                    boilerplate: Backends.boilerplate,
                    prunedBefore: 1
                )
                return reduction.edits + PromptAddition.edits(additions, in: root, dialect: prompt.dialect)
            }
        }
        let body = BodyEdit.apply(edits, to: prompt.body)
        isBounded(body, prompt.body, "a reduction")
        let sent = reread(body, prompt, "a reduction")
        expect(sent.model == prompt.model && sent.isStream == prompt.isStream, "a reduction changed more")
    }

    // MARK: The other dialects

    private static func translations(_ prompt: Prompt) {
        for backend in Backends.all where backend.wire.dialect != prompt.dialect {
            let target = backend.translationTarget(isStrict: false, defaultMaxTokens: 1_024)
            do throws(GatewayError) {
                let sent = try RequestTranslation.translate(
                    prompt.body,
                    prompt.index,
                    from: prompt.dialect,
                    to: target
                )
                isJSON(sent.body, "a translation for \(backend.name)")
                isBounded(sent.body, prompt.body, "a translation")
                expect(sent.warnings.count <= TranslationWarnings.maximumNames, "too many warnings")
                for warning in sent.warnings {
                    expect(warning.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "a warning for no header: \(warning)")
                }
                guard let dialect = backend.wire.dialect else { continue }
                let again = try? Prompt(parsing: sent.body, dialect: dialect)
                expect(again?.isStream == prompt.isStream, "a translation reads otherwise: \(shown(sent.body))")
            } catch {
                refused(error, prompt.dialect)
            }
        }
    }
}

/// Backends of every wire, as a configuration would have them.
enum Backends {
    static let all: [Backend] = [
        ("anthropic", .anthropic, "claude-haiku-4-5-20251001"), ("openai", .openai, "gpt-5-mini"),
        ("compatible", .openaiCompatible, "local-model"), ("ollama", .ollama, "llama3.2"),
    ].map { name, provider, model in
        Backend(
            Settings.Backend(name: name, provider: provider, model: model, baseURL: "http://127.0.0.1:1", tier: .fast),
            catalogue: Catalogue(models: [])
        )
    }

    static let boilerplate = Boilerplate([
        BoilerplateRule(name: "reminder", place: .user, from: "<system-reminder>", to: "</system-reminder>")
    ])
}

/// A body in another spelling that means the same: members in reverse order, white space, escapes where none were needed.
enum Respelling {
    /// nil where the body cannot be read.
    static func of(_ body: [UInt8], _ index: JSONIndex) -> [UInt8]? {
        body.withUnsafeBufferPointer { bytes in index.withRoot(bytes) { spelled($0) } }
    }

    private static func spelled(_ view: JSONView) -> [UInt8] {
        switch view.kind {
        case .object:
            var members: [(name: [UInt8], text: [UInt8])] = []
            view.forEachMember { name, value in
                let plain = Array(view.bytes[name])
                // Roles and types are compared as they stand, and everybody spells them plainly.
                let isWord = plain.elementsEqual("role".utf8) || plain.elementsEqual("type".utf8)
                let text = isWord ? Array(value.raw) : spelled(value)
                members.append((plain, [0x22] + plain + Array("\" : ".utf8) + text))
            }
            // Which of twins counts depends on their order.
            if Set(members.map(\.name)).count == members.count { members.reverse() }
            return Array("{ ".utf8) + members.map(\.text).joined(separator: Array(" ,\n".utf8)) + Array("\t}".utf8)
        case .array:
            var elements: [[UInt8]] = []
            view.forEachElement { elements.append(spelled($0)) }
            return Array("[ ".utf8) + elements.joined(separator: Array(" , ".utf8)) + Array("\r\n]".utf8)
        case .string:
            let contents = view.bytes[view.stringContents]
            // So are short words.
            guard contents.count > 24, !contents.starts(with: "x-anthropic".utf8),
                contents.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != 0x5C }),
                let last = contents.last
            else { return Array(view.raw) }
            let digits = Array("0123456789abcdef".utf8)
            let escape = Array("\\u00".utf8) + [digits[Int(last >> 4)], digits[Int(last & 15)]]
            return [0x22] + contents.dropLast() + escape + [0x22]
        case .number, .true, .false, .null: return Array(view.raw)
        }
    }
}
