"""The gateway's doors: how it stops, TLS for its clients, and that nothing leads anywhere but to the configured providers."""

import json
import signal
import socket
import ssl
import subprocess
import threading
import time

import anthropic
import pytest

import wire
from listeners import Listener, SecureUpstream
from processes import backend, binary, config, wait_until, xdg
from wire import assert_openai_error, messages, prompt

# How it stops.


class Endless:
    """A provider whose streams go on for as long as somebody reads them, and whose other answers never come."""

    def __init__(self):
        self.is_over = threading.Event()

    def __call__(self, request, connection):
        body = json.loads(request.body)
        if not body.get("stream"):
            self.is_over.wait(30)
            return False
        chat = "chat" in request.target
        connection.sendall(wire.STREAM_HEAD)
        while not self.is_over.wait(0.1):
            if chat:
                connection.sendall(wire.chunk(wire.openai_chunk({"content": "x"})))
            else:
                delta = {"type": "text_delta", "text": "x"}
                connection.sendall(wire.chunk(wire.event("content_block_delta", index=0, delta=delta)))
        return False


@pytest.fixture
def endless(start):
    answer = Endless()
    yield start.upstream(answer)
    answer.is_over.set()


def test_what_does_not_finish_in_time_ends_with_an_error(start, endless):
    models = [backend("a", endless.url), backend("o", endless.url, provider="openai_compatible")]
    gateway = start.gateway(config(*models, server={"drain_timeout_sec": 1}))
    cases = [
        ("/v1/messages", prompt(model="a", stream=True)),
        ("/v1/chat/completions", wire.chat(model="o", stream=True)),
        ("/v1/messages", prompt(model="a")),
        ("/v1/chat/completions", wire.chat(model="o")),
    ]
    clients = []
    for path, body in cases:
        client = wire.Connection(gateway.port)
        client.request("POST", path, json.dumps(body).encode())
        clients.append(client)
    wait_until(lambda: len(endless.requests) == 4, "the provider is asked")
    time.sleep(0.3)
    gateway.signal(signal.SIGTERM)
    started = time.monotonic()
    answers = [client.response() for client in clients]
    assert all(answer.is_complete for answer in answers)
    assert 0.5 < time.monotonic() - started < 6
    assert answers[0].status == 200
    last = answers[0].body.split(b"\n\n")[-2]
    assert last.startswith(b"event: error\ndata: ") and b"shutting down" in last and b'"overloaded_error"' in last
    assert answers[1].status == 200
    assert "shutting down" in wire.openai_error(wire.data_lines(answers[1].body)[-1])["message"]
    assert b"[DONE]" not in answers[1].body
    assert answers[2].status == 503 and answers[2]["x-gateway-error"] == "shutting_down" and answers[2]["retry-after"]
    assert_openai_error(answers[3], 503)
    assert gateway.wait(8) == 0
    # The books say the same as the clients were told: the gateway stopped, and nobody left.
    environment = xdg(gateway.directory)
    command = [binary("gatewayd"), "export", "--config", str(gateway.config)]
    export = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=20, check=True)
    rows = [json.loads(line) for line in export.stdout.splitlines()]
    assert len(rows) == 4 and sorted(row["stream"] for row in rows) == [False, False, True, True]
    for row in rows:
        assert row["status"] == 503, row
        assert row["error"] == "the gateway stopped before the answer was complete"
        assert row["usage_is_estimated"] and row["input_tokens"] > 0
    # What had come of the streams is counted.
    assert all(row["output_tokens"] > 0 for row in rows if row["stream"])
    assert "the client left" not in gateway.stderr and gateway.stderr.count("status=503") == 4


def test_a_client_that_leaves_while_it_drains_has_left(start, endless):
    gateway = start.gateway(config(backend("a", endless.url), server={"drain_timeout_sec": 20}))
    with wire.Connection(gateway.port) as client:
        client.request("POST", "/v1/messages", json.dumps(prompt(model="a", stream=True)).encode())
        assert client.head().status == 200
        gateway.signal(signal.SIGTERM)
        gateway.find("draining")
    assert gateway.wait(10) == 0
    command = [binary("gatewayd"), "export", "--config", str(gateway.config)]
    export = subprocess.run(
        command, env=xdg(gateway.directory), capture_output=True, text=True, timeout=20, check=True
    )
    (row,) = [json.loads(line) for line in export.stdout.splitlines()]
    assert row["status"] == 499 and row["error"] == "the client left before the answer was complete"


def test_a_second_signal_stops_at_once(start, endless):
    gateway = start.gateway(config(backend("a", endless.url)))
    with wire.Connection(gateway.port) as client:
        client.request("POST", "/v1/messages", json.dumps(prompt(model="a", stream=True)).encode())
        assert client.head().status == 200
        gateway.signal(signal.SIGTERM)
        gateway.find("draining")
        started = time.monotonic()
        gateway.signal(signal.SIGTERM)
        assert gateway.wait(5) == 1
        assert time.monotonic() - started < 2
    assert "a second signal" in gateway.stderr


def test_it_is_not_ready_while_it_drains(start, endless):
    gateway = start.gateway(config(backend("a", endless.url), server={"drain_timeout_sec": 2}))
    with wire.Connection(gateway.port) as stream, wire.Connection(gateway.port) as prober:
        stream.request("POST", "/v1/messages", json.dumps(prompt(model="a", stream=True)).encode())
        assert stream.head().status == 200
        assert prober.ask("GET", "/ready").status == 200
        # A request that has begun is still answered.
        prober.send(b"GET /ready HTTP/1.1\r\nHost: x\r\n")
        time.sleep(0.2)
        gateway.signal(signal.SIGTERM)
        gateway.find("draining")
        prober.send(b"\r\n")
        answer = prober.response()
        assert (answer.status, answer.json()) == (503, {"status": "draining"})
        assert answer["connection"] == "close"


# TLS.


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate for 127.0.0.1 and its key, and another key."""
    directory = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -newkey rsa:2048 -nodes -keyout one.key -out one.crt -days 2 -subj /CN=localhost -addext"
    subprocess.run([*command.split(), "subjectAltName=IP:127.0.0.1"], cwd=directory, check=True, capture_output=True)
    command = "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out other.key"
    subprocess.run(command.split(), cwd=directory, check=True, capture_output=True)
    return directory


def secured(start, cert, key, **more):
    upstream = start.upstream()
    settings = config(backend("a", upstream.url), server={"tls": {"cert": str(cert), "key": str(key)}})
    return start.gateway(settings, wait=False, **more)


def test_clients_are_served_over_tls(start, certificate):
    gateway = secured(start, certificate / "one.crt", certificate / "one.key")
    port = int(gateway.find(r"listens on https://127\.0\.0\.1:(\d+)")[1])
    trust = ssl.create_default_context(cafile=str(certificate / "one.crt"))
    with anthropic.Anthropic(
        base_url=f"https://127.0.0.1:{port}",
        api_key="none",
        max_retries=0,
        http_client=anthropic.DefaultHttpxClient(verify=trust, trust_env=False),
    ) as client:
        for _ in range(3):
            answer = client.messages.create(model="a", max_tokens=5, messages=[{"role": "user", "content": "Hi"}])
            assert answer.content[0].text == "Hi."
    # The answer to what is refused arrives whole, and the connection ends as TLS has it.
    with socket.create_connection(("127.0.0.1", port), 5) as plain:
        with trust.wrap_socket(plain, server_hostname="127.0.0.1") as client:
            client.sendall(b"GET  / HTTP/1.1\r\n\r\n")
            received = b""
            while piece := client.recv(65536):
                received += piece
    assert received.startswith(b"HTTP/1.1 400") and received.endswith(b"}")
    with socket.create_connection(("127.0.0.1", port), 5) as plain:
        plain.sendall(b"GET /live HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"HTTP" not in plain.recv(1_000)


@pytest.mark.parametrize(
    ("cert", "key", "complaint"),
    [
        ("absent.crt", "one.key", r"server\.tls\.cert: .*absent\.crt cannot be read"),
        ("one.crt", "absent.key", r"server\.tls\.key: .*absent\.key cannot be read"),
        ("one.key", "one.key", r"server\.tls\.cert: .* a chain of certificates in PEM form"),
        ("one.crt", "one.crt", r"server\.tls\.key: .* a private key in PEM form"),
        ("one.crt", "other.key", r"server\.tls\.key: .*other\.key is not the key of the certificate in .*one\.crt"),
    ],
)
def test_bad_certificates_are_told_at_start(start, certificate, cert, key, complaint):
    gateway = secured(start, certificate / cert, certificate / key)
    assert gateway.wait() == 2
    gateway.find(complaint)


def test_a_certificate_without_a_key_is_told_at_start(start, certificate):
    settings = config(backend("a", "http://127.0.0.1:9"), server={"tls": {"cert": str(certificate / "one.crt")}})
    gateway = start.gateway(settings, wait=False)
    assert gateway.wait() == 2
    gateway.find(r"server\.tls\.key: not set")


# Where requests go.


def test_nobody_is_redirected(start):
    canary = start.upstream()
    head = b"HTTP/1.1 307 X\r\nlocation: %s/stolen\r\ncontent-length: 0\r\n\r\n" % canary.url.encode()
    upstream = start.upstream(lambda request, connection: connection.sendall(head))
    gateway = start.gateway(config(backend("a", upstream.url), backend("o", upstream.url, provider="openai_compatible")))
    answer = messages(gateway.port, prompt(model="a"))
    assert "redirects are not followed" in wire.assert_error(answer, 502, "api_error")
    assert answer["location"] is None
    assert_openai_error(wire.completions(gateway.port, wire.chat(model="o")), 502)
    answer = messages(gateway.port, prompt(model="a"), target="/v1/messages/count_tokens")
    assert answer.status == 502 and answer["location"] is None
    assert canary.requests == []


def test_proxies_of_the_environment_are_for_who_asks_for_them(start):
    proxy = start.upstream(wire.reply_with(body=wire.COMPLETION))
    # The name leads nowhere: only the proxy can answer.
    far = backend("far", "http://provider.invalid:9", provider="openai_compatible", tier="local", api_key=None)
    variables = {name: proxy.url for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy")}
    for is_used in (False, True):
        directory = start.directory()
        settings = config(backend("a", proxy.url), far, upstream={"use_proxy_environment": is_used})
        gateway = start.gateway(settings, directory=directory, environment=xdg(directory, **variables))
        status = wire.completions(gateway.port, wire.chat(model="far")).status
        assert (status == 200, len(proxy.requests) > 0) == (is_used, is_used)


def test_addresses_in_prompts_are_nobodys_business(start):
    canary = start.upstream()
    upstream = start.upstream()
    gateway = start.gateway(config(backend("a", upstream.url)))
    image = {"type": "image", "source": {"type": "url", "url": f"{canary.url}/image.png"}}
    body = prompt(model="a", messages=[{"role": "user", "content": [image, {"type": "text", "text": "What is it?"}]}])
    assert messages(gateway.port, body).status == 200
    assert len(upstream.requests) == 1 and canary.requests == []


# TLS towards providers.


@pytest.fixture(scope="module")
def certificates(certificate):
    """Beside the good one: one that is over, and one of another host. Each is its own authority."""
    for name, host, days in (("over", "IP:127.0.0.1", "-1"), ("other", "DNS:elsewhere.invalid", "2")):
        (certificate / "names").write_text(f"subjectAltName={host}\n")
        command = f"openssl req -newkey rsa:2048 -nodes -keyout {name}.pem -out {name}.csr -subj /CN=x"
        subprocess.run(command.split(), cwd=certificate, check=True, capture_output=True)
        command = f"openssl x509 -req -in {name}.csr -signkey {name}.pem -out {name}.crt -days {days} -extfile names"
        subprocess.run(command.split(), cwd=certificate, check=True, capture_output=True)
    return certificate


@pytest.mark.parametrize(
    ("cert", "key", "is_trusted", "status"),
    [
        ("one.crt", "one.key", True, 200),
        ("one.crt", "one.key", False, 502),
        ("over.crt", "over.pem", True, 502),
        ("other.crt", "other.pem", True, 502),
    ],
)
def test_only_the_right_provider_gets_the_key(start, certificates, cert, key, is_trusted, status):
    upstream = SecureUpstream(certificates / cert, certificates / key)
    try:
        trust = {"ca_file": str(certificates / cert)} if is_trusted else {}
        gateway = start.gateway(config(backend("a", upstream.url), upstream=trust))
        answer = messages(gateway.port, prompt(model="a"))
        assert answer.status == status, answer.body
        assert (b"upstream-secret" in upstream.received) == (status == 200)
        if status != 200:
            assert upstream.received == b"" and answer["x-gateway-error"] == "unreachable"
    finally:
        upstream.stop()


def test_a_provider_that_speaks_no_tls_gets_no_key(start):
    received = []

    def serve(connection):
        received.append(connection.recv(65536))
        connection.sendall(wire.response_bytes())

    upstream = Listener(serve)
    try:
        gateway = start.gateway(config(backend("a", f"https://127.0.0.1:{upstream.port}")))
        assert messages(gateway.port, prompt(model="a")).status == 502
    finally:
        upstream.stop()
    # A client's first message of TLS, and no more.
    assert received[0][:1] == b"\x16" and b"upstream-secret" not in received[0]
