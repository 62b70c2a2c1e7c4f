"""Rate limits and budgets from outside: what a client is told, and that no budget is passed, whoever asks at once."""

import concurrent.futures
import json
import random
import threading
import time

import anthropic
import openai
import pytest

import processes
import wire
from processes import backend, config, wait_until
from redis_server import PROGRAM, Redis
from wire import messages, prompt

NEEDS_REDIS = pytest.mark.skipif(PROGRAM is None, reason="there is no redis-server: make setup-tests")
ADMIN = {"x-api-key": "operator-key"}
# A dollar for a thousand tokens, of either kind: a token is a tenth of a cent.
PRICE = {"cost_per_1k_in": 1, "cost_per_1k_out": 1}


class Biller:
    """A provider whose answers cost what a seeded die says; counts every token of them."""

    def __init__(self, seed=1, most=90, delay=0.01):
        self.random = random.Random(seed)
        self.lock = threading.Lock()
        self.tokens = 0
        self.most = most
        self.delay = delay

    def __call__(self, request, connection):
        with self.lock:
            output = self.random.randint(0, self.most)
            fails = self.random.random() < 0.1
        time.sleep(self.delay)
        if fails:
            body = b'{"type":"error","error":{"type":"invalid_request_error","message":"no"}}'
            connection.sendall(wire.response_bytes(400, body))
            return
        with self.lock:
            self.tokens += 10 + output
        usage = {"input_tokens": 10, "output_tokens": output}
        connection.sendall(wire.response_bytes(body=json.dumps(json.loads(wire.ANSWER) | {"usage": usage}).encode()))


def limited(upstream, **sections):
    return config(backend("haiku", upstream.url, "claude-haiku-4-5-20251001", **PRICE), **sections)


def spent(gateway, scope="all"):
    """Nano-dollars of today, as they stand in the state file, a second after the last change."""
    path = gateway.directory / "xs" / "llm-gateway" / "budgets"
    time.sleep(1.3)
    lines = [line.split("\t") for line in path.read_text().splitlines()[1:]] if path.exists() else []
    return next((int(line[2]) for line in lines if line[0] == scope), 0)


def test_simulated_money_uses_up_no_budget(start):
    directory = start.directory()
    demo = start.gateway(directory=directory)
    assert messages(demo.port, prompt(model="opus", max_tokens=400)).status == 200
    demo.process.terminate()
    demo.wait(10)
    kept = directory / "xs" / "llm-gateway"
    assert (kept / "demo-budgets").exists() and not (kept / "budgets").exists()


def test_rate_limit_headers_and_refusal(start):
    upstream = start.upstream()
    gateway = start.gateway(limited(upstream, limits={"key_rpm": 2}))
    first = messages(gateway.port, prompt())
    assert (first["x-ratelimit-limit"], first["x-ratelimit-remaining"], first["x-ratelimit-reset"]) == ("2", "1", "30")
    assert messages(gateway.port, prompt()).status == 200
    refused = messages(gateway.port, prompt())
    wire.assert_error(refused, 429, "rate_limit_error")
    assert refused["retry-after"] in ("29", "30") and refused["x-ratelimit-remaining"] == "0"
    refused = wire.completions(gateway.port, wire.chat())
    wire.assert_openai_error(refused, 429, "rate_limit_exceeded")
    assert len(upstream.requests) == 2


def test_environment_sets_the_rate(start):
    upstream = start.upstream()
    for more, expected in (({}, 429), ({"RATE_LIMIT_ENABLED": "false"}, 200)):
        directory = start.directory()
        environment = processes.xdg(directory, RATE_LIMIT_RPM=1, **more)
        gateway = start.gateway(limited(upstream), directory=directory, environment=environment)
        messages(gateway.port, prompt())
        assert messages(gateway.port, prompt()).status == expected


def test_streams_at_once(start):
    release = threading.Event()

    def slow(request, connection):
        connection.sendall(b"HTTP/1.1 200 X\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
        connection.sendall(wire.stream_start())
        release.wait(20)
        return False

    upstream = start.upstream(slow)
    gateway = start.gateway(limited(upstream, limits={"concurrent_streams": 1}))
    with wire.Connection(gateway.port) as first:
        first.request("POST", "/v1/messages", json.dumps(prompt(stream=True)).encode(), {"content-type": "application/json"})
        assert first.head().status == 200
        wire.assert_error(messages(gateway.port, prompt(stream=True)), 429, "rate_limit_error")
    release.set()
    wait_until(lambda: messages(gateway.port, prompt(stream=True)).status == 200, "the place is free again")


def test_no_sdk_tries_again_after_a_spent_budget(start):
    upstream = start.upstream()
    gateway = start.gateway(limited(upstream, budget={"usd_per_day": 0.01}))
    ours = anthropic.Anthropic(base_url=gateway.url, api_key="any", max_retries=3, timeout=20)
    started = time.monotonic()
    with pytest.raises(anthropic.RateLimitError) as refused:
        ours.messages.create(model="haiku", max_tokens=100, messages=[{"role": "user", "content": "Hello"}])
    assert "begins anew at" in str(refused.value) and "00:00 UTC" in str(refused.value)
    theirs = openai.OpenAI(base_url=gateway.url + "/v1", api_key="any", max_retries=3, timeout=20)
    with pytest.raises(openai.RateLimitError) as refused:
        theirs.chat.completions.create(model="haiku", max_tokens=100, messages=[{"role": "user", "content": "Hello"}])
    assert refused.value.code == "insufficient_quota"
    assert time.monotonic() - started < 5
    assert not upstream.requests


def hammer(gateways, upstream_limit, clients=100, rounds=3):
    """As many clients at once as that, each asking its gateway a few times; what became of it by status."""
    statuses = []
    gate = threading.Barrier(clients)

    def client(number):
        gate.wait(30)
        for _ in range(rounds):
            answer = messages(gateways[number % len(gateways)].port, prompt(max_tokens=100), seconds=60)
            statuses.append(answer.status)

    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        list(pool.map(client, range(clients)))
    return statuses


def test_a_hundred_clients_never_pass_a_budget(start):
    biller = Biller(seed=3)
    upstream = start.upstream(biller)
    gateway = start.gateway(limited(upstream, budget={"usd_per_day": 5, "soft_ratio": 1}))
    statuses = hammer([gateway], 5)
    assert biller.tokens <= 5000
    assert biller.tokens > 3000, "the budget was hardly used"
    assert statuses.count(200) > 20 and statuses.count(429) > 20 and set(statuses) <= {200, 400, 429}
    assert spent(gateway) == biller.tokens * 1_000_000


def test_a_tokenizer_as_bad_as_can_be_passes_no_budget(start):
    """Each byte a token, all of them written to the provider's cache for an hour, and an answer as long as it may be."""
    text = "§" * 100
    paid = []

    def answer(request, connection):
        time.sleep(0.05)
        asked = json.loads(request.body)
        count = len(asked["messages"][0]["content"][0]["text"].encode())
        paid.append(2 * count + asked["max_tokens"])  # thousandths of a dollar
        usage = {
            "input_tokens": 0, "cache_creation_input_tokens": count, "cache_read_input_tokens": 0,
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": count},
            "output_tokens": asked["max_tokens"],
        }
        connection.sendall(wire.response_bytes(body=json.dumps(json.loads(wire.ANSWER) | {"usage": usage}).encode()))

    gateway = start.gateway(limited(start.upstream(answer), budget={"usd_per_day": 2, "soft_ratio": 1}))
    block = {"type": "text", "text": text, "cache_control": {"type": "ephemeral", "ttl": "1h"}}
    asked = prompt(max_tokens=50) | {"messages": [{"role": "user", "content": [block]}]}
    with concurrent.futures.ThreadPoolExecutor(60) as pool:
        answers = list(pool.map(lambda _: messages(gateway.port, asked, seconds=60).status, range(60)))
    assert 0 < len(paid) == answers.count(200) and set(answers) == {200, 429}
    assert sum(paid) <= 2000
    assert spent(gateway) == sum(paid) * 1_000_000


def test_what_was_spent_outlives_a_restart(start):
    biller = Biller(seed=5, most=50)
    upstream = start.upstream(biller)
    directory = start.directory()
    chosen = limited(upstream, budget={"usd_per_day": 0.3, "soft_ratio": 1})
    gateway = start.gateway(chosen, directory=directory)
    while messages(gateway.port, prompt(max_tokens=100)).status != 429:
        pass
    before = biller.tokens
    time.sleep(1.3)
    gateway.signal(9)
    gateway.wait()
    gateway = start.gateway(chosen, directory=directory)
    assert messages(gateway.port, prompt(max_tokens=100)).status == 429
    assert biller.tokens == before


def test_a_client_that_leaves_is_settled(start):
    def endless(request, connection):
        connection.sendall(b"HTTP/1.1 200 X\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
        connection.sendall(wire.stream_start())
        while True:
            delta = {"type": "text_delta", "text": "word "}
            connection.sendall(wire.event("content_block_delta", type="content_block_delta", index=0, delta=delta))
            time.sleep(0.05)

    upstream = start.upstream(endless)
    # One such request at a time has room.
    gateway = start.gateway(limited(upstream, budget={"usd_per_day": 1.5, "soft_ratio": 1}))
    with wire.Connection(gateway.port) as client:
        client.request("POST", "/v1/messages", json.dumps(prompt(stream=True, max_tokens=1000)).encode(), {"content-type": "application/json"})
        assert client.head().status == 200
        busy = messages(gateway.port, prompt(max_tokens=1000))
        assert busy.status == 429 and busy["retry-after"] == "1" and busy["x-should-retry"] is None
    assert upstream.closed.wait(10)
    # What had come is booked, the rest is given back.
    wait_until(lambda: 0 < spent(gateway) < 500_000_000, "the stream is settled")


@NEEDS_REDIS
def test_two_gateways_share_a_budget_and_a_rate(start, tmp_path):
    redis = Redis(tmp_path)
    try:
        biller = Biller(seed=9)
        upstream = start.upstream(biller)
        shared = {"cache": {"enabled": False, "redis_url": redis.url}}
        chosen = limited(upstream, budget={"usd_per_day": 3, "soft_ratio": 1, "shared": True}, **shared)
        gateways = [start.gateway(chosen), start.gateway(chosen)]
        for gateway in gateways:
            gateway.find("limits and budgets are shared through Redis")
        statuses = hammer(gateways, 3, clients=60, rounds=2)
        assert 1500 < biller.tokens <= 3000
        assert statuses.count(429) > 10 and set(statuses) <= {200, 400, 429}

        chosen = limited(upstream, limits={"rpm": 3, "shared": True}, **shared)
        gateways = [start.gateway(chosen), start.gateway(chosen)]
        for gateway in gateways:
            gateway.find("limits and budgets are shared through Redis")
        answers = [messages(gateways[number % 2].port, prompt()) for number in range(4)]
        assert [answer["x-ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]
        assert answers[3].status == 429 and answers[3]["retry-after"] in ("19", "20")

        redis.stop()
        started = time.monotonic()
        # Each for itself now.
        assert messages(gateways[0].port, prompt()).status != 429
        assert time.monotonic() - started < 2
        gateways[0].find("without Redis")
    finally:
        redis.stop()
