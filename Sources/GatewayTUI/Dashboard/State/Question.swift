/// Something that changes the gateway and waits for a yes.
package struct Question: Sendable, Hashable {
    /// What is to be done, and to what: `Close the breaker of opus?`
    package var text: String
    /// What follows from it, in a sentence.
    package var consequence: String
    package var call: Call
}

extension Dashboard {
    /// Takes the answer to the question that is open.
    mutating func answerQuestion(_ isYes: Bool) -> [Effect] {
        guard let asked = question else { return [] }
        question = nil
        guard isYes else { return [] }
        guard isLive else {
            note("not connected to the gateway")
            return []
        }
        return [.call(asked.call)]
    }
}
