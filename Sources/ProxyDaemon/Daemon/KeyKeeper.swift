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
    /// Those of the configuration.
    private let projects: Mutex<Set<String>>
    private let logger: Logger
    /// nil where keys are this gateway's alone.
    private let shared: SharedKeys?

    /// `fixed` are the hashed keys of the configuration. Throws where the file is there and cannot be read: to go on without
    /// it might let everybody in.
    init(
        directory: String?,
        fixed: [KeyRecord],
        projects: [String],
        databaseURL: Secret?,
        clock: Clock,
        logger: Logger
    ) async throws {
        let file = directory.map { KeyFile(directory: $0) }
        first = file?.stamp
        let kept: [KeyRecord]
        do throws(KeyFileProblem) {
            kept = try await file?.load() ?? []
        } catch {
            throw StartupProblem(error.description)
        }
        ring = KeyRing(fixed: fixed, kept: kept)
        self.file = file
        shared = file.flatMap { file in
            databaseURL.map { SharedKeys(file: file, url: $0, clock: clock) { logger.warning("\($0)") } }
        }
        self.projects = Mutex(Set(projects))
        self.logger = logger
        warnOfUnknownProjects(kept)
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
        var known = first
        // What the sleep throws is that the task was cancelled.
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            let stamp = file.stamp
            // A file that has gone lets nobody in who was out: the keys stay in force until there is another.
            guard stamp != known, stamp != nil else { continue }
            known = stamp
            await takeOver(file)
        }
    }

    private func takeOver(_ file: KeyFile) async {
        do throws(KeyFileProblem) {
            let records = try await file.load()
            ring.replace(records)
            logger.notice("client keys read again: \(records.count) in \(file.path)")
            warnOfUnknownProjects(records)
        } catch {
            logger.warning("the client keys stay as they were: \(error)")
        }
    }

    /// The configuration was read again.
    func adopt(projects: [String]) { self.projects.withLock { $0 = Set(projects) } }

    /// Where there are projects, a key of another one has none of their bounds.
    private func warnOfUnknownProjects(_ records: [KeyRecord]) {
        let known = projects.withLock { $0 }
        guard !known.isEmpty else { return }
        let now = MonotonicTime.unixMilliseconds() / 1_000
        let named = Set(records.filter { $0.isInForce(unixSeconds: now) }.compactMap(\.project))
        for project in named.subtracting(known).subtracting([ClientKeys.defaultProject]).sorted() {
            logger.warning(
                "client keys belong to the project \(project), which the configuration does not have: none of a project's bounds hold for them"
            )
        }
    }
}
