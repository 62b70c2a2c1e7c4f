import GatewayCore
import Testing

@Suite struct `Keys of two places` {
    private func record(_ name: String, expires: Int64? = nil, isRevoked: Bool = false) -> KeyRecord {
        var record = KeyRecord(name: name, project: nil, prefix: name, salt: [1], hash: [2])
        record.expiresUnixSeconds = expires
        record.isRevoked = isRevoked
        return record
    }

    @Test func `are all of them, ended where either place has ended them, in whatever order`() {
        let here = [record("a"), record("b", expires: 90), record("c", isRevoked: true), record("d")]
        let there = [record("e"), record("b", expires: 70), record("c"), record("d", expires: 5, isRevoked: true)]
        let both = KeyRecord.merged(here, there)
        #expect(
            both == [
                record("a"), record("b", expires: 70), record("c", isRevoked: true),
                record("d", expires: 5, isRevoked: true), record("e"),
            ]
        )
        let other = KeyRecord.merged(there, here)
        #expect(other.sorted { $0.name < $1.name } == both)
        #expect(KeyRecord.merged(both, there) == both)
        #expect(KeyRecord.merged([], both) == both)
    }

    @Test func `with one id and two secrets are two keys, of which the one here stays`() {
        var stranger = record("a", isRevoked: true)
        stranger.hash = [3]
        #expect(KeyRecord.merged([record("a")], [stranger]) == [record("a")])
    }
}
