"""Rate limits and budgets from outside: what a client is told, and that no budget is passed, whoever asks at once."""

import concurrent.futures
import datetime
import json
import random
import re
import signal
import threading
import time

import anthropic
import openai
import pytest

import processes
import wire
from processes import REPOSITORY, backend, config, wait_until
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


def used(input_tokens, *outputs):
    """An `answer` for Upstream: so many tokens of prompt and, one answer after the other, so many of output."""
    left = list(outputs)

    def answer(request, connection):
        output = left.pop(0) if len(left) > 1 else left[0]
        if request.json().get("stream"):
            start, end = wire.message_stream().split(b"event: message_delta")
            delta = {"stop_reason": "end_turn", "stop_sequence": None}
            counted = wire.event("message_delta", delta=delta, usage={"output_tokens": output})
            stop = wire.event("message_stop")
            assert end.endswith(stop)
            start = start.replace(b'"input_tokens": 10', b'"input_tokens": %d' % input_tokens)
            connection.sendall(wire.event_stream(start + counted + stop))
            return
        usage = {"input_tokens": input_tokens, "output_tokens": output}
        connection.sendall(wire.response_bytes(body=json.dumps(json.loads(wire.ANSWER) | {"usage": usage}).encode()))

    return answer


@pytest.mark.parametrize(
    ("scope", "is_stream"),
    [("limits.tpm", False), ("limits.tpm", True), ("limits.key_tpm", False), ("a project's", True)],
)
def test_tokens_a_minute(start, scope, is_stream):
    """600 tokens a minute are ten a second; each answer takes 300 of them."""
    upstream = start.upstream(used(100, 200))
    whose = {}
    if scope == "a project's":
        bounded = {"projects": [{"name": "web", "limits": {"tpm": 600}}, {"name": "other"}]}
        whose = {"x-gateway-project": "web"}
    else:
        bounded = {"limits": {scope.removeprefix("limits."): 600}}
    gateway = start.gateway(limited(upstream, **bounded))
    body = prompt(max_tokens=50, stream=is_stream)
    began = time.monotonic()

    def remaining(answer, at_least):
        """What is left, with what may have come back since."""
        assert answer["x-ratelimit-limit"] == "600"
        assert at_least <= int(answer["x-ratelimit-remaining"]) <= at_least + 10 * (time.monotonic() - began) + 1

    first = messages(gateway.port, body, whose)
    assert first.status == 200
    # By the estimate: "Hello" and 50 tokens of answer are 51 or 52.
    remaining(first, 548)
    second = messages(gateway.port, body, whose)
    assert second.status == 200
    # By the true count of the first.
    remaining(second, 248)
    refused = messages(gateway.port, body, whose)
    message = wire.assert_error(refused, 429, "rate_limit_error")
    assert "600 tokens a minute" in message and ("project web" in message) == bool(whose)
    assert refused["x-should-retry"] is None
    wait = int(refused["retry-after"])
    # 51 tokens are lacking, 5.1 seconds; what passed meanwhile counts.
    assert 5.1 - (time.monotonic() - began) <= wait <= 6
    told = wire.completions(gateway.port, wire.chat(max_tokens=50, stream=is_stream), whose)
    wire.assert_openai_error(told, 429, "rate_limit_exceeded")
    assert int(told["retry-after"]) <= wait
    assert len(upstream.requests) == 2
    if whose:
        for other in ({"x-gateway-project": "other"}, {}):
            answer = messages(gateway.port, body, other)
            assert answer.status == 200 and answer["x-ratelimit-limit"] is None
    wait_until(lambda: messages(gateway.port, body, whose).status == 200, "it passes when it was told to", wait + 2)
    assert time.monotonic() - began >= 5, "it passed too soon"


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


@NEEDS_REDIS
def test_two_gateways_share_a_bound_of_streams(start, tmp_path):
    release = threading.Event()

    def slow(request, connection):
        connection.sendall(b"HTTP/1.1 200 X\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
        connection.sendall(wire.stream_start())
        release.wait(60)
        return False

    redis = Redis(tmp_path)
    try:
        chosen = limited(start.upstream(slow), limits={"concurrent_streams": 2, "shared": True},
                         cache={"enabled": False, "redis_url": redis.url})
        gateways = [start.gateway(chosen), start.gateway(chosen)]
        for gateway in gateways:
            gateway.find("limits and budgets are shared through Redis")

        def begin(gateway):
            connection = wire.Connection(gateway.port)
            connection.request("POST", "/v1/messages", json.dumps(prompt(stream=True)).encode(),
                               {"content-type": "application/json"})
            return connection, connection.head().status

        first, status = begin(gateways[0])
        assert status == 200
        second, status = begin(gateways[1])
        assert status == 200
        for gateway in gateways:
            refused = messages(gateway.port, prompt(stream=True))
            assert "this gateway may have 2 streams at once" in wire.assert_error(refused, 429, "rate_limit_error")
            assert int(refused["retry-after"]) == 1
        # A client that leaves gives its place back to both.
        first.close()
        third = []

        def enters():
            connection, status = begin(gateways[1])
            (third if status == 200 else [connection.close()]).append(connection)
            return bool(third)
        wait_until(enters, "the place is free again")
        # A gateway without Redis counts its own: two are here.
        redis.stop()
        gateways[1].find("without Redis")
        wire.assert_error(messages(gateways[1].port, prompt(stream=True)), 429, "rate_limit_error")
        assert begin(gateways[0])[1] == 200
        second.close()
        third[0].close()
    finally:
        release.set()
        redis.stop()


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


def first_of_next_month():
    today = datetime.datetime.now(datetime.timezone.utc)
    return (today.replace(day=1) + datetime.timedelta(days=31)).strftime("%Y-%m-01 00:00 UTC")


def test_a_budget_of_a_month_lands_softly_and_holds(start):
    # A token of an answer is a tenth of a cent: what they cost is $0.50, $0.26, $0.20 and $0.04. Prompts cost nothing.
    upstream = start.upstream(used(10, 500, 260, 200, 40))
    price = {"cost_per_1k_in": 0, "cost_per_1k_out": 1}
    models = [
        ("haiku", "claude-haiku-4-5-20251001", "fast"),
        ("sonnet", "claude-sonnet-4-6", "balanced"),
        ("opus", "claude-opus-4-7", "premium"),
    ]
    chosen = config(
        *(backend(name, upstream.url, model, tier, **price) for name, model, tier in models),
        budget={"usd_per_month": 1, "soft_ratio": 0.5},
    )
    directory = start.directory()
    gateway = start.gateway(chosen, directory=directory)
    begins = {first_of_next_month()}

    def ask(most=100):
        return messages(gateway.port, prompt(model="opus", max_tokens=most))

    def refused(answer):
        message = wire.assert_error(answer, 429, "rate_limit_error")
        begins.add(first_of_next_month())
        assert any(message.endswith(f"it begins anew at {date}") for date in begins), message
        assert answer["x-should-retry"] == "false" and answer["x-gateway-error"] == "budget_exhausted"
        # What is left of a month, from a second to 31 days.
        assert 0 < int(answer["retry-after"]) <= 31 * 86400
        return message

    answers = [ask() for _ in range(3)]
    assert [answer.status for answer in answers] == [200] * 3
    # The model that was named, to half of the budget; the balanced tier to three quarters; then the fast one.
    assert [answer["x-gateway-tier"] for answer in answers] == ["premium", "balanced", "fast"]
    assert [request.json()["model"] for request in upstream.requests] == [model for _, model, _ in reversed(models)]
    warnings = [answer["x-gateway-warning"] or "" for answer in answers]
    assert warnings[0] == ""
    assert "$0.50 of $1.00" in warnings[1] and "this month" in warnings[1] and "balanced tier" in warnings[1]
    assert "$0.76 of $1.00" in warnings[2] and "fast tier" in warnings[2]
    message = refused(ask())
    assert "$1.00 a month" in message and "has $0.04 left" in message and "max_tokens" in message
    assert len(upstream.requests) == 3
    # What fits is answered, to the last cent.
    assert ask(40).status == 200
    assert "is spent" in refused(ask(1))
    quota = wire.assert_openai_error(wire.completions(gateway.port, wire.chat(model="opus")), 429, "insufficient_quota")
    assert "$1.00 a month" in quota["message"]
    assert len(upstream.requests) == 4
    gateway.signal(signal.SIGTERM)
    assert gateway.wait() == 0
    gateway = start.gateway(chosen, directory=directory)
    assert "is spent" in refused(ask(1))
    assert len(upstream.requests) == 4


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


def access_list():
    """The line of docs/redis.md that gives a user what the gateway needs, as the arguments of one command."""
    line = re.search(r"^ACL SETUSER gateway .*$", (REPOSITORY / "docs" / "redis.md").read_text(), re.MULTILINE)
    return line[0].replace("choose-a-password", "secret").split()


def warned(gateway):
    """What /v1/metrics says of limits and budgets that are not shared."""
    warnings = wire.get_json(gateway.port, "/v1/metrics")["warnings"]
    return [warning for warning in warnings if warning.startswith("limits and budgets are this daemon's alone")]


def use_up(gateway, prompt):
    """Asks until a budget refuses; how often it did not, and what the refusal says. Each answer is looked at."""
    for count in range(60):
        answer = messages(gateway.port, prompt)
        if answer.status != 200:
            assert answer.status == 429, answer.body
            return count, wire.assert_error(answer, 429, "rate_limit_error"), answer
    raise AssertionError("60 requests passed the budget")


TROUBLES = {
    # What is done to Redis, what undoes it, and the word of its error.
    "access list": ([["ACL", "SETUSER", "gateway", "-eval"]], [["ACL", "SETUSER", "gateway", "+eval"]], "NOPERM"),
    "replica": ([["REPLICAOF", "127.0.0.1", "1"]], [["REPLICAOF", "NO", "ONE"]], "READONLY"),
    "full": ([["CONFIG", "SET", "maxmemory", "1"]], [["CONFIG", "SET", "maxmemory", "0"]], "OOM"),
}


@NEEDS_REDIS
@pytest.mark.parametrize("from_start", [True, False])
@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_redis_that_refuses_scripts_is_told_and_passed_by(start, tmp_path, trouble, from_start):
    begin, end, word = TROUBLES[trouble]
    redis = Redis(tmp_path)
    try:
        # The documented access list is enough for everything that follows.
        assert redis.command(*access_list()) == "OK"

        def run(commands):
            for command in commands:
                assert redis.command(*command) == "OK"

        if from_start:
            run(begin)
        # Three cents for each answer, of fifty a day.
        billed = wire.ANSWER.replace(b'"output_tokens":3', b'"output_tokens":20')
        assert billed != wire.ANSWER
        upstream = start.upstream(lambda request, connection: connection.sendall(wire.response_bytes(body=billed)))
        url = f"redis://gateway:secret@127.0.0.1:{redis.port}"
        chosen = limited(
            upstream, budget={"usd_per_day": 0.5, "shared": True}, cache={"enabled": False, "redis_url": url}
        )
        gateways = [start.gateway(chosen), start.gateway(chosen)]
        asked = prompt(max_tokens=20)
        shared = 0
        known = [0, 0]
        if not from_start:
            for gateway in gateways:
                gateway.find("limits and budgets are shared through Redis")
                assert messages(gateway.port, asked).status == 200
                assert not warned(gateway)
            # Asking again, each hears of all that came before.
            for gateway in gateways:
                assert messages(gateway.port, asked).status == 200
            shared, known = 4, [3, 4]
            run(begin)
        alone = []
        for gateway, sums in zip(gateways, known):
            count, text, refused = use_up(gateway, asked)
            # Its own ledger, and not the uncertainty of a late reply, says no: before what it knows of passes the budget.
            assert "the budget of $0.5" in text and "could not be found out" not in text
            assert refused["x-should-retry"] == "false"
            alone.append(count)
            assert 0.4 < (sums + count) * 0.03 <= 0.5
            gateway.find(f"limits and budgets are this daemon's alone: Redis at .* refuses their scripts .{word}")
            wait_until(lambda: len(warned(gateway)) == 1 and word in warned(gateway)[0], "the alert is there")
            assert "secret" not in warned(gateway)[0]
        assert len(upstream.requests) == shared + sum(alone)
        run(end)
        for gateway in gateways:
            wait_until(lambda: not warned(gateway), "it is over")
            assert gateway.stderr.count("limits and budgets are this daemon's alone") == 1
        # All of it is booked where it is shared, once.
        nanodollars = len(upstream.requests) * 30_000_000
        wait_until(
            lambda: redis.command("HGET", "llm-gateway:budget:1:all", "day_spent") == str(nanodollars).encode(),
            "what was spent meanwhile is booked",
        )
        for gateway in gateways:
            refused = messages(gateway.port, asked)
            assert refused.status == 429 and refused["x-should-retry"] == "false"
        assert len(upstream.requests) == shared + sum(alone)
        assert redis.command("HGET", "llm-gateway:budget:1:all", "reserved") in (None, b"0")
    finally:
        redis.stop()
