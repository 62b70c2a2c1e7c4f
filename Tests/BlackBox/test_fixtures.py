"""Byte for byte: the recorded exchanges of the wire kit, once through the gateway."""

import json
import re

import pytest

import wire
from processes import SHARED, backend, config
from wire import ANSWER, assert_error, messages, prompt

_INDEX = SHARED / "wire" / "fixtures" / "INDEX.json"
ENTRIES = {entry["id"]: entry for entry in json.loads(_INDEX.read_text())} if _INDEX.is_file() else {}
EXCHANGES = [f"a{number:02}" for number in range(1, 18)]
STREAMS = [f"a{number:02}" for number in range(8, 18)]
CUTS = ["1", "7", "event"]
ERROR_COUNT = 14


def entry(short):
    return next(value for key, value in ENTRIES.items() if key.startswith(short))


@pytest.fixture(scope="module")
def fake(wire_kit, start_shared):
    return start_shared.fake()


@pytest.fixture(scope="module")
def gateway(fake, start_shared):
    """One backend for each fixture and way of cutting it up."""
    backends = []
    for short in EXCHANGES:
        model = "fx-" + entry(short)["id"]
        backends.append(backend(short, fake.url, model))
        if short in STREAMS:
            backends += [backend(f"{short}-{cut}", fake.url, f"{model};chunk={cut}") for cut in CUTS]
        else:
            backends.append(backend(f"{short}-gzip", fake.url, f"{model};gzip=1"))
    backends += [backend(f"a18-{n}", fake.url, f"fx-a18-errors#{n}") for n in range(ERROR_COUNT)]
    backends += [
        backend("gzip-stream", fake.url, "fx-a08-stream-text;chunk=7&gzip=1"),
        backend("whole-stream", fake.url, "fx-a09-stream-thinking-text-tool;length=1"),
        backend("drop", fake.url, "fx-a01-plain;drop=1"),
        backend("drop-plain", fake.url, "fx-a01-plain;drop_after=40"),
        backend("drop-stream", fake.url, "fx-a08-stream-text;chunk=event&drop_after=700"),
        backend("html", fake.url, "fx-a01-plain;fail=502&html=1&key=html"),
        backend("empty", fake.url, "fx-a01-plain;fail=503&empty=1&key=empty"),
        backend("a19", fake.url, "fx-a19-count-tokens"),
    ]
    return start_shared.gateway(config(*backends))


def recorded(wire_kit, short, name):
    return (wire_kit / "fixtures" / entry(short)[name]).read_bytes()


def sent_body(wire_kit, short, alias):
    """The fixture's request with the alias as its model, and no other byte changed."""
    body, count = re.subn(rb'("model": *)"[^"]*"', b'\\1"' + alias.encode() + b'"', recorded(wire_kit, short, "request"), 1)
    assert count == 1
    return body


def target(short):
    return entry(short)["path"]


@pytest.mark.parametrize("short", EXCHANGES)
def test_answer_is_the_recorded_one(wire_kit, gateway, short):
    answer = messages(gateway.port, sent_body(wire_kit, short, short), target=target(short))
    assert answer.status == entry(short)["status"]
    if short == "a15":  # a torn stream has a test of its own
        return
    assert answer.body == recorded(wire_kit, short, "body")
    for name, value in entry(short)["headers"].items():
        assert answer[name] == value, name
    assert answer.is_complete


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("short", [short for short in STREAMS if short != "a15"])
def test_stream_is_the_recorded_one_however_it_is_cut(wire_kit, gateway, short, cut):
    answer = messages(gateway.port, sent_body(wire_kit, short, f"{short}-{cut}"), target=target(short))
    expected = recorded(wire_kit, short, "body")
    if cut == "event":  # the fake ends every piece with a blank line, whatever the recording ends with
        expected = b"".join(piece + b"\n\n" for piece in expected.split(b"\n\n") if piece)
    assert answer.body == expected
    assert answer.is_complete


@pytest.mark.parametrize("cut", ["", "-1", "-7"])
def test_torn_stream_ends_with_an_error_event(wire_kit, gateway, cut):
    answer = messages(gateway.port, sent_body(wire_kit, "a15", f"a15{cut}"))
    torn = recorded(wire_kit, "a15", "body")
    whole = torn[: torn.rindex(b"\n\n") + 2]
    assert whole != torn, "the recording ends inside an event"
    assert answer.body.startswith(whole)
    rest = answer.body[len(whole) :]
    assert re.fullmatch(rb"event: error\ndata: [^\n]*\n\n", rest), rest
    error = json.loads(rest.split(b"data: ")[1])
    assert error["type"] == "error" and error["error"]["type"] == "api_error" and error["error"]["message"]


@pytest.mark.parametrize("cut", ["", "-1", "-event"])
def test_providers_own_error_event_is_the_last_thing(wire_kit, gateway, cut):
    answer = messages(gateway.port, sent_body(wire_kit, "a11", f"a11{cut}"))
    assert answer.body == recorded(wire_kit, "a11", "body")
    assert answer.body.count(b"event: error") == 1


@pytest.mark.parametrize("number", range(ERROR_COUNT))
def test_providers_error_passes_verbatim(wire_kit, gateway, number):
    expected = json.loads(recorded(wire_kit, "a18", "body"))[number]
    answer = messages(gateway.port, prompt(model=f"a18-{number}"))
    if expected["status"] in (401, 403):  # they are about the gateway's key, not the client's
        assert f"HTTP {expected['status']}" in assert_error(answer, 502, "api_error")
        return
    assert answer.status == expected["status"]
    assert answer.body == json.dumps(expected["body"]).encode()
    for name, value in expected["headers"].items():
        assert answer[name] == value, name
    assert answer["x-gateway-error"] is None, "it is the provider's error, not the gateway's"


def test_error_to_a_stream_request_is_json(wire_kit, gateway):
    expected = json.loads(recorded(wire_kit, "a18", "body"))[13]
    answer = messages(gateway.port, prompt(model="a18-13", stream=True))
    assert (answer.status, answer.body) == (529, json.dumps(expected["body"]).encode())
    assert answer["content-type"] == "application/json"


@pytest.mark.parametrize("short", [short for short in EXCHANGES if short not in STREAMS])
def test_compressed_answer_is_decoded(wire_kit, gateway, short):
    answer = messages(gateway.port, sent_body(wire_kit, short, f"{short}-gzip"))
    assert answer.body == recorded(wire_kit, short, "body")
    assert answer["content-encoding"] is None
    assert int(answer["content-length"]) == len(answer.body)


def test_compressed_stream_is_decoded(wire_kit, gateway):
    answer = messages(gateway.port, sent_body(wire_kit, "a08", "gzip-stream"))
    assert answer.body == recorded(wire_kit, "a08", "body")
    assert answer["content-encoding"] is None


def test_stream_with_a_length_passes(wire_kit, gateway):
    answer = messages(gateway.port, sent_body(wire_kit, "a09", "whole-stream"))
    assert answer.body == recorded(wire_kit, "a09", "body")
    assert len(answer.all("content-length")) + len(answer.all("transfer-encoding")) == 1


def test_connection_lost_before_an_answer(gateway):
    answer = messages(gateway.port, prompt(model="drop"))
    message = assert_error(answer, 502, "api_error")
    assert "drop" in message, "it names the backend"


def test_connection_lost_inside_a_plain_answer(gateway):
    assert_error(messages(gateway.port, prompt(model="drop-plain")), 502, "api_error")


def test_connection_lost_inside_a_stream(wire_kit, gateway):
    answer = messages(gateway.port, sent_body(wire_kit, "a08", "drop-stream"))
    recording = recorded(wire_kit, "a08", "body")
    sent = recording[:700]
    whole = sent[: sent.rindex(b"\n\n") + 2]
    assert answer.body.startswith(whole)
    assert wire.event_names(answer.body[len(whole) :]) == ["error"]


def test_html_of_the_provider_becomes_an_error_that_clients_can_read(gateway):
    answer = messages(gateway.port, prompt(model="html"))
    assert "<html><body>502 Bad Gateway</body></html>" in assert_error(answer, 502, "api_error")
    assert answer["content-type"] == "application/json"


def test_empty_error_of_the_provider_gets_a_body(gateway):
    answer = messages(gateway.port, prompt(model="empty"))
    assert assert_error(answer, 503, "overloaded_error").endswith("answered HTTP 503 with no text")


def test_count_tokens_passes(wire_kit, gateway):
    body = sent_body(wire_kit, "a19", "a19")
    answer = messages(gateway.port, body, target="/v1/messages/count_tokens")
    assert (answer.status, answer.body) == (200, recorded(wire_kit, "a19", "body"))


def test_list_of_models_is_the_gateways(gateway):
    answer = wire.ask(gateway.port, "GET", "/v1/models?limit=1000", headers={"anthropic-version": "2023-06-01"})
    page = answer.json()
    assert answer.status == 200 and page["has_more"] is False
    ids = [entry["id"] for entry in page["data"]]
    assert {"auto", "a01", "fx-a01-plain"} <= set(ids) and len(ids) == len(set(ids))
    assert (page["first_id"], page["last_id"]) == (ids[0], ids[-1])


# What arrives at the provider. These use a provider that keeps the bytes.


@pytest.fixture(scope="module")
def standing_pair(start_shared):
    upstream = start_shared.upstream()
    return start_shared.gateway(config(backend("alias", upstream.url, "real-model"))), upstream


@pytest.fixture
def pair(standing_pair):
    """A gateway, and a provider behind it, `alias`, that keeps every byte of the test's requests."""
    standing_pair[1].requests.clear()
    return standing_pair


# MODEL stands where the top level's model is.
ODD_BODIES = {
    "odd order": b'{"messages":[{"content":"x","role":"user"}],"stream":false,"model":MODEL,"max_tokens":5}',
    "white space": b'\r\n {\t"model" :\nMODEL , "max_tokens": 5,\r\n"messages" : [ {"role":"user","content":"x"} ] }\n \n',
    "escapes": rb'{"model":MODEL,"max_tokens":5,"messages":[{"role":"user","content":"\u00e9\/\ud83d\udc1f\u0000\b\f\"\\"}]}',
    "raw UTF-8": '{"model":MODEL,"max_tokens":5,"messages":[{"role":"user","content":"é🐟\u2028\x7f"}]}'.encode(),
    "unknown fields": b'{"zz":{"model":"alias"},"model":MODEL,"max_tokens":5,"messages":[{"role":"user","content":'
    b'[{"type":"novel","model":"alias","a":[[],{},null,true]}]}],"":0}',
    "numbers": b'{"model":MODEL,"max_tokens":5,"temperature":1.0,"x":[1e3,1E+3,-0,0.10,12345678901234567890,1e-400],'
    b'"messages":[{"role":"user","content":"x"}]}',
    "alias elsewhere": b'{"metadata":{"user_id":"\\"model\\":\\"alias\\""},"max_tokens":5,"model":MODEL,"messages":'
    b'[{"role":"user","content":"\\"model\\": \\"alias\\""}]}',
}


@pytest.mark.parametrize("spelling", [b'"alias"', rb'"\u0061lias"'], ids=["plain", "escaped"])
@pytest.mark.parametrize("name", ODD_BODIES)
def test_body_arrives_as_it_was_sent_but_for_the_model(pair, name, spelling):
    gateway, upstream = pair
    answer = messages(gateway.port, ODD_BODIES[name].replace(b"MODEL", spelling))
    assert answer.status == 200, answer.body
    assert upstream.requests[-1].body == ODD_BODIES[name].replace(b"MODEL", b'"real-model"')


def test_body_with_the_providers_own_name_is_untouched(pair):
    gateway, upstream = pair
    body = b'{ "model" : "real-model","max_tokens":5,"messages":[{"role":"user","content":"x"}] }'
    assert messages(gateway.port, body).status == 200
    assert upstream.requests[0].body == body


@pytest.mark.parametrize("short", EXCHANGES)
def test_recorded_request_arrives_as_it_was_sent(wire_kit, pair, short):
    gateway, upstream = pair
    answer = messages(gateway.port, sent_body(wire_kit, short, "alias"), target=target(short))
    assert answer.status == 200
    assert upstream.requests[0].body == sent_body(wire_kit, short, "real-model")
    assert upstream.requests[0].target == target(short)
    assert answer.body == ANSWER


def test_large_body_arrives_whole(pair):
    gateway, upstream = pair
    text = "0123456789abcdef" * (5 * 65536)
    body = json.dumps(prompt(text, "alias")).encode()
    assert messages(gateway.port, body).status == 200
    assert upstream.requests[0].body == body.replace(b'"alias"', b'"real-model"', 1)


def test_query_is_kept(pair):
    gateway, upstream = pair
    messages(gateway.port, prompt(model="alias"), target="/v1/messages?beta=true&x=%2F+1")
    assert upstream.requests[0].target == "/v1/messages?beta=true&x=%2F+1"


def test_anthropic_headers_are_forwarded_verbatim(pair):
    gateway, upstream = pair
    sent = {
        "anthropic-version": "2026-10-21",
        "Anthropic-Beta": "context-1m-2025-08-07, novel-beta-2027-01-01,x",
        "anthropic-workspace-id": "wrkspc_1",
        "anthropic-not-yet-invented": "a;b=\"c\"  d",
    }
    messages(gateway.port, prompt(model="alias"), headers=sent)
    for name, value in sent.items():
        if name == "anthropic-version":
            assert "2026-10-21" in upstream.requests[0].all(name)
        else:
            assert upstream.requests[0][name] == value, name


def test_version_has_a_default_and_is_sent_once(pair):
    gateway, upstream = pair
    wire.ask(gateway.port, "POST", "/v1/messages", prompt(model="alias"))
    messages(gateway.port, prompt(model="alias"))
    assert [request["anthropic-version"] for request in upstream.requests] == ["2023-06-01", "2023-06-01"]


def test_clients_secrets_stay_here_and_the_providers_key_is_sent(pair):
    gateway, upstream = pair
    secrets = {
        "x-api-key": "client-key-1",
        "Authorization": "Bearer client-key-2",
        "Cookie": "session=client-cookie",
        "Proxy-Authorization": "Basic client-proxy",
        "X-Gateway-Tier": "fast",
        "X-Gateway-Project": "client-project",
        "x-stainless-lang": "client-telemetry",
        "X-Forwarded-For": "192.0.2.1",
    }
    assert messages(gateway.port, prompt(model="alias"), headers=secrets).status == 200
    request = upstream.requests[0]
    assert request["x-api-key"] == "upstream-secret"
    everything = repr(request.headers).lower()
    assert "client-" not in everything and "x-gateway" not in everything and "192.0.2.1" not in everything
    assert request["authorization"] is None and request["cookie"] is None
    assert request["host"] == f"127.0.0.1:{upstream.port}"


def test_providers_key_never_reaches_client_or_log(start):
    upstream = start.upstream()
    gateway = start.gateway(config(backend("alias", upstream.url)), "--log-level", "trace")
    answer = messages(gateway.port, prompt(model="alias"))
    assert upstream.requests[0]["x-api-key"] == "upstream-secret"
    identity = answer["x-gateway-query-id"]
    told = [wire.ask(gateway.port, "GET", path).body for path in ("/v1/metrics", f"/v1/explain/{identity}", "/health")]
    assert b"upstream-secret" not in b"".join([answer.body, repr(answer.headers).encode(), *told])
    gateway.end()
    assert "upstream-secret" not in gateway.stderr + gateway.stdout


def test_headers_of_the_config_are_added(start):
    upstream = start.upstream()
    extra = {"anthropic-beta": "from-config", "X-Tenant": "t1"}
    gateway = start.gateway(config(backend("alias", upstream.url, headers=extra)))
    messages(gateway.port, prompt(model="alias"), headers={"anthropic-beta": "from-client"})
    assert upstream.requests[0]["x-tenant"] == "t1"
    # Both lists count; RFC 9110, 5.3 makes one header of two.
    assert sorted(", ".join(upstream.requests[0].all("anthropic-beta")).split(", ")) == ["from-client", "from-config"]


def test_connections_own_headers_do_not_pass(start):
    upstream = start.upstream(
        wire.reply_with(headers={"connection": "keep-alive, x-hop", "keep-alive": "timeout=7", "request-id": "kept"})
    )
    gateway = start.gateway(config(backend("alias", upstream.url)))
    answer = messages(gateway.port, prompt(model="alias"))
    assert answer["request-id"] == "kept" and answer["x-hop"] is None
    assert answer["keep-alive"] is None and answer["connection"] in (None, "keep-alive")
