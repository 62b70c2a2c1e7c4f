import GatewayCore
import GatewayIO
import Logging
import ServiceLifecycle
import Synchronization

/// Takes over what `gatewayd keys` changes while the daemon runs.
final class KeyKeeper: Service {
    let ring: KeyRing
    /// nil where there is no directory to keep keys in.
    let file: KeyFile?
    private let first: KeyFile.Stamp?
    /// Those of the configuration, and what is in the file.
    private let known: Mutex<(projects: KnownProjects, records: [KeyRecord])>
    private let logger: Logger
    /// nil where keys are this gateway's alone.
    private let shared: SharedKeys?

    /// Throws where the file is there and cannot be read: to go on without it might let everybody in. Throws where the admin
    /// key is a client's key, too.
    init(directory: String?, settings: Settings, clock: Clock, logger: Logger) async throws {
        let file = directory.map { KeyFile(directory: $0) }
        first = file?.stamp
        let kept: [KeyRecord]
        do throws(KeyFileProblem) {
            kept = try await file?.load() ?? []
        } catch {
            throw StartupProblem(error.description)
        }
        ring = KeyRing(fixed: settings.hashedKeys, kept: kept)
        self.file = file
        shared = file.flatMap { file in
            settings.storage.databaseURL.map { url in
                SharedKeys(file: file, url: url, clock: clock) { logger.warning("\($0)") }
            }
        }
        known = Mutex((KnownProjects(settings.projects), kept))
        self.logger = logger
        try refuseSharedAdminKey(settings)
        warnOfUnknownProjects()
    }

    /// Throws where the admin key is a client's key in the file; the configuration's own are looked at as it is read.
    func refuseSharedAdminKey(_ settings: Settings) throws {
        let records = known.withLock { $0.records }
        guard let key = settings.auth.adminKey, let file, let record = records.first(where: { $0.matches(key.exposed) })
        else { return }
        throw StartupProblem(
            "the admin key is the client key \(record.name) of \(file.path), too: choose another admin key"
        )
    }

    func run() async throws {
        guard let file else { return try await gracefulShutdown() }
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                if let shared = self.shared { group.addTask { await shared.run() } }
                await self.watch(file)
            }
        }
    }

    private func watch(_ file: KeyFile) async {
        var seen = first
        // What the sleep throws is that the task was cancelled.
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            let stamp = file.stamp
            // A file that has gone lets nobody in who was out: the keys stay in force until there is another.
            guard stamp != seen, stamp != nil else { continue }
            seen = stamp
            await takeOver(file)
        }
    }

    private func takeOver(_ file: KeyFile) async {
        do throws(KeyFileProblem) {
            let records = try await file.load()
            ring.replace(records)
            logger.notice("client keys read again: \(records.count) in \(file.path)")
            known.withLock { $0.records = records }
            warnOfUnknownProjects()
        } catch {
            logger.warning("the client keys stay as they were: \(error)")
        }
    }

    /// The configuration was read again.
    func adopt(_ projects: KnownProjects) {
        let hasChanged = known.withLock { known in
            defer { known.projects = projects }
            return known.projects != projects
        }
        if hasChanged { warnOfUnknownProjects() }
    }

    /// Says why clients are refused whose project nobody configured.
    private func warnOfUnknownProjects() {
        let (projects, records) = known.withLock { $0 }
        let now = MonotonicTime.unixMilliseconds() / 1_000
        let named = Set(records.filter { $0.isInForce(unixSeconds: now) }.compactMap(\.project))
        for project in named.filter({ !projects.includes($0) }).sorted() {
            logger.warning(
                "client keys belong to the project \(project), which the configuration does not have: their requests are refused (403) until it has"
            )
        }
    }
}
