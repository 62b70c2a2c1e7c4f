"""Bad input from clients where dialects meet: what they are told, and what reaches the provider, over HTTP."""

import json

import pytest

import wire
from dialects import BACKENDS, CLIENTS, FAR, ask, assert_refused, models, send
from processes import config
from wire import assert_error, assert_openai_error, completions, messages, prompt


@pytest.fixture(scope="module")
def standing(start_shared):
    upstream = start_shared.upstream(wire.reply_by_path)
    return start_shared.gateway(config(*models(upstream.url))), upstream


@pytest.fixture
def pair(standing):
    standing[1].requests.clear()
    return standing


@pytest.fixture(scope="module")
def strict(standing, start_shared):
    return start_shared.gateway(config(*models(standing[1].url), strict_translation=True))


@pytest.mark.parametrize("name", BACKENDS)
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"model":"NAME"}x', b"\xff\xfe"])
def test_unreadable_body(pair, client, name, body):
    gateway, upstream = pair
    assert_refused(client, send(gateway, client, body.replace(b"NAME", name.encode())))
    assert upstream.requests == []


@pytest.mark.parametrize("name", BACKENDS)
@pytest.mark.parametrize("client", CLIENTS)
def test_nesting_too_deep(pair, client, name):
    """In a member that nobody would read, too."""
    gateway, upstream = pair
    deep = json.dumps(ask(client, name))[:-1] + ',"metadata":' + '{"a":' * 300 + "1" + "}" * 301
    assert_refused(client, send(gateway, client, deep.encode()))
    assert upstream.requests == []


@pytest.mark.parametrize(("client", "name"), FAR)
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("messages", "x"),
        ("messages", [7]),
        ("messages", [{"role": "user", "content": 7}]),
        ("messages", [{"role": "user", "content": ["x"]}]),
        ("messages", [{"role": 7, "content": "x"}]),
        ("messages", [{"role": "narrator", "content": "x"}]),
        ("messages", [{"content": "x"}]),
        ("messages", [{"role": "user", "content": [{"type": "novel"}]}]),
        ("messages", [{"role": "user", "content": [{"text": "x"}]}]),
        ("tools", {"name": "x"}),
        ("tools", ["x"]),
        ("tool_choice", 7),
        ("stream", "yes"),
        ("max_tokens", "many"),
        ("temperature", "hot"),
    ],
)
def test_wrong_types_name_their_field(pair, client, name, field, value):
    gateway, upstream = pair
    message = assert_refused(client, send(gateway, client, ask(client, name) | {field: value}))
    assert message.startswith(field), message
    assert upstream.requests == []


@pytest.mark.parametrize("name", ["claude", "ollama"])
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("n", 2),
        ("logprobs", True),
        ("modalities", ["text", "audio"]),
        ("audio", {"voice": "alloy", "format": "wav"}),
        ("messages", [{"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "AA=="}}]}]),
        ("messages", [{"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]}]),
        ("tools", [{"type": "custom", "custom": {"name": "x"}}]),
    ],
)
def test_what_cannot_be_carried_over_is_refused(pair, name, field, value):
    gateway, upstream = pair
    body = ask("openai", name) | {field: value}
    error = assert_openai_error(completions(gateway.port, body), 400)
    assert error["type"] == "invalid_request_error" and error["param"].startswith(field), error
    assert upstream.requests == []
    # A provider of the client's dialect decides for itself.
    assert completions(gateway.port, body | {"model": "compatible"}).status == 200
    assert upstream.requests[0].json()[field] == value


def test_what_only_anthropic_has_is_refused_elsewhere(pair):
    gateway, upstream = pair
    for field, value in (
        ("mcp_servers", [{"type": "url", "name": "x", "url": "https://example.invalid"}]),
        ("tools", [{"type": "bash_20250124", "name": "bash"}]),
        ("messages", [{"role": "user", "content": [{"type": "image", "source": {"type": "file", "file_id": "f"}}]}]),
    ):
        for name in ("compatible", "ollama"):
            answer = messages(gateway.port, prompt(model=name) | {field: value})
            assert assert_error(answer, 400, "invalid_request_error").startswith(field)
        assert messages(gateway.port, prompt(model="claude") | {field: value}).status == 200
    assert [request.target for request in upstream.requests] == ["/v1/messages"] * 3


DROPPED = {
    "openai": {"seed": 7, "logit_bias": {"50256": -100}, "store": True, "user_field_of_tomorrow": [1]},
    "anthropic": {"service_tier": "standard_only", "inference_geo": "eu", "field_of_tomorrow": [1]},
}


@pytest.mark.parametrize(("client", "name"), FAR)
def test_what_is_dropped_is_said(pair, strict, client, name):
    gateway, upstream = pair
    expected = dict(DROPPED[client])
    if name == "ollama":
        expected.pop("seed", None)
    body = ask(client, name) | DROPPED[client]
    answer = send(gateway, client, body)
    assert answer.status == 200
    _, _, names = answer["x-gateway-warning"].partition(f"not taken by {name} as sent: ")
    assert set(names.split("; ")[0].split(", ")) >= set(expected), answer["x-gateway-warning"]
    assert not set(expected) & upstream.requests[0].json().keys()
    for field in expected:
        refused = assert_refused(client, send(strict, client, ask(client, name) | {field: DROPPED[client][field]}))
        assert refused.startswith(field) and "strict_translation" in refused
    assert send(strict, client, ask(client, name)).status == 200
    assert len(upstream.requests) == 2


@pytest.mark.parametrize(("client", "name"), FAR)
def test_ten_thousand_messages(pair, client, name):
    gateway, upstream = pair
    turns = [{"role": ("user", "assistant")[number % 2], "content": f"turn {number}"} for number in range(10_000)]
    assert send(gateway, client, ask(client, name) | {"messages": turns[:-1]}).status == 200
    arrived = upstream.requests[0].json()["messages"]
    assert len(arrived) == 9_999 and [message["role"] for message in arrived[:2]] == ["user", "assistant"]
    assert "turn 9998" in json.dumps(arrived[-1])


@pytest.mark.parametrize(("client", "name"), FAR)
def test_odd_characters_arrive(pair, client, name):
    gateway, upstream = pair
    text = '"a\\u0000b\\ud83d\\udc1f\\/\\u2028é🐟 12345678901234567890"'
    body = json.dumps(ask(client, name)).replace('"x"', text)
    assert send(gateway, client, body.encode()).status == 200
    content = upstream.requests[0].json()["messages"][0]["content"]
    content = content if isinstance(content, str) else content[0]["text"]
    assert content == json.loads(text)


@pytest.mark.parametrize(("client", "name"), FAR)
def test_half_a_surrogate_pair(pair, client, name):
    """It is copied as it is spelled; the provider says what it makes of it."""
    gateway, upstream = pair
    body = json.dumps(ask(client, name)).replace('"x"', '"a\\ud800b"')
    assert send(gateway, client, body.encode()).status == 200
    assert b'"a\\ud800b"' in upstream.requests[0].body


def call(identity="c1", arguments="{}"):
    function = {"name": "lookup_tide", "arguments": arguments}
    calls = [{"id": identity, "type": "function", "function": function}]
    return {"role": "assistant", "content": None, "tool_calls": calls}


TOOL = {"type": "function", "function": {"name": "lookup_tide", "parameters": {"type": "object", "properties": {}}}}


def tool_history(*turns, name):
    return {"model": name, "messages": [{"role": "user", "content": "Tide?"}, *turns], "tools": [TOOL]}


def arrived_input(request, name):
    """The arguments of the first call that arrived, as the bytes between `input` or `arguments` and their end."""
    if name == "claude":
        blocks = [block for message in request.json()["messages"] for block in message["content"]]
        return next(block["input"] for block in blocks if block["type"] == "tool_use")
    calls = [call for message in request.json()["messages"] for call in message.get("tool_calls", [])]
    return calls[0]["function"]["arguments"]


@pytest.mark.parametrize("name", ["claude", "ollama"])
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ('{"n":12345678901234567890, "a":"\\u00e9"}', {"n": 12345678901234567890, "a": "é"}),
        ("", {}),
        ("  ", {}),
        ('{"harbour": "Fow', {"_raw_arguments": '{"harbour": "Fow'}),
        ("not json", {"_raw_arguments": "not json"}),
        ("[1]", {"_raw_arguments": "[1]"}),
        ("{" * 300, {"_raw_arguments": "{" * 300}),
        ('{"a":' * 300 + "1" + "}" * 300, {"_raw_arguments": '{"a":' * 300 + "1" + "}" * 300}),
    ],
)
def test_tool_arguments_of_every_kind(pair, name, arguments, expected):
    gateway, upstream = pair
    turns = [call(arguments=arguments), {"role": "tool", "tool_call_id": "c1", "content": "3.1 m"}]
    answer = completions(gateway.port, tool_history(*turns, name=name))
    assert answer.status == 200, answer.body
    assert arrived_input(upstream.requests[0], name) == expected
    assert ("arguments" in (answer["x-gateway-warning"] or "")) == ("_raw_arguments" in expected)


@pytest.mark.parametrize("name", ["claude", "ollama"])
def test_missing_ids_are_refused(pair, name):
    gateway, upstream = pair
    for turns, where in (
        ([call(identity=None)], "messages[1].tool_calls[0].id"),
        ([call(), {"role": "tool", "content": "3.1 m"}], "messages[2].tool_call_id"),
    ):
        error = assert_openai_error(completions(gateway.port, tool_history(*turns, name=name)), 400)
        assert error["param"] == where and error["message"].startswith(where)
    assert upstream.requests == []


@pytest.mark.parametrize(("client", "name"), FAR)
def test_tool_result_without_a_call(pair, client, name):
    """The provider has the last word: it is told what the client said, or the client that it makes no sense."""
    gateway, upstream = pair
    if client == "openai":
        turns = [{"role": "tool", "tool_call_id": "c9", "content": "3.1 m"}]
    else:
        turns = [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c9", "content": "3.1 m"}]}]
    answer = send(gateway, client, ask(client, name) | {"messages": [{"role": "user", "content": "x"}, *turns]})
    if answer.status == 200:
        arrived = json.dumps(upstream.requests[0].json()["messages"])
        assert "c9" in arrived and "3.1 m" in arrived
    else:
        assert_refused(client, answer)
