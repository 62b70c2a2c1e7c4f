import FoundationEssentials
package import GatewayCore
import Glibc
package import Shared
import Synchronization

/// What front ends may ask, answered from the gateway.
package final class ControlDesk: Sendable {
    private let current: Mutex<(gateway: Gateway, workflows: WorkflowDesk)>
    private let baseURL: Mutex<String>
    private let configPath: String?
    /// The books; nil where none are kept.
    let exchanges: ExchangeDatabase?
    let log: LogTail
    private let reloading = Mutex<(@Sendable () async throws(JSONRPC.Failure) -> ControlProtocol.ConfigReloaded)?>(nil)
    let ids = QueryIDs()

    package init(
        gateway: Gateway,
        workflows: WorkflowDesk,
        baseURL: String,
        configPath: String?,
        exchanges: ExchangeDatabase? = nil,
        log: LogTail = LogTail()
    ) {
        self.exchanges = exchanges
        self.log = log
        current = Mutex((gateway, workflows))
        self.baseURL = Mutex(baseURL)
        self.configPath = configPath
    }

    var gateway: Gateway { current.withLock { $0.gateway } }
    var workflows: WorkflowDesk { current.withLock { $0.workflows } }

    /// Has further questions answered by a gateway with newer settings.
    package func adopt(_ gateway: Gateway, workflows: WorkflowDesk) {
        current.withLock { $0 = (gateway, workflows) }
    }

    /// Who reads the configuration again. Throws a text for people.
    package func reloads(
        _ reload: @escaping @Sendable () async throws(JSONRPC.Failure) -> ControlProtocol.ConfigReloaded
    ) {
        reloading.withLock { $0 = reload }
    }

    func reload() async throws(JSONRPC.Failure) -> ControlProtocol.ConfigReloaded {
        guard let reload = reloading.withLock({ $0 }) else {
            throw .invalidRequest("the daemon is still starting")
        }
        return try await reload()
    }

    /// The server has got its port.
    package func listening(on url: String) { baseURL.withLock { $0 = url } }

    func hello(_ hello: ControlProtocol.Hello) throws(JSONRPC.Failure) -> ControlProtocol.Welcome {
        guard hello.protocolVersion == ControlProtocol.version else {
            throw .invalidParams(
                "this daemon speaks protocol \(ControlProtocol.version), \(hello.client) speaks \(hello.protocolVersion)"
            )
        }
        return ControlProtocol.Welcome(
            daemon: GatewayVersion.headerValue,
            processID: getpid(),
            isDemo: gateway.settings.isDemo
        )
    }

    func status() -> ControlProtocol.DaemonStatus {
        let snapshot = gateway.snapshot()
        return ControlProtocol.DaemonStatus(
            daemon: GatewayVersion.headerValue,
            processID: getpid(),
            uptimeSeconds: snapshot.uptimeSeconds,
            isDemo: snapshot.isDemo,
            baseURL: baseURL.withLock { $0 },
            routingMode: gateway.settings.routing.mode.rawValue,
            configPath: configPath,
            backends: snapshot.backends,
            warnings: snapshot.warnings
        )
    }

    func skills() -> ControlProtocol.SkillList { gateway.skillList }

    func cacheStats() -> MetricsSnapshot.Cache { gateway.cacheReport }

    func flush(
        _ request: ControlProtocol.CacheFlush
    ) async throws(JSONRPC.Failure) -> ControlProtocol.CacheFlushed {
        do throws(GatewayError) {
            return try await gateway.flush(request)
        } catch {
            throw .invalidParams(error.message)
        }
    }

    func explain(
        _ request: ControlProtocol.PromptRequest
    ) async throws(JSONRPC.Failure) -> DecisionExplanation {
        do throws(GatewayError) {
            return try await gateway.explain(request)
        } catch {
            throw .invalidParams(error.message)
        }
    }

    /// Refuses a prompt that cannot be sent, naming the member that is wrong.
    func check(_ prompt: ControlProtocol.PromptRequest) throws(JSONRPC.Failure) {
        do throws(GatewayError) { try Gateway.check(prompt) } catch { throw .invalidParams(error.message) }
    }

    /// Sends a prompt as a client would, and hands over the answer's text as it comes.
    func send(
        _ prompt: ControlProtocol.PromptRequest,
        _ deliver: (String) -> Void
    ) async -> (detail: ExchangeDetail?, error: String?) {
        let request = ClientRequest(
            prompt,
            id: ids.next(),
            arrivedNanoseconds: MonotonicTime.nanoseconds(),
            unixMilliseconds: MonotonicTime.unixMilliseconds()
        )
        let reply = await gateway.answer(request)
        var reader = AnthropicTextReader()
        switch reply.body {
        case .bytes(let bytes):
            if reply.status == 200 { reader.read(bytes, deliver) }
        case .stream(let relay):
            while !Task.isCancelled, let bytes = await relay.next() { reader.read(bytes, deliver) }
            if Task.isCancelled { relay.abandon() }
        }
        let detail = gateway.ledger.entry(id: request.id)?.detail
        if Task.isCancelled { return (detail, "cancelled") }
        return (detail, detail?.summary.error ?? (reply.status == 200 ? nil : "HTTP \(reply.status)"))
    }
}
