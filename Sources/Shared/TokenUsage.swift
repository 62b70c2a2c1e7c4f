/// Tokens of one exchange in the buckets that are priced differently.
///
/// Anthropic's `input_tokens` leaves cached tokens out, and so does `input` here; the buckets never overlap.
public struct TokenUsage: Sendable, Hashable, Codable {
    /// Input tokens that were neither read from nor written to the provider's prompt cache.
    public var input: Int
    /// Input tokens read from the provider's prompt cache.
    public var cacheRead: Int
    /// Input tokens written to the prompt cache for five minutes.
    public var cacheWrite5m: Int
    /// Input tokens written to the prompt cache for one hour.
    public var cacheWrite1h: Int
    /// Output tokens, thinking included.
    public var output: Int

    public init(input: Int = 0, cacheRead: Int = 0, cacheWrite5m: Int = 0, cacheWrite1h: Int = 0, output: Int = 0) {
        self.input = input
        self.cacheRead = cacheRead
        self.cacheWrite5m = cacheWrite5m
        self.cacheWrite1h = cacheWrite1h
        self.output = output
    }

    /// All tokens of the prompt, cached or not.
    public var totalInput: Int { input &+ cacheRead &+ cacheWrite5m &+ cacheWrite1h }

    public static func += (left: inout TokenUsage, right: TokenUsage) {
        left.input &+= right.input
        left.cacheRead &+= right.cacheRead
        left.cacheWrite5m &+= right.cacheWrite5m
        left.cacheWrite1h &+= right.cacheWrite1h
        left.output &+= right.output
    }

    private enum CodingKeys: String, CodingKey {
        case input = "input_tokens"
        case cacheRead = "cache_read_tokens"
        case cacheWrite5m = "cache_write_5m_tokens"
        case cacheWrite1h = "cache_write_1h_tokens"
        case output = "output_tokens"
    }
}
