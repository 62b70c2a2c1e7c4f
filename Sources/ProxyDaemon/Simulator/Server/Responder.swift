import FoundationEssentials
import NIOCore
import NIOHTTP1
import Synchronization

/// Answers requests: from method, path, headers and body to a reply. Knows nothing of connections.
final class Responder: Sendable {
    private struct State {
        var cache = PromptCache()
        var requests: UInt64 = 0
        var minute = 0
        var requestsThisMinute = 0
    }

    /// One request's number and the requests seen in its minute.
    private struct Ticket {
        var id: String
        var seconds: Double
        var used: Int
    }

    private let options: SimulatorOptions
    private let state = Mutex(State())

    static let versions = ["2023-06-01", "2026-10-21"]
    static let requestsPerMinute = 4000

    init(options: SimulatorOptions) { self.options = options }

    /// Answers one request.
    /// - Parameters:
    ///   - head: Method, path and headers.
    ///   - body: The whole body; nil when it was too large to keep.
    /// - Returns: The reply. Errors are replies too.
    func reply(to head: HTTPRequestHead, body: [UInt8]?) -> Reply {
        let ticket = ticket()
        let requestID = "req_sim_" + ticket.id
        var reply: Reply
        do throws(APIError) {
            guard let body else { throw APIError(413, "Request exceeds the maximum size") }
            reply = try route(head, body: body, ticket: ticket)
        } catch {
            reply = .json(error.envelope(requestID: requestID), status: error.status)
        }
        reply.headers += [("request-id", requestID), ("x-simulated", "true")]
        return reply
    }

    private func ticket() -> Ticket {
        let seconds = Date().timeIntervalSince1970
        let (number, used) = state.withLock { state in
            state.requests &+= 1
            let minute = Int(seconds / 60)
            if state.minute != minute { (state.minute, state.requestsThisMinute) = (minute, 0) }
            state.requestsThisMinute += 1
            return (state.requests, state.requestsThisMinute)
        }
        var random = SeededRandom(seed: options.seed ^ number &* 0xD134_2543_DE82_EF95)
        return Ticket(id: String(random.next(), radix: 36) + String(number, radix: 36), seconds: seconds, used: used)
    }

    private func route(_ head: HTTPRequestHead, body: [UInt8], ticket: Ticket) throws(APIError) -> Reply {
        let parts = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let path = parts.first ?? "/"
        switch (head.method, path) {
        case (.GET, "/"), (.HEAD, _):
            let line = "A simulator of Anthropic's Messages API. No model answers here.\n"
            return .whole(Array(line.utf8), type: "text/plain")
        case (.GET, "/v1/models"):
            try authenticate(head)
            return .json(try ModelList.page(query: Self.query(parts.count > 1 ? parts[1] : "")))
        case (.GET, _) where path.hasPrefix("/v1/models/"):
            try authenticate(head)
            return .json(try ModelList.entry(String(path.dropFirst("/v1/models/".count))))
        case (.POST, "/v1/messages"), (.POST, "/v1/messages/count_tokens"):
            try authenticate(head)
            var reply = try message(head, body: body, countsOnly: path != "/v1/messages", ticket: ticket)
            reply.headers += rateLimits(ticket)
            return reply
        case (_, "/v1/messages"), (_, "/v1/messages/count_tokens"), (_, "/v1/models"):
            throw APIError(405, "Method Not Allowed")
        default: throw APIError(404, "Not Found")
        }
    }

    private func authenticate(_ head: HTTPRequestHead) throws(APIError) {
        let key = head.headers.first(name: "x-api-key") ?? ""
        let bearer = head.headers.first(name: "authorization") ?? ""
        guard key.isEmpty, bearer.isEmpty else { return }
        throw APIError(401, "x-api-key header is required")
    }

    private func message(
        _ head: HTTPRequestHead,
        body: [UInt8],
        countsOnly: Bool,
        ticket: Ticket
    ) throws(APIError) -> Reply {
        let json: JSONValue
        do {
            json = try JSONParser.parse(body)
        } catch {
            throw .invalid("The request body is not valid JSON: \(error.reason) at offset \(error.offset)")
        }
        let directives = try Self.directives(head, json)
        if let failure = Self.failure(directives, requestID: "req_sim_" + ticket.id) { return failure }
        let request = try MessagesRequest(json, needsMaxTokens: !countsOnly)
        let version = head.headers.first(name: "anthropic-version") ?? ""
        guard !version.isEmpty else { throw .invalid("anthropic-version: header is required") }
        guard Self.versions.contains(version) else {
            throw .invalid("anthropic-version: \"\(version)\" is not a valid version")
        }
        try RequestRules(request, apiVersion: version).check()
        try ThinkingSeal.check(request, betas: head.headers[canonicalForm: "anthropic-beta"].joined(separator: ","))
        if countsOnly {
            var reply = Reply.json(["input_tokens": .int(TokenCount.input(request))])
            reply.delay = Double(directives.delay)
            return reply
        }
        let usage = state.withLock { $0.cache.account(request, now: ticket.seconds) }
        let window = ModelTraits(request.model).contextWindow
        guard usage.total <= window else {
            throw .invalid("prompt is too long: \(usage.total) tokens > \(window) maximum")
        }
        let composer = AnswerComposer(request, directives, seed: options.seed, toolID: "toolu_sim_" + ticket.id)
        let script = MessageScript(
            request: request,
            directives: directives,
            answer: composer.compose(),
            usage: usage,
            pace: Pace(request.model),
            speed: options.speed,
            messageID: "msg_sim_" + ticket.id,
            requestID: "req_sim_" + ticket.id
        )
        return script.reply()
    }

    /// The directives of the header, or else those of the marker in the last user message.
    private static func directives(_ head: HTTPRequestHead, _ json: JSONValue) throws(APIError) -> Directives {
        if let words = head.headers.first(name: "x-simulate") { return try Directives(words: words) }
        let last = json["messages"]?.array?.last { $0["role"]?.string == "user" }?["content"]
        let text = last?.string ?? MessagesRequest.text(last?.array ?? [])
        guard let words = Directives.split(text).words else { return Directives() }
        let directives = try Directives(words: words)
        let system = json["system"]
        let instructions = system?.string ?? MessagesRequest.text(system?.array ?? [])
        return Labelling(system: instructions, question: text) == nil ? directives : directives.forLabelling
    }

    /// The failed answer that the directives ask for, if any.
    private static func failure(_ directives: Directives, requestID: String) -> Reply? {
        var reply: Reply
        if directives.sendsGarbage {
            let page = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n"
            reply = .whole(Array(page.utf8), status: 502, type: "text/html")
        } else if let status = directives.status {
            reply = .json(APIError.simulated(status).envelope(requestID: requestID), status: status)
            if let seconds = directives.retryAfter { reply.headers.append(("retry-after", String(seconds))) }
        } else {
            return nil
        }
        reply.delay = Double(directives.delay)
        return reply
    }

    private func rateLimits(_ ticket: Ticket) -> [(String, String)] {
        let end = Date(timeIntervalSince1970: (ticket.seconds / 60).rounded(.down) * 60 + 60).formatted(.iso8601)
        let left = max(0, Self.requestsPerMinute - ticket.used)
        return [
            ("anthropic-organization-id", "00000000-0000-4000-8000-000000000000"),
            ("anthropic-ratelimit-requests-limit", String(Self.requestsPerMinute)),
            ("anthropic-ratelimit-requests-remaining", String(left)),
            ("anthropic-ratelimit-requests-reset", end),
            ("anthropic-ratelimit-input-tokens-limit", "2000000"),
            ("anthropic-ratelimit-input-tokens-remaining", "2000000"),
            ("anthropic-ratelimit-input-tokens-reset", end),
            ("anthropic-ratelimit-output-tokens-limit", "400000"),
            ("anthropic-ratelimit-output-tokens-remaining", "400000"),
            ("anthropic-ratelimit-output-tokens-reset", end),
        ]
    }

    private static func query(_ text: String) -> [String: String] {
        var query: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            query[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
        }
        return query
    }
}
