import FoundationEssentials
package import GatewayCore
import Glibc
import Shared

/// Why the keys file could not be read or changed.
package struct KeyFileProblem: Error, CustomStringConvertible {
    package let description: String
    /// What was asked for is at fault, not the file.
    package let isRequests: Bool

    package init(_ description: String, isRequests: Bool = false) {
        self.description = description
        self.isRequests = isRequests
    }
}

/// The hashed keys that are made and revoked while the gateway runs: a JSON document `keys` in the state directory, mode
/// 0600. Whoever changes it holds a lock beside it, so that the daemon and the command line cannot undo each other's work.
package final class KeyFile: Sendable {
    private static let document = "keys"
    private static let maximumKeys = 10_000
    package let directory: String
    private let store: StateFiles

    /// Root runs this where the gateway is a user of its own.
    private let servesOwner: Bool

    /// `servesOwner`: where root runs this and the directory is another user's, the files are that user's.
    package init(directory: String, servesOwner: Bool = false) {
        self.directory = directory
        self.servesOwner = servesOwner && getuid() == 0
        store = StateFiles(
            directory: directory,
            loss: "no client key can be made or ended",
            servesOwner: servesOwner
        )
    }

    package var path: String { "\(directory)/\(Self.document)" }

    /// Tells one state of the file from another.
    package struct Stamp: Sendable, Equatable {
        var seconds: Int
        var nanoseconds: Int
        var size: Int
        var number: UInt
    }

    /// nil where there is no file.
    package var stamp: Stamp? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Stamp(
            seconds: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec,
            size: Int(status.st_size),
            number: UInt(status.st_ino)
        )
    }

    /// The records; none where there is no file.
    package func load() async throws(KeyFileProblem) -> [KeyRecord] {
        guard stamp != nil else { return [] }
        guard let bytes = await store.load(Self.document) else { throw KeyFileProblem("\(path) cannot be read") }
        do {
            let rows = try JSONDecoder().decode(Document.self, from: Data(bytes)).keys
            let records = rows.compactMap(\.record)
            guard records.count == rows.count else { throw KeyFileProblem("") }
            return records
        } catch {
            throw KeyFileProblem(
                "\(path) is damaged: restore it, or remove it and make new keys (gatewayd keys create)"
            )
        }
    }

    /// Reads, changes and saves in one step.
    package func change<Result>(
        _ body: (inout [KeyRecord]) throws(KeyFileProblem) -> Result
    ) async throws(KeyFileProblem) -> Result {
        let lock = try await takeLock()
        defer { close(lock) }
        var records = try await load()
        let result = try body(&records)
        guard records.count <= Self.maximumKeys else {
            throw KeyFileProblem("there are \(Self.maximumKeys) keys already", isRequests: true)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        do {
            let bytes = Array(try encoder.encode(Document(keys: records.map(Row.init))))
            try await store.save(bytes, as: Self.document)
        } catch {
            throw KeyFileProblem("\(error)")
        }
        return result
    }

    private func takeLock() async throws(KeyFileProblem) -> Int32 {
        // Makes the directory with the mode that it is to have.
        if access(directory, F_OK) != 0 {
            do throws(StateStoreError) {
                try await store.save([], as: "keys-lock")
            } catch {
                throw KeyFileProblem(error.description)
            }
        }
        let descriptor = open("\(directory)/keys-lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            let hint = errno == EACCES ? "; run this as the user whose directory that is, or as root" : ""
            throw KeyFileProblem("\(SystemError(doing: "cannot lock \(path)", errno))\(hint)")
        }
        if let failure = share(descriptor) {
            close(descriptor)
            throw KeyFileProblem("\(failure)")
        }
        for _ in 0..<100 {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return descriptor }
            try? await Task.sleep(for: .milliseconds(20))
        }
        close(descriptor)
        throw KeyFileProblem("\(path) is being changed by somebody else; try again")
    }

    /// Has the lock be its directory's owner's. Only root's own file is given away: a link to another's is left alone.
    private func share(_ lock: Int32) -> SystemError? {
        var status = stat()
        guard servesOwner, fstat(lock, &status) == 0, status.st_uid == 0, status.st_nlink == 1,
            status.st_mode & S_IFMT == S_IFREG
        else { return nil }
        return StateFiles.give(lock, toOwnerOf: directory)
    }

    // MARK: The document

    private struct Document: Codable {
        var keys: [Row]
    }

    private struct Row: Codable {
        var name: String
        var project: String?
        var key_hash: String
        var created: Int64
        var expires: Int64?
        var revoked: Bool?
        var rpm: Int?
        var tpm: Int?
        var concurrent_streams: Int?
        var usd_per_day: USD?
        var usd_per_month: USD?

        init(_ record: KeyRecord) {
            name = record.name
            project = record.project
            key_hash = record.text
            created = record.createdUnixSeconds
            expires = record.expiresUnixSeconds
            revoked = record.isRevoked ? true : nil
            rpm = record.terms?.limits.requestsPerMinute
            tpm = record.terms?.limits.tokensPerMinute
            concurrent_streams = record.terms?.limits.concurrentStreams
            usd_per_day = record.terms?.budget.perDay
            usd_per_month = record.terms?.budget.perMonth
        }

        var record: KeyRecord? {
            var record = KeyRecord(text: key_hash, name: name, project: project)
            record?.createdUnixSeconds = created
            record?.expiresUnixSeconds = expires
            record?.isRevoked = revoked ?? false
            let terms = KeyTerms(
                limits: .init(requestsPerMinute: rpm, tokensPerMinute: tpm, concurrentStreams: concurrent_streams),
                budget: .init(perDay: usd_per_day, perMonth: usd_per_month)
            )
            if terms != KeyTerms() { record?.terms = terms }
            return record
        }
    }
}
