"""How providers are reached: HTTP/2 over TLS as they speak it, and a provider that takes no connection."""

import concurrent.futures
import contextlib
import shutil
import socket
import threading
import time

import pytest

import processes
import wire
from processes import backend, config
from test_doors import certificate  # noqa: F401
from wire import completions, messages, prompt

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
NEEDS_NGINX = pytest.mark.skipif(NGINX is None, reason="there is no nginx: apt-get install nginx-light")

# It says of each request how it came. HTTP/1.1 is understood, too: that HTTP/2 is spoken is the gateway's choice.
CONFIGURATION = """
daemon off;
master_process off;
pid {place}/pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {place}/body;
    proxy_temp_path {place}/proxy;
    fastcgi_temp_path {place}/fastcgi;
    uwsgi_temp_path {place}/uwsgi;
    scgi_temp_path {place}/scgi;
    client_max_body_size 64m;
    keepalive_requests {keepalive_requests};
    server {{
        listen 127.0.0.1:{port} ssl http2;
        ssl_certificate {certificate}/one.crt;
        ssl_certificate_key {certificate}/one.key;
        location / {{
            proxy_pass {url};
            proxy_http_version 1.1;
            proxy_buffering off;
            proxy_set_header x-seen-protocol $server_protocol;
            proxy_set_header x-seen-connection $connection;
        }}
    }}
}}
"""


@pytest.fixture
def front(start, certificate):  # noqa: F811
    """Puts an nginx that speaks TLS and HTTP/2 before a provider, and gives its port."""

    def begin(upstream, keepalive_requests=1000):
        # nginx takes no port 0; between the choice and its start another program may take the port.
        for _ in range(5):
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = free.getsockname()[1]
            place = start.directory()
            values = {"place": place, "certificate": certificate, "port": port, "url": upstream.url}
            text = CONFIGURATION.format(**values, keepalive_requests=keepalive_requests)
            (place / "nginx.conf").write_text(text)
            child = processes.Child("nginx", [NGINX, "-p", str(place), "-c", str(place / "nginx.conf"), "-e", "stderr"])
            start.adopt(child)
            with contextlib.suppress(AssertionError):
                processes.wait_until(lambda: child.process.poll() is not None or listens(port), "nginx listens")
            if child.process.poll() is None:
                return port
        raise AssertionError(f"nginx does not start:\n{child.stderr}")

    return begin


def listens(port):
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True


def secure(port, certificate, **more):  # noqa: F811
    # One thread, for each has connections of its own.
    upstream = {"ca_file": str(certificate / "one.crt"), "threads": 1}
    return config(
        backend("a", f"https://127.0.0.1:{port}"),
        backend("o", f"https://127.0.0.1:{port}", provider="openai_compatible"),
        upstream=upstream,
        **more,
    )


def seen(upstream):
    return [(request["x-seen-protocol"], request["x-seen-connection"]) for request in upstream.requests]


@NEEDS_NGINX
def test_a_provider_that_speaks_http2_is_spoken_to_over_one_connection(start, front, certificate):  # noqa: F811
    upstream = start.upstream(wire.reply_by_path)
    gateway = start.gateway(secure(front(upstream), certificate))
    for number in range(6):
        answer = messages(gateway.port, prompt(f"number {number}", "a"))
        assert (answer.status, answer.body) == (200, wire.ANSWER)
        stream = messages(gateway.port, prompt(f"number {number}", "a", stream=True))
        assert (stream.status, stream.body) == (200, wire.message_stream())
        assert completions(gateway.port, wire.chat(f"number {number}", "o")).status == 200
    long = "x" * 2_000_000
    assert messages(gateway.port, prompt(long, "a")).status == 200
    assert upstream.requests[-1].json()["messages"][0]["content"] == long
    assert len(upstream.requests) == 19
    assert {protocol for protocol, _ in seen(upstream)} == {"HTTP/2.0"}
    assert len({connection for _, connection in seen(upstream)}) == 1


@NEEDS_NGINX
def test_calls_at_the_same_time_share_a_connection_of_http2(start, front, certificate):  # noqa: F811
    together = threading.Barrier(12)

    def answer(request, connection):
        if b"crowd" in request.body:
            together.wait(20)  # until the last of them has come
        connection.sendall(wire.event_stream(wire.message_stream()) if request.json().get("stream") else wire.response_bytes())

    upstream = start.upstream(answer)
    gateway = start.gateway(secure(front(upstream), certificate))
    assert messages(gateway.port, prompt("first", "a")).status == 200
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        asked = [
            pool.submit(messages, gateway.port, prompt(f"crowd {number}", "a", stream=number % 2 == 0), seconds=30)
            for number in range(12)
        ]
        bodies = [answer.result().body for answer in asked]
    assert bodies == [wire.message_stream(), wire.ANSWER] * 6
    assert len(upstream.requests) == 13
    assert len(set(seen(upstream))) == 1 and seen(upstream)[0][0] == "HTTP/2.0"


@NEEDS_NGINX
def test_a_provider_that_ends_its_connections_of_http2_is_not_noticed(start, front, certificate):  # noqa: F811
    upstream = start.upstream()
    # No call is made again: a request that met the connection's end would fail.
    gateway = start.gateway(secure(front(upstream, keepalive_requests=3), certificate))
    assert [messages(gateway.port, prompt(f"number {number}", "a")).status for number in range(12)] == [200] * 12
    assert {protocol for protocol, _ in seen(upstream)} == {"HTTP/2.0"}
    assert len({connection for _, connection in seen(upstream)}) == 4


# A provider that takes no connection


@pytest.fixture
def deaf():
    """A port on which connections are neither taken nor refused, as its queue is full."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    waiting = []
    try:
        for _ in range(64):
            client = socket.socket()
            waiting.append(client)
            client.settimeout(0.5)
            try:
                client.connect(listener.getsockname())
            except TimeoutError:
                yield listener.getsockname()[1]
                break
        else:
            pytest.skip("this system's queue of connections is never full")
    finally:
        for client in waiting:
            client.close()
        listener.close()


@pytest.mark.parametrize("more", [{}, {"stream": True}], ids=["whole", "stream"])
def test_a_provider_that_takes_no_connection_is_waited_for_so_long(start, deaf, more):
    url = f"http://127.0.0.1:{deaf}"
    both = backend("a", url), backend("o", url, provider="openai_compatible")
    gateway = start.gateway(config(*both, upstream={"connect_timeout_sec": 1}))
    for ask, body in ((messages, prompt(model="a", **more)), (completions, wire.chat(model="o", **more))):
        began = time.monotonic()
        answer = ask(gateway.port, body, seconds=30)
        seconds = time.monotonic() - began
        assert (answer.status, answer["x-gateway-error"]) == (502, "unreachable"), answer.body
        assert b"no connection within the time allowed" in answer.body
        assert 0.9 < seconds < 8, "an answer may take minutes"


def test_another_backend_answers_in_the_place_of_one_that_takes_no_connection(start, deaf):
    upstream = start.upstream()
    same = [backend("a", f"http://127.0.0.1:{deaf}", "m"), backend("b", upstream.url, "m")]
    retry = {"enabled": True, "base_ms": 1}
    gateway = start.gateway(config(*same, upstream={"connect_timeout_sec": 1}, retry=retry))
    # Which of the two is asked first is a matter of chance.
    for number in range(40):
        answer = messages(gateway.port, prompt(f"number {number}", "m"), seconds=30)
        assert (answer.status, answer.body) == (200, wire.ANSWER)
        attempts = wire.get_json(gateway.port, f"/v1/explain/{answer['x-gateway-query-id']}")["attempts"]
        if len(attempts) > 1:
            break
    assert [attempt["backend"] for attempt in attempts] == ["a", "b"]
