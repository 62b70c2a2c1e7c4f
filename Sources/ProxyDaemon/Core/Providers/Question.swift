import Shared

/// A short question of the gateway's own, to be answered in a few words.
package struct Question: Sendable, Equatable {
    /// Stands in the place of a query id: `classify`.
    package var name: String
    package var system: String
    package var text: String
    /// Tokens that the answer itself needs.
    package var answerTokens: Int

    package init(name: String, system: String, text: String, answerTokens: Int) {
        self.name = name
        self.system = system
        self.text = text
        self.answerTokens = answerTokens
    }

    /// Tokens left to a model that may think before it answers. Only what is used is paid.
    package static let roomToThink = 1_000

    /// The question as a Messages request that this backend's model takes: `temperature` 0 where it may be set, and
    /// thinking off where the model would think unasked and can be told not to.
    package func body(for backend: Backend) -> [UInt8] {
        let model = backend.routable
        var members = [
            "\"model\":\(JSONText.quoted(backend.model))",
            "\"max_tokens\":\(maxTokens(for: backend))",
        ]
        if model.sampling == .any || model.sampling == .one { members.append("\"temperature\":0") }
        switch Self.thinking(of: backend) {
        case .off(let type?): members.append("\"thinking\":{\"type\":\"\(type.rawValue)\"}")
        case .off(nil): break
        case .possible:
            if let least = model.efforts.min() {
                members.append("\"output_config\":{\"effort\":\"\(least.rawValue)\"}")
            }
        }
        members.append("\"system\":\(JSONText.quoted(system))")
        members.append("\"messages\":[{\"role\":\"user\",\"content\":\(JSONText.quoted(text))}]")
        return Array("{\(members.joined(separator: ","))}".utf8)
    }

    /// What it costs at most with so many more bytes of text.
    func mostCost(on backend: Backend, moreBytes: Int, unixSeconds: Int64) -> USD {
        backend.mostCost(
            bytes: system.utf8.count + text.utf8.count + moreBytes,
            answerTokens: maxTokens(for: backend),
            unixSeconds: unixSeconds
        )
    }

    func maxTokens(for backend: Backend) -> Int {
        let room =
            switch Self.thinking(of: backend) {
            case .off: 0
            case .possible: Self.roomToThink
            }
        return min(answerTokens + room, backend.maxOutput ?? .max)
    }

    private enum Thinking {
        /// The model does not think, provided that it is told so where it wants to be.
        case off(ModelCapabilities.Thinking?)
        case possible
    }

    private static func thinking(of backend: Backend) -> Thinking {
        // Of a model that nobody knows nothing is known of this either, nor whether it would take the parameter.
        guard backend.hasKnownCapabilities else { return .possible }
        let kinds = backend.routable.thinking
        // Without the adaptive kind a model thinks only when it is told to.
        guard kinds.contains(.adaptive) else {
            return kinds.contains(.enabled) || kinds.isEmpty ? .off(nil) : .possible
        }
        if kinds.contains(.disabled) { return .off(.disabled) }
        // There are no tools here to think between.
        return kinds.contains(.betweenTools) ? .off(.betweenTools) : .possible
    }
}
