import Shared

/// OpenAI's `usage` object, whose `prompt_tokens` contain the cached ones
/// (https://platform.openai.com/docs/api-reference/chat/object).
enum OpenAIUsage {
    /// Reads the counts; false where the object holds none.
    static func read(_ usage: JSONView, into account: inout AnswerAccount) -> Bool {
        let prompt = usage["prompt_tokens"]?.count
        let completion = usage["completion_tokens"]?.count
        guard prompt != nil || completion != nil else { return false }
        let details = usage["prompt_tokens_details"]
        let cached = details?["cached_tokens"]?.count ?? 0
        let written = details?["cache_write_tokens"]?.count ?? 0
        if let prompt {
            account.hasInput = true
            account.usage.cacheRead = min(cached, prompt)
            account.usage.cacheWrite5m = min(written, prompt - account.usage.cacheRead)
            account.usage.input = prompt - account.usage.cacheRead - account.usage.cacheWrite5m
        }
        if let completion {
            account.hasOutput = true
            account.usage.output = completion
        }
        account.reasoningTokens = usage["completion_tokens_details"]?["reasoning_tokens"]?.count ?? 0
        return true
    }

    /// The counts as OpenAI writes them.
    static func append(_ totals: AnswerTotals, to out: inout [UInt8]) {
        if let verbatim = totals.verbatim.usage {
            out.append(contentsOf: verbatim)
            return
        }
        let usage = totals.usage
        let prompt = usage.totalInput
        out.append(
            contentsOf: """
                {"prompt_tokens":\(prompt),"completion_tokens":\(usage.output),"total_tokens":\(prompt &+ usage.output),\
                "prompt_tokens_details":{"cached_tokens":\(usage.cacheRead),\
                "cache_write_tokens":\(usage.cacheWrite5m &+ usage.cacheWrite1h)},\
                "completion_tokens_details":{"reasoning_tokens":\(totals.reasoningTokens)}}
                """.utf8
        )
    }

    /// Anthropic's word for a `finish_reason`. Reasons that nobody knows are taken for a plain end.
    static func stopReason(_ finish: String?, hasCalls: Bool, hasRefused: Bool) -> String {
        if hasRefused { return "refusal" }
        switch finish {
        case "length": return "max_tokens"
        case "content_filter": return "refusal"
        case "tool_calls", "function_call": return "tool_use"
        default: return hasCalls ? "tool_use" : "end_turn"
        }
    }

    /// OpenAI's word for a stop reason.
    static func finishReason(_ stop: String) -> StaticString {
        switch stop {
        case "tool_use": "tool_calls"
        case "max_tokens", "model_context_window_exceeded": "length"
        case "refusal": "content_filter"
        default: "stop"
        }
    }
}
