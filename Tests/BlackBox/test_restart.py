"""Restarts under load, with the port held by whoever starts the gateway: no client is refused."""

import json
import os
import signal
import socket
import subprocess
import threading

import pytest

import processes
from processes import backend, config, wait_until
from wire import messages, prompt

RESTARTS = int(os.environ.get("RESTARTS", "5"))


def begin(descriptor, home, arguments, **output):
    """Starts the daemon as systemd does: what is handed over is descriptor 3, the variables name the process itself."""
    script = f"exec 3<&{descriptor}; export LISTEN_PID=$$ LISTEN_FDS=1; exec \"$@\""
    return subprocess.Popen(
        ["/bin/bash", "-c", script, "bash", processes.binary("gatewayd"), "serve", *map(str, arguments)],
        env=processes.xdg(home),
        stdin=subprocess.DEVNULL,
        pass_fds=(descriptor,),
        **output,
    )


@pytest.fixture
def held(start, tmp_path):
    """A listening socket, and what starts a daemon on it."""
    upstream = start.upstream()
    path = tmp_path / "config.yaml"
    path.write_text(json.dumps(config(backend("a", upstream.url))))
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    log = (tmp_path / "log").open("ab")
    children = []

    def start_daemon():
        arguments = ("--config", path, "--socket", tmp_path / "gw.sock")
        children.append(begin(listener.fileno(), tmp_path, arguments, stdout=log, stderr=log))
        return children[-1]

    yield listener.getsockname()[1], start_daemon, tmp_path / "log", upstream
    for child in children:
        if child.poll() is None:
            child.kill()
            child.wait(5)
    listener.close()
    log.close()


def test_no_client_is_refused_while_it_restarts(held):
    port, start_daemon, log, upstream = held
    daemon = start_daemon()
    over, statuses = threading.Event(), []

    def work():
        while not over.is_set():
            statuses.append(messages(port, prompt(model="a"), {"connection": "close"}, seconds=30).status)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    try:
        for round in range(RESTARTS):
            before = len(statuses)
            wait_until(lambda: len(statuses) > before + 10, "requests are answered", 30)
            daemon.send_signal(signal.SIGTERM)
            assert daemon.wait(20) == 0
            daemon = start_daemon()
        before = len(statuses)
        wait_until(lambda: len(statuses) > before + 10, "requests are answered", 30)
    finally:
        over.set()
        for worker in workers:
            worker.join(40)
    assert set(statuses) == {200}, log.read_text()
    assert len(statuses) == len(upstream.requests)
    assert log.read_text().count(f"listens on http://127.0.0.1:{port}") == RESTARTS + 1


def test_what_is_handed_over_must_listen(tmp_path):
    """A descriptor that is something else is told of, not served on."""
    with (tmp_path / "file").open("wb") as file:
        daemon = begin(file.fileno(), tmp_path, ["--demo"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        output, errors = daemon.communicate(timeout=20)
    assert daemon.returncode == 2
    assert b"descriptor 3 is no listening socket" in errors
