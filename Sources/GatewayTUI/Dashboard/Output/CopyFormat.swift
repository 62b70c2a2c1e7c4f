package import Shared

/// What of a request is copied.
package enum CopyFormat: Int, Sendable, Hashable, CaseIterable {
    case id = 1
    case json
    case curl

    package var title: String {
        switch self {
        case .id: "its query id"
        case .json: "everything, as JSON"
        case .curl: "a curl command that asks it again"
        }
    }
}

/// A text on its way to the clipboard, and what it is, for a person.
package struct Clip: Sendable, Hashable {
    package var text: String
    package var what: String
    /// The ending of the file that holds it where no clipboard takes it.
    package var fileExtension: String

    package init(text: String, what: String, fileExtension: String) {
        self.text = text
        self.what = what
        self.fileExtension = fileExtension
    }
}

/// A request to the gateway that repeats one that was seen, as one line for a shell.
package struct CurlCommand: Sendable, Hashable {
    package let text: String
    /// What the command does not repeat; nil where it does.
    package let caveat: String?

    private struct Message: Encodable {
        var role = "user"
        var content: String
    }

    private struct Body: Encodable {
        var model: String
        var maxTokens = 1_024
        var stream: Bool?
        var messages: [Message]

        private enum CodingKeys: String, CodingKey {
            case model
            case maxTokens = "max_tokens"
            case stream
            case messages
        }
    }

    /// From the request as the daemon told it, with its prompt's own characters; nil should it have no JSON.
    package init?(_ summary: ExchangeSummary, baseURL: String?) {
        let body = Body(
            model: summary.requestedModel.isEmpty ? "auto" : summary.requestedModel,
            stream: summary.stream ? true : nil,
            messages: [Message(content: summary.prompt.isEmpty ? "PROMPT" : summary.prompt)]
        )
        guard let json = JSONText.of(body) else { return nil }
        let isOpenAI = summary.dialect.hasPrefix("openai")
        let base = (baseURL?.isEmpty == false ? baseURL : nil) ?? "http://127.0.0.1:8080"
        var words = ["curl", "-sS"]
        if summary.stream { words.append("-N") }
        words.append(Self.quoted("\(base)/v1/\(isOpenAI ? "chat/completions" : "messages")"))
        words += ["-H", "'content-type: application/json'"]
        // Without a value curl leaves the header out: a gateway without keys is asked as well.
        if isOpenAI {
            words += ["-H", "\"authorization: ${GATEWAY_KEY:+Bearer $GATEWAY_KEY}\""]
        } else {
            words += ["-H", "'anthropic-version: 2023-06-01'", "-H", "\"x-api-key: $GATEWAY_KEY\""]
        }
        // Raw: a body that begins with @ would be the name of a file.
        words += ["--data-raw", Self.quoted(json)]
        text = words.joined(separator: " ")
        caveat = Self.caveat(of: summary.prompt)
    }

    /// One word for a POSIX shell, whatever it holds: nothing is special between single quotes but the quote itself.
    package static func quoted(_ text: String) -> String {
        // A control character would be read by the line editor before the shell sees a quote.
        let safe = PlainText.sanitized(text)
        return "'" + safe.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    private static func caveat(of prompt: String) -> String? {
        if prompt.isEmpty { return "its prompt was not kept: write it where PROMPT stands" }
        // The daemon keeps about 120 bytes, or 16 KiB; a text of that length is a cut one.
        let count = prompt.utf8.count
        return (120...123).contains(count) || count >= 16_384 ? "of its prompt only the beginning was kept" : nil
    }
}

extension Clip {
    /// A request in a format; nil should it have no JSON.
    package init?(_ format: CopyFormat, of summary: ExchangeSummary, detail: ExchangeDetail?, baseURL: String?) {
        let short = summary.id.safeToShow(limit: 16)
        switch format {
        case .id: self.init(text: PlainText.sanitized(summary.id), what: "query id \(short)", fileExtension: "txt")
        case .json:
            let json: String?
            if let detail, detail.summary.id == summary.id {
                // The row as it came, and the rest as it is shown.
                var whole = detail
                whole.summary = summary
                json = JSONText.of(whole, isPretty: true)
            } else {
                json = JSONText.of(summary, isPretty: true)
            }
            guard let json else { return nil }
            self.init(text: json, what: "\(short) as JSON", fileExtension: "json")
        case .curl:
            guard let command = CurlCommand(summary, baseURL: baseURL) else { return nil }
            let caveat = command.caveat.map { "; \($0)" } ?? ""
            self.init(text: command.text, what: "\(short) as curl\(caveat)", fileExtension: "sh")
        }
    }
}
