package import Shared

/// The body of `POST /route`: a prompt or a conversation, and how it is to be routed.
///
/// `{"prompt" or "messages", "system"?, "tools"?, "model"?, "max_tokens"?, "tier"?, "classifier_mode"?, "dry_run"?}`; the last
/// two may stand in the query string instead, for tools that only post prompts.
package struct RouteQuestion: Sendable {
    /// Which dialect `messages` and `tools` are in.
    package let dialect: Dialect
    /// The same as the body of a request to the model.
    package let body: [UInt8]
    /// In the place of the configured mode.
    package let mode: Settings.ClassifierMode?
    package let tier: Tier?
    /// Nothing is sent anywhere and nothing is spent.
    package let isDryRun: Bool

    /// Throws an `invalidRequest` that names the field.
    package init(_ request: ClientRequest) throws(GatewayError) {
        let query = request.queryItems.filter { !$0.value.isEmpty }
        let parsed = request.body.withUnsafeBufferPointer { bytes -> Result<Fields, GatewayError> in
            do throws(GatewayError) { return .success(try Fields(bytes, query)) } catch { return .failure(error) }
        }
        let fields = try parsed.get()
        dialect = fields.dialect
        body = fields.body
        mode = fields.mode
        tier = fields.tier
        isDryRun = fields.isDryRun
    }

    private struct Fields {
        var dialect = Dialect.anthropic
        var body: [UInt8] = []
        var mode: Settings.ClassifierMode?
        var tier: Tier?
        var isDryRun = false

        init(_ bytes: UnsafeBufferPointer<UInt8>, _ query: [String: String]) throws(GatewayError) {
            let index: JSONIndex
            do throws(JSONProblem) { index = try JSONIndex(bytes) } catch {
                throw Self.invalid("the request body is \(error)")
            }
            let problem = index.withRoot(bytes) { root -> GatewayError? in
                do throws(GatewayError) { try read(root, query) } catch { return error }
                return nil
            }
            if let problem { throw problem }
        }

        private mutating func read(_ root: JSONView, _ query: [String: String]) throws(GatewayError) {
            guard root.kind == .object else { throw Self.invalid("expected an object, found \(root.kind.phrase)") }
            if let text = try Self.text(root, "classifier_mode") ?? query["classifier_mode"] {
                mode = try Directives.classifierMode(text, name: "classifier_mode")
            }
            if let text = try Self.text(root, "tier") {
                guard let tier = Tier(parsing: text) else {
                    throw Self.invalid("tier: expected local, fast, balanced, premium or 0 to 3, found \"\(text)\"")
                }
                self.tier = tier
            }
            isDryRun = ["1", "true"].contains(query["dry_run"] ?? "")
            if let flag = root["dry_run"], flag.kind != .null {
                guard let value = flag.bool else {
                    throw Self.invalid("dry_run: expected a boolean, found \(flag.kind.phrase)")
                }
                isDryRun = value
            }
            try write(root)
        }

        /// The body of a request to the model, made of the given pieces as they are.
        private mutating func write(_ root: JSONView) throws(GatewayError) {
            let prompt = try Self.text(root, "prompt")
            let messages = root["messages"]
            guard (prompt == nil) != (messages == nil) else {
                throw Self.invalid("expected either prompt or messages")
            }
            if let prompt, prompt.isEmpty { throw Self.invalid("prompt: expected a text") }
            var maxTokens = 1_024
            if let limit = root["max_tokens"], limit.kind != .null {
                guard let tokens = limit.integer, tokens > 0 else {
                    throw Self.invalid("max_tokens: expected a whole number above 0")
                }
                maxTokens = tokens
            }
            if let messages { dialect = Self.dialect(of: messages) }
            if let tools = root["tools"], Self.areOpenAI(tools) { dialect = .openai }
            let model = try Self.text(root, "model") ?? "auto"
            var text = "{\"model\":\(JSONText.quoted(model)),\"max_tokens\":\(maxTokens)"
            if let tools = root["tools"], tools.kind != .null { text += ",\"tools\":\(Self.raw(tools))" }
            let system = root["system"].flatMap { $0.kind == .null ? nil : Self.raw($0) }
            if let system, dialect == .anthropic { text += ",\"system\":\(system)" }
            text += ",\"messages\":"
            let instructions = system.map { "{\"role\":\"system\",\"content\":\($0)}" }
            if let messages {
                guard messages.kind == .array else {
                    throw Self.invalid("messages: expected an array, found \(messages.kind.phrase)")
                }
                let raw = Self.raw(messages)
                if let instructions, dialect == .openai {
                    let rest = raw.dropFirst().drop { $0.isWhitespace }
                    text += "[\(instructions)\(rest.hasPrefix("]") ? "" : ",")\(rest)"
                } else {
                    text += raw
                }
            } else {
                let own = "{\"role\":\"user\",\"content\":\(JSONText.quoted(prompt ?? ""))}"
                text += instructions.map { dialect == .openai ? "[\($0),\(own)]" : "[\(own)]" } ?? "[\(own)]"
            }
            body = Array((text + "}").utf8)
        }

        private static func raw(_ view: JSONView) -> String { String(decoding: view.raw, as: UTF8.self) }

        /// Messages of the roles that only OpenAI's dialect has are in it.
        private static func dialect(of messages: JSONView) -> Dialect {
            var dialect = Dialect.anthropic
            messages.forEachElement { message in
                guard let role = message["role"]?.string else { return }
                if ["system", "developer", "tool"].contains(role) { dialect = .openai }
            }
            return dialect
        }

        private static func areOpenAI(_ tools: JSONView) -> Bool {
            var areAll = tools.kind == .array
            var count = 0
            tools.forEachElement { tool in
                count += 1
                areAll = areAll && tool["type"]?.string == "function" && tool["function"] != nil
            }
            return areAll && count > 0
        }

        private static func text(_ root: JSONView, _ name: StaticString) throws(GatewayError) -> String? {
            guard let value = root[name], value.kind != .null else { return nil }
            guard let text = value.string else {
                throw invalid("\(name): expected a string, found \(value.kind.phrase)")
            }
            return text
        }

        private static func invalid(_ text: String) -> GatewayError { GatewayError(.invalidRequest(text)) }
    }
}

extension Gateway {
    /// What a dry run found out.
    package struct DryRun: Sendable {
        package let classification: Classification
        package let explanation: DecisionExplanation
        package let backend: Backend
    }

    /// Classifies and decides, and sends nothing. Classifies even what would not be routed, for whoever asks wants to know.
    /// Throws what refuses such a request.
    package func dryRun(
        _ question: RouteQuestion,
        for request: ClientRequest
    ) async throws(GatewayError) -> DryRun {
        let client = try identify(request)
        let prompt = try Prompt(parsing: question.body, dialect: question.dialect)
        let classification = await classifier.classify(
            ClassifierRequest(traits: prompt.traits, mode: question.mode, project: client.project, maySpend: false)
        )
        var routing = routing(prompt, for: client, of: request)
        routing.directives = try Directives(request)
        if let tier = question.tier {
            routing.directives.tier = tier
            routing.directives.tierAsker = .field
        }
        let decision = try await decide(routing, known: classification)
        return DryRun(classification: classification, explanation: decision.explained, backend: decision.backend)
    }
}
