import GatewayCore
import GatewayIO
import Logging
import ServiceLifecycle

/// Takes over what `gatewayd keys` changes while the daemon runs.
final class KeyKeeper: Service {
    let ring: KeyRing
    /// nil where there is no directory to keep keys in.
    let file: KeyFile?
    private let first: KeyFile.Stamp?
    private let logger: Logger

    /// `fixed` are the hashed keys of the configuration. Throws where the file is there and cannot be read: to go on without
    /// it might let everybody in.
    init(directory: String?, fixed: [KeyRecord], logger: Logger) async throws {
        let file = directory.map { KeyFile(directory: $0) }
        first = file?.stamp
        do throws(KeyFileProblem) {
            ring = KeyRing(fixed: fixed, kept: try await file?.load() ?? [])
        } catch {
            throw StartupProblem(error.description)
        }
        self.file = file
        self.logger = logger
    }

    func run() async throws {
        guard let file else { return try await gracefulShutdown() }
        await cancelWhenGracefulShutdown {
            var known = self.first
            // What the sleep throws is that the task was cancelled.
            while (try? await Task.sleep(for: .seconds(1))) != nil {
                let stamp = file.stamp
                // A file that has gone lets nobody in who was out: the keys stay in force until there is another.
                guard stamp != known, stamp != nil else { continue }
                known = stamp
                await self.takeOver(file)
            }
        }
    }

    private func takeOver(_ file: KeyFile) async {
        do throws(KeyFileProblem) {
            let records = try await file.load()
            ring.replace(records)
            logger.notice("client keys read again: \(records.count) in \(file.path)")
        } catch {
            logger.warning("the client keys stay as they were: \(error)")
        }
    }
}
