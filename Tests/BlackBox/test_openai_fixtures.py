"""Byte for byte in OpenAI's dialect: the recorded exchanges of the wire kit, and what arrives at such a provider."""

import json

import pytest

import wire
from processes import backend, config
from test_fixtures import ODD_BODIES, entry, recorded, sent_body
from wire import COMPLETION, assert_openai_error, chat, completions

PLAIN = ["o01", "o02", "o03", "o04", "o05"]
STREAMS = ["o06", "o07", "o08", "o09", "o10"]
# How the recording is cut up on its way to the gateway.
CUTS = ["1", "7", "event"]
KEY_REFUSED = {401, 403}
ERROR_COUNT = 9


def kind(name, url, model, **more):
    return backend(name, url, model, **{"provider": "openai_compatible"} | more)


@pytest.fixture(scope="module")
def gateway(wire_kit, start_shared):
    """One backend for each fixture and way of cutting it up."""
    url = start_shared.fake().url
    models = []
    for short in PLAIN + STREAMS + ["o11"]:
        model = "fx-" + entry(short)["id"]
        models += [kind(short, url, model), kind(f"{short}-gzip", url, f"{model};gzip=1")]
        models += [kind(f"{short}-{cut}", url, f"{model};chunk={cut}") for cut in CUTS if short not in PLAIN]
        models.append(kind(f"{short}-openai", url, model, provider="openai"))
    models += [kind(f"o12-{n}", url, f"fx-o12-errors#{n}") for n in range(ERROR_COUNT)]
    models += [
        kind("drop", url, "fx-o01-plain;drop=1"),
        kind("drop-plain", url, "fx-o01-plain;drop_after=40"),
        kind("drop-stream", url, "fx-o06-stream-text-usage;chunk=event&drop_after=600"),
        kind("html", url, "fx-o01-plain;fail=502&html=1&key=html"),
        kind("empty", url, "fx-o01-plain;fail=503&empty=1&key=empty"),
        kind("base-with-v1", f"{url}/v1", "fx-o01-plain"),
    ]
    return start_shared.gateway(config(*models))


def with_usage(wire_kit, short, alias):
    """The fixture's request, which asks for usage whether the recording does or not."""
    body = json.loads(sent_body(wire_kit, short, alias))
    return body | {"stream": True, "stream_options": {"include_usage": True}}


def as_cut(data, cut):
    """What the fixture server sends of a recording."""
    return b"".join(piece + b"\n\n" for piece in data.split(b"\n\n") if piece) if cut == "event" else data


@pytest.mark.parametrize("alias", ["", "-gzip", "-openai"])
@pytest.mark.parametrize("short", PLAIN)
def test_answer_is_the_recorded_one(wire_kit, gateway, short, alias):
    answer = completions(gateway.port, sent_body(wire_kit, short, short + alias))
    assert (answer.status, answer.body) == (200, recorded(wire_kit, short, "body"))
    for name, value in entry(short)["headers"].items():
        assert answer[name] == value, name
    assert answer["content-encoding"] is None and int(answer["content-length"]) == len(answer.body)
    assert answer["x-gateway-provider"] == ("openai" if alias == "-openai" else "openai_compatible")


@pytest.mark.parametrize("cut", ["", *(f"-{cut}" for cut in CUTS), "-gzip", "-openai"])
@pytest.mark.parametrize("short", STREAMS)
def test_stream_is_the_recorded_one_however_it_is_cut(wire_kit, gateway, short, cut):
    answer = completions(gateway.port, with_usage(wire_kit, short, short + cut))
    expected = as_cut(recorded(wire_kit, short, "body"), cut[1:])
    # A blank line after the last event is no part of it.
    assert answer.body.rstrip(b"\r\n") == expected.rstrip(b"\r\n")
    assert answer.body.endswith((b"\n\n", b"\n\r\n")) and answer.is_complete
    for name, value in entry(short)["headers"].items():
        assert answer[name] == value, name


@pytest.mark.parametrize("cut", ["", *(f"-{cut}" for cut in CUTS)])
@pytest.mark.parametrize("short", STREAMS)
def test_usage_that_nobody_asked_for_is_withheld(wire_kit, gateway, short, cut):
    body = with_usage(wire_kit, short, short + cut)
    del body["stream_options"]
    expected = as_cut(recorded(wire_kit, short, "body"), cut[1:])
    usage = [event for event in expected.split(b"\n\n") if b'"choices":[],"usage":{' in event]
    assert len(usage) == (short in ("o06", "o07"))
    for event in usage:
        expected = expected.replace(event + b"\n\n", b"")
    assert completions(gateway.port, body).body.rstrip(b"\r\n") == expected.rstrip(b"\r\n")


@pytest.mark.parametrize("cut", ["", "-1", "-event"])
def test_providers_own_error_ends_the_stream(wire_kit, gateway, cut):
    answer = completions(gateway.port, sent_body(wire_kit, "o11", f"o11{cut}"))
    whole = recorded(wire_kit, "o11", "body")
    error = whole[: whole.index(b"data: [DONE]")]
    assert answer.body in (whole, error), "nothing of the gateway's own is added"


@pytest.mark.parametrize("number", range(ERROR_COUNT))
def test_providers_error_passes_verbatim(wire_kit, gateway, number):
    expected = json.loads(recorded(wire_kit, "o12", "body"))[number]
    for stream in (False, True):
        answer = completions(gateway.port, chat(model=f"o12-{number}", stream=stream))
        if expected["status"] in KEY_REFUSED:
            assert_openai_error(answer, 502, "upstream_refused_key")
            assert answer["x-should-retry"] == "false"
            continue
        assert (answer.status, answer.body) == (expected["status"], json.dumps(expected["body"]).encode())
        for name, value in expected["headers"].items():
            assert answer[name] == value, name
        assert answer["x-gateway-error"] is None, "it is the provider's error, not the gateway's"


def test_connection_lost(wire_kit, gateway):
    for alias in ("drop", "drop-plain"):
        error = assert_openai_error(completions(gateway.port, chat(model=alias)), 502)
        assert alias in error["message"], "it names the backend"


def test_connection_lost_inside_a_stream(wire_kit, gateway):
    answer = completions(gateway.port, chat(model="drop-stream", stream=True))
    sent = recorded(wire_kit, "o06", "body")[:600]
    whole = sent[: sent.rindex(b"\n\n") + 2]
    assert answer.body.startswith(whole)
    (error,) = wire.data_lines(answer.body[len(whole) :])
    wire.openai_error(error)


def test_html_and_nothing_of_the_provider_become_errors_that_clients_can_read(gateway):
    message = wire.assert_openai_error(completions(gateway.port, chat(model="html")), 502)["message"]
    assert "<html><body>502 Bad Gateway</body></html>" in message
    message = wire.assert_openai_error(completions(gateway.port, chat(model="empty")), 503)["message"]
    assert message.endswith("answered HTTP 503 with no text")


def test_base_url_may_end_in_v1(wire_kit, gateway):
    assert completions(gateway.port, chat(model="base-with-v1")).body == recorded(wire_kit, "o01", "body")


@pytest.mark.parametrize("path", ["/v1/v1/chat/completions", "/v1/chat/completions?beta=1"])
def test_other_spellings_of_the_path(wire_kit, gateway, path):
    assert completions(gateway.port, chat(model="o01"), target=path).body == recorded(wire_kit, "o01", "body")


# What arrives at the provider. These use a provider that keeps the bytes.


@pytest.fixture(scope="module")
def standing_pair(start_shared):
    upstream = start_shared.upstream(wire.reply_by_path)
    settings = config(
        kind("alias", upstream.url, "real-model", headers={"X-Tenant": "t1"}),
        kind("no-usage", upstream.url, "real-model", stream_usage=False),
    )
    return start_shared.gateway(settings), upstream


@pytest.fixture
def pair(standing_pair):
    """A gateway, and a provider behind it, `alias`, that keeps every byte of the test's requests."""
    standing_pair[1].requests.clear()
    return standing_pair


@pytest.mark.parametrize("spelling", [b'"alias"', rb'"\u0061lias"'], ids=["plain", "escaped"])
@pytest.mark.parametrize("name", ODD_BODIES)
def test_body_arrives_as_it_was_sent_but_for_the_model(pair, name, spelling):
    gateway, upstream = pair
    answer = completions(gateway.port, ODD_BODIES[name].replace(b"MODEL", spelling))
    assert (answer.status, answer.body) == (200, COMPLETION), answer.body
    assert upstream.requests[-1].body == ODD_BODIES[name].replace(b"MODEL", b'"real-model"')
    assert upstream.requests[-1].target == "/v1/chat/completions"


@pytest.mark.parametrize("short", PLAIN + STREAMS + ["o11"])
def test_recorded_request_arrives_as_it_was_sent(wire_kit, pair, short):
    gateway, upstream = pair
    assert completions(gateway.port, sent_body(wire_kit, short, "alias")).status == 200
    expected, arrived = sent_body(wire_kit, short, "real-model"), upstream.requests[0].body
    if b"include_usage" in expected or b'"stream": true' not in expected:
        assert arrived == expected
    else:
        assert b'"stream_options"' in inserted(expected, arrived)
        assert json.loads(arrived) == json.loads(expected) | {"stream_options": {"include_usage": True}}


def inserted(before, after):
    """What was put into `before`, at one place, to make `after`; nothing else may differ."""
    count = len(after) - len(before)
    assert count > 0
    same = next((at for at, (old, new) in enumerate(zip(before, after)) if old != new), len(before))
    places = [at for at in range(same + 1) if after[:at] + after[at + count :] == before]
    assert places, (before, after)
    return after[places[-1] : places[-1] + count]


@pytest.mark.parametrize(
    "options", [b"", b',"stream_options":null', b',"stream_options":{"include_usage":false}', b',"stream_options":{}']
)
def test_usage_is_asked_for_in_every_stream(pair, options):
    gateway, upstream = pair
    body = b'{ "stream" : true,"model":"alias","messages":[{"role":"user","content":"x"}]%s }' % options
    answer = completions(gateway.port, body)
    assert b'"usage":{' not in answer.body.replace(b" ", b"") and answer.body.endswith(wire.OPENAI_END)
    arrived = json.loads(upstream.requests[0].body)
    assert arrived.pop("stream_options")["include_usage"] is True
    assert arrived == {"stream": True, "model": "real-model", "messages": [{"role": "user", "content": "x"}]}
    assert wire.get_json(gateway.port, "/v1/metrics/recent?n=1")["exchanges"][0]["usage_is_estimated"] is False


def test_usage_is_not_asked_for_where_the_server_does_not_take_it(pair):
    gateway, upstream = pair
    body = b'{"stream":true,"model":"no-usage","messages":[{"role":"user","content":"x"}]}'
    assert completions(gateway.port, body).status == 200
    assert upstream.requests[0].body == body.replace(b"no-usage", b"real-model")


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b'{"smart_routing":false,"model":"alias","messages":[]}', b'{"model":"real-model","messages":[]}'),
        (b'{"model":"alias","messages":[],"smart_routing":false}', b'{"model":"real-model","messages":[]}'),
        (b'{"model":"alias","smart_routing":false,"messages":[]}', b'{"model":"real-model","messages":[]}'),
    ],
)
def test_the_gateways_own_field_is_taken_out(pair, sent, expected):
    gateway, upstream = pair
    user = b'[{"role":"user","content":"smart_routing"}]'
    assert completions(gateway.port, sent.replace(b"[]", user)).status == 200
    assert upstream.requests[0].body == expected.replace(b"[]", user)


def test_headers_that_arrive(pair):
    gateway, upstream = pair
    sent = {
        "Authorization": "Bearer client-key-1",
        "x-api-key": "client-key-2",
        "Cookie": "session=client-cookie",
        "X-Gateway-Tier": "fast",
        "x-stainless-lang": "client-telemetry",
        "OpenAI-Organization": "org-1",
        "OpenAI-Project": "proj-1",
        "OpenAI-Beta": "assistants=v2",
    }
    assert completions(gateway.port, chat(model="alias"), headers=sent).status == 200
    request = upstream.requests[0]
    assert request["authorization"] == "Bearer upstream-secret"
    assert (request["openai-organization"], request["openai-project"]) == ("org-1", "proj-1")
    assert request["openai-beta"] == "assistants=v2"
    assert request["x-tenant"] == "t1"
    assert request["content-type"] == "application/json"
    everything = repr(request.headers).lower()
    assert "client-" not in everything and "x-gateway" not in everything and "x-api-key" not in everything


def test_large_body_arrives_whole(pair):
    gateway, upstream = pair
    body = json.dumps(chat("0123456789abcdef" * (5 * 65536), "alias")).encode()
    assert completions(gateway.port, body).status == 200
    assert upstream.requests[0].body == body.replace(b'"alias"', b'"real-model"', 1)
