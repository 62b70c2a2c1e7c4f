import Crypto

/// The key of an answer in the exact cache: SHA-256 over everything that shapes the answer, in one spelling.
///
/// Two requests with the same key would get the same answer, give or take the model's chance: see ``CanonicalRequest``.
package struct CacheKey: Sendable, Hashable {
    /// Part of every key; raised when the canonical form changes, so that old entries are not misread.
    package static let version: UInt8 = 4

    private let value: Digest256

    /// Makes the key of a request.
    ///
    /// `partition` names those among whom answers are shared; `backend` says where the answer would come from, model and
    /// address; `headers` are those that go on to the provider, `query` what follows the path, `content` is what
    /// ``CanonicalRequest`` gives.
    package init(
        partition: String,
        backend: String,
        headers: [HeaderField],
        query: String? = nil,
        content: [UInt8]
    ) {
        value = Digest256(Self.digest([partition, backend, query ?? ""], headers, content))
    }

    /// SHA-256 over names, headers in one order, and a content, with nothing that could be read two ways.
    static func digest(_ names: [String], _ headers: [HeaderField], _ content: [UInt8]) -> SHA256.Digest {
        var text: [UInt8] = [version]
        text.reserveCapacity(256)
        for name in names { JSONText.appendQuoted(name, to: &text) }
        for header in headers.sorted(by: { ($0.name, $0.value) < ($1.name, $1.value) }) {
            // What every client of today sends, and who speaks the other dialect does not.
            if header.isNamed("anthropic-version"), header.value == "2023-06-01" { continue }
            JSONText.appendQuoted(header.name, to: &text)
            JSONText.appendQuoted(header.value, to: &text)
        }
        var hash = SHA256()
        // By address: as data, they would go through generic code that is not specialised.
        text.withUnsafeBytes { hash.update(bufferPointer: $0) }
        content.withUnsafeBytes { hash.update(bufferPointer: $0) }
        return hash.finalize()
    }

    /// A key from its 32 bytes; nil for any other number of them.
    package init?(_ digest: [UInt8]) {
        guard let value = Digest256(digest) else { return nil }
        self.value = value
    }

    /// The digest's 32 bytes.
    package var bytes: [UInt8] { value.bytes }

    /// Evenly spread bits of the digest, for filters.
    package var words: (UInt64, UInt64) { (value.second, value.third) }

    /// A part of the digest that picks one of so many shards. Not the part that the hash is made of.
    func shard(of count: Int) -> Int { Int(value.fourth % UInt64(count)) }
}
