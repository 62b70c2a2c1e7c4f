/// Tells which call a piece of a Chat Completions answer belongs to, and keeps what comes before a call's name.
struct OpenAICalls: Sendable {
    private struct Call {
        /// The number the server gave it.
        let index: Int
        var id: [UInt8]
        var isNamed = false
        /// Arguments that came before the name.
        var early: [UInt8] = []
    }

    private var calls: [Call] = []

    var isEmpty: Bool { calls.isEmpty }
    var count: Int { calls.count }

    /// The position of the call that a delta speaks of, which may be a new one.
    ///
    /// A server that numbers is believed, unless it gives a number again with another id and a name. One that does not
    /// number begins a call wherever it gives a name. In a whole message every call is one of its own.
    mutating func find(index: Int?, id: EscapedPiece, hasName: Bool, isWhole: Bool) -> Int {
        let known = index.map { index in calls.lastIndex { $0.index == index } } ?? calls.indices.last
        if let known, !isWhole {
            let isOther = !id.isEmpty && !calls[known].id.isEmpty && !calls[known].id.elementsEqual(id)
            let begins = calls[known].isNamed && hasName && (isOther || (index == nil && id.isEmpty))
            if !begins {
                if calls[known].id.isEmpty { calls[known].id = Array(id) }
                return known
            }
        }
        calls.append(Call(index: index ?? calls.count, id: Array(id)))
        return calls.count - 1
    }

    /// Begins a call that has not begun, if its name is known.
    mutating func begin(_ at: Int, name: EscapedPiece, _ emit: (AnswerEvent) -> Void) {
        guard !calls[at].isNamed, !name.isEmpty else { return }
        calls[at].isNamed = true
        calls[at].id.withUnsafeBufferPointer { emit(.call(at, id: $0, name: name)) }
        let early = calls[at].early
        if !early.isEmpty { early.withUnsafeBufferPointer { emit(.arguments(at, $0)) } }
        calls[at].early = []
    }

    mutating func add(_ arguments: EscapedPiece, _ at: Int, _ emit: (AnswerEvent) -> Void) {
        guard !arguments.isEmpty else { return }
        if calls[at].isNamed {
            emit(.arguments(at, arguments))
        } else {
            calls[at].early.append(contentsOf: arguments)
        }
    }

    func end(_ at: Int, _ emit: (AnswerEvent) -> Void) {
        if calls[at].isNamed { emit(.callEnd(at)) }
    }

    /// Begins the calls whose name never came: the client answers that it has no such tool, and nothing is lost.
    mutating func nameTheNameless(_ emit: (AnswerEvent) -> Void) {
        let unknown = Array("unknown".utf8)
        for at in calls.indices { unknown.withUnsafeBufferPointer { begin(at, name: $0, emit) } }
    }
}
