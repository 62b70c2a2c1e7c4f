"""Providers in trouble: calls that are made again, other backends, circuit breakers, too much at once."""

import itertools
import json
import threading
import time

import anthropic
import pytest

import wire
from processes import backend, config, wait_until

ON = {"retry": {"enabled": True, "base_ms": 1}, "breaker": {"enabled": True}}
OVERLOADED = (529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
ASKED = {"model": "haiku", "max_tokens": 50, "messages": [{"role": "user", "content": "Hello"}]}


def raw(status, body=wire.ANSWER, **headers):
    """An answer as it goes over the wire."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return wire.response_bytes(status, content, {name.replace("_", "-"): value for name, value in headers.items()})


def ask(gateway):
    return wire.messages(gateway.port, ASKED)


def scripted(start, *answers):
    """A provider that gives these answers in order, the last of them for ever."""
    left = list(answers)
    lock = threading.Lock()

    def answer(request, connection):
        with lock:
            mine = left.pop(0) if len(left) > 1 else left[0]
        connection.sendall(mine)

    return start.upstream(answer)


def test_a_client_does_not_see_a_failure_that_passes(start):
    provider = scripted(start, raw(*OVERLOADED), raw(503, b"busy"), raw(200))
    gateway = start.gateway(config(backend("haiku", provider.url), **ON))
    client = anthropic.Anthropic(base_url=gateway.url, api_key="k", max_retries=0)
    assert client.messages.create(**ASKED).content[0].text == "Hi."
    assert len(provider.requests) == 3
    entry = wire.get_json(gateway.port, "/v1/metrics/recent?n=1")["exchanges"][0]
    attempts = wire.get_json(gateway.port, f"/v1/explain/{entry['query_id']}")["attempts"]
    assert [attempt["status"] for attempt in attempts] == [529, 503, 200]


def test_another_tier_answers_when_one_is_out(start):
    out = scripted(start, raw(*OVERLOADED))
    works = scripted(start, raw(200, wire.ANSWER.replace(b"Hi.", b"From sonnet.")))
    both = [backend("haiku", out.url), backend("sonnet", works.url, tier="balanced")]
    gateway = start.gateway(config(*both, fallbacks={"fast": ["balanced"]}, **ON))
    client = anthropic.Anthropic(base_url=gateway.url, api_key="k", max_retries=0)
    for _ in range(8):
        answer = client.messages.with_raw_response.create(**ASKED)
        assert answer.headers["x-gateway-tier"] == "balanced"
        assert answer.parse().content[0].text == "From sonnet."
    # After five failures nobody asks it any more.
    assert len(out.requests) == 5
    states = {row["name"]: row["health"] for row in wire.get_json(gateway.port, "/v1/backends")["backends"]}
    assert states["haiku"]["state"] == "broken" and states["haiku"]["last_error"] == "HTTP 529"
    assert states["sonnet"]["state"] == "healthy" and states["sonnet"]["breaker"] == "closed"


def test_a_total_outage_is_told_at_once_and_passes_soon(start):
    is_out = threading.Event()
    is_out.set()

    def answer(request, connection):
        connection.sendall(raw(503, b"out") if is_out.is_set() else raw(200))

    provider = start.upstream(answer)
    gateway = start.gateway(config(backend("haiku", provider.url), **ON))
    answers = [ask(gateway) for _ in range(60)]
    assert {answer.status for answer in answers} == {503}
    # At most 1.2 calls a request, and far less once the breaker is open.
    assert len(provider.requests) <= 12
    last = answers[-1]
    assert last["x-gateway-error"] == "unavailable" and int(last["retry-after"]) >= 1
    assert "backend haiku does not work at the moment (HTTP 503)" in last.json()["error"]["message"]
    is_out.clear()
    began = time.monotonic()
    wait_until(lambda: ask(gateway).status == 200, "it is back", 5)
    assert time.monotonic() - began < 3


def three_tiers(url):
    """One provider's models, with everything else as nobody set it."""
    models = [
        ("haiku", "claude-haiku-4-5-20251001", "fast"),
        ("sonnet", "claude-sonnet-4-6", "balanced"),
        ("opus", "claude-opus-4-7", "premium"),
    ]
    return {"models": [backend(name, url, model, tier) for name, model, tier in models]}


@pytest.mark.parametrize("how", ["503", "529", "reset"])
def test_an_outage_of_the_one_provider_of_all_tiers(start, how):
    is_out = threading.Event()
    is_out.set()

    def answer(request, connection):
        if not is_out.is_set():
            connection.sendall(raw(200))
        elif how == "reset":
            return False
        else:
            connection.sendall(raw(int(how), OVERLOADED[1]))

    provider = start.upstream(answer)
    gateway = start.gateway(three_tiers(provider.url))
    numbers = itertools.count()

    def timed():
        began = time.monotonic()
        answer = wire.messages(gateway.port, wire.prompt(f"What is {next(numbers)} plus 2?", "auto"), seconds=30)
        return answer, time.monotonic() - began

    asked = [timed() for _ in range(100)]
    assert len(provider.requests) <= 120
    # The provider's own words first, then those of the gateway, whose breakers are open.
    assert {answer.status for answer, _ in asked} <= {502, 503, 529}
    told = [(answer, seconds) for answer, seconds in asked if answer["x-gateway-error"] == "unavailable"]
    assert len(told) > 50
    assert all(answer.status == 503 and int(answer["retry-after"]) >= 1 for answer, _ in told)
    # None of them waits for the provider. Half of them: what else the machine does is not the gateway's time.
    assert sorted(seconds for _, seconds in told)[len(told) // 2] < 0.05
    backends = wire.get_json(gateway.port, "/v1/backends")["backends"]
    assert {row["name"]: row["health"]["state"] for row in backends} == dict.fromkeys(("haiku", "sonnet", "opus"), "broken")
    is_out.clear()
    for model in ("haiku", "sonnet", "opus"):
        asked = {"x-gateway-smart-routing": "0"}
        wait_until(lambda: wire.messages(gateway.port, wire.prompt(model, model), asked).status == 200, f"{model} is back", 5)


def test_few_calls_are_made_in_an_outage_however_slowly_requests_come(start):
    """Each finds every breaker willing to try, and three models of one provider: it could make three calls."""
    provider = scripted(start, raw(503, b"out"))
    gateway = start.gateway(three_tiers(provider.url) | {"breaker": {"open_ms": 20, "max_open_ms": 20}})
    began = time.monotonic()
    count = 50
    for number in range(count):
        answer = wire.messages(gateway.port, wire.prompt(f"What is {number} plus 2?", "auto"))
        assert answer.status == 503
        time.sleep(0.05)
    # A fifth of the requests, five to begin with and one more every ten seconds (docs/resilience.md).
    assert len(provider.requests) <= count * 1.2 + 5 + (time.monotonic() - began) / 10


def test_a_provider_that_is_gone_is_looked_for(start):
    gone = wire.Upstream()
    gone.stop()
    breaker = {"enabled": True, "open_ms": 60000, "max_open_ms": 60000}
    gateway = start.gateway(config(backend("haiku", gone.url), breaker=breaker))
    answers = [ask(gateway) for _ in range(7)]
    assert [answer.status for answer in answers] == [502] * 5 + [503] * 2
    health = wire.get_json(gateway.port, "/v1/backends")["backends"][0]["health"]
    assert health["state"] == "down" and "could not be reached" in health["last_error"]
    # Its breaker would stay open for a minute, were it not found.
    back = wire.Upstream(port=gone.port)
    began = time.monotonic()
    wait_until(lambda: ask(gateway).status == 200, "it is found", 10)
    assert time.monotonic() - began < 5
    assert back.requests[0].target == "/v1/models"
    back.stop()


@pytest.mark.parametrize("after, waits", [("1", True), ("3600", False)])
def test_the_provider_says_when(start, after, waits):
    provider = scripted(start, raw(429, OVERLOADED[1], retry_after=after), raw(200))
    gateway = start.gateway(config(backend("haiku", provider.url), **ON))
    began = time.monotonic()
    answer = ask(gateway)
    if waits:
        assert answer.status == 200 and time.monotonic() - began >= 1
    else:
        assert answer.status == 429 and answer["retry-after"] == after


def test_a_backend_gets_no_more_at_once_than_it_takes(start):
    inside, most = [], []
    lock = threading.Lock()

    def answer(request, connection):
        with lock:
            inside.append(1)
            most.append(len(inside))
        time.sleep(0.05)
        with lock:
            inside.pop()
        connection.sendall(raw(200))

    provider = start.upstream(answer)
    gateway = start.gateway(config(backend("haiku", provider.url, max_concurrent=2)))
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(ask(gateway).status))
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert answers == [200] * 12
    assert max(most) == 2


def test_what_is_too_much_is_told_to_come_back(start):
    go = threading.Event()

    def answer(request, connection):
        assert go.wait(30)
        connection.sendall(raw(200))

    provider = start.upstream(answer)
    load = {"max_in_flight": 1, "max_queued": 1, "queue_timeout_ms": 30000}
    gateway = start.gateway(config(backend("haiku", provider.url), load=load))
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(ask(gateway).status))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    wait_until(lambda: wire.get_json(gateway.port, "/v1/metrics").get("waiting") == 1, "one queues")
    refused = ask(gateway)
    assert refused.status == 503 and refused["retry-after"] == "1"
    assert "load.max_in_flight" in refused.json()["error"]["message"]
    go.set()
    for thread in threads:
        thread.join(30)
    assert answers == [200, 200]


def test_connections_that_a_rush_needed_are_let_go_while_others_ask(start):
    together = threading.Barrier(60)

    def answer(request, connection):
        if b"rush" in request.body:
            together.wait(30)
        connection.sendall(raw(200))

    provider = start.upstream(answer)
    gateway = start.gateway(config(backend("haiku", provider.url)))
    threads = [
        threading.Thread(target=wire.messages, args=(gateway.port, wire.prompt(f"rush {number}")))
        for number in range(60)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(provider.connections) == 60
    numbers = itertools.count()

    def are_few():
        assert wire.messages(gateway.port, wire.prompt(f"calm {next(numbers)}")).status == 200
        return len(provider.connections) <= 32

    wait_until(are_few, "the provider has few connections")


def test_failures_in_a_fixed_pattern_never_multiply_the_calls(start):
    """Three tiers at one provider that fails four calls of nine, too few in a row to open a breaker."""
    calls = itertools.count()
    pattern = [500, 200, 500, 200, 500, 200, 500, 200, 200]

    def answer(request, connection):
        status = pattern[next(calls) % len(pattern)]
        connection.sendall(raw(200) if status == 200 else raw(status, OVERLOADED[1]))

    provider = start.upstream(answer)
    tiers = {"haiku": "fast", "sonnet": "balanced", "opus": "premium"}
    models = [backend(name, provider.url, tier=tier) for name, tier in tiers.items()]
    fallbacks = {"fast": ["balanced", "premium"], "balanced": ["premium", "fast"], "premium": ["balanced", "fast"]}
    rules = ON | {"breaker": {"enabled": True, "error_rate": 0.9}}
    gateway = start.gateway(config(*models, fallbacks=fallbacks, **rules))
    began = time.monotonic()
    statuses = [wire.messages(gateway.port, ASKED | {"model": list(tiers)[n % 3]}).status for n in range(300)]
    seconds = time.monotonic() - began
    # A fifth more, the five that are there at the start, and one for each ten seconds.
    assert 345 <= len(provider.requests) <= 365 + seconds / 10 + 1
    assert set(statuses) == {200, 500}
    # Where most calls go well again, nobody sees the single ones that do not.
    pattern[:] = [200]
    assert {ask(gateway).status for _ in range(10)} == {200}
    pattern[:] = [200] * 7 + [500]
    assert {ask(gateway).status for _ in range(40)} == {200}
