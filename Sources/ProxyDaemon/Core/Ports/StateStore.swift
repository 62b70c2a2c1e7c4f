/// Keeps small documents that outlive the daemon, one for each name.
package protocol StateStore: Sendable {
    /// What was last saved under that name; nil where there is nothing, or nothing that can be read.
    func load(_ name: String) async -> [UInt8]?
    /// Takes the earlier document's place, whole or not at all. Throws a ``StateStoreError`` that says what failed.
    func save(_ document: [UInt8], as name: String) async throws(StateStoreError)
}

/// Why a document could not be kept.
package struct StateStoreError: Error, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// Keeps documents as long as the process lives.
package actor MemoryStateStore: StateStore {
    private var documents: [String: [UInt8]] = [:]

    package init() {}

    package func load(_ name: String) -> [UInt8]? { documents[name] }

    package func save(_ document: [UInt8], as name: String) { documents[name] = document }
}
