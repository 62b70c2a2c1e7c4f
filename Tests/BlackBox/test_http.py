"""HTTP/1.1 as it comes off the wire, and the gateway's own endpoints."""

import decimal
import gzip
import json
import socket
import time
import zlib

import pytest

import wire
from processes import backend, config
from wire import Connection, ask, assert_error, chunk, get_json, messages, prompt

LIMIT = 200_000


@pytest.fixture(scope="module")
def upstream(start_shared):
    return start_shared.upstream()


@pytest.fixture(scope="module")
def gateway(upstream, start_shared):
    return start_shared.gateway(config(backend("a", upstream.url, "real"), server={"max_body_bytes": LIMIT}))


@pytest.fixture
def seen(upstream):
    upstream.requests.clear()
    return upstream.requests


def body_of(length):
    """A valid request of just so many bytes."""
    empty = json.dumps(prompt("", "a")).encode()
    return json.dumps(prompt("x" * (length - len(empty)), "a")).encode()


SMALL = json.dumps(prompt("Hello", "a")).encode()
CHUNKED = {"Transfer-Encoding": "chunked"}


# Bodies


def test_body_at_the_limit(gateway, seen):
    assert ask(gateway.port, "POST", "/v1/messages", body_of(LIMIT)).status == 200
    assert len(seen) == 1


def test_body_over_the_limit(gateway, seen):
    message = assert_error(ask(gateway.port, "POST", "/v1/messages", body_of(LIMIT + 1)), 413, "request_too_large")
    assert "max_body_bytes" in message
    assert seen == []


def test_large_body_over_the_limit_still_gets_its_answer(gateway):
    answer = ask(gateway.port, "POST", "/v1/messages", b"x" * 30_000_000)
    assert_error(answer, 413, "request_too_large")


def test_chunked_body_over_the_limit(gateway, seen):
    with Connection(gateway.port) as client:
        client.request("POST", "/v1/messages", b"", CHUNKED)
        for _ in range(60):
            client.send(chunk(b"x" * 65_536))
        client.send(b"0\r\n\r\n")
        assert_error(client.response(), 413, "request_too_large")
    assert seen == []


def test_too_large_a_body_is_refused_before_it_is_sent(gateway):
    with Connection(gateway.port) as client:
        client.request("POST", "/v1/messages", None, {"Content-Length": "100000000", "Expect": "100-continue"})
        assert_error(client.response(), 413, "request_too_large")
        assert client.is_at_end()


def test_expect_continue_is_answered_at_once(gateway, seen):
    with Connection(gateway.port) as client:
        client.request("POST", "/v1/messages", None, {"Content-Length": str(len(SMALL)), "Expect": "100-continue"})
        assert client.response().status == 100
        client.send(SMALL)
        assert client.response().status == 200
        assert client.ask("GET", "/live").status == 200
    assert seen[0].body == SMALL.replace(b'"a"', b'"real"', 1)
    assert seen[0]["expect"] is None


def test_chunked_body(gateway, seen):
    with Connection(gateway.port) as client:
        client.request("POST", "/v1/messages", b"", CHUNKED)
        for index in range(len(SMALL)):
            client.send(chunk(SMALL[index : index + 1]))
        client.send(b"0\r\nx-trailer: 1\r\n\r\n")
        assert client.response().status == 200
    assert seen[0].body == SMALL.replace(b'"a"', b'"real"', 1)


@pytest.mark.parametrize(
    ("encoding", "encode"), [("gzip", gzip.compress), ("GZIP", gzip.compress), ("deflate", zlib.compress)]
)
def test_compressed_body(gateway, seen, encoding, encode):
    answer = messages(gateway.port, encode(SMALL), headers={"Content-Encoding": encoding})
    assert answer.status == 200, answer.body
    assert seen[0].body == SMALL.replace(b'"a"', b'"real"', 1)
    assert seen[0]["content-encoding"] is None


def test_identity_encoding(gateway):
    assert messages(gateway.port, SMALL, headers={"Content-Encoding": "identity"}).status == 200


def test_compressed_body_that_unfolds_over_the_limit(gateway, seen):
    bomb = gzip.compress(b"x" * 50_000_000)
    assert len(bomb) < LIMIT
    answer = messages(gateway.port, bomb, headers={"Content-Encoding": "gzip"})
    assert_error(answer, 413, "request_too_large")
    assert seen == []


@pytest.mark.parametrize(
    "data",
    [SMALL, b"\x1f\x8b\x08\x00nonsense-nonsense", gzip.compress(SMALL)[:-20]],
    ids=["plain", "damaged", "cut"],
)
def test_body_that_is_not_gzip(gateway, seen, data):
    assert_error(messages(gateway.port, data, headers={"Content-Encoding": "gzip"}), 400, "invalid_request_error")
    assert seen == []


@pytest.mark.parametrize("encoding", ["zstd", "br", "gzip, gzip"])
def test_encodings_that_are_not_served(gateway, seen, encoding):
    answer = messages(gateway.port, b"\x28\xb5\x2f\xfd" * 10, headers={"Content-Encoding": encoding})
    assert "gzip" in assert_error(answer, 415, "invalid_request_error")
    assert seen == []


# Connections


def test_connection_is_used_again(gateway):
    with Connection(gateway.port) as client:
        for _ in range(5):
            assert client.ask("POST", "/v1/messages", SMALL).status == 200
        assert_error(client.ask("POST", "/v1/messages", b"{"), 400, "invalid_request_error")
        assert client.ask("GET", "/nowhere").status == 404
        assert client.ask("POST", "/v1/messages", SMALL).status == 200


def test_connection_is_closed_when_asked_to(gateway):
    with Connection(gateway.port) as client:
        answer = client.ask("POST", "/v1/messages", SMALL, {"Connection": "close"})
        assert (answer.status, answer["connection"]) == (200, "close")
        assert client.is_at_end()


def test_requests_sent_ahead_are_answered_in_order(gateway):
    with Connection(gateway.port) as client:
        first = wire.request_bytes("POST", "/v1/messages", SMALL)
        client.send(first + wire.request_bytes("GET", "/live") + wire.request_bytes("GET", "/nowhere") + first)
        assert [client.response().status for _ in range(4)] == [200, 200, 404, 200]


def test_large_request_sent_ahead_waits(start):
    held = []

    def answer(request, connection):
        if not held:
            held.append(True)
            time.sleep(0.3)  # the first answer is under way while the second request comes in
        connection.sendall(wire.response_bytes())

    upstream = start.upstream(answer)
    gateway = start.gateway(config(backend("a", upstream.url)))
    big = body_of(4_000_000)
    with Connection(gateway.port) as client:
        client.send(wire.request_bytes("POST", "/v1/messages", SMALL))
        client.send(wire.request_bytes("POST", "/v1/messages", big))
        assert client.response().status == 200
        assert client.response().status == 200
    assert upstream.requests[1].body == big


def test_http_1_0(gateway):
    with Connection(gateway.port) as client:
        answer = client.ask("POST", "/v1/messages", SMALL, version="1.0")
        assert (answer.status, answer.body) == (200, wire.ANSWER)
        assert answer["transfer-encoding"] is None
        assert client.is_at_end()


@pytest.mark.parametrize("headers", [{}, {"Connection": "keep-alive"}], ids=["close", "keep-alive"])
def test_http_1_0_stream_ends_with_the_connection(start, headers):
    def answer(request, connection):
        connection.sendall(wire.STREAM_HEAD + wire.chunk(wire.stream_start()))
        connection.sendall(wire.chunk(wire.event("message_stop")) + b"0\r\n\r\n")

    gateway = start.gateway(config(backend("a", start.upstream(answer).url)))
    with Connection(gateway.port, seconds=4) as client:
        body = json.dumps(prompt(model="a", stream=True)).encode()
        answered = client.ask("POST", "/v1/messages", body, headers, version="1.0")
    assert answered.status == 200
    assert answered["transfer-encoding"] is None, "HTTP/1.0 knows no chunks"
    assert answered.body == wire.stream_start() + wire.event("message_stop")


@pytest.mark.parametrize("path", ["/", "/api/hello", "/health", "/live"])
def test_head(gateway, path):
    with Connection(gateway.port) as client:
        answer = client.ask("HEAD", path)
        assert (answer.status, answer.body) == (200, b"")
        assert client.ask("GET", path).status == 200, "no body followed the HEAD"


def test_unknown_path(gateway):
    message = assert_error(ask(gateway.port, "GET", "/v2/nothing"), 404, "not_found_error")
    assert "/v2/nothing" in message


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/messages", "POST"),
        ("DELETE", "/v1/messages", "POST"),
        ("GET", "/v1/messages/count_tokens", "POST"),
        ("POST", "/health", "GET"),
        ("POST", "/v1/metrics", "GET"),
        ("PUT", "/v1/models", "GET"),
    ],
)
def test_wrong_method(gateway, method, path, allowed):
    answer = ask(gateway.port, method, path, b"" if method != "GET" else None)
    assert answer.status == 405
    assert allowed in answer["allow"].split(", ")
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_doubled_version_in_the_path(gateway, seen):
    assert messages(gateway.port, SMALL, target="/v1/v1/messages?beta=true").status == 200
    assert seen[0].target == "/v1/messages?beta=true"


def test_header_names_in_any_case(gateway, seen):
    assert messages(gateway.port, SMALL, headers={"ANTHROPIC-BETA": "x", "CONTENT-TYPE": "application/json"}).status == 200
    assert seen[0]["anthropic-beta"] == "x"


def test_many_headers(gateway):
    """64 KiB of header fields, as far as common servers go."""
    assert messages(gateway.port, SMALL, headers={f"x-{number}": "v" * 1_000 for number in range(60)}).status == 200


def test_what_is_not_http(gateway):
    with Connection(gateway.port) as client:
        client.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello tls\r\n\r\n")
        assert_error(client.response(), 400, "invalid_request_error")
        assert client.is_at_end()


@pytest.mark.parametrize(
    "fields",
    ["Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Content-Length: -1\r\n"],
)
def test_ambiguous_framing_is_refused(gateway, seen, fields):
    """Two readers of such a request may see two requests: RFC 9112, 6.3."""
    with Connection(gateway.port) as client:
        client.send(f"POST /v1/messages HTTP/1.1\r\nHost: x\r\n{fields}\r\n0\r\n\r\n".encode())
        assert client.response().status == 400
        assert client.is_at_end()
    assert seen == []


# Slow senders


@pytest.fixture(scope="module")
def impatient(upstream, start_shared):
    return start_shared.gateway(config(backend("a", upstream.url), server={"read_timeout_sec": 1}))


def test_slow_header_is_cut_off(impatient):
    with Connection(impatient.port, seconds=6) as client:
        client.send(b"POST /v1/messages HTTP/1.1\r\nHost: x\r\n")
        assert client.reader.rest()[:12] in (b"", b"HTTP/1.1 408")


def test_trickled_header_is_cut_off(impatient):
    with Connection(impatient.port, seconds=6) as client:
        started = time.monotonic()
        client.send(b"POST /v1/messages HTTP/1.1\r\n")
        with pytest.raises(OSError):
            while time.monotonic() - started < 8:
                client.send(b"x-a: b\r\n")
                client.socket.settimeout(0.2)
                try:
                    if client.socket.recv(1000) == b"":
                        raise ConnectionResetError
                except TimeoutError:
                    pass


def test_slow_body_is_cut_off_and_told_so(impatient, seen):
    with Connection(impatient.port, seconds=6) as client:
        client.request("POST", "/v1/messages", None, {"Content-Length": "1000"})
        client.send(b'{"model"')
        answer = client.response()
        assert "read_timeout_sec" in assert_error(answer, 408, "invalid_request_error")
        assert client.is_at_end()
    assert seen == []


def test_idle_connection_outlives_the_read_timeout(impatient):
    """The time for a request runs from its first byte; between requests the keep-alive time holds."""
    with Connection(impatient.port) as client:
        assert client.ask("GET", "/live").status == 200
        client.socket.settimeout(2.5)
        with pytest.raises(TimeoutError):
            client.socket.recv(1)
        client.socket.settimeout(5)
        assert client.ask("GET", "/live").status == 200


# Requests that make no sense


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "JSON"),
        (b"{", "JSON"),
        (b"[]", "object"),
        (b'"text"', "object"),
        (SMALL[:-1], "JSON"),
        (SMALL + b"x", "JSON"),
        (b"{'model':'a'}", "JSON"),
        (b'{"max_tokens":5,"messages":[]}', "model"),
        (b'{"model":7,"max_tokens":5,"messages":[{"role":"user","content":"x"}]}', "model"),
        (b'{"model":"","max_tokens":5,"messages":[{"role":"user","content":"x"}]}', "model"),
        (b'{"model":"a","max_tokens":5}', "messages"),
        (b'{"model":"a","max_tokens":5,"messages":"x"}', "messages"),
        (b'{"model":"a","max_tokens":5,"messages":{}}', "messages"),
        (b'{"model":"a","max_tokens":5,"messages":[]}', "messages"),
        (b'{"model":"a","max_tokens":5,"messages":["x"]}', "messages"),
        (b'{"model":"a","max_tokens":"5","messages":[{"role":"user","content":"x"}]}', "max_tokens"),
        (b'{"model":"a","max_tokens":-1,"messages":[{"role":"user","content":"x"}]}', "max_tokens"),
        (b'{"model":"a","stream":"yes","max_tokens":5,"messages":[{"role":"user","content":"x"}]}', "stream"),
        (b'{"model":"a","model":"b","max_tokens":5,"messages":[{"role":"user","content":"x"}]}', "model"),
        (b'{"model":"a","max_tokens":5,"messages":' + b"[" * 100_000, ""),
    ],
)
def test_invalid_request(gateway, seen, body, word):
    message = assert_error(messages(gateway.port, body), 400, "invalid_request_error")
    assert word in message
    assert seen == []


def test_unknown_model(gateway, seen):
    message = assert_error(messages(gateway.port, prompt(model="nonesuch")), 404, "not_found_error")
    assert "nonesuch" in message and " a" in message, "it names the model and those that are there"
    assert seen == []


def test_backend_that_cannot_be_reached(start):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    gateway = start.gateway(config(backend("gone", f"http://127.0.0.1:{port}")))
    message = assert_error(messages(gateway.port, prompt(model="gone")), 502, "api_error")
    assert "gone" in message
    assert_error(messages(gateway.port, prompt(model="gone", stream=True)), 502, "api_error")


# What the gateway says in its headers, and what it takes from the client's


@pytest.fixture(scope="module")
def tiers(upstream, start_shared):
    """A backend of every tier but local, with prices of the test's own choice, routed and cached."""
    prices = {
        "fast": {"cost_per_1k_in": 0.001, "cost_per_1k_out": 0.005},
        "balanced": {"cost_per_1k_in": 0.003, "cost_per_1k_out": 0.015},
        "premium": {"cost_per_1k_in": 0.005, "cost_per_1k_out": 0.025},
    }
    backends = [backend(f"the-{tier}", upstream.url, f"m-{tier}", tier, **price) for tier, price in prices.items()]
    return start_shared.gateway({"models": backends})


@pytest.mark.parametrize(
    # 10 tokens in, 3 out, as wire.ANSWER says. Premium: 10 x 5e-6 + 3 x 25e-6 = 0.000125.
    ("tier", "cost", "saved"),
    [
        ("fast", "0.000025", "0.0001"),  # 10 x 1e-6 + 3 x 5e-6
        ("balanced", "0.000075", "0.00005"),  # 10 x 3e-6 + 3 x 15e-6
        ("premium", "0.000125", "0.00"),
    ],
)
def test_tier_can_be_forced_and_is_billed(tiers, seen, tier, cost, saved):
    answer = messages(tiers.port, prompt(f"forced {tier}", "anything"), headers={"X-Gateway-Tier": tier})
    assert answer.status == 200, answer.body
    assert seen[0].json()["model"] == f"m-{tier}"
    assert answer["x-gateway-tier"] == tier
    assert answer["x-gateway-model"] == f"m-{tier}"
    assert answer["x-gateway-provider"] == "anthropic"
    assert answer["x-gateway-cache"] == "none" and answer["x-cache"] == "MISS"
    assert answer["x-gateway-escalations"] == "0"
    assert decimal.Decimal(answer["x-gateway-cost-usd"]) == decimal.Decimal(cost)
    assert decimal.Decimal(answer["x-gateway-saved-usd"]) == decimal.Decimal(saved)
    row = get_json(tiers.port, f"/v1/explain/{answer['x-gateway-query-id']}")["summary"]
    assert (row["tier"], row["backend"], row["status"]) == (tier, f"the-{tier}", 200)
    assert row["cost_usd"] == pytest.approx(float(cost), abs=1e-12)


def test_all_five_kinds_of_tokens_are_billed(start):
    usage = (
        b'{"input_tokens":100,"cache_creation_input_tokens":70,"cache_read_input_tokens":1000,'
        b'"cache_creation":{"ephemeral_5m_input_tokens":40,"ephemeral_1h_input_tokens":30},"output_tokens":7}'
    )
    body = b'{"type":"message","content":[],"stop_reason":"end_turn","usage":' + usage + b"}"
    upstream = start.upstream(wire.reply_with(body=body))
    prices = {
        "cost_per_1k_in": 0.01,
        "cost_per_1k_out": 0.07,
        "cost_per_1k_cache_read": 0.002,
        "cost_per_1k_cache_write_5m": 0.03,
        "cost_per_1k_cache_write_1h": 0.05,
    }
    gateway = start.gateway(config(backend("a", upstream.url, **prices)))
    answer = messages(gateway.port, prompt(model="a"))
    # 100 x 0.00001 + 7 x 0.00007 + 1000 x 0.000002 + 40 x 0.00003 + 30 x 0.00005
    # = 0.001 + 0.00049 + 0.002 + 0.0012 + 0.0015 = 0.00619
    assert decimal.Decimal(answer["x-gateway-cost-usd"]) == decimal.Decimal("0.00619")


def test_catalogue_prices(start):
    """Haiku 4.5: $1 and $5 per million tokens; Opus 4.7, the strongest here: $5 and $25."""
    upstream = start.upstream()
    haiku = backend("h", upstream.url, "claude-haiku-4-5-20251001")
    gateway = start.gateway(config(haiku, backend("o", upstream.url, "claude-opus-4-7", tier="premium")))
    answer = messages(gateway.port, prompt(model="h"))
    assert decimal.Decimal(answer["x-gateway-cost-usd"]) == decimal.Decimal("0.000025")
    assert decimal.Decimal(answer["x-gateway-saved-usd"]) == decimal.Decimal("0.0001")


def test_model_without_a_price_is_loud(start):
    gateway = start.gateway(config(backend("a", start.upstream().url, "nobody-knows-it")))
    answer = messages(gateway.port, prompt(model="a"))
    assert decimal.Decimal(answer["x-gateway-cost-usd"]) > 0
    assert "nobody-knows-it" in answer["x-gateway-warning"]
    assert any("nobody-knows-it" in warning for warning in get_json(gateway.port, "/v1/metrics")["warnings"])
    # Anybody may ask for the health, so it tells only how many there are.
    assert get_json(gateway.port, "/health")["warnings"] >= 1


@pytest.mark.parametrize("value", ["gigantic", "4", ""])
def test_unknown_tier(tiers, seen, value):
    answer = messages(tiers.port, prompt("x"), headers={"X-Gateway-Tier": value})
    assert "X-Gateway-Tier" in assert_error(answer, 400, "invalid_request_error")
    assert seen == []


def test_tier_without_a_backend(tiers):
    answer = messages(tiers.port, prompt("x"), headers={"X-Gateway-Tier": "local"})
    assert "local" in assert_error(answer, 400, "invalid_request_error")


def test_smart_routing_can_be_switched_off(tiers, seen):
    body = prompt("What is 2 + 2?", "the-premium")
    routed = messages(tiers.port, body, headers={"Cache-Control": "no-store"})
    assert routed["x-gateway-tier"] == "fast" and 0 <= int(routed["x-gateway-score"]) <= 30
    assert routed["x-gateway-classifier"] == "heuristic"
    named = messages(tiers.port, body, headers={"X-Gateway-Smart-Routing": "0", "Cache-Control": "no-store"})
    assert named["x-gateway-tier"] == "premium" and named["x-gateway-classifier"] == "n/a"
    assert [request.json()["model"] for request in seen] == ["m-fast", "m-premium"]
    assert all(request["cache-control"] is None and request["x-gateway-smart-routing"] is None for request in seen)


def test_smart_routing_can_be_switched_on(gateway):
    answer = messages(gateway.port, prompt("What is 2 + 2?", "a"), headers={"X-Gateway-Smart-Routing": "1"})
    assert answer["x-gateway-classifier"] == "heuristic"


def test_repeated_request_is_served_from_the_cache(tiers, seen):
    body = prompt("Served twice", temperature=None)
    first = messages(tiers.port, body)
    second = messages(tiers.port, json.dumps(dict(reversed(body.items())), indent=2).encode())
    assert len(seen) == 1
    assert (second["x-cache"], second["x-gateway-cache"]) == ("HIT", "exact")
    # All but the id, which is its own.
    assert second.json() | {"id": None} == first.json() | {"id": None} and second.json()["id"] != first.json()["id"]
    assert decimal.Decimal(second["x-gateway-cost-usd"]) == 0
    assert decimal.Decimal(second["x-gateway-saved-usd"]) == decimal.Decimal("0.000125")
    assert second["request-id"] != first["request-id"] or first["request-id"] is None
    assert second["x-gateway-query-id"] != first["x-gateway-query-id"]


def test_cache_control_no_cache_reads_nothing_but_writes(tiers, seen):
    body = prompt("not from the cache")
    for control, answer_from in [("no-cache", "MISS"), ("no-cache", "MISS"), (None, "HIT")]:
        headers = {"Cache-Control": control} if control else {}
        assert messages(tiers.port, body, headers=headers)["x-cache"] == answer_from
    assert len(seen) == 2


def test_cache_control_no_store_neither_reads_nor_writes(tiers, seen):
    body = prompt("never in the cache")
    for headers, answer_from in [({"Cache-Control": "no-store"}, "MISS"), ({}, "MISS"), ({}, "HIT")]:
        assert messages(tiers.port, body, headers=headers)["x-cache"] == answer_from
    assert messages(tiers.port, body, headers={"Cache-Control": "no-store"})["x-cache"] == "MISS"
    assert len(seen) == 3


@pytest.mark.parametrize(
    "change",
    [
        {"max_tokens": 257},
        {"system": "Be brief."},
        {"stop_sequences": ["x"]},
        {"messages": [{"role": "user", "content": "What differs?"}]},
        {"novel_field": 1},
    ],
)
def test_different_requests_do_not_share_an_answer(tiers, seen, change):
    body = prompt("What differs")
    messages(tiers.port, body)
    messages(tiers.port, body)
    before = len(seen)
    assert messages(tiers.port, body | change)["x-cache"] == "MISS"
    assert len(seen) == before + 1


def test_errors_and_cut_answers_are_not_kept(start):
    answers = [
        wire.response_bytes(529, b'{"type":"error","error":{"type":"overloaded_error","message":"x"}}'),
        wire.response_bytes(body=wire.ANSWER.replace(b"end_turn", b"max_tokens")),
        wire.response_bytes(),
    ]
    upstream = start.upstream(lambda request, connection: connection.sendall(answers[min(2, len(upstream.requests) - 1)]))
    gateway = start.gateway({"models": [backend("a", upstream.url)], "retry": {"enabled": False}})
    results = [messages(gateway.port, prompt("same", "a")) for _ in range(4)]
    assert [(result.status, result["x-cache"]) for result in results] == [
        (529, "MISS"),
        (200, "MISS"),
        (200, "MISS"),
        (200, "HIT"),
    ]


def test_keys_do_not_share_answers_in_key_scope(start):
    upstream = start.upstream()
    settings = {"models": [backend("a", upstream.url)], "auth": {"keys": ["k1", "k2"]}, "cache": {"scope": "key"}}
    gateway = start.gateway(settings)
    found = [messages(gateway.port, prompt("mine", "a"), headers={"x-api-key": key})["x-cache"] for key in ("k1", "k1", "k2")]
    assert found == ["MISS", "HIT", "MISS"]


# Totals


def test_totals_add_up(start):
    """Ten answers of 10 + 3 tokens at 0.01 and 0.1 dollars a thousand: 0.0001 + 0.0003 = 0.0004 each."""
    upstream = start.upstream(
        lambda request, connection: connection.sendall(
            wire.response_bytes(500, b"{}") if b"fail" in request.body else wire.response_bytes()
        )
    )
    priced = {"cost_per_1k_in": 0.01, "cost_per_1k_out": 0.1}
    gateway = start.gateway(config(backend("a", upstream.url, **priced), cache={"enabled": True}))
    ids = []
    for number in range(10):
        ids.append(messages(gateway.port, prompt(f"n {number}", "a"))["x-gateway-query-id"])
    for number in range(4):
        ids.append(messages(gateway.port, prompt(f"n {number}", "a"))["x-gateway-query-id"])  # from the cache
    for number in range(3):
        ids.append(messages(gateway.port, prompt(f"fail {number}", "a"))["x-gateway-query-id"])
    ids.append(messages(gateway.port, prompt("x", "unknown"))["x-gateway-query-id"])
    assert len(set(ids)) == 18
    totals = get_json(gateway.port, "/v1/metrics")
    since = totals["since_start"]
    assert (since["requests"], since["errors"], since["exact_cache_hits"]) == (18, 4, 4)
    assert since["usage"]["input_tokens"] == 100 and since["usage"]["output_tokens"] == 30
    assert since["cost_usd"] == pytest.approx(0.004, abs=1e-12)
    assert since["baseline_usd"] == pytest.approx(0.0056, abs=1e-12)
    assert since["saved_usd"] == pytest.approx(0.0016, abs=1e-12)
    assert totals["today"] == since and totals["month"] == since
    assert totals["in_flight"] == 0
    assert totals["cache"]["hits"] == 4
    assert sum(tier["cost_usd"] for tier in totals["tiers"]) == pytest.approx(since["cost_usd"], abs=1e-12)
    only = totals["backends"][0]
    assert (only["requests"], only["errors"], only["in_flight"]) == (13, 3, 0)
    assert only["cost_usd"] == pytest.approx(0.004, abs=1e-12)
    rows = get_json(gateway.port, "/v1/metrics/recent?n=1000")["exchanges"]
    assert [row["query_id"] for row in rows] == ids[::-1]
    assert sum(row["cost_usd"] for row in rows) == pytest.approx(since["cost_usd"], abs=1e-12)
    stats = get_json(gateway.port, "/stats")
    assert (stats["requests"], stats["errors"], stats["cache_hits"]) == (18, 4, 4)
    assert stats["cost_usd"] == pytest.approx(0.004, abs=1e-12)
    assert stats["cache_hit_ratio"] == pytest.approx(4 / 18)


def test_recent_has_a_count(tiers):
    for number in range(3):
        messages(tiers.port, prompt(f"recent {number}"))
    assert len(get_json(tiers.port, "/v1/metrics/recent?n=2")["exchanges"]) == 2
    for wrong in ("0", "-1", "1001", "x", ""):
        assert_error(ask(tiers.port, "GET", f"/v1/metrics/recent?n={wrong}"), 400, "invalid_request_error")


def test_explanation(tiers):
    answer = messages(tiers.port, prompt("Explain yourself"))
    detail = get_json(tiers.port, f"/v1/explain/{answer['x-gateway-query-id']}")
    assert detail["decision"]["score"] == int(answer["x-gateway-score"])
    assert [row["backend"] for row in detail["decision"]["candidates"] if row["is_chosen"]] == ["the-fast"]
    assert detail["decision"]["reasons"] and detail["attempts"][0]["status"] == 200
    assert detail["summary"]["prompt"] == "Explain yourself"


def test_explanation_of_nothing(tiers):
    assert "0123456789abcdef" in assert_error(
        ask(tiers.port, "GET", "/v1/explain/0123456789abcdef"), 404, "not_found_error"
    )


def test_health(gateway):
    health = get_json(gateway.port, "/health")
    assert health["status"] == "ok" and health["backends"] == 1 and health["uptime_seconds"] >= 0
    assert get_json(gateway.port, "/live") == {"status": "ok"}
    assert get_json(gateway.port, "/ready") == {"status": "ok"}


def test_only_liveness_is_told_without_a_key(start):
    gateway = start.gateway(config(backend("a", start.upstream().url), auth={"keys": ["k"]}))
    for path in ("/", "/live", "/ready", "/health"):
        assert ask(gateway.port, "GET", path).status == 200
    for path in ("/stats", "/v1/metrics", "/v1/metrics/recent", "/v1/models", "/v1/explain/0"):
        version = {"anthropic-version": "2023-06-01"}
        assert_error(ask(gateway.port, "GET", path, headers=version), 401, "authentication_error")
        assert ask(gateway.port, "GET", path, headers={"Authorization": "Bearer k"}).status in (200, 404)
