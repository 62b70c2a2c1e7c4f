import Shared

/// An answer as the exact cache keeps it: its own bytes, and a note of all else.
struct PackedAnswer {
    let note: [UInt8]
    let form: [UInt8]
    let backend: Backend
}

/// The note, little-endian: a byte of flags, the numbers of tokens, when it was stored; then each text behind its length, the
/// stop reason if there is one, the origin, the warnings.
extension PackedAnswer {
    private struct Flags: OptionSet {
        let rawValue: UInt8
        static let stream = Flags(rawValue: 1)
        static let estimated = Flags(rawValue: 2)
        static let stopReason = Flags(rawValue: 4)
        static let openAI = Flags(rawValue: 8)
    }

    init(_ answer: CachedAnswer) {
        var flags: Flags = []
        if answer.form.isStream { flags.insert(.stream) }
        if answer.usageIsEstimated { flags.insert(.estimated) }
        if answer.stopReason != nil { flags.insert(.stopReason) }
        switch answer.dialect {
        case .anthropic: break
        case .openai: flags.insert(.openAI)
        }
        var note = [flags.rawValue]
        note.reserveCapacity(128)
        func append(_ number: some FixedWidthInteger) {
            withUnsafeBytes(of: number.littleEndian) { note.append(contentsOf: $0) }
        }
        func append(_ text: String) {
            append(UInt32(truncatingIfNeeded: text.utf8.count))
            note.append(contentsOf: text.utf8)
        }
        let usage = answer.usage
        for tokens in [usage.input, usage.cacheRead, usage.cacheWrite5m, usage.cacheWrite1h, usage.output] {
            append(Int64(tokens))
        }
        append(answer.storedUnixSeconds)
        if let stopReason = answer.stopReason { append(stopReason) }
        append(answer.origin)
        for warning in answer.warnings { append(warning) }
        self.init(note: note, form: answer.form.bytes, backend: answer.backend)
    }

    /// The answer again.
    var answer: CachedAnswer {
        note.withUnsafeBytes { answer(reading: $0) }
    }

    private func answer(reading note: UnsafeRawBufferPointer) -> CachedAnswer {
        var at = 0
        func number<Number: FixedWidthInteger>(_: Number.Type) -> Number {
            guard at + MemoryLayout<Number>.size <= note.count else { return 0 }
            defer { at += MemoryLayout<Number>.size }
            return Number(littleEndian: note.loadUnaligned(fromByteOffset: at, as: Number.self))
        }
        func tokens() -> Int { Int(number(Int64.self)) }
        func text() -> String {
            let count = min(Int(number(UInt32.self)), note.count - at)
            defer { at += count }
            return String(decoding: note[at..<(at + count)], as: UTF8.self)
        }
        let flags = Flags(rawValue: number(UInt8.self))
        let usage = TokenUsage(
            input: tokens(),
            cacheRead: tokens(),
            cacheWrite5m: tokens(),
            cacheWrite1h: tokens(),
            output: tokens()
        )
        let stored = number(Int64.self)
        let stopReason = flags.contains(.stopReason) ? text() : nil
        let origin = text()
        var warnings: [String] = []
        while at < note.count { warnings.append(text()) }
        return CachedAnswer(
            form: flags.contains(.stream) ? .eventStream(form) : .json(form),
            dialect: flags.contains(.openAI) ? .openai : .anthropic,
            backend: backend,
            usage: usage,
            usageIsEstimated: flags.contains(.estimated),
            stopReason: stopReason,
            warnings: warnings,
            storedUnixSeconds: stored,
            origin: origin
        )
    }
}
