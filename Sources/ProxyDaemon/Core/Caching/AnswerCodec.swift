import Shared

/// A cached answer as bytes, for homes beyond the daemon's memory.
///
/// Version, form, dialect, whether the usage is an estimate; the token counts, the time and the owner, 8 bytes a number; then
/// the texts with their lengths: the backend's identity, stop reason, origin, warnings; then the answer. Little-endian.
package enum AnswerCodec {
    /// The first byte. Raised when the layout changes: what another release wrote is a miss.
    package static let version: UInt8 = 1
    private static let mostWarnings = 64

    package static func encode(_ answer: CachedAnswer) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(answer.form.bytes.count + 256)
        append(headOf: answer, identity: answer.backend.identity, to: &bytes)
        bytes += answer.form.bytes
        return bytes
    }

    /// All but the answer's own bytes, and without the backend's identity: for who keeps both beside it.
    static func head(of answer: CachedAnswer) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(128)
        append(headOf: answer, identity: "", to: &bytes)
        return bytes
    }

    private static func append(headOf answer: CachedAnswer, identity: String, to bytes: inout [UInt8]) {
        bytes.append(version)
        bytes.append(answer.form.isStream ? 1 : 0)
        bytes.append(answer.dialect == .anthropic ? 0 : 1)
        bytes.append(answer.usageIsEstimated ? 1 : 0)
        let usage = answer.usage
        for count in [usage.input, usage.cacheRead, usage.cacheWrite5m, usage.cacheWrite1h, usage.output] {
            append(Int64(count), to: &bytes)
        }
        append(answer.storedUnixSeconds, to: &bytes)
        append(Int64(bitPattern: answer.owner.project), to: &bytes)
        append(Int64(bitPattern: answer.owner.key), to: &bytes)
        append(identity, to: &bytes)
        append(answer.stopReason ?? "", to: &bytes)
        append(answer.origin, to: &bytes)
        let warnings = answer.warnings.prefix(mostWarnings)
        append(Int64(warnings.count), to: &bytes)
        for warning in warnings { append(warning, to: &bytes) }
    }

    /// nil for what ``encode(_:)`` of this version did not make, and for an answer of a backend that `backend` does not know
    /// by its identity.
    package static func decode(_ bytes: [UInt8], backend: (String) -> Backend?) -> CachedAnswer? {
        decode(bytes, form: nil, backend: backend)
    }

    /// The same from a ``head(of:)`` and the answer's own bytes.
    static func decode(_ head: [UInt8], form: [UInt8], of backend: Backend) -> CachedAnswer? {
        decode(head, form: form) { _ in backend }
    }

    private static func decode(
        _ bytes: [UInt8],
        form: [UInt8]?,
        backend: (String) -> Backend?
    ) -> CachedAnswer? {
        var reader = Reader(bytes: bytes)
        guard reader.byte() == version, let isStream = reader.flag(), let isOpenAI = reader.flag(),
            let isEstimated = reader.flag(), let input = reader.count(), let cacheRead = reader.count(),
            let cacheWrite5m = reader.count(), let cacheWrite1h = reader.count(), let output = reader.count(),
            // An age is reckoned from it: no time before 1970 may be among those.
            let stored = reader.integer(), stored >= 0, let project = reader.integer(), let key = reader.integer(),
            let identity = reader.text(), let stopReason = reader.text(),
            let origin = reader.text(), let warningCount = reader.count(), warningCount <= mostWarnings
        else { return nil }
        var warnings: [String] = []
        for _ in 0..<warningCount {
            guard let warning = reader.text() else { return nil }
            warnings.append(warning)
        }
        guard let backend = backend(identity) else { return nil }
        let body = form ?? reader.rest
        return CachedAnswer(
            form: isStream ? .eventStream(body) : .json(body),
            dialect: isOpenAI ? .openai : .anthropic,
            backend: backend,
            usage: TokenUsage(
                input: input,
                cacheRead: cacheRead,
                cacheWrite5m: cacheWrite5m,
                cacheWrite1h: cacheWrite1h,
                output: output
            ),
            usageIsEstimated: isEstimated,
            stopReason: stopReason.isEmpty ? nil : stopReason,
            warnings: warnings,
            storedUnixSeconds: stored,
            origin: origin,
            owner: CacheOwner(project: UInt64(bitPattern: project), key: UInt64(bitPattern: key))
        )
    }

    private static func append(_ number: Int64, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        append(Int64(text.utf8.count), to: &bytes)
        bytes.append(contentsOf: text.utf8)
    }

    private struct Reader {
        let bytes: [UInt8]
        private var at = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        mutating func byte() -> UInt8? {
            guard at < bytes.count else { return nil }
            defer { at += 1 }
            return bytes[at]
        }

        mutating func flag() -> Bool? {
            guard let byte = byte(), byte <= 1 else { return nil }
            return byte == 1
        }

        mutating func integer() -> Int64? {
            guard bytes.count - at >= 8 else { return nil }
            defer { at += 8 }
            return bytes.withUnsafeBytes {
                Int64(littleEndian: $0.loadUnaligned(fromByteOffset: at, as: Int64.self))
            }
        }

        /// A number that is not negative, and small enough to be added up.
        mutating func count() -> Int? {
            guard let value = integer(), value >= 0, value <= 1 << 48 else { return nil }
            return Int(value)
        }

        mutating func text() -> String? {
            guard let length = count(), length <= bytes.count - at else { return nil }
            defer { at += length }
            return String(validating: bytes[at..<(at + length)], as: UTF8.self)
        }

        var rest: [UInt8] { Array(bytes[at...]) }
    }
}
