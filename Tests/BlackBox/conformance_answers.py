"""What the recorded answers of the wire kit say, in no dialect, and which of them show what. By hand from the fixtures."""

from dataclasses import dataclass, field


@dataclass
class Answer:
    """An answer in no dialect. Tokens are in Anthropic's buckets: `input` is what no cache had."""

    text: str = ""
    stop: str = "end_turn"
    input: int | None = None
    output: int | None = None
    cache_read: int = 0
    cache_write: int = 0
    thinking: str = ""
    # As (id, name, input).
    tools: list = field(default_factory=list)
    stop_sequence: str | None = None
    # OpenAI's finish_reason where it does not follow from `stop`.
    finish: str | None = None


# The recorded answers, by hand from the fixtures. None for figures: the provider gives none, and the gateway estimates.
ANSWERS = {
    "a01": Answer("A gannet.", input=11, output=6),
    "a02": Answer("Dawn to dusk.", input=4, output=5, cache_read=2048, cache_write=120),
    "a03": Answer(
        "Checking both.",
        "tool_use",
        310,
        88,
        tools=[
            ("toolu_fx_1", "lookup_tide", {"harbour": "Brixham", "hour": 9}),
            ("toolu_fx_2", "lookup_tide", {"harbour": "Fowey"}),
            ("toolu_fx_3", "read_clock", {}),
        ],
    ),
    "a05": Answer("Low water is at 06:10.", input=900, output=20),
    "a06": Answer("391", input=20, output=60, thinking="17*20=340, 17*3=51."),
    "a08": Answer("One, two, three, four.", input=12, output=12),
    "a09": Answer(
        "Let me look. ",
        "tool_use",
        420,
        97,
        cache_read=300,
        thinking="User wants the tide.",
        tools=[("toolu_fx_9", "lookup_tide", {"harbour": "Brixham", "hour": 9})],
    ),
    "a10": Answer(
        "",
        "tool_use",
        12,
        71,
        tools=[
            ("toolu_fx_a", "lookup_tide", {"harbour": "Salcombe ⚓"}),
            ("toolu_fx_b", "read_clock", {}),
            ("toolu_fx_c", "lookup_tide", {"harbour": "Fowey", "hour": 18}),
        ],
    ),
    "a12": Answer("hi ", "stop_sequence", 12, 4, stop_sequence="END"),
    "a13": Answer("I can", "refusal", 12, 3),
    "a14": Answer("naïve café — 日本語 🐟🐟", "max_tokens", 12, 40),
    "a16": Answer("06:10", input=800, output=50),
    "o01": Answer("A gannet.", input=18, output=5),
    "o02": Answer(
        "",
        "tool_use",
        90,
        30,
        tools=[
            ("call_fx_1", "lookup_tide", {"harbour": "Brixham", "hour": 9}),
            ("call_fx_2", "read_clock", {}),
        ],
    ),
    "o03": Answer("3.1 m at 09:00.", input=12, output=9, cache_read=128),
    "o04": Answer('{"port":"Brixham","depth_m":4.5}', input=12, output=9),
    "o05": Answer("I can't help with that.", "refusal", 12, 9, finish="stop"),
    "o06": Answer("One, two, three, four.", input=10, output=8),
    "o07": Answer(
        "",
        "tool_use",
        80,
        25,
        tools=[("call_fx_a", "lookup_tide", {"harbour": "Salcombe ⚓"}), ("call_fx_b", "read_clock", {})],
    ),
    "o08": Answer("391", input=12, output=20, thinking="17*20=340"),
    "o09": Answer("391", "tool_use", thinking="17*20", tools=[("call_q1", "read_clock", {})]),
    "o10": Answer("hello", "max_tokens", 3, 2),
    "l01": Answer("One, two", input=14, output=7),
    "l02": Answer(
        "Looking. ",
        "tool_use",
        14,
        7,
        thinking="Need the tool.",
        tools=[
            ("call_l1", "lookup_tide", {"harbour": "Brixham", "hour": 9}),
            ("call_l2", "lookup_tide", {"harbour": "Fowey"}),
        ],
    ),
}

# Which of them show what.
ANTHROPIC = {
    "plain": ("a01", "a02", "a05", "a06"),
    "stream": ("a08", "a12", "a13", "a14", "a16"),
    "tools": ("a03",),
    "both": ("a09", "a10"),
}
OPENAI = {
    "plain": ("o01", "o03", "o04", "o05"),
    "stream": ("o06", "o08", "o10"),
    "tools": ("o02",),
    "both": ("o07", "o09"),
}
# Ollama is recorded in lines alone; `whole` is the same as one object, see test_conformance.py.
OLLAMA = {"plain": ("l01-whole",), "stream": ("l01",), "tools": ("l02-whole",), "both": ("l02",)}
FIXTURES = {"anthropic": ANTHROPIC, "openai": OPENAI, "openai_compatible": OPENAI, "ollama": OLLAMA}


@dataclass
class Failure:
    """An error answer: what the SDK must make of it. `kind` is Anthropic's error type or OpenAI's code, None for any."""

    number: int
    status: int
    kind: str | None
    words: str = ""
    retry_after: str | None = None
    should_retry: str | None = None


# WIRE.md, 4.5. An upstream 401 or 403 is about the gateway's own key, and never the client's.
KEY_REFUSED = {"should_retry": "false"}
FAILURES = {
    ("anthropic", "anthropic"): [
        Failure(0, 400, "invalid_request_error", "max_tokens: must be greater than or equal to 1"),
        Failure(1, 400, "invalid_request_error", "prompt is too long: 1204018 tokens > 1000000 maximum"),
        Failure(2, 502, "api_error", **KEY_REFUSED),
        Failure(3, 402, "billing_error"),
        Failure(4, 502, "api_error", **KEY_REFUSED),
        Failure(5, 404, "not_found_error", "model: claude-nope"),
        Failure(6, 409, "conflict_error"),
        Failure(7, 413, "request_too_large"),
        Failure(8, 429, "rate_limit_error", retry_after="1"),
        Failure(9, 429, "rate_limit_error", "spend limit reached", should_retry="false"),
        Failure(10, 500, "api_error"),
        Failure(11, 503, "api_error"),
        Failure(12, 504, "timeout_error"),
        Failure(13, 529, "overloaded_error", should_retry="true"),
    ],
    ("openai", "anthropic"): [
        Failure(0, 400, None, "max_tokens: must be greater than or equal to 1"),
        Failure(1, 400, "context_length_exceeded"),
        Failure(2, 502, "upstream_refused_key", **KEY_REFUSED),
        Failure(3, 403, None, "linked account has no payment method"),
        Failure(4, 502, "upstream_refused_key", **KEY_REFUSED),
        Failure(5, 404, "model_not_found", "claude-nope"),
        Failure(6, 409, None, "resource changed"),
        Failure(7, 413, "request_too_large"),
        Failure(8, 429, "rate_limit_exceeded", retry_after="1"),
        Failure(9, 429, None, "spend limit reached", should_retry="false"),
        Failure(10, 500, None, "Internal server error"),
        Failure(11, 503, None, "upstream unavailable"),
        Failure(12, 504, "timeout"),
        Failure(13, 503, "overloaded"),
    ],
    ("openai", "openai"): [
        Failure(0, 400, "context_length_exceeded", "This model's maximum context length is 128000 tokens."),
        Failure(1, 400, "unsupported_parameter", "Unsupported parameter: 'max_tokens'."),
        Failure(2, 502, "upstream_refused_key", **KEY_REFUSED),
        Failure(3, 502, "upstream_refused_key", **KEY_REFUSED),
        Failure(4, 404, "model_not_found", "The model `gpt-nope` does not exist."),
        Failure(5, 429, "rate_limit_exceeded", retry_after="1"),
        Failure(6, 429, "insufficient_quota", should_retry="false"),
        Failure(7, 500, None, "The server had an error."),
        Failure(8, 503, "overloaded", retry_after="1"),
    ],
    ("anthropic", "openai"): [
        Failure(0, 400, "invalid_request_error", "prompt is too long"),
        Failure(1, 400, "invalid_request_error", "max_tokens"),
        Failure(2, 502, "api_error", **KEY_REFUSED),
        Failure(3, 502, "api_error", **KEY_REFUSED),
        Failure(4, 404, "not_found_error", "gpt-nope"),
        Failure(5, 429, "rate_limit_error", retry_after="1"),
        Failure(6, 429, "rate_limit_error", should_retry="false"),
        Failure(7, 500, "api_error"),
        Failure(8, 529, "overloaded_error", retry_after="1"),
    ],
    ("openai", "ollama"): [
        Failure(0, 404, "model_not_found", "model 'nope' not found"),
        Failure(1, 400, None, "does not support tools"),
        Failure(2, 503, "overloaded", "server busy"),
    ],
    ("anthropic", "ollama"): [
        Failure(0, 404, "not_found_error", "model 'nope' not found"),
        Failure(1, 400, "invalid_request_error", "does not support tools"),
        Failure(2, 529, "overloaded_error", "server busy"),
    ],
    # By the simulator's marker: number is the status that it answers with.
    ("openai", "simulated"): [
        Failure(400, 400, None),
        Failure(404, 404, "model_not_found"),
        Failure(429, 429, "rate_limit_exceeded"),
        Failure(529, 503, "overloaded"),
    ],
    ("anthropic", "simulated"): [
        Failure(400, 400, "invalid_request_error"),
        Failure(404, 404, "not_found_error"),
        Failure(429, 429, "rate_limit_error"),
        Failure(529, 529, "overloaded_error"),
    ],
}
ERROR_LISTS = {"anthropic": "a18", "openai": "o12", "openai_compatible": "o12", "ollama": "l07"}

# Streams that fail under a 200: what was said before, and the words of the error.
TORN = {
    "anthropic": {"a11": ("It began", "verloaded"), "a15": ("half a sen", "")},
    "openai": {"o11": ("It be", "The server had an error")},
    "openai_compatible": {"o11": ("It be", "The server had an error")},
    "ollama": {"l06": ("It be", "model runner has unexpectedly stopped")},
}
