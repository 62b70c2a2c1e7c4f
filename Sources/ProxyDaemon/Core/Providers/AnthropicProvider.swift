/// Calls to backends that speak Anthropic's Messages API: Anthropic itself, llama.cpp, the simulator. Pure functions;
/// the bodies are the clients' own bytes.
package enum AnthropicProvider {
    /// The version sent where the client names none.
    private static let defaultVersion = "2023-06-01"

    /// A call with the client's headers that are the provider's business and with the backend's own key.
    package static func call(
        _ backend: Backend,
        method: String,
        path: String,
        query: String?,
        headers clientHeaders: [HeaderField],
        body: [UInt8]
    ) -> UpstreamRequest {
        var headers: [HeaderField] = []
        headers.reserveCapacity(8 + backend.requestHeaders.count)
        var hasVersion = false
        for header in clientHeaders where isForwarded(header) {
            if header.isNamed("anthropic-version") { hasVersion = true }
            headers.append(header)
        }
        if !hasVersion { headers.append(HeaderField("anthropic-version", defaultVersion)) }
        if method == "POST" { headers.append(HeaderField("content-type", "application/json")) }
        headers += backend.requestHeaders
        let target = query.map { "\(path)?\($0)" } ?? path
        return UpstreamRequest(
            method: method,
            url: backend.baseURL + target,
            headers: headers,
            body: body,
            timeoutSeconds: backend.timeoutSeconds
        )
    }

    /// Whether a header of the client goes on to the provider: everything of Anthropic's, known or not, and what the
    /// simulator listens to. Keys, cookies and telemetry stay here.
    private static func isForwarded(_ header: HeaderField) -> Bool {
        header.name.begins(with: "anthropic-") || header.isNamed("x-simulate") || header.isNamed("accept")
    }

    /// Whether a header that goes on to the provider may change its answer.
    static func shapesAnswer(_ header: HeaderField) -> Bool { isForwarded(header) && !header.isNamed("accept") }
}
