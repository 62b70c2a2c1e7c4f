"""What clients may not do to the gateway: the bytes of requests, slow peers, bombs, descriptors."""

import json
import re
import resource
import socket
import subprocess
import threading
import time
import zlib
from pathlib import Path

import pytest

import wire
from listeners import flood
from processes import backend, binary, config, wait_until, xdg
from wire import assert_error, assert_openai_error, messages, prompt

BODY = json.dumps(prompt(model="a")).encode()
HEAD = b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(BODY)


@pytest.fixture(scope="module")
def upstream(start_shared):
    return start_shared.upstream()


@pytest.fixture(scope="module")
def gateway(start_shared, upstream):
    return start_shared.gateway(config(backend("a", upstream.url), backend("o", upstream.url, provider="openai_compatible")))


def processor_seconds(child):
    fields = Path(f"/proc/{child.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


# Heads. Which are refused is a table in HeadPolicyTests; here, that the door has it.


@pytest.mark.parametrize(
    "head",
    [
        b"POST  /v1/messages HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /v1/messages HTTP/1.1\r\n\r\n",
        b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"POST /v1/messages HTTP/1.1\r\nHost: a, b\r\n\r\n",
        b"POST /v1/messages HTTP/1.1\nHost: x\r\n\r\n",
        b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
        b"POST http://127.0.0.1/v1/messages HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_a_head_that_may_be_read_in_two_ways_is_refused(gateway, upstream, head):
    count = len(upstream.requests)
    with wire.Connection(gateway.port) as client:
        client.send(head + HEAD + BODY)
        assert "not the HTTP/1.1 that is served here" in assert_error(client.response(), 400, "invalid_request_error")
        assert client.is_at_end()
    assert len(upstream.requests) == count


def test_an_error_of_the_head_is_in_the_dialect_of_its_path(gateway):
    with wire.Connection(gateway.port) as client:
        client.send(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n")
        assert_openai_error(client.response(), 400)


def test_a_head_too_large_is_told_which_settings(gateway):
    with wire.Connection(gateway.port) as client:
        client.send(b"GET /live HTTP/1.1\r\nHost: x\r\n" + b"".join(b"x-%d: v\r\n" % n for n in range(128)) + b"\r\n")
        answer = client.response()
    assert answer.status == 431 and b"server.max_headers" in answer.body
    with wire.Connection(gateway.port) as client:
        # Refused before its end is there.
        client.send(b"GET /live HTTP/1.1\r\nHost: x\r\nx: " + b"a" * 70_000)
        assert client.response().status == 431


def test_a_body_that_hides_a_request_hides_none(gateway, upstream):
    count = len(upstream.requests)
    hidden = b"POST /smuggled HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
    with wire.Connection(gateway.port) as client:
        client.send(b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n")
        client.send(hidden)
        assert client.response().status == 400
        assert client.is_at_end()
    assert len(upstream.requests) == count


def test_a_pipelining_client_gets_every_answer_in_order(gateway):
    bodies = [json.dumps(prompt(f"number {n}", "a")).encode() for n in range(200)]
    wanted = b"".join(b"GET /v1/explain/n%d HTTP/1.1\r\nHost: x\r\n\r\n" % n for n in range(200))
    with wire.Connection(gateway.port) as client:
        sender = threading.Thread(target=client.send, args=(wanted,))
        sender.start()
        for number in range(200):
            answer = client.response()
            assert answer.status == 404 and f"n{number}".encode() in answer.body
        sender.join()
        # Bodies, too, and more of them than are read ahead.
        head = "POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n"
        data = b"".join(head.format(len(body)).encode() + body for body in bodies)
        assert len(data) > 16_384
        sender = threading.Thread(target=client.send, args=(data,))
        sender.start()
        for _ in bodies:
            assert client.response().status == 200
        sender.join()


# Bodies.


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (BODY.replace(b"Hello", b"He\xff\xfello"), "expected UTF-8"),
        (BODY.replace(b"Hello", b"He\x01llo"), "control characters in a string"),
        (json.dumps(prompt(model="a", temperature="hot")).encode(), "temperature: expected a number, found a string"),
        (json.dumps(prompt(model="a", tools="x")).encode(), "tools: expected an array, found a string"),
    ],
)
def test_a_body_that_no_provider_takes_is_refused_with_the_place(gateway, upstream, body, expected):
    count = len(upstream.requests)
    assert expected in assert_error(messages(gateway.port, body), 400, "invalid_request_error")
    assert len(upstream.requests) == count


MILLION = 1_000_000


def body_of(length, ask):
    """A request of just so many bytes."""
    empty = json.dumps(ask("")).encode()
    return json.dumps(ask("x" * (length - len(empty)))).encode()


@pytest.mark.parametrize("is_chunked", [False, True], ids=["plain", "chunked"])
@pytest.mark.parametrize(
    ("target", "ask", "refused"),
    [
        ("/v1/messages", lambda text: prompt(text, "a"), lambda answer: assert_error(answer, 413, "request_too_large")),
        (
            "/v1/chat/completions",
            lambda text: wire.chat(text, "o"),
            lambda answer: assert_openai_error(answer, 413, "request_too_large")["message"],
        ),
    ],
    ids=["anthropic", "openai"],
)
def test_a_body_may_have_32_mebibytes(start, target, ask, refused, is_chunked):
    """Their number, as nobody set it."""
    upstream = start.upstream(wire.reply_by_path)
    both = backend("a", upstream.url, "m"), backend("o", upstream.url, "m", provider="openai_compatible")
    gateway = start.gateway(config(*both))

    def send(body):
        with wire.Connection(gateway.port, seconds=60) as client:
            if not is_chunked:
                return client.ask("POST", target, body)
            client.request("POST", target, b"", {"Transfer-Encoding": "chunked"})
            for at in range(0, len(body), MILLION):
                client.send(wire.chunk(body[at : at + MILLION]))
            client.send(b"0\r\n\r\n")
            return client.response()

    message = refused(send(body_of(34 * MILLION, ask)))
    assert "33554432" in message and "server.max_body_bytes" in message
    assert upstream.requests == []
    taken = body_of(31 * MILLION, ask)
    assert send(taken).status == 200
    assert upstream.requests[0].json()["messages"] == json.loads(taken)["messages"]


def test_a_bomb_is_refused_at_once_and_costs_little(gateway):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b" " * 1_048_576) for _ in range(128)) + packer.flush()
    assert messages(gateway.port, prompt(model="a")).status == 200
    before = gateway.resident_kilobytes()
    started = time.monotonic()
    answer = messages(gateway.port, bomb, {"content-encoding": "gzip"})
    assert "100 times" in assert_error(answer, 400, "invalid_request_error")
    assert time.monotonic() - started < 5
    assert gateway.resident_kilobytes() - before < 16 * 1_024


def test_a_bomb_of_a_provider_is_broken_off_and_costs_little(start):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b" " * 1_048_576) for _ in range(128)) + packer.flush()
    upstream = start.upstream(wire.reply_with(body=bomb, headers={"content-encoding": "gzip"}))
    gateway = start.gateway(config(backend("a", upstream.url)))
    assert wire.ask(gateway.port, "GET", "/live").status == 200
    before = gateway.resident_kilobytes()
    started = time.monotonic()
    assert "100 times its size" in assert_error(messages(gateway.port, prompt(model="a")), 502, "api_error")
    assert time.monotonic() - started < 5
    # With what a first request takes anyway.
    assert gateway.resident_kilobytes() - before < 24 * 1_024


# Slow peers.


def test_slow_peers_are_cut_off_each_in_its_time(start):
    upstream = start.upstream()
    limits = {"header_timeout_sec": 1, "read_timeout_sec": 20, "min_body_bytes_per_sec": 100_000}
    gateway = start.gateway(config(backend("a", upstream.url), server=limits))

    def seconds_until_closed(opening, drip):
        with wire.Connection(gateway.port, seconds=8) as client:
            client.send(opening)
            started = time.monotonic()
            client.socket.settimeout(0.2)
            received = b""
            while time.monotonic() - started < 8:
                try:
                    piece = client.socket.recv(65536)
                    received += piece
                    if not piece:
                        break
                except TimeoutError:
                    try:
                        client.send(drip)
                    except OSError:
                        break
                except ConnectionResetError:
                    break
            return time.monotonic() - started, received

    seconds, received = seconds_until_closed(b"", b"")
    assert seconds < 4 and received == b""
    seconds, received = seconds_until_closed(b"POST /v1/messages HTTP/1.1\r\n", b"x: y\r\n")
    assert seconds < 6 and received.startswith(b"HTTP/1.1 408")
    head = b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
    seconds, received = seconds_until_closed(head, b" ")
    assert seconds < 6 and b"min_body_bytes_per_sec" in received
    assert upstream.requests == []


def test_a_body_that_comes_fast_enough_may_take_its_time(start):
    limits = {"header_timeout_sec": 1, "read_timeout_sec": 20, "min_body_bytes_per_sec": 1_000}
    gateway = start.gateway(config(backend("a", start.upstream().url), server=limits))
    body = json.dumps(prompt("x" * 8_000, "a")).encode()
    with wire.Connection(gateway.port) as client:
        client.send(b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body))
        for at in range(0, len(body), 1_000):
            client.send(body[at : at + 1_000])
            time.sleep(0.3)
        assert client.response().status == 200


def test_a_client_that_does_not_read_costs_little(start):
    """Back-pressure reaches the provider: of a stream without end only the buffers are held."""
    sent = []
    upstream = start.upstream(flood(sent))
    gateway = start.gateway(config(backend("a", upstream.url), upstream={"max_answer_bytes": 1_073_741_824}))
    body = json.dumps(prompt(model="a", stream=True)).encode()
    before = gateway.resident_kilobytes()
    clients = [wire.Connection(gateway.port, receive_buffer=4_096) for _ in range(60)]
    for client in clients:
        client.request("POST", "/v1/messages", body)

    def is_still():
        count = sum(sent)
        time.sleep(0.5)
        return count > 0 and sum(sent) == count

    wait_until(is_still, "the provider has to wait", 20)
    # What an exchange takes by itself is half of it.
    assert gateway.resident_kilobytes() - before < 60 * 700
    for client in clients:
        client.close()


# Descriptors.


def test_few_descriptors_are_shared_out(start):
    directory = start.directory()
    upstream = start.upstream()

    def limited():
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

    settings = directory / "config.yaml"
    settings.write_text(json.dumps(config(backend("a", upstream.url))))
    command = [binary("gatewayd"), "serve", "--port", "0", "--socket", str(directory / "gw.sock"), "--config", str(settings)]
    with subprocess.Popen(
        command, env=xdg(directory), stderr=subprocess.PIPE, text=True, preexec_fn=limited
    ) as process:
        try:
            lines = []
            port = None
            while port is None:
                line = process.stderr.readline()
                assert line, lines
                lines.append(line)
                if "listens on http://127.0.0.1:" in line:
                    port = int(line.rsplit(":", 1)[1].split()[0])
            assert any("64 file descriptors are too few for server.max_connections" in line for line in lines)
            threading.Thread(target=process.stderr.read, daemon=True).start()
            crowd = []
            answers = set()
            for _ in range(100):
                client = socket.create_connection(("127.0.0.1", port), 5)
                client.settimeout(0.3)
                crowd.append(client)
            for client in crowd:
                try:
                    answers.add(client.recv(1_000)[:12])
                except TimeoutError:
                    answers.add(b"served")
                except ConnectionResetError:
                    answers.add(b"")
            # Some are let in, some are told why not, the rest is turned away.
            assert answers == {b"served", b"HTTP/1.1 503", b""}
            child = type("Child", (), {"pid": process.pid})
            used = processor_seconds(child)
            time.sleep(1)
            assert processor_seconds(child) - used < 0.3
            for client in crowd:
                client.close()
            wait_until(lambda: is_answering(port), "it serves again", 10)
        finally:
            process.terminate()
            process.wait(10)


def is_answering(port):
    try:
        return messages(port, prompt(model="a")).status == 200
    except (OSError, ValueError, wire.Closed):
        return False


def unfinished(port, length, sent, *headers):
    """A connection on which a part of a request's body has come."""
    connection = wire.Connection(port)
    lines = "".join(f"{line}\r\n" for line in (f"content-length: {length}", *headers))
    connection.send(f"POST /v1/messages HTTP/1.1\r\nhost: x\r\n{lines}\r\n".encode())
    connection.send(b" " * sent)
    return connection


def held_bytes(gateway):
    text = wire.ask(gateway.port, "GET", "/admin/metrics", headers={"x-api-key": "root"}).body.decode()
    return int(re.search(r"^gateway_http_held_body_bytes (\d+)$", text, re.MULTILINE)[1])


def test_what_is_held_of_many_bodies_is_bounded(start, upstream):
    auth = {"admin_key": "root"}
    server = {"max_body_bytes": 3_000_000, "max_held_body_bytes": 5_000_000}
    gateway = start.gateway(config(backend("haiku", upstream.url), auth=auth, server=server))
    first = [unfinished(gateway.port, 2_000_000, 1_999_999) for _ in range(2)]
    wait_until(lambda: held_bytes(gateway) == 2 * (1_999_999 - 16_384), "both bodies are counted")
    third = messages(gateway.port, wire.prompt("x" * 2_000_000))
    wire.assert_error(third, 503, "overloaded_error")
    assert third["retry-after"] == "1" and "server.max_held_body_bytes" in third.json()["error"]["message"]
    assert messages(gateway.port, wire.prompt("a small one")).status == 200
    for connection in first:
        connection.close()
    wait_until(lambda: held_bytes(gateway) == 0, "what was held is given back")
    assert messages(gateway.port, wire.prompt("x" * 2_000_000)).status == 200
    wait_until(lambda: held_bytes(gateway) == 0, "an answered body is given back")


@pytest.mark.parametrize("key", [[], ["x-api-key: wrong"]], ids=["no key", "a wrong key"])
def test_a_strangers_body_is_not_held(start, key):
    provider = start.upstream()
    auth = {"keys": ["right"], "admin_key": "root"}
    gateway = start.gateway(config(backend("haiku", provider.url), auth=auth))
    before = gateway.resident_kilobytes()
    strangers = [unfinished(gateway.port, 8_388_608, 8_388_607, *key) for _ in range(20)]
    assert held_bytes(gateway) == 0
    for connection in strangers:
        connection.send(b" ")
        wire.assert_error(connection.response("POST"), 401, "authentication_error")
        connection.close()
    assert gateway.resident_kilobytes() - before < 40_000
    waiting = unfinished(gateway.port, 100_000, 0, "expect: 100-continue", *key)
    wire.assert_error(waiting.response("POST"), 401, "authentication_error")
    waiting.close()
    assert not provider.requests
