"""What every version of the openai SDK must be able to do through the gateway's demo.

The tests call these with the newest SDK. As a script it runs them with the SDK of the interpreter at hand:

    python openai_cases.py http://127.0.0.1:PORT

It prints a JSON object: for each case null, or how it failed.
"""

import json
import sys
import traceback

import openai

SCHEMA = {
    "type": "object",
    "properties": {"harbour": {"type": "string"}, "hour": {"type": "integer"}},
    "required": ["harbour", "hour"],
    "additionalProperties": False,
}
TOOL = {
    "type": "function",
    "function": {"name": "lookup_tide", "description": "Tide height at a harbour.", "parameters": SCHEMA},
}
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNQSFgAAAHEASFiX4r9AAAAAElFTkSuQmCC"
)
USAGE = {"stream": True, "stream_options": {"include_usage": True}}


def ask(text, **more):
    return {"model": "haiku", "messages": [{"role": "user", "content": text}], **more}


def spoken(chunks):
    """The text of a stream, its finish reason and its usage."""
    text, finish, usage = "", None, None
    for chunk in chunks:
        usage = chunk.usage or usage
        for choice in chunk.choices:
            text += choice.delta.content or ""
            finish = choice.finish_reason or finish
    return text, finish, usage


def case_plain(client):
    answer = client.chat.completions.create(**ask("Say hello. [[simulate: tokens=10]]"))
    (choice,) = answer.choices
    assert answer.object == "chat.completion" and answer.id.startswith("chatcmpl-")
    assert choice.message.role == "assistant" and choice.message.content.startswith("[simulated]")
    assert choice.finish_reason == "stop" and choice.message.tool_calls is None
    assert answer.usage.prompt_tokens > 0 and answer.usage.completion_tokens > 0
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def case_stream_with_usage(client):
    text, finish, usage = spoken(client.chat.completions.create(**ask("A story. [[simulate: tokens=30]]"), **USAGE))
    assert text.startswith("[simulated]") and finish == "stop"
    assert usage.prompt_tokens > 0 and usage.completion_tokens > 1


def case_stream_without_usage(client):
    chunks = list(client.chat.completions.create(**ask("Another. [[simulate: tokens=9]]"), stream=True))
    assert all(chunk.choices and chunk.usage is None for chunk in chunks)
    assert chunks[0].choices[0].delta.role == "assistant" and chunks[-1].choices[0].finish_reason == "stop"
    assert len({chunk.id for chunk in chunks}) == 1 and len(chunks) > 3


def case_stream_helper(client):
    body = ask("Help. [[simulate: tokens=9]]")
    with client.chat.completions.stream(**body, stream_options=USAGE["stream_options"]) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_completion()
    assert "content.delta" in kinds and "content.done" in kinds
    assert final.choices[0].message.content.startswith("[simulated]") and final.usage.completion_tokens > 0


def case_system_and_developer(client):
    long = client.chat.completions.create(
        model="haiku",
        messages=[
            {"role": "system", "content": "Be brief. " * 40},
            {"role": "developer", "content": [{"type": "text", "text": "Be kind. " * 40}]},
            {"role": "user", "content": "Hi [[simulate: tokens=5]]"},
        ],
    )
    short = client.chat.completions.create(**ask("Hi [[simulate: tokens=5]]"))
    assert long.usage.prompt_tokens > short.usage.prompt_tokens + 150, "both prompts arrived"


def case_image(client):
    parts = [
        {"type": "text", "text": "See. [[simulate: tokens=5]]"},
        {"type": "image_url", "image_url": {"url": PIXEL}},
    ]
    answer = client.chat.completions.create(model="haiku", messages=[{"role": "user", "content": parts}])
    assert answer.choices[0].finish_reason == "stop"


def case_tool_round_trip(client):
    answer = client.chat.completions.create(**ask("Tide? [[simulate: tool]]", tools=[TOOL]))
    (choice,) = answer.choices
    assert choice.finish_reason == "tool_calls"
    (call,) = choice.message.tool_calls
    given = json.loads(call.function.arguments)
    assert call.type == "function" and call.function.name == "lookup_tide"
    assert isinstance(given["harbour"], str) and isinstance(given["hour"], int)
    again = client.chat.completions.create(
        model="haiku",
        tools=[TOOL],
        messages=[
            {"role": "user", "content": "Tide?"},
            choice.message.model_dump(exclude_none=True),
            {"role": "tool", "tool_call_id": call.id, "content": "3.1 m"},
            {"role": "user", "content": "Go on. [[simulate: tokens=5]]"},
        ],
    )
    assert again.choices[0].finish_reason == "stop" and again.choices[0].message.content


def case_tool_stream(client):
    with client.chat.completions.stream(**ask("Tide now? [[simulate: tool]]", tools=[TOOL])) as stream:
        for _ in stream:
            pass
        message = stream.get_final_completion().choices[0].message
    (call,) = message.tool_calls
    given = json.loads(call.function.arguments)
    assert call.id and call.function.name == "lookup_tide" and isinstance(given["hour"], int)


def case_forced_tool(client):
    for choice in ("required", {"type": "function", "function": {"name": "lookup_tide"}}):
        answer = client.chat.completions.create(**ask(f"Tide, {choice}?", tools=[TOOL], tool_choice=choice))
        assert answer.choices[0].message.tool_calls[0].function.name == "lookup_tide"
    answer = client.chat.completions.create(**ask("No tool [[simulate: tokens=5]]", tools=[TOOL], tool_choice="none"))
    assert answer.choices[0].message.tool_calls is None


def case_json_schema(client):
    form = {"type": "json_schema", "json_schema": {"name": "berth", "strict": True, "schema": SCHEMA}}
    plain = client.chat.completions.create(**ask("Brixham, nine", response_format=form))
    assert set(json.loads(plain.choices[0].message.content)) == {"harbour", "hour"}
    assert plain.choices[0].finish_reason == "stop" and plain.choices[0].message.tool_calls is None
    text, finish, _ = spoken(client.chat.completions.create(**ask("Fowey, ten", response_format=form), stream=True))
    assert set(json.loads(text)) == {"harbour", "hour"} and finish == "stop"


def case_limits_and_refusals(client):
    for limit in ({"max_tokens": 3}, {"max_completion_tokens": 3}):
        answer = client.chat.completions.create(**ask("Long [[simulate: tokens=60]]", **limit))
        assert answer.choices[0].finish_reason == "length" and answer.usage.completion_tokens <= 3, limit
    answer = client.chat.completions.create(**ask("No. [[simulate: refuse]]"))
    assert answer.choices[0].finish_reason == "content_filter"


def case_models(client):
    ids = [model.id for model in client.models.list()]
    assert {"auto", "smartroute", "claude-gateway-auto", "haiku", "sonnet", "opus"} <= set(ids), ids
    for name in ("auto", "haiku"):
        model = client.models.retrieve(name)
        assert (model.id, model.object) == (name, "model") and model.owned_by and isinstance(model.created, int)
    try:
        client.models.retrieve("nonesuch")
    except openai.NotFoundError as error:
        assert "nonesuch" in error.message
    else:
        raise AssertionError("no error")


def case_error(client):
    try:
        client.chat.completions.create(**ask("x [[simulate: status=400]]"))
    except openai.BadRequestError as error:
        assert error.status_code == 400 and error.type == "invalid_request_error"
        assert "simulated invalid request" in error.message and error.request_id
    else:
        raise AssertionError("no error")


def case_own_error(client):
    for body, word in (({"n": 2}, "n"), ({"logprobs": True}, "logprobs"), ({"tools": [{"type": "x"}]}, "tools")):
        try:
            client.chat.completions.create(**ask("x"), extra_body=body)
        except openai.BadRequestError as error:
            assert word in error.message and error.type == "invalid_request_error", error.body
        else:
            raise AssertionError(f"{body} was taken")


def case_error_inside_a_stream(client):
    for words in ("error=6", "cut=6"):
        said = ""
        try:
            for chunk in client.chat.completions.create(**ask(f"Break [[simulate: tokens=40 {words}]]"), stream=True):
                said += chunk.choices[0].delta.content or ""
        except openai.APIConnectionError:
            raise
        except openai.APIError as error:
            assert said and error.message and error.body["type"], error.body
        else:
            raise AssertionError("a broken stream passed for a whole one")


def case_headers(client):
    raw = client.chat.completions.with_raw_response.create(**ask("Headers? [[simulate: tokens=5]]"))
    headers = raw.headers
    assert headers["x-gateway"].startswith("llm-gateway/") and len(headers["x-gateway-query-id"]) == 16
    assert headers["x-gateway-tier"] == "fast" and headers["x-cache"] == "MISS"
    assert headers["x-gateway-provider"] == "simulated" and headers["x-gateway-simulated"] == "true"
    assert float(headers["x-gateway-cost-usd"]) > 0
    assert raw.parse()._request_id, "the SDK finds its x-request-id"


def case_auto(client):
    """Names that leave the choice to the gateway."""
    hard = (
        "Prove step by step that there are infinitely many primes, then design, analyse and compare three algorithms for "
        "testing primality, with their complexity, their trade-offs and a formal proof of correctness for each. "
    ) * 6
    for name in ("auto", "smartroute", "claude-gateway-auto"):
        tiers = []
        for text in (f"Hi {name} [[simulate: tokens=5]]", f"{hard} {name} [[simulate: tokens=5]]"):
            raw = client.chat.completions.with_raw_response.create(**ask(text, model=name))
            tiers.append(raw.headers["x-gateway-tier"])
            assert raw.headers["x-gateway-classifier"] == "heuristic"
        assert tiers[0] == "fast" and tiers[1] != "fast", tiers


def case_tier_as_a_model(client):
    for name, tier in (("fast", "fast"), ("balanced", "balanced"), ("premium", "premium"), ("opus", "premium")):
        for routed in (False, True):  # in the demo the gateway chooses, unless it is told not to
            body = ask(f"{name} {routed} [[simulate: tokens=5]]", model=name)
            raw = client.chat.completions.with_raw_response.create(**body, extra_body={"smart_routing": routed})
            assert raw.headers["x-gateway-tier"] == ("fast" if routed else tier), (name, routed)


def case_cache_plain_then_stream(client):
    body = ask("Plain first. [[simulate: tokens=12]]")
    plain = client.chat.completions.create(**body)
    for options in ({"stream": True}, USAGE):
        raw = client.chat.completions.with_raw_response.create(**body, **options)
        assert raw.headers["x-cache"] == "HIT"
        text, finish, usage = spoken(raw.parse())
        assert (text, finish) == (plain.choices[0].message.content, "stop")
        if options is USAGE:
            assert usage.completion_tokens == plain.usage.completion_tokens
            assert usage.prompt_tokens == plain.usage.prompt_tokens
        else:
            assert usage is None


def case_cache_stream_then_plain(client):
    for number, options in enumerate(({"stream": True}, USAGE)):
        body = ask(f"Stream first, {number}. [[simulate: tokens=12]]")
        text, _, usage = spoken(client.chat.completions.create(**body, **options))
        raw = client.chat.completions.with_raw_response.create(**body)
        plain = raw.parse()
        assert raw.headers["x-cache"] == "HIT" and float(raw.headers["x-gateway-cost-usd"]) == 0
        assert (plain.choices[0].message.content, plain.choices[0].finish_reason) == (text, "stop")
        assert plain.usage.completion_tokens > 0 and plain.usage.prompt_tokens > 0
        if usage:
            assert plain.usage.completion_tokens == usage.completion_tokens
            assert plain.usage.prompt_tokens == usage.prompt_tokens


CASES = {name.removeprefix("case_"): value for name, value in list(globals().items()) if name.startswith("case_")}


def main():
    client = openai.OpenAI(base_url=f"{sys.argv[1]}/v1", api_key="any", max_retries=0, timeout=20)
    results = {"version": openai.__version__}
    for name, case in CASES.items():
        try:
            case(client)
            results[name] = None
        except Exception:
            results[name] = traceback.format_exc()
    print(json.dumps(results))


if __name__ == "__main__":
    main()
