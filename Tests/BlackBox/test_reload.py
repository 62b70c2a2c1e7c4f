"""Reading the configuration again while the gateway serves: whole or not at all, and nobody notices but by what was meant."""

import fcntl
import json
import os
import pty
import random
import signal
import subprocess
import termios
import threading

import pytest

import processes
import wire
from processes import backend, config, wait_until
from test_control import Client
from wire import messages, prompt


# For the long form: RELOADS=500.
RELOADS = int(os.environ.get("RELOADS", "60"))


def rewrite(gateway, settings):
    """Puts a configuration in place at once, as careful tools do."""
    fresh = gateway.config.with_suffix(".new")
    fresh.write_text(settings if isinstance(settings, str) else json.dumps(settings, indent=1))
    fresh.replace(gateway.config)


def configuration(gateway):
    return wire.get_json(gateway.port, "/v1/metrics")["configuration"]


def hang_up(gateway):
    """Has the configuration read again, and gives how that went."""
    before = configuration(gateway)["reloads"]
    gateway.signal(signal.SIGHUP)

    def done():
        now = configuration(gateway)
        return now if now["reloads"] > before else None

    return wait_until(done, "the configuration is read again")


def test_a_backend_comes_and_another_goes(start):
    one, other = start.upstream(), start.upstream()
    gateway = start.gateway(config(backend("a", one.url)))
    assert messages(gateway.port, prompt(model="a")).status == 200
    rewrite(gateway, config(backend("b", other.url)))
    assert hang_up(gateway)["failures"] == 0
    assert messages(gateway.port, prompt(model="b")).status == 200
    wire.assert_error(messages(gateway.port, prompt(model="a")), 404, "not_found_error")
    assert (len(one.requests), len(other.requests)) == (1, 1)
    rows = {row["name"]: row["requests"] for row in wire.get_json(gateway.port, "/v1/metrics")["backends"]}
    assert rows == {"b": 1, "a": 1}, "what the old one did still counts"
    assert "changed: models" in gateway.stderr


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("models: [", r"config\.yaml"),
        ("surver: {port: 1}", r"surver.*did you mean .*server"),
        ("", None),
    ],
)
def test_a_bad_file_changes_nothing(start, text, complaint):
    upstream = start.upstream()
    settings = config(backend("a", upstream.url))
    gateway = start.gateway(settings)
    if not text:
        text = json.dumps(settings | {"server": {"threads": 3}, "cache": {"enabled": True}, "limits": {"key_rpm": 1}})
        complaint = r"server\.threads, cache\.enabled: changed, which needs a restart"
    rewrite(gateway, text)
    report = hang_up(gateway)
    assert report["failures"] == 1 and report["last_failure"]
    gateway.find(rf"error the configuration stays as it was: .*{complaint}")
    for _ in range(2):
        assert messages(gateway.port, prompt(model="a")).status == 200, "no part of it holds, the limit neither"
    warnings = wire.get_json(gateway.port, "/v1/metrics")["warnings"]
    assert any("could not be read again" in text for text in warnings)
    rewrite(gateway, settings)
    assert hang_up(gateway)["failures"] == 1
    warnings = wire.get_json(gateway.port, "/v1/metrics")["warnings"]
    assert not any("could not be read again" in text for text in warnings)


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [("directory", "cannot be read: is a directory"), ("Latin-1", "not UTF-8 text"), ("gone", "cannot be read: no such file")],
)
def test_a_file_that_cannot_be_read_changes_nothing(start, kind, complaint):
    gateway = start.gateway(config(backend("a", start.upstream().url)))
    good = gateway.config.read_text()
    gateway.config.unlink()
    if kind == "directory":
        gateway.config.mkdir()
    elif kind == "Latin-1":
        gateway.config.write_bytes(good.encode() + "# café\n".encode("latin-1"))
    report = hang_up(gateway)
    assert report["failures"] == 1 and complaint in report["last_failure"], report
    gateway.find(f"error the configuration stays as it was: .*{complaint}")
    assert messages(gateway.port, prompt(model="a")).status == 200
    if kind == "directory":
        gateway.config.rmdir()
    gateway.config.write_text(good)
    assert hang_up(gateway)["failures"] == 1, "a good one is read again"


def test_over_the_control_socket(start):
    upstream = start.upstream()
    gateway = start.gateway(config(backend("a", upstream.url)))
    client = Client(gateway)
    assert client.call("config.reload") == {"path": str(gateway.config), "changed": [], "warnings": []}
    rewrite(gateway, config(backend("a", upstream.url), limits={"key_rpm": 1}))
    assert client.call("config.reload")["changed"] == ["limits.key_rpm"]
    assert messages(gateway.port, prompt(model="a")).status == 200
    assert messages(gateway.port, prompt(model="a")).status == 429
    rewrite(gateway, config(backend("a", upstream.url), limits={"key_rpm": "many"}))
    error = client.ask("config.reload")["error"]
    assert "limits.key_rpm" in error["message"] and "many" in error["message"]
    rewrite(gateway, config(backend("a", upstream.url), limits={"key_rpm": 100}))
    client.call("config.reload")
    assert messages(gateway.port, prompt(model="a")).status == 200


def test_the_log_level_and_the_access_log(start, tmp_path):
    upstream, access = start.upstream(), tmp_path / "access.log"
    log = {"access": "json", "access_path": str(access)}
    settings = config(backend("a", upstream.url), log=log)
    gateway = start.gateway(settings)
    assert messages(gateway.port, prompt(model="a")).status == 200
    wait_until(access.exists, "the access log is there")
    wait_until(lambda: access.read_text().count("\n") >= 1, "a line")
    assert " debug " not in gateway.stderr
    access.rename(tmp_path / "access.1")
    rewrite(gateway, settings | {"log": log | {"level": "debug"}})
    hang_up(gateway)
    assert messages(gateway.port, prompt(model="a")).status == 200
    gateway.find(r" debug exchange")
    wait_until(lambda: access.exists() and access.read_text().count("\n") >= 1, "a line in the new file")


def test_keys_change_and_spent_money_stays(start):
    """A budget that is used up is not fresh after a reload, and a key that is gone lets nobody in."""
    upstream = start.upstream()
    priced = backend("a", upstream.url, "claude-haiku-4-5-20251001", cost_per_1k_in=1, cost_per_1k_out=1)
    settings = config(priced, auth={"keys": ["old-client-key"]}, budget={"usd_per_day": 0.05})
    gateway = start.gateway(settings)
    client = Client(gateway)
    old, new = {"x-api-key": "old-client-key"}, {"x-api-key": "new-client-key"}
    ask = {"model": "a", "max_tokens": 8}
    while (answer := messages(gateway.port, prompt(**ask), headers=old)).status == 200:
        assert len(upstream.requests) < 50
    assert answer.status == 429
    asked = len(upstream.requests)
    rewrite(gateway, settings | {"auth": {"keys": ["new-client-key"]}})
    assert client.call("config.reload")["changed"] == ["auth.keys"]
    assert messages(gateway.port, prompt(**ask), headers=old).status == 401
    assert messages(gateway.port, prompt(**ask), headers=new).status == 429
    assert len(upstream.requests) == asked


def test_a_stream_under_way_goes_on(start):
    """Its backend is gone from the configuration before its second half comes."""
    release = threading.Event()
    last = wire.event("message_stop")

    def answer(request, connection):
        connection.sendall(wire.STREAM_HEAD + wire.chunk(wire.stream_start()))
        release.wait(20)
        connection.sendall(wire.chunk(last) + b"0\r\n\r\n")

    slow, other = start.upstream(answer), start.upstream()
    gateway = start.gateway(config(backend("a", slow.url)))
    with wire.Connection(gateway.port) as client:
        client.request("POST", "/v1/messages", json.dumps(prompt(model="a", stream=True)).encode())
        assert client.head().status == 200
        events = client.events()
        assert next(events) == wire.stream_start()
        rewrite(gateway, config(backend("b", other.url)))
        hang_up(gateway)
        release.set()
        assert list(events) == [last]
    assert wait_until(lambda: wire.get_json(gateway.port, "/v1/metrics")["in_flight"] == 0, "it is booked")


def test_a_renewed_certificate_is_served(start, tmp_path):
    def certificate(name):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
             "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem"],
            check=True, capture_output=True,
        )  # fmt: skip

    def served(port):
        shown = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{port}"], input=b"", capture_output=True, timeout=20
        ).stdout.decode()
        return next(line for line in shown.splitlines() if line.startswith("subject="))

    upstream = start.upstream()
    certificate("first")
    tls = {"cert": str(tmp_path / "cert.pem"), "key": str(tmp_path / "key.pem")}
    gateway = start.gateway(config(backend("a", upstream.url), server={"tls": tls}), wait=False)
    port = int(gateway.find(r"listens on https://127\.0\.0\.1:(\d+)")[1])
    assert "first" in served(port)
    certificate("second")
    gateway.signal(signal.SIGHUP)
    gateway.find(r"the configuration was read again")
    assert "second" in served(port)


def test_no_request_fails_while_half_of_the_files_are_bad(start):
    upstream = start.upstream()
    good = [config(backend("a", upstream.url), limits={"key_rpm": 100_000 + step}) for step in range(3)]
    bad = ["models: [", "{}: {}", json.dumps(good[0] | {"server": {"threads": 7}}), json.dumps(good[0] | {"retry": 7})]
    gateway = start.gateway(good[0])
    client = Client(gateway)
    over = threading.Event()
    statuses = []

    def work():
        while not over.is_set():
            statuses.append(messages(gateway.port, prompt(model="a")).status)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    dice = random.Random(7)
    refused = 0
    try:
        for step in range(RELOADS):
            rewrite(gateway, dice.choice(good) if step % 2 == 0 else dice.choice(bad))
            refused += "error" in client.ask("config.reload")
    finally:
        over.set()
        for worker in workers:
            worker.join(20)
    assert refused == RELOADS // 2
    assert set(statuses) == {200} and len(statuses) > 20
    report = configuration(gateway)
    assert (report["reloads"], report["failures"]) == (RELOADS, RELOADS // 2)
    totals = wire.get_json(gateway.port, "/v1/metrics")["since_start"]
    assert totals["requests"] == len(statuses) == len(upstream.requests)


def test_a_daemon_started_by_hand_ends_with_its_terminal(start, tmp_path):
    """Nobody would be left to stop it."""
    ours, theirs = pty.openpty()
    environment = processes.xdg(tmp_path)
    command = [processes.binary("gatewayd"), "serve", "--demo", "--port", "0", "--socket", str(tmp_path / "gw.sock")]
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=environment, stdin=theirs, stdout=output, stderr=output, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip
    os.close(theirs)
    try:
        wait_until(lambda: b"listens on" in log.read_bytes(), "it listens", 20)
        os.close(ours)
        assert process.wait(10) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(5)
    assert b"stopped" in log.read_bytes()
