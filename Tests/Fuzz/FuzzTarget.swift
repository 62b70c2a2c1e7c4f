import Glibc

/// One part of the product under the fuzzer: what bytes it is given, and what must hold for all of them.
struct FuzzTarget: Sendable {
    /// Names its corpus, too.
    let name: String
    /// What is checked, in a line for people.
    let property: String
    /// Longer inputs find nothing more and cost time.
    let maximumBytes: Int
    /// Ends the process by ``expect(_:_:)`` or by a trap where the property does not hold.
    let run: @Sendable ([UInt8]) -> Void

    static let all: [FuzzTarget] = [
        .json, .edits, .events, .anthropicRequest, .openAIRequest, .anthropicStream, .openAIStream, .ollamaStream,
        .answer, .quality, .words, .config, .workflow, .skill, .kept, .control, .screen, .text, .head, .http, .packed,
        .headers,
    ]
}

/// Ends the process where a property does not hold: the fuzzer then keeps the input.
func expect(_ holds: Bool, _ what: @autoclosure () -> String) {
    if !holds { fail(what()) }
}

/// The value of something that must not fail.
func unwrapped<Value>(_ value: Value?, _ what: @autoclosure () -> String) -> Value {
    guard let value else { fail(what()) }
    return value
}

/// What is being run, where that is not libFuzzer's to say.
enum FuzzInput {
    /// Set on the one thread that runs targets.
    nonisolated(unsafe) static var name = ""
}

private func fail(_ what: String) -> Never {
    let line = Array("property broken: \(what)\n\(FuzzInput.name)\n".utf8)
    // Nobody is left to be told where this fails.
    _ = write(STDERR_FILENO, line, line.count)
    abort()
}

/// Bytes as a person can read them in a report.
func shown(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self).debugDescription }

/// Choices that follow from the input, so that every input always meets the same ones (SplitMix64, seeded by FNV-1a).
struct Dice {
    private var state: UInt64

    init(_ bytes: [UInt8]) {
        state = bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    /// A number below `bound`, which is at least 1.
    mutating func roll(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(max(1, bound)))
    }

    /// The bytes in pieces as reads bring them: mostly short ones, now and then an empty one.
    mutating func pieces(of bytes: [UInt8]) -> [[UInt8]] {
        let longest = [2, 5, 17, 64, 300][roll(5)]
        var pieces: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = min(rest.count, roll(longest))
            // Thousands of pieces of one byte cost time and find what hundreds find.
            let piece = pieces.count < 200 ? rest.prefix(count) : rest
            pieces.append(Array(piece))
            rest = rest.dropFirst(piece.count)
        }
        return pieces
    }
}
