import Synchronization

/// The records of the hashed keys in force, by their prefixes. May be exchanged while requests are under way.
package final class KeyRing: Sendable {
    private let fixed: Mutex<[String: KeyRecord]>
    private let kept: Mutex<[String: KeyRecord]>
    /// Takes the place of a record that is not there, so that it takes as long to find out.
    private let nobody = KeyRecord(
        name: "",
        project: nil,
        prefix: "",
        salt: [UInt8](repeating: 0, count: 16),
        hash: [UInt8](repeating: 0, count: 32)
    )

    /// `fixed` are those of the configuration, `kept` those of the keys file.
    package init(fixed: [KeyRecord] = [], kept: [KeyRecord] = []) {
        self.fixed = Mutex(Self.byPrefix(fixed))
        self.kept = Mutex(Self.byPrefix(kept))
    }

    private static func byPrefix(_ records: [KeyRecord]) -> [String: KeyRecord] {
        Dictionary(records.map { ($0.prefix, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Takes the place of what the configuration said before.
    package func replaceFixed(_ records: [KeyRecord]) {
        let new = Self.byPrefix(records)
        fixed.withLock { $0 = new }
    }

    /// Takes the place of what the keys file said before.
    package func replace(_ records: [KeyRecord]) {
        let new = Self.byPrefix(records)
        kept.withLock { $0 = new }
    }

    /// What holds for the key of a fingerprint alone; nil where nothing does.
    package func terms(of fingerprint: String) -> KeyTerms? {
        func terms(in records: [String: KeyRecord]) -> KeyTerms? {
            records.values.first { $0.fingerprint == fingerprint && !$0.isRevoked }?.terms
        }
        return fixed.withLock { terms(in: $0) } ?? kept.withLock { terms(in: $0) }
    }

    /// There are no keys at all, revoked ones included: with those alone nobody is let in.
    package var isEmpty: Bool { fixed.withLock { $0.isEmpty } && kept.withLock { $0.isEmpty } }

    /// The record of a key; nil for one that is not known. One hash is made, whatever is presented.
    package func record(of key: String) -> KeyRecord? {
        let prefix = KeyRecord.prefix(of: key) ?? ""
        let found = fixed.withLock { $0[prefix] } ?? kept.withLock { $0[prefix] }
        let isRight = (found ?? nobody).matches(key)
        return isRight ? found : nil
    }
}
