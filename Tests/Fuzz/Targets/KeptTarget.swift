import Shared

@testable import GatewayCore
@testable import GatewayIO

extension FuzzTarget {
    private static let seal = ValueSeal(key: Array("a key of the fuzzer".utf8))
    private static let backend = Backends.all[0]

    /// What comes back from Redis and from disk.
    static let kept = FuzzTarget(
        name: "kept",
        property:
            "a kept value that was changed in any bit, or kept under another key, is a miss; one that reads writes itself again; times and counts of any size do no harm",
        maximumBytes: 1_024
    ) { bytes in
        var dice = Dice(bytes)
        sealed(bytes, &dice)
        answer(bytes)
        question(bytes)
        learned(bytes)
    }

    private static func sealed(_ bytes: [UInt8], _ dice: inout Dice) {
        guard let key = CacheKey((0..<32).map { _ in UInt8(dice.roll(256)) }),
            let otherKey = CacheKey((0..<32).map { _ in UInt8(dice.roll(256)) })
        else { return expect(false, "32 bytes are no key") }
        expect(seal.open(bytes, for: key) == nil, "bytes from anywhere were opened")
        _ = ValueSeal.valueBytes(of: bytes)
        _ = ValueSeal.owner(of: bytes)
        // Packed or not, by the size.
        let value = dice.roll(2) == 0 ? bytes : Array(repeatElement(bytes, count: 8).joined())
        let owner = CacheOwner(project: UInt64(dice.roll(.max)), key: UInt64(dice.roll(.max)))
        var kept = seal.seal(value, for: key, owner: owner)
        expect(seal.open(kept, for: key) == value, "a sealed value did not come back")
        expect(ValueSeal.owner(of: kept) == owner, "another owner")
        expect(seal.open(kept, for: otherKey) == nil, "opened under another key")
        kept[dice.roll(kept.count)] ^= 1 << UInt8(dice.roll(8))
        expect(seal.open(kept, for: key) == nil, "opened with a bit changed")
        expect(seal.open(Array(kept.dropLast()), for: key) == nil, "opened without its last byte")
    }

    private static func answer(_ bytes: [UInt8]) {
        guard let answer = AnswerCodec.decode(bytes, backend: { $0 == backend.identity ? backend : nil }) else {
            return
        }
        expect(AnswerCodec.encode(answer) == bytes, "an answer is written in another way than it was read")
        for now in [0, 1_790_000_000, Int64.max] { expect(answer.ageSeconds(now) >= 0, "a negative age") }
        var total = answer.usage
        total += answer.usage
        expect(total.input >= answer.usage.input, "usage that wraps around")
    }

    private static func question(_ bytes: [UInt8]) {
        guard let entry = SemanticEntry(decoding: bytes) else { return }
        let again = SemanticEntry(decoding: entry.encoded)
        expect(again == entry, "a question is written in another way than it was read")
    }

    /// Documents with a checksum: it is put right, so that what is behind it is reached.
    private static func learned(_ bytes: [UInt8]) {
        guard bytes.count >= 10 else { return }
        let document = withUnsafeBytes(of: FNV1a.hash(bytes).littleEndian) { bytes + Array($0) }
        if let projects = try? ThresholdDocument.decode(document, scores: "") {
            let written = ThresholdDocument.encode(projects, scores: "")
            expect((try? ThresholdDocument.decode(written, scores: "")) == projects, "thresholds differ when written")
        }
        if let prepared = try? PreparedDocument.decode(document) {
            let written = PreparedDocument.encode(
                fingerprint: prepared.fingerprint,
                since: prepared.since,
                prepared.conversations
            )
            let again = try? PreparedDocument.decode(written)
            expect(again?.conversations.count == prepared.conversations.count, "conversations are lost when written")
        }
    }
}
