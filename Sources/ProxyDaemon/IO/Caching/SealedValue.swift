import CZstd
import Crypto
package import GatewayCore

/// Puts a value into the form in which it leaves the daemon's memory, and takes it out again.
///
/// A sealed value is a head of 38 bytes and the value, packed with zstd where that pays:
///
/// | bytes | |
/// |---|---|
/// | 1 | ``version`` |
/// | 1 | 0 as it is, 1 packed |
/// | 8 + 8 | the owner's project and key |
/// | 4 | the value's size before it was packed |
/// | 16 | HMAC-SHA256, cut to 16 bytes, over the cache key, the head before it and what follows |
///
/// Numbers are little-endian. A value is only opened under the cache key it was sealed for: one that is damaged, put in
/// another's place or written by somebody without the seal's key does not open.
package struct ValueSeal: Sendable {
    /// The first byte of every sealed value; raised when the layout changes.
    package static let version: UInt8 = 0xE1
    /// Larger values are neither sealed nor opened, whatever their head says.
    package static let maximumBytes = 67_108_864
    /// What ``owner(of:)`` needs of a sealed value.
    package static let ownerBytes = 18

    private static let tagOffset = 22
    private static let tagBytes = 16
    private static let headBytes = tagOffset + tagBytes
    /// Below this size packing saves less than it costs: less than a page of a database, for as long as it takes to write it.
    private static let packedFromBytes = 4_096
    /// zstd's fastest ordinary level: answers shrink to about a third.
    private static let level: Int32 = 1

    private let key: SymmetricKey

    /// Values only open with the key they were sealed with. An empty key finds damage, and nothing that is forged.
    package init(key: [UInt8]) {
        self.key = SymmetricKey(data: key)
    }

    /// The sealed form. Packs: not for an event loop where values may be large.
    package func seal(_ value: [UInt8], for cacheKey: CacheKey, owner: CacheOwner) -> [UInt8] {
        let packed = value.count >= Self.packedFromBytes ? Self.pack(value) : nil
        let payload = packed ?? value
        var sealed: [UInt8] = []
        sealed.reserveCapacity(Self.headBytes + payload.count)
        sealed.append(Self.version)
        sealed.append(packed == nil ? 0 : 1)
        withUnsafeBytes(of: owner.project.littleEndian) { sealed.append(contentsOf: $0) }
        withUnsafeBytes(of: owner.key.littleEndian) { sealed.append(contentsOf: $0) }
        withUnsafeBytes(of: UInt32(clamping: value.count).littleEndian) { sealed.append(contentsOf: $0) }
        sealed += tag([cacheKey.bytes[...], sealed[...], payload[...]])
        sealed += payload
        return sealed
    }

    /// The value; nil for anything that ``seal(_:for:owner:)`` did not make for this cache key.
    package func open(_ sealed: [UInt8], for cacheKey: CacheKey) -> [UInt8]? {
        guard sealed.count >= Self.headBytes, sealed[0] == Self.version, sealed[1] <= 1 else { return nil }
        let payload = sealed[Self.headBytes...]
        let count = Self.valueBytes(of: sealed)
        guard count <= Self.maximumBytes, payload.count <= Self.maximumBytes,
            sealed[1] == 1 || payload.count == count,
            // Before anything is unpacked: what a stranger wrote is not even given to zstd.
            hasTag(
                sealed[Self.tagOffset..<Self.headBytes],
                over: [cacheKey.bytes[...], sealed[..<Self.tagOffset], payload]
            )
        else { return nil }
        return sealed[1] == 1 ? Self.unpack(payload, to: count) : Array(payload)
    }

    /// How large the value is that a sealed one claims to hold, up to 4 GiB: to judge beforehand what opening costs.
    package static func valueBytes(of sealed: [UInt8]) -> Int {
        guard sealed.count >= headBytes else { return 0 }
        return sealed.withUnsafeBytes {
            Int(UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: 18, as: UInt32.self)))
        }
    }

    /// Whose a sealed value is, from its first ``ownerBytes`` or more; not checked against the seal. nil for anything else.
    package static func owner(of head: [UInt8]) -> CacheOwner? {
        guard head.count >= ownerBytes, head[0] == version else { return nil }
        return head.withUnsafeBytes { bytes in
            CacheOwner(
                project: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt64.self)),
                key: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 10, as: UInt64.self))
            )
        }
    }

    // MARK: Other things than values

    /// Bytes with a tag before them, for what is not kept under a cache key; `purpose` keeps the uses apart.
    package func sign(_ bytes: [UInt8], purpose: String) -> [UInt8] {
        tag([Array("\(purpose)\0".utf8)[...], bytes[...]]) + bytes
    }

    /// What ``sign(_:purpose:)`` was given; nil for anything that it did not make for this purpose.
    package func verify(_ signed: [UInt8], purpose: String) -> [UInt8]? {
        guard signed.count >= Self.tagBytes else { return nil }
        let bytes = signed[Self.tagBytes...]
        guard hasTag(signed[..<Self.tagBytes], over: [Array("\(purpose)\0".utf8)[...], bytes]) else { return nil }
        return Array(bytes)
    }

    /// What is no longer than this is copied to one place first.
    private static let joinedBytes = 65_536

    private func tag(_ parts: [ArraySlice<UInt8>]) -> ArraySlice<UInt8> {
        var hash = HMAC<SHA256>(key: key)
        let count = parts.reduce(0) { $0 + $1.count }
        if count <= Self.joinedBytes {
            // Each update goes through generic code, for as long as the hash takes over a kilobyte.
            var joined: [UInt8] = []
            joined.reserveCapacity(count)
            for part in parts { joined += part }
            hash.update(data: joined)
        } else {
            for part in parts { hash.update(data: part) }
        }
        return Array(hash.finalize())[..<Self.tagBytes]
    }

    /// In a time that does not tell how much of the tag is right.
    private func hasTag(_ given: ArraySlice<UInt8>, over parts: [ArraySlice<UInt8>]) -> Bool {
        zip(given, tag(parts)).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    // MARK: zstd

    /// nil where packing saves less than a tenth.
    private static func pack(_ value: [UInt8]) -> [UInt8]? {
        guard value.count <= maximumBytes else { return nil }
        let capacity = value.count - value.count / 10
        let packed = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            count = value.withUnsafeBytes { from in
                gw_zstd_compress(buffer.baseAddress, capacity, from.baseAddress, from.count, level)
            }
        }
        return packed.isEmpty ? nil : packed
    }

    private static func unpack(_ packed: ArraySlice<UInt8>, to bytes: Int) -> [UInt8]? {
        var isWhole = false
        let value = [UInt8](unsafeUninitializedCapacity: bytes) { buffer, count in
            isWhole = packed.withUnsafeBytes { from in
                gw_zstd_decompress(buffer.baseAddress, bytes, from.baseAddress, from.count) != 0
            }
            count = isWhole ? bytes : 0
        }
        return isWhole ? value : nil
    }
}
