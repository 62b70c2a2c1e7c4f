/// The first bytes of a stream, before anything of it has gone to the client.
enum StreamOpening {
    /// Providers that are overloaded often say so only after they have begun to answer with success.
    private static let passing = ["overloaded_error", "api_error", "rate_limit_error", "server_error", "timeout_error"]
    private static let beginnings = [
        "event: error", "event:error", "data: {\"error\"", "data:{\"error\"", "{\"error\"",
    ]
    private static let lookedAt = 512

    /// The failure that a stream begins with; nil where it begins as an answer, or with an error that asking again does not
    /// mend.
    static func failure(_ bytes: [UInt8]) -> CallFailure? {
        guard bytes.first == UInt8(ascii: "e") || bytes.first == UInt8(ascii: "d") || bytes.first == UInt8(ascii: "{")
        else { return nil }
        let text = String(decoding: bytes.prefix(lookedAt), as: UTF8.self)
        guard beginnings.contains(where: text.hasPrefix), passing.contains(where: text.contains) else { return nil }
        if text.contains("rate_limit_error") { return CallFailure(status: 429, retryAfterSeconds: nil) }
        return .emptyStream
    }
}
