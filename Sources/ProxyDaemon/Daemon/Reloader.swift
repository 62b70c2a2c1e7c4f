import GatewayCore
import GatewayIO
import Logging
import NIOPosix
import ServiceLifecycle
import Shared

/// Reads the configuration again while the daemon serves: whole, or not at all. Requests under way keep the settings that
/// they began with.
actor Reloader {
    /// What a reload came to, for people.
    struct Refusal: Error, CustomStringConvertible {
        let description: String
    }

    /// Who is told of the new generation.
    struct Users: Sendable {
        let server: HTTPServer
        let desk: ControlDesk
    }

    private let read: @Sendable () throws -> LoadedConfig
    private let parts: LongLived
    private let readiness: Readiness
    private let users: Users
    private let logger: Logger
    private var current: Generation
    private var running: Task<Void, Never>?

    init(
        _ first: Generation,
        parts: LongLived,
        readiness: Readiness,
        users: Users,
        logger: Logger,
        read: @escaping @Sendable () throws -> LoadedConfig
    ) {
        current = first
        self.parts = parts
        self.readiness = readiness
        self.users = users
        self.logger = logger
        self.read = read
    }

    /// Throws a ``Refusal`` where something is wrong: everything is as it was then.
    func reload() async throws(Refusal) -> ControlProtocol.ConfigReloaded {
        // One after the other: each compares with what the one before it left.
        let former = running
        let task = Task { () -> Result<ControlProtocol.ConfigReloaded, Refusal> in
            await former?.value
            return await self.once()
        }
        running = Task { _ = await task.value }
        return try await task.value.get()
    }

    private func once() async -> Result<ControlProtocol.ConfigReloaded, Refusal> {
        let former = current
        let ledger = former.gateway.ledger
        do {
            // Files, perhaps on a disk that hangs.
            let read = read
            let config = try await NIOThreadPool.singleton.runIfActive { try read() }
            let fixed = ConfigLoader.keysThatNeedRestart(former.config.settings, config.settings)
            guard fixed.isEmpty else {
                throw Refusal(
                    description:
                        "\(fixed.joined(separator: ", ")): changed, which needs a restart; nothing was taken over"
                )
            }
            try parts.keys.refuseSharedAdminKey(config.settings)
            let next = try await Generation(config, parts, readiness: readiness, after: former)
            adopt(next)
            ledger.reloaded(failure: nil)
            let changed = ConfigLoader.changedKeys(former.config.settings, config.settings)
            for warning in next.gateway.configurationWarnings + next.warnings
            where !(former.gateway.configurationWarnings + former.warnings).contains(warning) {
                logger.warning("\(warning)")
            }
            let what = changed.isEmpty ? "no key has changed" : "changed: \(changed.joined(separator: ", "))"
            logger.notice("the configuration was read again (\(config.path ?? "built in")); \(what)")
            return .success(.init(path: config.path, changed: changed, warnings: next.warnings))
        } catch {
            let text = "\(error)"
            ledger.reloaded(failure: text)
            logger.error("the configuration stays as it was: \(text)")
            return .failure(Refusal(description: text))
        }
    }

    private func adopt(_ next: Generation) {
        do throws(AccessLogProblem) {
            try parts.accessLog?.reopen()
        } catch {
            logger.warning("the access log goes on in the file it has: \(error)")
        }
        parts.adopt(logLevel: next.config.settings.log.level)
        parts.client.adopt(next.config.settings.upstream)
        parts.keys.ring.replaceFixed(next.config.settings.hashedKeys)
        parts.keys.adopt(KnownProjects(next.config.settings.projects))
        users.desk.adopt(next.gateway, workflows: next.workflows)
        parts.webFeed.adopt(next.gateway)
        users.server.adopt(next.terms)
        next.assembly.prepareExamples()
        current = next
    }
}
