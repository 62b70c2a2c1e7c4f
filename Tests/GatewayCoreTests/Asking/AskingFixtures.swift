import GatewayCore
import Shared

/// One backend of a kind; the three tiers' models have their published prices.
func askedBackend(
    _ provider: Settings.ProviderKind = .anthropic,
    name: String = "haiku",
    model: String = "claude-haiku-4-5-20251001",
    tier: Tier = .fast,
    catalogue: Catalogue = .capableTiers
) -> Backend {
    let settings = Settings.Backend(
        name: name,
        provider: provider,
        model: model,
        baseURL: "http://127.0.0.1:1",
        apiKey: Secret("sk-up"),
        tier: tier
    )
    return Backend(settings, catalogue: catalogue)
}

extension ScriptedUpstream.Answer {
    /// A Messages answer of so many tokens.
    static func message(_ text: String, input: Int = 300, output: Int = 4, stop: String = "end_turn") -> Self {
        .json(
            """
            {"type":"message","role":"assistant","content":[{"type":"text","text":\(JSONText.quoted(text))}],\
            "stop_reason":"\(stop)","usage":{"input_tokens":\(input),"output_tokens":\(output)}}
            """
        )
    }
}

extension Transport {
    /// Answers nothing until its task is cancelled. Each call is reported as it begins.
    static func silent(_ began: @escaping @Sendable () -> Void = {}) -> Transport {
        Transport { _ throws(UpstreamError) in
            let (stream, continuation) = AsyncStream.makeStream(of: Never.self)
            began()
            for await _ in stream {}
            continuation.finish()
            throw .cancelled
        }
    }
}

extension Clock {
    /// Waits for nothing: every deadline has passed at once.
    var hasty: Clock {
        var clock = self
        clock.sleep = { _ in }
        return clock
    }
}

/// Answers that several suites use.
enum ModelCallTexts {
    static let completion = """
        {"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":\
        {"role":"assistant","content":"SIMPLE"},"finish_reason":"stop"}],\
        "usage":{"prompt_tokens":300,"completion_tokens":4,"total_tokens":304}}
        """
}
