import Crypto

/// Whose request an entry of a cache was made for. Kept with the entry, so that a project's or a key's can be removed
/// whatever the scope in which they are shared.
package struct CacheOwner: Sendable, Hashable {
    /// The beginnings of the SHA-256 of the project's name and of the client key's fingerprint: names stay out of stores.
    package let project: UInt64
    package let key: UInt64

    package init(_ client: ClientIdentity) {
        self.init(project: Self.tag(client.project), key: Self.tag(client.keyFingerprint))
    }

    package init(project: UInt64, key: UInt64) {
        self.project = project
        self.key = key
    }

    /// What stands for a name.
    package static func tag(_ name: String) -> UInt64 {
        SHA256.hash(data: Array(name.utf8)).withUnsafeBytes { $0.loadUnaligned(as: UInt64.self).bigEndian }
    }
}

/// Which entries are meant.
package enum CacheSelection: Sendable, Hashable {
    case all
    /// Those of a project; see ``CacheOwner/project``.
    case project(UInt64)
    /// Those of a client's key; see ``CacheOwner/key``.
    case key(UInt64)
    case entry(CacheKey)

    package func includes(_ key: CacheKey, of owner: CacheOwner) -> Bool {
        switch self {
        case .all: true
        case .project(let project): owner.project == project
        case .key(let tag): owner.key == tag
        case .entry(let entry): entry == key
        }
    }
}
