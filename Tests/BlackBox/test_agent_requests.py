"""What a coding agent sends, before backends that are not Anthropic's: what arrives there, and what comes back."""

import json

import anthropic
import pytest

import wire
from dialects import whole_ollama
from openai_cases import PIXEL
from processes import backend, config
from test_fixtures import sent_body
from wire import messages

IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL.partition(",")[2]}}
LONG_NAME = "mcp__a_server_with_a_long_name__a_tool_whose_name_is_even_longer_than_that_of_its_server"
NOTES = {"type": "text", "media_type": "text/plain", "data": "low water 06:10"}
CACHED = {"cache_control": {"type": "ephemeral"}}
BILLING = "x-anthropic-billing-header: cc_version=2.1.250.ab1; cc_entrypoint=cli; cch=0f3a1;"
# Key order and the number's digits must survive.
INPUT = '{"zeta": 12345678901234567890, "alpha": [1.50, "\\u00e9"]}'
TIDE = {"type": "object", "properties": {"harbour": {"type": "string"}}, "required": ["harbour"]}
BODY = {
    "model": "NAME",
    "max_tokens": 4000,
    "thinking": {"type": "adaptive"},
    "output_config": {"effort": "high"},
    "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
    "metadata": {"user_id": "user_abc_account__session_11111111-2222-4333-8444-555555555555"},
    "system": [
        {"type": "text", "text": BILLING},
        {"type": "text", "text": "You are a coding agent."} | CACHED,
        {"type": "text", "text": "Work in /src."},
    ],
    "tools": [
        {"name": "lookup_tide", "description": "Tide height.", "input_schema": TIDE, "eager_input_streaming": True},
        {"name": LONG_NAME, "description": "Long.", "input_schema": {"type": "object", "properties": {}}} | CACHED,
    ],
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "<system-reminder>be brief</system-reminder>"},
                {"type": "document", "title": "notes", "source": NOTES},
                IMAGE,
                {"type": "text", "text": "What is shown?"} | CACHED,
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "I must look.", "signature": "c2ln"},
                {"type": "text", "text": "Looking."},
                {"type": "tool_use", "id": "toolu_1", "name": "lookup_tide", "input": "INPUT"},
                {"type": "tool_use", "id": "toolu_2", "name": LONG_NAME, "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_2", "is_error": True, "content": "no such thing"},
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "3.1 m"}, IMAGE]},
                {"type": "text", "text": "And?"},
            ],
        },
        {"role": "system", "content": "From now on answer in metres."},
        {
            "role": "assistant",
            "content": [{"type": "redacted_thinking", "data": "b3Bh"}, {"type": "text", "text": "3.1."}],
        },
        {"role": "user", "content": "Once more."},
    ],
}
HEADERS = {
    "anthropic-beta": "claude-code-20250219,context-management-2025-06-27",
    "x-claude-code-session-id": "11111111-2222-4333-8444-555555555555",
}
NAMES = ["compatible", "ollama"]


def body(name, **more):
    text = json.dumps(BODY | {"model": name} | more, ensure_ascii=False).replace('"INPUT"', INPUT)
    return text.encode()


@pytest.fixture(scope="module")
def fake(wire_kit, start_shared):
    return start_shared.fake()


@pytest.fixture(scope="module")
def gateway(wire_kit, fake, start_shared):
    """Backends that call two tools: in a stream, and whole."""
    whole = start_shared.upstream(whole_ollama(wire_kit))
    return start_shared.gateway(
        config(
            backend("compatible", fake.url, "fx-o07-stream-tools", provider="openai_compatible"),
            backend("compatible-whole", fake.url, "fx-o02-parallel-tools", provider="openai_compatible"),
            backend("ollama", fake.url, "fx-l02-chat-stream-think-tools", provider="ollama", num_ctx=32768),
            backend("ollama-whole", whole.url, "fx-l02-chat-stream-think-tools", provider="ollama"),
        )
    )


@pytest.fixture(scope="module")
def arrived(gateway, fake):
    """What each backend was sent of the rich request, and the answer's headers."""

    def one(name):
        answer = messages(gateway.port, body(name, stream=True), HEADERS, target="/v1/messages?beta=true")
        assert answer.status == 200, answer.body
        return fake.log()["requests"][-1], answer

    return {name: one(name) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_anthropics_own_arrives(arrived, name):
    request, answer = arrived[name]
    assert request["path"] == {"compatible": "/v1/chat/completions", "ollama": "/api/chat"}[name]
    text = json.dumps(request["body"])
    for word in ("billing-header", "cache_control", "context_management", "c2ln", "b3Bh", "eager_input", "output_config"):
        assert word not in text, word
    sent = {key.lower() for key, _ in request["headers"]}
    assert not [key for key in sent if key.startswith(("anthropic-", "x-claude", "x-api-key", "x-gateway"))], sent
    warning = answer["x-gateway-warning"]
    assert f"not taken by {name} as sent: " in warning
    for field in ("cache_control", "context_management", "messages.redacted_thinking", "tool_result"):
        assert field in warning, field


@pytest.mark.parametrize("name", NAMES)
def test_conversation_arrives_in_order(arrived, name):
    turns = arrived[name][0]["body"]["messages"]
    roles = [turn["role"] for turn in turns]
    # The instruction in mid-conversation stays in its place, as an instruction or as the user's.
    assert roles[:5] == ["system", "user", "assistant", "tool", "tool"] and roles[-1] == "user", roles
    assert turns[0]["content"] == "You are a coding agent.\n\nWork in /src."
    told = json.dumps(turns[1], ensure_ascii=False)
    order = ["be brief", "low water 06:10", "What is shown?"]
    assert sorted(order, key=told.index) == order and 'title=\\"notes\\"' in told
    assert turns[2]["content"] == "Looking."
    assert [turn["content"] for turn in turns[3:5]] == ["ERROR: no such thing", "3.1 m"]
    rest = json.dumps(turns[5:])
    order = ["And?", "From now on answer in metres.", "3.1.", "Once more."]
    assert sorted(order, key=rest.index) == order
    assert json.dumps(turns).count(IMAGE["source"]["data"]) == 2, "both images"


@pytest.mark.parametrize("name", NAMES)
def test_calls_and_results_belong_together(arrived, name):
    turns = arrived[name][0]["body"]["messages"]
    calls = {call["id"]: call["function"] for call in turns[2]["tool_calls"]}
    assert list(calls) == ["toolu_1", "toolu_2"]
    assert [turn["tool_call_id"] for turn in turns[3:5]] == ["toolu_2", "toolu_1"], "answered at once, in the order given"
    given = calls["toolu_1"]["arguments"]
    if name == "compatible":
        assert given == INPUT.replace(" ", "") or json.loads(given) == json.loads(INPUT) and "1.50" in given
        assert list(json.loads(given)) == ["zeta", "alpha"]
    else:
        assert given == json.loads(INPUT) and list(given) == ["zeta", "alpha"]
        assert turns[2]["thinking"] == "I must look."
        assert [turn["tool_name"] for turn in turns[3:5]] == [calls["toolu_2"]["name"], "lookup_tide"]
    offered = [tool["function"] for tool in arrived[name][0]["body"]["tools"]]
    assert [tool["name"] for tool in offered] == ["lookup_tide", calls["toolu_2"]["name"]]
    assert offered[0]["parameters"] == TIDE
    if name == "compatible":
        assert len(calls["toolu_2"]["name"]) <= 64 and LONG_NAME.startswith(calls["toolu_2"]["name"][:55])


def test_limits_arrive(arrived):
    compatible, ollama = (arrived[name][0]["body"] for name in NAMES)
    assert compatible["max_tokens"] == 4000 and compatible["stream_options"] == {"include_usage": True}
    assert ollama["options"]["num_predict"] == 4000 and ollama["options"]["num_ctx"] == 32768
    assert compatible["stream"] is True and ollama["stream"] is True


def test_recorded_agents_request(wire_kit, gateway, fake):
    for name in NAMES:
        answer = messages(gateway.port, sent_body(wire_kit, "a17", name), HEADERS, target="/v1/messages?beta=true")
        assert answer.status == 200 and wire.event_names(answer.body)[-1] == "message_stop"
        turns = fake.log()["requests"][-1]["body"]["messages"]
        assert [turn["role"] for turn in turns] == ["system", "user"]
        assert turns[0]["content"] == "You are a coding agent."


EXPECTED = {
    "compatible": [
        "",
        [("call_fx_a", "lookup_tide", {"harbour": "Salcombe ⚓"}), ("call_fx_b", "read_clock", {})],
        (80, 25),
    ],
    "compatible-whole": [
        "",
        [("call_fx_1", "lookup_tide", {"harbour": "Brixham", "hour": 9}), ("call_fx_2", "read_clock", {})],
        (90, 30),
    ],
    "ollama": [
        "Looking. ",
        [("call_l1", "lookup_tide", {"harbour": "Brixham", "hour": 9}), ("call_l2", "lookup_tide", {"harbour": "Fowey"})],
        (14, 7),
    ],
}


@pytest.mark.parametrize("name", ["compatible", "compatible-whole", "ollama", "ollama-whole"])
def test_answer_is_well_formed(gateway, name):
    client = anthropic.Anthropic(
        base_url=gateway.url, api_key="any", max_retries=0, timeout=20, _strict_response_validation=True
    )
    sent = json.loads(body(name))
    known = {key: sent.pop(key) for key in ("model", "max_tokens", "messages", "system", "tools", "thinking")}
    more = {"extra_body": sent, "extra_query": {"beta": "true"}, "extra_headers": HEADERS}
    if name.endswith("-whole"):
        message = client.messages.create(**known, **more)
    else:
        with client.messages.stream(**known, **more) as stream:
            message = stream.get_final_message()
    text, calls, usage = EXPECTED[name.replace("ollama-whole", "ollama")]
    assert "".join(block.text for block in message.content if block.type == "text") == text
    assert [(block.id, block.name, block.input) for block in message.content if block.type == "tool_use"] == calls
    thinking = [block.thinking for block in message.content if block.type == "thinking"]
    assert thinking == (["Need the tool."] if "ollama" in name else [])
    assert message.stop_reason == "tool_use"
    assert (message.usage.input_tokens, message.usage.output_tokens) == usage


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize("name", NAMES)
def test_shortened_name_comes_back_whole(start, name, stream):
    def answer(request, connection):
        called = request.json()["tools"][1]["function"]["name"]
        function = {"name": called, "arguments": "{}" if name == "compatible" else {}}
        call = {"id": "c1", "type": "function", "function": function}
        calls = {"role": "assistant", "content": None, "tool_calls": [call]}
        if name == "ollama":
            line = {"model": "m", "message": calls | {"content": ""}, "done": True, "done_reason": "stop", "eval_count": 1}
            kind = "application/x-ndjson" if stream else "application/json"
            data = wire.response_bytes(body=json.dumps(line).encode() + b"\n", headers={"content-type": kind})
        elif stream:
            call["index"] = 0
            data = wire.event_stream(wire.openai_chunk(calls) + wire.openai_chunk(finish="tool_calls") + wire.OPENAI_END)
        else:
            whole = json.loads(wire.COMPLETION)
            whole["choices"] = [{"index": 0, "message": calls, "finish_reason": "tool_calls"}]
            data = wire.response_bytes(body=json.dumps(whole).encode())
        connection.sendall(data)

    kind = {"compatible": "openai_compatible"}.get(name, name)
    gateway = start.gateway(config(backend(name, start.upstream(answer).url, "m", provider=kind)))
    answer = messages(gateway.port, body(name, stream=stream))
    assert answer.status == 200 and b'"name":"%s"' % LONG_NAME.encode() in answer.body, answer.body


@pytest.mark.parametrize("name", NAMES)
def test_count_tokens_is_answered_and_costs_nothing(gateway, name):
    before = wire.get_json(gateway.port, "/v1/metrics")["since_start"]
    counts = []
    for count in (1, 50):
        sent = json.loads(body(name))
        del sent["max_tokens"]
        sent["system"][2]["text"] *= count
        answer = messages(gateway.port, sent, HEADERS, target="/v1/messages/count_tokens?beta=true")
        assert answer.status == 200 and set(answer.json()) == {"input_tokens"}
        assert "estimate" in answer["x-gateway-warning"]
        counts.append(answer.json()["input_tokens"])
    # 49 times 13 letters are some 160 tokens.
    assert counts[0] > 50 and 80 < counts[1] - counts[0] < 400, counts
    assert wire.get_json(gateway.port, "/v1/metrics")["since_start"] == before
