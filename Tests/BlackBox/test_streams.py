"""Streams: slow readers, silent and dying providers, clients that leave."""

import json
import os
import sys
import threading
import time

import pytest

import wire
from processes import Child, backend, config, wait_until
from wire import Connection, assert_error, chunk, event, event_names, messages, prompt


@pytest.fixture(scope="module")
def simulator(start_shared):
    return start_shared.simulator("--speed", "0")


@pytest.fixture
def gateway_with(start, simulator):
    """A gateway before the simulator, with these `upstream` settings."""

    def gateway_with(**upstream):
        return start.gateway(config(backend("haiku", simulator.url, "claude-haiku-4-5-20251001"), upstream=upstream))

    return gateway_with


def simulate(gateway, words, stream=True, **more):
    return messages(gateway.port, prompt(f"Go. [[simulate: {words}]]", stream=stream), **more)


def open_stream(client, text, model="haiku"):
    client.request("POST", "/v1/messages", json.dumps(prompt(text, model, stream=True)).encode())
    head = client.head()
    assert head.status == 200
    return head


def last_error(answer):
    """The error in the stream's last event."""
    name, data = answer.body.rstrip(b"\n").rpartition(b"\n\n")[2].split(b"\n")
    assert name == b"event: error"
    envelope = json.loads(data.removeprefix(b"data: "))
    assert envelope["type"] == "error" and envelope["error"]["message"] and envelope["request_id"]
    return envelope["error"]


# Slow readers


def test_slow_reader_costs_no_memory(gateway_with):
    gateway = gateway_with()
    simulate(gateway, "tokens=5")  # all that is made on first use is there
    before = gateway.resident_kilobytes()
    assert before < 150_000
    with Connection(gateway.port, receive_buffer=65_536) as client:
        open_stream(client, "[[simulate: huge=256]]")
        deadline = time.monotonic() + 2.5
        highest = 0
        while time.monotonic() < deadline:  # the reader sleeps; 256 MB are ready to come
            highest = max(highest, gateway.resident_kilobytes())
            time.sleep(0.05)
    assert highest < 150_000, f"{highest} kB, {before} kB before"


def test_provider_is_held_back_by_a_slow_reader(start):
    sent = []

    def answer(request, connection):
        connection.settimeout(30)
        connection.sendall(wire.STREAM_HEAD + chunk(wire.stream_start()))
        piece = chunk(event("content_block_delta", index=0, delta={"type": "text_delta", "text": "x" * 65_536}))
        for _ in range(4_000):  # 256 MB
            connection.sendall(piece)
            sent.append(len(piece))

    gateway = start.gateway(config(backend("a", start.upstream(answer).url)))
    with Connection(gateway.port, receive_buffer=65_536) as client:
        open_stream(client, "x", "a")
        still = [0, time.monotonic()]

        def has_stalled():
            if still[0] != len(sent):
                still[:] = [len(sent), time.monotonic()]
            return sent and time.monotonic() - still[1] > 1

        wait_until(has_stalled, "the provider has to wait", 20)
        # What the kernel's buffers hold, and the gateway's own.
        assert sum(sent) < 40_000_000
        before = len(sent)
        received = 0
        for piece in client.chunks():
            received += len(piece)
            if received > 60_000_000:
                break
        assert len(sent) > before, "it goes on when the reader does"


def test_large_stream_arrives_whole(gateway_with):
    answer = simulate(gateway_with(), "huge=16", seconds=60)
    assert answer.is_complete
    names = event_names(answer.body)
    assert names[0] == "message_start" and names[-1] == "message_stop"
    # 16 MB in pieces of 16 KiB, of 16 bytes each time.
    assert answer.body.count(b"simulated words ") == 16 * 1024 * 1024 // 16


def test_large_plain_answer_arrives_whole(gateway_with):
    answer = simulate(gateway_with(), "huge=8", stream=False, seconds=60)
    assert answer.status == 200
    assert answer.json()["content"][0]["text"].count("simulated words ") == 8 * 1024 * 1024 // 16


def test_one_event_of_megabytes(start):
    big = event("content_block_delta", index=0, delta={"type": "text_delta", "text": "y" * 5_000_000})
    stop = event("message_stop")

    def answer(request, connection):
        connection.sendall(wire.STREAM_HEAD + b"".join(map(chunk, (wire.stream_start(), big, stop))) + b"0\r\n\r\n")

    gateway = start.gateway(config(backend("a", start.upstream(answer).url)))
    body = messages(gateway.port, prompt(model="a", stream=True), seconds=30).body
    assert body == wire.stream_start() + big + stop


# Silent providers


def test_pings_while_the_provider_is_silent(gateway_with):
    answer = simulate(gateway_with(ping_interval_sec=1), "tokens=5 pings=0 stall=3500")
    names = event_names(answer.body)
    assert names[0] == "message_start" and names[-1] == "message_stop" and answer.is_complete
    silence = names[1 : names.index("content_block_start")]
    assert set(silence) == {"ping"} and 2 <= len(silence) <= 4, names
    assert "ping" not in names[names.index("content_block_start") :]
    for line in answer.body.split(b"\n"):
        if line.startswith(b"data: "):
            json.loads(line[6:])


def test_no_pings_from_the_gateway_where_the_provider_talks(gateway_with):
    answer = simulate(gateway_with(ping_interval_sec=1), "tokens=20 pings=0")
    assert "ping" not in event_names(answer.body)


def test_ping_never_cuts_an_event_in_two(start):
    whole = event("content_block_delta", index=0, delta={"type": "text_delta", "text": "half and half"})
    go_on = threading.Event()

    def answer(request, connection):
        connection.sendall(wire.STREAM_HEAD + chunk(wire.stream_start()) + chunk(whole[:40]))
        go_on.wait(20)
        connection.sendall(chunk(whole[40:]) + chunk(event("message_stop")) + b"0\r\n\r\n")

    gateway = start.gateway(config(backend("a", start.upstream(answer).url), upstream={"ping_interval_sec": 1}))
    with Connection(gateway.port) as client:
        open_stream(client, "x", "a")
        seen = []
        for piece in client.events():
            seen.append(piece)
            if event_names(piece) == ["ping"]:
                go_on.set()
    assert [piece for piece in seen if event_names(piece) != ["ping"]] == [wire.stream_start(), whole, event("message_stop")]
    assert len(seen) >= 4


def test_provider_that_falls_silent_is_given_up(gateway_with):
    answer = simulate(gateway_with(idle_timeout_sec=1), "tokens=5 stall=20000")
    assert event_names(answer.body)[0] == "message_start"
    assert last_error(answer)["type"] == "timeout_error"


def test_pings_do_not_keep_a_silent_provider_alive(gateway_with):
    answer = simulate(gateway_with(idle_timeout_sec=3, ping_interval_sec=1), "tokens=5 pings=0 stall=20000")
    assert "ping" in event_names(answer.body)
    assert last_error(answer)["type"] == "timeout_error"


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_provider_that_never_begins_is_given_up(gateway_with, stream):
    answer = simulate(gateway_with(first_byte_timeout_sec=1), "delay=20000", stream=stream)
    assert "haiku" in assert_error(answer, 504, "timeout_error")


def test_plain_answer_that_stops_half_way_is_given_up(gateway_with):
    answer = simulate(gateway_with(idle_timeout_sec=1), "tokens=5 stall=20000", stream=False)
    assert_error(answer, 504, "timeout_error")


def test_endless_call_is_given_up(start):
    def answer(request, connection):
        connection.sendall(wire.STREAM_HEAD + chunk(wire.stream_start()))
        while True:
            connection.sendall(chunk(event("ping")))
            time.sleep(0.1)

    gateway = start.gateway(config(backend("a", start.upstream(answer).url), upstream={"total_timeout_sec": 2}))
    answer = messages(gateway.port, prompt(model="a", stream=True))
    assert last_error(answer)["type"] == "timeout_error"


# Dying providers


@pytest.mark.parametrize("count", [1, 4, 9])
def test_dying_provider(gateway_with, count):
    gateway = gateway_with()
    answer = simulate(gateway, f"tokens=60 pings=1 cut={count}")
    names = event_names(answer.body)
    assert names[-1] == "error" and len(names) == count + 1, names
    assert "message_stop" not in names
    assert last_error(answer)["type"] == "api_error"
    row = wire.get_json(gateway.port, "/v1/metrics/recent?n=1")["exchanges"][0]
    assert row["error"] and row["usage_is_estimated"] is True and row["usage"]["input_tokens"] > 0
    totals = wire.get_json(gateway.port, "/v1/metrics")
    assert totals["since_start"]["errors"] == 1 and totals["in_flight"] == 0
    assert totals["backends"][0]["in_flight"] == 0


def test_provider_that_dies_before_its_first_event(gateway_with):
    """The status may have gone out already; if not, it must tell of the failure."""
    answer = simulate(gateway_with(), "tokens=60 cut=0")
    if answer.status == 200:
        assert event_names(answer.body) == ["error"]
    else:
        assert_error(answer, 502, "api_error")


def test_dying_provider_of_a_plain_answer(gateway_with):
    assert_error(simulate(gateway_with(), "tokens=60 cut=1", stream=False), 502, "api_error")


def test_providers_own_error_event_is_the_last(gateway_with):
    answer = simulate(gateway_with(), "tokens=60 error=5")
    assert event_names(answer.body).count("error") == 1
    assert last_error(answer)["type"] == "overloaded_error"


def test_broken_stream_is_not_kept(start, simulator):
    settings = config(backend("haiku", simulator.url, "claude-haiku-4-5-20251001"), cache={"enabled": True})
    gateway = start.gateway(settings)
    for _ in range(2):
        assert simulate(gateway, "tokens=60 cut=6")["x-cache"] == "MISS"


# What a stream looks like


def test_headers_of_a_stream(gateway_with):
    gateway = gateway_with()
    answer = simulate(gateway, "tokens=5", headers={"Accept-Encoding": "gzip, deflate, br"})
    assert answer["content-type"].startswith("text/event-stream")
    assert answer["content-encoding"] is None
    assert "no-cache" in answer["cache-control"]
    assert answer["x-accel-buffering"] == "no"
    assert answer["transfer-encoding"] == "chunked" and answer["content-length"] is None
    assert answer["x-gateway-cost-usd"] is None, "it is known only at the end"
    row = wire.get_json(gateway.port, f"/v1/explain/{answer['x-gateway-query-id']}")["summary"]
    assert row["stream"] is True and row["cost_usd"] > 0 and row["usage_is_estimated"] is False


def test_figures_of_a_stream_are_those_of_its_last_count(gateway_with):
    gateway = gateway_with()
    answer = simulate(gateway, "tokens=50")
    deltas = [json.loads(line[6:]) for line in answer.body.split(b"\n") if line.startswith(b'data: {"type":"message_delta"')]
    row = wire.get_json(gateway.port, "/v1/metrics/recent?n=1")["exchanges"][0]
    assert row["usage"]["output_tokens"] == deltas[-1]["usage"]["output_tokens"] > 10
    # Claude Haiku 4.5: one dollar a million tokens in, five out.
    cost = row["usage"]["input_tokens"] * 1e-6 + row["usage"]["output_tokens"] * 5e-6
    assert row["cost_usd"] == pytest.approx(cost, abs=1e-12)
    assert row["stop_reason"] == "end_turn"


def test_events_come_as_they_are_made(start):
    """Each event is with the client before the provider makes the next one."""
    steps = [wire.stream_start(), event("ping"), event("message_stop")]
    received = [threading.Event() for _ in steps]

    def answer(request, connection):
        connection.sendall(wire.STREAM_HEAD)
        for step, was_received in zip(steps, received):
            connection.sendall(chunk(step))
            if not was_received.wait(5):
                return False
        connection.sendall(b"0\r\n\r\n")

    gateway = start.gateway(config(backend("a", start.upstream(answer).url)))
    with Connection(gateway.port) as client:
        open_stream(client, "x", "a")
        seen = []
        for piece in client.events():
            received[len(seen)].set()
            seen.append(piece)
    assert seen == steps


def test_stream_ends_when_the_answer_does(start):
    """SDKs read to the end of the body: a provider that holds the connection must not hold them."""
    release = threading.Event()

    def answer(request, connection):
        connection.sendall(wire.STREAM_HEAD + chunk(wire.stream_start()) + chunk(event("message_stop")))
        release.wait(20)
        return False

    gateway = start.gateway(config(backend("a", start.upstream(answer).url)))
    try:
        with Connection(gateway.port, seconds=5) as client:
            open_stream(client, "x", "a")
            assert list(client.events()) == [wire.stream_start(), event("message_stop")]
    finally:
        release.set()


# Clients that leave


@pytest.mark.parametrize("stage", ["before the answer", "inside a silent stream", "inside a plain answer"])
def test_leaving_breaks_off_the_call(start, stage):
    asked, is_gone = threading.Event(), threading.Event()

    def answer(request, connection):
        if stage == "inside a silent stream":
            connection.sendall(wire.STREAM_HEAD + chunk(wire.stream_start()))
        elif stage == "inside a plain answer":
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{")
        asked.set()
        try:
            if connection.recv(1) == b"":
                is_gone.set()
        except ConnectionResetError:
            is_gone.set()
        return False

    gateway = start.gateway(config(backend("a", start.upstream(answer).url)))
    with Connection(gateway.port) as client:
        body = prompt(model="a", stream=stage == "inside a silent stream")
        client.request("POST", "/v1/messages", json.dumps(body).encode())
        assert asked.wait(10)
        if stage == "inside a silent stream":
            assert client.head().status == 200
            assert next(client.events()) == wire.stream_start()
    assert is_gone.wait(10), "the provider still works for nobody"
    wait_until(lambda: wire.get_json(gateway.port, "/v1/metrics")["in_flight"] == 0, "the exchange is over")
    row = wire.get_json(gateway.port, "/v1/metrics/recent?n=1")["exchanges"][0]
    assert row["status"] == 499
    if stage == "inside a silent stream":
        assert row["usage_is_estimated"] is True and row["usage"]["input_tokens"] == 10
    assert wire.get_json(gateway.port, "/v1/metrics")["backends"][0]["in_flight"] == 0


def test_many_streams_at_once(gateway_with):
    gateway = gateway_with()
    clients = [Connection(gateway.port) for _ in range(40)]
    try:
        for number, client in enumerate(clients):
            body = prompt(f"Stream {number}. [[simulate: tokens=100]]", stream=True)
            client.request("POST", "/v1/messages", json.dumps(body).encode())
        answers = [client.response() for client in clients]
    finally:
        for client in clients:
            client.close()
    assert all(answer.is_complete and event_names(answer.body)[-1] == "message_stop" for answer in answers)
    assert len({answer["x-gateway-query-id"] for answer in answers}) == 40
    assert wire.get_json(gateway.port, "/v1/metrics")["since_start"]["requests"] == 40


def test_first_event_is_never_held_back_on_a_busy_machine(start, gateway_with):
    """Threads that are kept from running take turns that they never take on an idle machine."""
    gateway = gateway_with()
    for _ in range(os.cpu_count() or 1):
        start.adopt(Child("busy", [sys.executable, "-c", "while True: pass"]))
    for number in range(200):
        with Connection(gateway.port, seconds=5) as client:
            open_stream(client, f"Number {number}. [[simulate: tokens=200 stall=30000]]")
            assert event_names(next(client.events())) == ["message_start"]


def test_leaving_in_crowds_leaves_nothing_behind(gateway_with):
    gateway = gateway_with()
    for _ in range(60):
        with Connection(gateway.port) as client:
            open_stream(client, "Leave. [[simulate: tokens=200 stall=30000]]")
    wait_until(lambda: wire.get_json(gateway.port, "/v1/metrics")["in_flight"] == 0, "all calls are broken off")
    totals = wire.get_json(gateway.port, "/v1/metrics")
    assert totals["since_start"]["requests"] == 60 and totals["backends"][0]["in_flight"] == 0
