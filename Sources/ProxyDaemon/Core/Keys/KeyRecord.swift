import Crypto

/// What is kept of a client key: enough to know it again, not enough to use it.
///
/// A key is `gw-`, eight characters by which its record is found, and 43 more that are its secret: 43 characters of 62 are
/// 256 random bits. The hash is SHA-256 over a salt and the whole key; docs/decisions/0014-fast-hashes-for-keys.md says why
/// that is enough.
package struct KeyRecord: Sendable, Equatable {
    package static let prefixCount = 8
    package static let secretCount = 43
    private static let saltCount = 16
    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// What people call it; a rotated key hands its name on.
    package var name: String
    /// nil for a key that is not bound to a project.
    package var project: String?
    /// The public part of the key, and the record's id.
    package var prefix: String
    package var salt: [UInt8]
    package var hash: [UInt8]
    package var createdUnixSeconds: Int64 = 0
    /// It is not taken from then on; nil for ever.
    package var expiresUnixSeconds: Int64?
    package var isRevoked = false
    /// Its own limits and budget; nil for those of every key.
    package var terms: KeyTerms?

    package init(name: String, project: String?, prefix: String, salt: [UInt8], hash: [UInt8]) {
        self.name = name
        self.project = project
        self.prefix = prefix
        self.salt = salt
        self.hash = hash
    }

    /// A new key and its record. The key is nowhere else.
    package static func make(
        name: String,
        project: String?,
        using generator: inout some RandomNumberGenerator
    ) -> (key: Secret, record: KeyRecord) {
        func text(_ count: Int) -> String {
            String(
                decoding: (0..<count).map { _ in alphabet[Int.random(in: 0..<62, using: &generator)] },
                as: UTF8.self
            )
        }
        let prefix = text(prefixCount)
        let key = "gw-\(prefix)\(text(secretCount))"
        let salt = (0..<saltCount).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let record = KeyRecord(name: name, project: project, prefix: prefix, salt: salt, hash: hash(key, salt))
        return (Secret(key), record)
    }

    /// By which a presented key's record is found; nil for what is no key of this kind.
    package static func prefix(of key: String) -> String? {
        guard key.utf8.count == 3 + prefixCount + secretCount, key.hasPrefix("gw-"), key.utf8.allSatisfy({ $0 < 0x80 })
        else { return nil }
        return String(decoding: key.utf8.dropFirst(3).prefix(prefixCount), as: UTF8.self)
    }

    static func hash(_ key: String, _ salt: [UInt8]) -> [UInt8] {
        Array(SHA256.hash(data: salt + Array(key.utf8)))
    }

    /// Whether it is this record's key. Every byte is compared: the time tells nothing.
    package func matches(_ key: String) -> Bool {
        ClientKeys.areEqual(Self.hash(key, salt), hash)
    }

    package func isInForce(unixSeconds: Int64) -> Bool {
        !isRevoked && unixSeconds < expiresUnixSeconds ?? .max
    }

    /// Who its holder is in caches, limits and budgets: the same for the key that takes its place.
    package var fingerprint: String {
        let project = project ?? ""
        // With slashes in the names themselves, another sign keeps "a/b" of "c" apart from "b" of "c/a".
        let separator = project.contains("/") || name.contains("/") ? "\u{0}" : "/"
        return ClientKeys.hexadecimal(SHA256.hash(data: Array("\(project)\(separator)\(name)".utf8)).prefix(16))
    }

    // MARK: As text

    /// `sha256:`, the prefix, the salt and the hash in hexadecimal digits: what `key_hash` takes in a configuration.
    package var text: String {
        "sha256:\(prefix):\(ClientKeys.hexadecimal(salt)):\(ClientKeys.hexadecimal(hash))"
    }

    /// Reads a ``text``; nil for what is none.
    package init?(text: String, name: String, project: String?) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, parts[0] == "sha256", parts[1].utf8.count == Self.prefixCount,
            parts[1].utf8.allSatisfy(Self.alphabet.contains), let salt = Self.bytes(parts[2]),
            let hash = Self.bytes(parts[3]), salt.count == Self.saltCount, hash.count == 32
        else { return nil }
        self.init(name: name, project: project, prefix: parts[1], salt: salt, hash: hash)
    }

    private static func bytes(_ digits: String) -> [UInt8]? {
        let digits = Array(digits.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index..<(index + 2)], as: UTF8.self), radix: 16),
                digits[index] != UInt8(ascii: "+"), digits[index] != UInt8(ascii: "-")
            else { return nil }
            bytes.append(byte)
        }
        return bytes
    }
}
