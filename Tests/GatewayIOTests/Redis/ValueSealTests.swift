import GatewayCore
import GatewayIO
import Testing

@Suite struct `Sealed values` {
    private let seal = ValueSeal(key: Array("a secret".utf8))
    private let owner = CacheOwner(project: 0x0102_0304_0506_0708, key: 0x1112_1314_1516_1718)
    private let key: CacheKey

    init() throws { key = try cacheKey(1) }

    /// Bytes that zstd cannot make smaller.
    private func noise(_ count: Int) -> [UInt8] {
        var state: UInt64 = 88_172_645_463_325_252
        return (0..<count).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state)
        }
    }

    @Test(arguments: [0, 1, 4_095, 4_096, 4_097, 100_000])
    func `open to what they were`(count: Int) {
        for value in [noise(count), [UInt8](repeating: 65, count: count)] {
            #expect(seal.open(seal.seal(value, for: key, owner: owner), for: key) == value)
        }
    }

    @Test func `are packed where that pays`() {
        let text = Array(String(repeating: "the same words again, ", count: 250).utf8)
        #expect(seal.seal(text, for: key, owner: owner).count < 200)
        #expect(seal.seal(text, for: key, owner: owner)[1] == 1)
        #expect(seal.seal(noise(5_000), for: key, owner: owner).count == 5_000 + 38)
        let short = [UInt8](repeating: 65, count: 4_095)
        #expect(seal.seal(short, for: key, owner: owner).count == 4_095 + 38)
    }

    @Test func `tell their owner by their first bytes`() {
        let sealed = seal.seal([1, 2, 3], for: key, owner: owner)
        #expect(sealed[0] == 0xE1)
        #expect(Array(sealed[2..<10]) == [8, 7, 6, 5, 4, 3, 2, 1])
        #expect(ValueSeal.owner(of: Array(sealed[..<18])) == owner)
        #expect(ValueSeal.owner(of: Array(sealed[..<17])) == nil)
        #expect(ValueSeal.owner(of: [0xE2] + sealed.dropFirst()) == nil)
        #expect(ValueSeal.owner(of: []) == nil)
    }

    @Test func `do not open for another key, nor with another secret`() throws {
        let sealed = seal.seal([1, 2, 3], for: key, owner: owner)
        #expect(seal.open(sealed, for: try cacheKey(2)) == nil)
        #expect(ValueSeal(key: Array("another".utf8)).open(sealed, for: key) == nil)
        #expect(ValueSeal(key: []).open(sealed, for: key) == nil)
        let unkeyed = ValueSeal(key: [])
        #expect(unkeyed.open(unkeyed.seal([1], for: key, owner: owner), for: key) == [1])
    }

    @Test func `do not open with any one bit turned, cut or lengthened`() {
        for value in [Array("a short answer".utf8), [UInt8](repeating: 65, count: 2_000)] {
            let sealed = seal.seal(value, for: key, owner: owner)
            for bit in 0..<(sealed.count * 8) {
                var damaged = sealed
                damaged[bit / 8] ^= 1 << (bit % 8)
                #expect(seal.open(damaged, for: key) == nil)
            }
            for count in 0..<sealed.count { #expect(seal.open(Array(sealed[..<count]), for: key) == nil) }
            #expect(seal.open(sealed + [0], for: key) == nil)
        }
    }

    /// The tag by hand: HMAC-SHA256 of key, head and value, as `openssl dgst -mac HMAC` computes it.
    @Test func `carry the tag of RFC 2104`() throws {
        let key = try #require(CacheKey([UInt8](repeating: 0, count: 32)))
        let sealed = ValueSeal(key: Array("k".utf8))
            .seal(Array("hi".utf8), for: key, owner: CacheOwner(project: 0, key: 0))
        let expected: [UInt8] = [
            0xBF, 0x9D, 0x11, 0xDE, 0xE3, 0xF7, 0xBD, 0x55,
            0x81, 0xA7, 0x8D, 0xB9, 0x24, 0xDE, 0x5A, 0x1B,
        ]
        #expect(Array(sealed[22..<38]) == expected)
    }

    @Test func `do not unpack to more than they may`() {
        // With an empty secret anybody can make the tag: what then holds is the bound.
        let large = [UInt8](repeating: 0, count: ValueSeal.maximumBytes + 1)
        let unkeyed = ValueSeal(key: [])
        #expect(unkeyed.open(unkeyed.seal(large, for: key, owner: owner), for: key) == nil)
        let largest = Array(large.dropFirst())
        #expect(unkeyed.open(unkeyed.seal(largest, for: key, owner: owner), for: key)?.count == ValueSeal.maximumBytes)
    }

    @Test func `are told from signed bytes of other purposes`() {
        let signed = seal.sign([1, 2, 3], purpose: "one")
        #expect(seal.verify(signed, purpose: "one") == [1, 2, 3])
        #expect(seal.verify(signed, purpose: "two") == nil)
        #expect(seal.verify(Array(signed.dropLast()), purpose: "one") == nil)
        #expect(seal.verify([], purpose: "one") == nil)
        #expect(ValueSeal(key: []).verify(signed, purpose: "one") == nil)
    }
}
