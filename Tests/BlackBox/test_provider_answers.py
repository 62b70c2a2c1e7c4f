"""Answers that are none, streams that break, providers out of reach: what clients of both dialects are told, over HTTP."""

import concurrent.futures
import json
import re
import socket

import pytest

import wire
from dialects import BACKENDS, CLIENTS, FAR, KINDS, ask, assert_refused, models, send
from processes import backend, config
from wire import OPENAI_END, event_names, openai_chunk


@pytest.fixture
def answering(start):
    """Makes a gateway whose backends all answer with these bytes."""

    def answering(data, **more):
        def answer(request, connection):
            connection.sendall(data)
            return False

        return start.gateway(config(*models(start.upstream(answer).url), **more))

    return answering


HTML = {"headers": {"content-type": "text/html"}, "body": b"<html><body>Welcome to nginx</body></html>"}


@pytest.mark.parametrize("body", [HTML, {"body": b""}, {"body": b"[]"}], ids=["html", "empty", "list"])
def test_success_that_is_no_answer(answering, body):
    gateway = answering(wire.response_bytes(**body))
    for client, name in FAR + [("openai", "compatible"), ("anthropic", "claude")]:
        for stream in (False, True):
            answer = send(gateway, client, ask(client, name, stream=stream))
            assert name in assert_refused(client, answer, 502, "api_error")
    assert wire.get_json(gateway.port, "/v1/metrics")["in_flight"] == 0


def test_html_with_an_errors_status(answering):
    gateway = answering(wire.response_bytes(502, **HTML))
    for client, name in FAR:
        for stream in (False, True):
            answer = send(gateway, client, ask(client, name, stream=stream))
            status = {"anthropic": 529, "openai": 503}[client]
            assert "Welcome to nginx" in assert_refused(client, answer, status, "overloaded_error")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ({"message": "no such model", "type": "invalid_request_error", "code": "model_not_found"}, 404),
        ({"message": "slow down a bit", "type": "rate_limit_error", "code": "rate_limit_exceeded"}, 429),
    ],
)
def test_success_that_is_an_error(answering, error, status):
    gateway = answering(wire.response_bytes(body=json.dumps({"type": "error", "error": error}).encode()))
    kinds = {404: "not_found_error", 429: "rate_limit_error"}
    for client in CLIENTS:
        for name in ("compatible", "ollama"):
            answer = send(gateway, client, ask(client, name))
            assert answer.status == status, (name, answer.body)
            if client == "anthropic":
                assert answer.json()["error"]["type"] == kinds[status]
            assert error["message"] in answer.body.decode()


def streams(compatible, ollama, claude):
    """The same stream for each kind of provider, by its path."""

    def answer(request, connection):
        data = {"/api/chat": ollama, "/v1/messages": claude}.get(request.target, compatible)
        kind = b"application/x-ndjson" if data is ollama else b"text/event-stream"
        connection.sendall(wire.STREAM_HEAD.replace(b"text/event-stream", kind) + wire.chunk(data) + b"0\r\n\r\n")

    return answer


SAID = openai_chunk({"role": "assistant", "content": "Hi."})
OLLAMA_SAID, OLLAMA_END = wire.LINES.split(b"\n")[:2]
ANTHROPIC_EVENTS = wire.message_stream().split(b"event: message_delta")[0]


def test_stream_without_done_or_usage(start):
    """What says that it is finished is whole; what nobody counted is estimated."""
    lines = OLLAMA_SAID + b'\n{"model":"m","message":{"content":""},"done":true}\n'
    upstream = start.upstream(streams(SAID + openai_chunk(finish="stop"), lines, wire.message_stream()))
    gateway = start.gateway(config(*models(upstream.url)))
    for client, name in FAR + [("openai", "compatible")]:
        asked = [{"role": "user", "content": "Say hello to the harbour."}]
        answer = send(gateway, client, ask(client, name, stream=True, messages=asked))
        if client == "anthropic":
            assert event_names(answer.body)[-1] == "message_stop" and b'"end_turn"' in answer.body
        elif name != "compatible":  # which may pass the end on as it came
            assert answer.body.endswith(OPENAI_END)
        assert b"error" not in answer.body and b"Hi." in answer.body
        row = wire.get_json(gateway.port, "/v1/metrics/recent?n=1")["exchanges"][0]
        assert row["usage_is_estimated"] is (name != "claude"), (name, row)
        assert row["usage"]["output_tokens"] > 0 and row["usage"]["input_tokens"] > 0
        assert row["stop_reason"] == "end_turn" and row.get("error") is None


@pytest.mark.parametrize("how", ["cut", "error"])
def test_torn_stream(start, how):
    """It ends with an error in the client's dialect, and never as if it were whole."""
    if how == "cut":
        torn = (SAID + b'data: {"id":"chatcm', OLLAMA_SAID + b'\n{"model":', ANTHROPIC_EVENTS + b"event: mess")
    else:
        torn = (
            SAID + b'data: {"error":{"message":"engine burst","type":"server_error","param":null,"code":null}}\n\n',
            OLLAMA_SAID + b'\n{"error":"engine burst"}\n',
            ANTHROPIC_EVENTS + wire.event("error", error={"type": "api_error", "message": "engine burst"}),
        )
    gateway = start.gateway(config(*models(start.upstream(streams(*torn)).url), cache={"enabled": True}))
    for client in CLIENTS:
        for name in BACKENDS:
            for _ in range(2):
                answer = send(gateway, client, ask(client, name, stream=True))
                assert answer.status == 200 and b"Hi." in answer.body and answer["x-cache"] == "MISS"
                if client == "anthropic":
                    assert event_names(answer.body)[-1] == "error" and "message_stop" not in event_names(answer.body)
                    error = json.loads(wire.data_lines(answer.body)[-1])["error"]
                    assert error["type"] == "api_error"
                else:
                    assert b"[DONE]" not in answer.body
                    error = wire.openai_error(wire.data_lines(answer.body)[-1])
                assert how == "cut" or error["message"] == "engine burst"
            row = wire.get_json(gateway.port, "/v1/metrics/recent?n=1")["exchanges"][0]
            assert row["error"] and row["usage_is_estimated"] is True


def test_whole_answer_to_a_request_for_a_stream(start):
    """A server that has no streams: the client gets one all the same."""

    def answer(request, connection):
        bodies = {"/api/chat": OLLAMA_END.replace(b'""', b'"Hi."', 1), "/v1/messages": wire.ANSWER}
        connection.sendall(wire.response_bytes(body=bodies.get(request.target, wire.COMPLETION)))

    gateway = start.gateway(config(*models(start.upstream(answer).url)))
    for client, name in FAR:
        got = send(gateway, client, ask(client, name, stream=True))
        assert got["content-type"].startswith("text/event-stream"), (client, name)
        assert b"Hi." in got.body and (b"message_stop" in got.body or got.body.endswith(OPENAI_END))


# Tool calls as some servers write them

CALLS = [
    {"type": "function", "function": {"name": "f", "arguments": '{"a": 12345678901234567890}'}},
    {"id": "", "type": "function", "function": {"name": "g", "arguments": ""}},
    {"id": None, "function": {"name": "h", "arguments": None}},
    {"id": "a.b/c", "type": "function", "function": {"name": "i", "arguments": '{"harbour": "Fow'}},
]


def tools_of(answer, is_stream):
    """The calls of an Anthropic answer, as (id, name, what its input is)."""
    if not is_stream:
        return [(block["id"], block["name"], block["input"]) for block in answer.json()["content"]]
    calls, pieces = [], []
    for line in wire.data_lines(answer.body):
        data = json.loads(line)
        if data["type"] == "content_block_start":
            calls.append((data["content_block"]["id"], data["content_block"]["name"]))
            pieces.append("")
        elif data["type"] == "content_block_delta":
            pieces[data["index"]] += data["delta"]["partial_json"]
    return [(*call, json.loads(piece or "{}")) for call, piece in zip(calls, pieces)]


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_odd_tool_calls_reach_anthropics_clients(start, stream):
    """Ids are made where they are missing, and made to fit; arguments are an object whatever they were."""
    calls = CALLS if not stream else CALLS[:3]

    def answer(request, connection):
        message = {"role": "assistant", "content": None, "tool_calls": calls}
        if stream:
            deltas = [openai_chunk({"tool_calls": [call | {"index": at}]}) for at, call in enumerate(calls)]
            connection.sendall(wire.event_stream(b"".join(deltas) + openai_chunk(finish="stop") + OPENAI_END))
            return
        whole = json.loads(wire.COMPLETION)
        whole["choices"] = [{"index": 0, "message": message, "finish_reason": "stop"}]
        connection.sendall(wire.response_bytes(body=json.dumps(whole).encode()))

    gateway = start.gateway(config(*models(start.upstream(answer).url)))
    got = send(gateway, "anthropic", ask("anthropic", "compatible", stream=stream))
    assert got.status == 200 and b'"stop_reason":"tool_use"' in got.body, got.body
    assert b"12345678901234567890" in got.body
    tools = tools_of(got, stream)
    assert [name for _, name, _ in tools] == ["f", "g", "h", "i"][: len(calls)]
    ids = [identity for identity, _, _ in tools]
    assert len(set(ids)) == len(ids) and all(re.fullmatch(r"[a-zA-Z0-9_-]+", identity) for identity in ids), ids
    expected = [{"a": 12345678901234567890}, {}, {}, {"_raw_arguments": '{"harbour": "Fow'}]
    assert [given for _, _, given in tools] == expected[: len(calls)]


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_ollamas_calls_without_ids_reach_both_clients(start, stream):
    calls = [{"function": {"name": name, "arguments": {"b": 1, "a": 1.50}}} for name in "fg"]
    line = {"model": "m", "message": {"role": "assistant", "content": "", "tool_calls": calls}, "done": False}
    end = {"model": "m", "message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"}

    def answer(request, connection):
        body = f"{json.dumps(line)}\n{json.dumps(end)}\n" if stream else json.dumps(line | {"done": True})
        kind = "application/x-ndjson" if stream else "application/json"
        connection.sendall(wire.response_bytes(body=body.encode(), headers={"content-type": kind}))

    gateway = start.gateway(config(*models(start.upstream(answer).url)))
    for client in CLIENTS:
        got = send(gateway, client, ask(client, "ollama", stream=stream))
        ids = re.findall(rb'"id": ?"([^"]+)","(?:name|type":"function)', got.body)
        assert len(set(ids)) == 2, got.body
        assert (b"tool_calls" if client == "openai" else b"tool_use") in got.body


# No answer at all


@pytest.fixture(scope="module")
def nowhere(start_shared):
    """Backends that cannot be reached, each for a reason of its own, and one that never answers."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    plain = start_shared.simulator()

    def silent(request, connection):
        connection.recv(1)
        return False

    settings = []
    for kind in KINDS.values():
        more = {"provider": kind}
        settings += [
            backend(f"refused-{kind}", f"http://127.0.0.1:{port}", **more),
            backend(f"unnamed-{kind}", "https://nowhere.invalid", **more),
            backend(f"tls-{kind}", plain.url.replace("http:", "https:"), **more),
            backend(f"silent-{kind}", start_shared.upstream(silent).url, timeout_sec=1, **more),
        ]
    return start_shared.gateway(config(*settings, upstream={"connect_timeout_sec": 5}))


@pytest.mark.parametrize("kind", KINDS.values())
@pytest.mark.parametrize("client", CLIENTS)
def test_backend_out_of_reach(nowhere, client, kind):
    for why in ("refused", "unnamed", "tls"):
        for stream in (False, True):
            answer = send(nowhere, client, ask(client, f"{why}-{kind}", stream=stream))
            assert f"{why}-{kind}" in assert_refused(client, answer, 502, "api_error")
            assert answer["x-gateway-error"] == "unreachable"


def test_backend_that_keeps_silent(nowhere):
    """timeout_sec of the backend counts, not the 300 seconds of `upstream`."""
    cases = [(client, f"silent-{kind}") for client in CLIENTS for kind in KINDS.values()]
    with concurrent.futures.ThreadPoolExecutor(len(cases)) as pool:
        answers = pool.map(lambda case: send(nowhere, case[0], ask(*case), seconds=10), cases)
        for (client, name), answer in zip(cases, answers):
            assert name in assert_refused(client, answer, 504, "timeout_error")
