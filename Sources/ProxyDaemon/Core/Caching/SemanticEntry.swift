import Crypto
package import Shared

/// What else must be equal before one question's answer may be another's: SHA-256 over partition, system prompt, tools,
/// parameters and all earlier messages.
package struct SemanticFingerprint: Sendable, Hashable {
    private let value: Digest256

    /// nil unless there are 32 bytes.
    package init?(_ digest: [UInt8]) {
        guard let value = Digest256(digest) else { return nil }
        self.value = value
    }

    init(_ digest: SHA256.Digest) { value = Digest256(digest) }

    /// The 32 bytes.
    package var bytes: [UInt8] { value.bytes }
}

/// One question of the semantic cache, and under which key its answer is kept.
package struct SemanticEntry: Sendable, Equatable {
    /// The answer's key in the exact cache.
    package var key: CacheKey
    package var fingerprint: SemanticFingerprint
    package var owner: CacheOwner
    /// The tier that answered.
    package var tier: Tier
    /// The question: the last user message, UTF-8.
    package var text: [UInt8]
    /// nil where questions are compared by their words.
    package var embedding: Embedding?
    package var storedUnixSeconds: Int64
    package var expiresUnixSeconds: Int64

    package init(
        key: CacheKey,
        fingerprint: SemanticFingerprint,
        owner: CacheOwner,
        tier: Tier,
        text: [UInt8],
        embedding: Embedding?,
        storedUnixSeconds: Int64,
        expiresUnixSeconds: Int64
    ) {
        self.key = key
        self.fingerprint = fingerprint
        self.owner = owner
        self.tier = tier
        self.text = text
        self.embedding = embedding
        self.storedUnixSeconds = storedUnixSeconds
        self.expiresUnixSeconds = expiresUnixSeconds
    }
}

/// An entry as bytes, for databases and other daemons: version, key, fingerprint, owner, tier, times, the embedding's
/// halves, the text. Little-endian.
extension SemanticEntry {
    /// The first byte; raised when the layout, the embedding model or the cut of the question changes.
    package static let version: UInt8 = 1
    private static let headBytes = 1 + 32 + 32 + 16 + 1 + 16 + 1

    package var encoded: [UInt8] {
        var bytes: [UInt8] = [Self.version]
        bytes.reserveCapacity(Self.headBytes + (embedding == nil ? 0 : Embedding.dimensions * 2) + text.count)
        func append(_ number: some FixedWidthInteger) {
            withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
        }
        bytes += key.bytes
        bytes += fingerprint.bytes
        append(owner.project)
        append(owner.key)
        append(UInt8(truncatingIfNeeded: tier.rawValue))
        append(storedUnixSeconds)
        append(expiresUnixSeconds)
        append(UInt8(embedding == nil ? 0 : 1))
        if let embedding {
            for value in embedding.values { append(HalfFloat.bits(value)) }
        }
        bytes += text
        return bytes
    }

    /// nil for anything that ``encoded`` of this version did not make.
    package init?(decoding bytes: [UInt8]) {
        guard bytes.count >= Self.headBytes, bytes[0] == Self.version,
            let key = CacheKey(Array(bytes[1..<33])), let fingerprint = SemanticFingerprint(Array(bytes[33..<65]))
        else { return nil }
        func number<Number: FixedWidthInteger>(_ at: Int, _ type: Number.Type) -> Number {
            bytes.withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(fromByteOffset: at, as: type)) }
        }
        guard let tier = Tier(rawValue: Int(bytes[81])), bytes[98] <= 1 else { return nil }
        var at = Self.headBytes
        var embedding: Embedding?
        if bytes[98] == 1 {
            guard bytes.count >= at + Embedding.dimensions * 2 else { return nil }
            let values = (0..<Embedding.dimensions).map { HalfFloat.value(number(at + $0 * 2, UInt16.self)) }
            guard values.allSatisfy(\.isFinite) else { return nil }
            embedding = Embedding(values)
            at += Embedding.dimensions * 2
        }
        self.init(
            key: key,
            fingerprint: fingerprint,
            owner: CacheOwner(project: number(65, UInt64.self), key: number(73, UInt64.self)),
            tier: tier,
            text: Array(bytes[at...]),
            embedding: embedding,
            storedUnixSeconds: number(82, Int64.self),
            expiresUnixSeconds: number(90, Int64.self)
        )
    }
}

/// IEEE 754 half precision in integer arithmetic, as not every processor that we build for has instructions for it.
package enum HalfFloat {
    /// The nearest half; ties to even. What is too large becomes infinite.
    package static func bits(_ value: Float) -> UInt16 {
        let bits = value.bitPattern
        let sign = UInt16(truncatingIfNeeded: (bits >> 16) & 0x8000)
        let magnitude = bits & 0x7FFF_FFFF
        if magnitude >= 0x7F80_0000 { return sign | (magnitude > 0x7F80_0000 ? 0x7E00 : 0x7C00) }
        if magnitude >= 0x477F_F000 { return sign | 0x7C00 }
        if magnitude < 0x3880_0000 {
            // Below the smallest normal half, 2^-14: adding 0.5 leaves the rounded multiple of 2^-24 in the low bits.
            let shifted = Float(bitPattern: magnitude) + 0.5
            return sign | UInt16(truncatingIfNeeded: shifted.bitPattern &- 0x3F00_0000)
        }
        let rounded = magnitude &+ 0xC800_0FFF &+ ((magnitude >> 13) & 1)
        return sign | UInt16(truncatingIfNeeded: rounded >> 13)
    }

    /// The half's value.
    package static func value(_ bits: UInt16) -> Float {
        let sign = UInt32(bits & 0x8000) << 16
        let magnitude = UInt32(bits & 0x7FFF)
        if magnitude >= 0x7C00 { return Float(bitPattern: sign | 0x7F80_0000 | (magnitude & 0x3FF) << 13) }
        // The exponent's bias differs by 112.
        let scaled = Float(bitPattern: magnitude << 13) * Float(sign: .plus, exponent: 112, significand: 1)
        return Float(bitPattern: scaled.bitPattern | sign)
    }
}
