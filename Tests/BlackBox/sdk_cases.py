"""What every version of the anthropic SDK must be able to do through the gateway's demo.

The tests call these with the newest SDK. As a script it runs them with the SDK of the interpreter at hand:

    python sdk_cases.py http://127.0.0.1:PORT

It prints a JSON object: for each case null, or how it failed.
"""

import json
import sys
import traceback

import anthropic

TOOL = {
    "name": "lookup_tide",
    "description": "Tide height at a harbour.",
    "input_schema": {
        "type": "object",
        "properties": {"harbour": {"type": "string"}, "hour": {"type": "integer"}},
        "required": ["harbour", "hour"],
    },
}


def ask(text, **more):
    return {"model": "haiku", "max_tokens": 300, "messages": [{"role": "user", "content": text}], **more}


def case_plain(client):
    message = client.messages.create(**ask("Say hello. [[simulate: tokens=10]]"))
    assert message.type == "message" and message.role == "assistant"
    assert message.content[0].type == "text" and message.content[0].text.startswith("[simulated]")
    assert message.stop_reason == "end_turn"
    assert message.usage.input_tokens > 0 and message.usage.output_tokens > 0


def case_stream(client):
    with client.messages.stream(**ask("Tell a story. [[simulate: tokens=30]]")) as stream:
        pieces = list(stream.text_stream)
        final = stream.get_final_message()
    assert len(pieces) > 1
    assert "".join(pieces) == final.content[0].text
    assert final.stop_reason == "end_turn" and final.usage.output_tokens > 1 and final.usage.input_tokens > 0


def case_raw_stream(client):
    names = [event.type for event in client.messages.create(stream=True, **ask("Raw. [[simulate: tokens=6]]"))]
    assert names[0] == "message_start" and names[-1] == "message_stop"
    assert names.index("content_block_start") < names.index("content_block_delta") < names.index("content_block_stop")


def case_system(client):
    system = [{"type": "text", "text": "Be brief. " * 40, "cache_control": {"type": "ephemeral"}}]
    with_blocks = client.messages.create(**ask("Hi [[simulate: tokens=5]]", system=system))
    without = client.messages.create(**ask("Hi [[simulate: tokens=5]]"))
    usage = with_blocks.usage
    total = usage.input_tokens + (usage.cache_creation_input_tokens or 0) + (usage.cache_read_input_tokens or 0)
    assert total > without.usage.input_tokens + 50, "the system prompt arrived"


def case_tool(client):
    message = client.messages.create(**ask("Tide? [[simulate: tool]]", tools=[TOOL]))
    call = next(block for block in message.content if block.type == "tool_use")
    assert message.stop_reason == "tool_use"
    assert call.name == "lookup_tide" and isinstance(call.input["harbour"], str) and isinstance(call.input["hour"], int)
    answer = client.messages.create(
        model="haiku",
        max_tokens=300,
        tools=[TOOL],
        messages=[
            {"role": "user", "content": "Tide?"},
            {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in message.content]},
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": call.id, "content": "3.1 m"},
                    {"type": "text", "text": "Go on. [[simulate: tokens=5]]"},
                ],
            },
        ],
    )
    assert answer.stop_reason == "end_turn" and answer.content[0].type == "text"


def case_tool_stream(client):
    with client.messages.stream(**ask("Tide now? [[simulate: tool]]", tools=[TOOL])) as stream:
        final = stream.get_final_message()
    call = next(block for block in final.content if block.type == "tool_use")
    assert isinstance(call.input["harbour"], str) and isinstance(call.input["hour"], int)


def case_thinking(client):
    thinking = {"type": "enabled", "budget_tokens": 1024}
    body = ask("Think. [[simulate: tokens=5]]", thinking=thinking, max_tokens=2000)
    message = client.messages.create(**body)
    assert [block.type for block in message.content] == ["thinking", "text"]
    assert message.content[0].thinking and message.content[0].signature
    with client.messages.stream(**body) as stream:
        final = stream.get_final_message()
    assert [block.type for block in final.content] == ["thinking", "text"]
    assert final.content[0].signature
    again = client.messages.create(
        model="haiku",
        max_tokens=2000,
        thinking=thinking,
        messages=[
            {"role": "user", "content": "Think. [[simulate: tokens=5]]"},
            {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in message.content]},
            {"role": "user", "content": "And now? [[simulate: tokens=5]]"},
        ],
    )
    assert again.stop_reason == "end_turn", "the signed block was taken back unchanged"


def case_stop_reasons(client):
    assert client.messages.create(**ask("No. [[simulate: refuse]]")).stop_reason == "refusal"
    assert client.messages.create(**ask("Cut. [[simulate: truncate]]")).stop_reason == "max_tokens"


def case_count_tokens(client):
    messages = ask("x" * 400)["messages"]
    counted = client.messages.with_raw_response.count_tokens(model="haiku", messages=messages)
    assert 50 < counted.parse().input_tokens < 400
    assert counted.headers["x-gateway-simulated"] == "true"


def case_models(client):
    page = client.models.list(limit=100)
    ids = [model.id for model in page]
    assert {"auto", "haiku", "claude-haiku-4-5-20251001"} <= set(ids)
    assert all(client.models.retrieve(name).id == name for name in ids)
    assert [model.id for model in client.models.list(limit=2)] == ids, "page after page"


def case_error(client):
    try:
        client.messages.create(**ask("x [[simulate: status=400]]"))
    except anthropic.BadRequestError as error:
        assert error.status_code == 400
        assert error.body["error"]["message"] == "messages: simulated invalid request"
        assert error.response.headers["request-id"]
    else:
        raise AssertionError("no error")


def case_error_inside_a_stream(client):
    pieces = []
    try:
        with client.messages.stream(**ask("Break. [[simulate: tokens=40 error=6]]")) as stream:
            for text in stream.text_stream:
                pieces.append(text)
    except anthropic.APIStatusError as error:
        assert "verloaded" in str(error)
        assert pieces
    else:
        raise AssertionError("a broken stream passed for a whole one")


def case_provider_gone_inside_a_stream(client):
    try:
        with client.messages.stream(**ask("Vanish. [[simulate: tokens=40 cut=6]]")) as stream:
            stream.get_final_message()
    except anthropic.APIStatusError as error:
        assert error.body["error"]["type"] == "api_error"
    else:
        raise AssertionError("a broken stream passed for a whole one")


def case_headers(client):
    answer = client.messages.with_raw_response.create(**ask("Headers? [[simulate: tokens=5]]"))
    assert answer.parse().content[0].text
    headers = answer.headers
    assert headers["x-gateway"].startswith("llm-gateway/") and len(headers["x-gateway-query-id"]) == 16
    assert headers["x-gateway-tier"] == "fast" and headers["x-gateway-cache"] == "none"
    assert 0 <= int(headers["x-gateway-score"]) <= 100 and headers["x-gateway-classifier"] == "heuristic"
    assert float(headers["x-gateway-cost-usd"]) > 0 and float(headers["x-gateway-saved-usd"]) > 0
    assert headers["x-cache"] == "MISS" and headers["x-gateway-simulated"] == "true"
    assert headers["x-gateway-model"].startswith("claude-haiku") and headers["x-gateway-provider"] == "simulated"
    assert headers["x-gateway-escalations"] == "0"


def case_cache_plain_then_stream(client):
    body = ask("Plain first. [[simulate: tokens=12]]")
    plain = client.messages.create(**body)
    with client.messages.stream(**body) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
        assert stream.response.headers["x-cache"] == "HIT"
    assert text == plain.content[0].text == final.content[0].text
    assert final.stop_reason == plain.stop_reason
    assert final.usage.output_tokens == plain.usage.output_tokens
    assert final.usage.input_tokens == plain.usage.input_tokens


def case_cache_stream_then_plain(client):
    body = ask("Stream first. [[simulate: tokens=12]]")
    with client.messages.stream(**body) as stream:
        final = stream.get_final_message()
    answer = client.messages.with_raw_response.create(**body)
    plain = answer.parse()
    assert answer.headers["x-cache"] == "HIT"
    assert plain.content[0].text == final.content[0].text
    assert (plain.stop_reason, plain.model) == (final.stop_reason, final.model)
    assert plain.usage.output_tokens == final.usage.output_tokens
    assert plain.usage.input_tokens == final.usage.input_tokens


CASES = {name.removeprefix("case_"): value for name, value in list(globals().items()) if name.startswith("case_")}


def main():
    client = anthropic.Anthropic(base_url=sys.argv[1], api_key="any", max_retries=0, timeout=20)
    results = {"version": anthropic.__version__}
    for name, case in CASES.items():
        try:
            case(client)
            results[name] = None
        except Exception:
            results[name] = traceback.format_exc()
    print(json.dumps(results))


if __name__ == "__main__":
    main()
