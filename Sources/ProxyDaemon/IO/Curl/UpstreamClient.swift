import CCurl
package import GatewayCore
import Synchronization

/// The way to every provider: libcurl's multi interface on threads of its own.
package final class UpstreamClient: Sendable {
    private let drivers: [CurlDriver]
    private let bufferBytes: Atomic<Int>
    private let turn = Atomic<Int>(0)

    /// Starts the threads. Throws a ``SystemError`` where the system has none left.
    package init(settings: Settings.Upstream, threads: Int) throws {
        curl_global_init(Int(CURL_GLOBAL_DEFAULT))
        bufferBytes = Atomic(settings.bufferBytes)
        drivers = try (0..<max(1, threads)).map { _ in try CurlDriver(settings: settings) }
    }

    /// Sends a call and waits for the head of its answer. Cancelling the task breaks the call off.
    package func send(_ request: UpstreamRequest) async throws(UpstreamError) -> UpstreamResponse {
        let index = drivers.count == 1 ? 0 : turn.wrappingAdd(1, ordering: .relaxed).oldValue % drivers.count
        let driver = drivers[abs(index)]
        let call = UpstreamCall(request, bufferBytes: bufferBytes.load(ordering: .relaxed), driver: driver)
        // From here on, whoever drops the body breaks the call off.
        let body = UpstreamCallBody(call)
        driver.start(call)
        let head = try await call.head()
        return UpstreamResponse(status: head.status, headers: head.headers, body: UpstreamBody(body))
    }

    /// The client as the core's port.
    package var transport: Transport {
        Transport { request throws(UpstreamError) in try await self.send(request) }
    }

    /// Further calls keep to these settings; those under way keep theirs. The number of threads stays.
    package func adopt(_ settings: Settings.Upstream) {
        bufferBytes.store(settings.bufferBytes, ordering: .relaxed)
        for driver in drivers { driver.adopt(settings) }
    }

    /// Ends the threads and breaks off what is under way.
    package func stop() {
        for driver in drivers { driver.stop() }
    }
}
