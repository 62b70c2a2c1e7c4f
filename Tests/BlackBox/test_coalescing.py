"""Identical requests at once: one call, whoever leaves, and never across projects."""

import json
import threading
import time

import anthropic
import pytest

import wire
from processes import backend, config, wait_until
from wire import Connection, chunk, event, get_json, messages, prompt

COALESCE = {"enabled": True}
CACHE = {"enabled": True}
STREAM = [
    wire.stream_start(),
    event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
    event("content_block_delta", index=0, delta={"type": "text_delta", "text": "Par"}),
    event("content_block_delta", index=0, delta={"type": "text_delta", "text": "is."}),
    event("content_block_stop", index=0),
    event("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage={"output_tokens": 3}),
    event("message_stop"),
]


class Held:
    """An answer for `Upstream` that waits: for `go` before it answers, and in a stream before each event."""

    def __init__(self, answer=None):
        self.go = threading.Event()
        self.steps = threading.Semaphore(0)
        self._answer = answer or wire.reply_with()

    def whole(self, request, connection):
        assert self.go.wait(30)
        return self._answer(request, connection)

    def stream(self, request, connection):
        connection.sendall(wire.STREAM_HEAD)
        for piece in STREAM:
            assert self.steps.acquire(timeout=30)
            connection.sendall(chunk(piece))
        connection.sendall(b"0\r\n\r\n")


def together(count, ask):
    """The results of `ask(number)` on so many threads at once."""
    results = [None] * count

    def run(number):
        results[number] = ask(number)

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    return threads, results


def finish(threads):
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


def in_flight(gateway, headers=()):
    return get_json(gateway.port, "/v1/metrics", headers)["in_flight"]


def wait_for(count, gateway, headers=()):
    """Until so many requests are there, and have got as far as they get without an answer."""
    wait_until(lambda: in_flight(gateway, headers) == count, f"{count} are there", 30)
    time.sleep(0.1)


def nanodollars(text):
    whole, _, part = text.partition(".")
    return int(whole) * 10**9 + int(part.ljust(9, "0"))


@pytest.mark.parametrize("cache", [CACHE, {"enabled": False}], ids=["cache", "no cache"])
def test_a_herd_makes_one_call(start, cache):
    held = Held()
    upstream = start.upstream(held.whole)
    gateway = start.gateway(config(backend("a", upstream.url), cache=cache, coalesce=COALESCE))
    threads, answers = together(100, lambda _: messages(gateway.port, prompt(model="a"), seconds=60))
    wait_for(100, gateway)
    held.go.set()
    finish(threads)
    assert len(upstream.requests) == 1
    assert {(answer.status, answer.body) for answer in answers} == {(200, wire.ANSWER)}
    leaders = [answer for answer in answers if answer["x-gateway-cache"] == "none"]
    followers = [answer for answer in answers if answer["x-gateway-cache"] == "coalesced"]
    assert len(leaders) == 1 and len(followers) == 99
    assert {answer["x-cache"] for answer in followers} == {"HIT"}
    assert {answer["x-gateway-cost-usd"] for answer in followers} == {"0.00"}
    assert len({answer["x-gateway-query-id"] for answer in answers}) == 100
    assert all(answer["request-id"] == f"req_gw_{answer['x-gateway-query-id']}" for answer in followers)
    totals = get_json(gateway.port, "/v1/metrics")["since_start"]
    assert totals["coalesced"] == 99 and totals["requests"] == 100 and totals["errors"] == 0
    assert str(totals["cost_usd"]) == leaders[0]["x-gateway-cost-usd"]
    explained = get_json(gateway.port, f"/v1/explain/{followers[0]['x-gateway-query-id']}")
    assert not explained["attempts"]


def test_one_after_another_are_two_calls_without_a_cache(start):
    upstream = start.upstream()
    gateway = start.gateway(config(backend("a", upstream.url), coalesce=COALESCE))
    for _ in range(2):
        assert messages(gateway.port, prompt(model="a"))["x-gateway-cache"] == "none"
    assert len(upstream.requests) == 2


def test_sdks_share_a_stream(start):
    held = Held()
    upstream = start.upstream(held.stream)
    gateway = start.gateway(config(backend("a", upstream.url), cache=CACHE, coalesce=COALESCE))

    def ask(_):
        client = anthropic.Anthropic(base_url=gateway.url, api_key="any", max_retries=0, timeout=60)
        with client.messages.stream(**prompt(model="a")) as stream:
            text = "".join(stream.text_stream)
            return text, stream.get_final_message().usage.output_tokens, stream.response.headers["x-gateway-cache"]

    early, first = together(4, ask)
    wait_for(4, gateway)
    for _ in range(3):
        held.steps.release()
    late, then = together(3, ask)
    wait_for(7, gateway)
    for _ in STREAM[3:]:
        held.steps.release()
    finish(early + late)
    assert len(upstream.requests) == 1
    assert {answer[:2] for answer in first + then} == {("Paris.", 3)}
    assert sorted(answer[2] for answer in first + then) == ["coalesced"] * 6 + ["none"]


def open_stream(connection):
    connection.request("POST", "/v1/messages", json.dumps(prompt(model="a", stream=True)).encode())


@pytest.mark.parametrize("when", ["before the head", "in the middle"])
def test_the_leader_may_leave(start, when):
    held = Held()
    upstream = start.upstream(held.stream)
    gateway = start.gateway(config(backend("a", upstream.url), cache=CACHE, coalesce=COALESCE))
    leader = Connection(gateway.port)
    open_stream(leader)
    wait_until(lambda: upstream.requests, "the call is made")
    with Connection(gateway.port) as follower:
        open_stream(follower)
        wait_for(2, gateway)
        if when == "in the middle":
            held.steps.release()
            assert follower.head().status == 200
            pieces = follower.chunks()
            received = next(pieces)
        leader.close()
        time.sleep(0.2)  # long enough for a broken-off call to reach the provider
        assert not upstream.closed.is_set()
        for _ in STREAM:
            held.steps.release()
        if when == "in the middle":
            received += b"".join(pieces)
        else:
            assert follower.head().status == 200
            received = b"".join(follower.chunks())
    assert received == b"".join(STREAM)
    assert len(upstream.requests) == 1
    wait_until(lambda: in_flight(gateway) == 0, "both are booked")
    again = messages(gateway.port, prompt(model="a", stream=True))
    assert again["x-gateway-cache"] == "exact" and len(upstream.requests) == 1
    recent = get_json(gateway.port, "/v1/metrics/recent?n=3")
    rows = recent if isinstance(recent, list) else recent["exchanges"]
    gone = next(row for row in rows if row["status"] == 499)
    assert gone["cache"] == "none" and gone["cost_usd"] > 0


def test_the_call_ends_when_all_have_left(start):
    held = Held()
    upstream = start.upstream(held.stream)
    gateway = start.gateway(config(backend("a", upstream.url), coalesce=COALESCE))
    clients = [Connection(gateway.port) for _ in range(3)]
    for client in clients:
        open_stream(client)
    wait_for(3, gateway)
    held.steps.release()
    for client in clients:
        assert client.head().status == 200
    for client in clients:
        client.close()
    wait_until(lambda: in_flight(gateway) == 0, "all are booked")
    held.steps.release(20)
    wait_until(upstream.closed.is_set, "the provider is told")
    assert len(upstream.requests) == 1


def test_an_error_is_tried_again_once(start):
    go = threading.Event()
    first = wire.response_bytes(529, b'{"type":"error","error":{"type":"overloaded_error","message":"busy"}}')

    def answer(request, connection):
        assert go.wait(30)
        connection.sendall(first)

    upstream = start.upstream(answer)
    gateway = start.gateway(config(backend("a", upstream.url), coalesce=COALESCE))
    threads, answers = together(30, lambda _: messages(gateway.port, prompt(model="a"), seconds=60))
    wait_for(30, gateway)
    go.set()
    finish(threads)
    assert {answer.status for answer in answers} == {529}
    assert len(upstream.requests) == 2


@pytest.mark.parametrize("scope, calls", [("key", 3), ("project", 2), ("global", 1)])
def test_nothing_crosses_a_partition(start, scope, calls):
    held = Held()
    upstream = start.upstream(held.whole)
    projects = [{"name": "web", "keys": ["key-1", "key-2"]}, {"name": "app", "keys": ["key-3"]}]
    gateway = start.gateway(
        config(backend("a", upstream.url), cache=CACHE | {"scope": scope}, coalesce=COALESCE, projects=projects)
    )
    keys = ["key-1", "key-2", "key-3"]
    threads, answers = together(
        30, lambda number: messages(gateway.port, prompt(model="a"), {"x-api-key": keys[number % 3]}, seconds=60)
    )
    wait_for(30, gateway, {"x-api-key": "key-1"})
    held.go.set()
    finish(threads)
    assert len(upstream.requests) == calls
    assert {answer.status for answer in answers} == {200}
    kinds = [answer["x-gateway-cache"] for answer in answers]
    assert kinds.count("none") == calls and kinds.count("coalesced") == 30 - calls

