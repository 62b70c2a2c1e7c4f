"""The dashboard and a real daemon together: what `make run` starts, the key that starts a daemon, a restart while one looks.

    GATEWAY_BIN_DIR=.build/debug pytest Tests/BlackBox/test_tui_daemon.py
"""

import json
import os
import pathlib
import signal
import subprocess
from types import SimpleNamespace

import pytest

import processes
import wire
from processes import backend, config
from test_control import Client
from test_tui import BINARY, Terminal, pytestmark, wait  # noqa: F401

RUN = processes.REPOSITORY / "tools" / "run.sh"


class Desk:
    """A user's home, and a terminal in it. Nothing of the machine's own settings, sockets and logs is within reach."""

    def __init__(self, home):
        self.home = home
        programs = os.environ.get("GATEWAY_BIN_DIR", processes.REPOSITORY / ".build" / "debug")
        self.environment = processes.xdg(home, GATEWAY_BIN_DIR=pathlib.Path(programs).resolve())
        self.socket = home / "xr" / "llm-gateway" / "gateway.sock"
        self.log = home / "xs" / "llm-gateway" / "gatewayd.log"
        self.terminal = Terminal((100, 30), home)
        own = ("XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "HOME", "GATEWAY_BIN_DIR")
        self.enter("export " + " ".join(f"{name}={self.environment[name]}" for name in own))
        self.enter("cd; clear")
        self.started = []

    def enter(self, line):
        self.terminal.type(line)
        self.terminal.keys("Enter")

    def run(self, *arguments, **more):
        """`tools/run.sh` without a terminal, to its end."""
        return subprocess.run(
            [RUN, *map(str, arguments)],
            env=self.environment | more,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def status(self, path=None):
        """What the daemon behind a socket says of itself. It is ended with the desk."""
        client = Client(SimpleNamespace(socket=path or self.socket))
        try:
            status = client.call("daemon.status")
        finally:
            client.close()
        self.started.append(status["pid"])
        return status

    def close(self):
        self.terminal.close()
        for pid in self.started:
            try:
                if "gatewayd" in pathlib.Path(f"/proc/{pid}/cmdline").read_text():
                    os.kill(pid, signal.SIGKILL)
            except (FileNotFoundError, ProcessLookupError):
                pass


@pytest.fixture
def desk(start):
    desk = Desk(start.directory())
    yield desk
    desk.close()


def port_of(status):
    return int(status["base_url"].rpartition(":")[2])


def is_gone(pid):
    """Whether a process has ended; one that only waits to be noticed has."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


# `tools/run.sh`


def test_the_gateway_comes_and_goes_with_its_dashboard(desk):
    desk.enter(f"{RUN} --demo --port 0; echo ended: $?")
    desk.terminal.sees("● live", "DEMO · simulated")
    status = desk.status()
    assert wire.messages(port_of(status), wire.prompt("Who sees this?")).status == 200
    desk.terminal.sees("Who sees this?")
    desk.terminal.keys("q")
    desk.terminal.sees("ended: 0")
    assert is_gone(status["pid"]) and not desk.socket.exists()


def test_the_gateway_goes_with_its_terminal(desk):
    desk.enter(f"{RUN} --demo --port 0")
    desk.terminal.sees("● live")
    status = desk.status()
    desk.terminal.tmux("kill-session", "-t", "t")
    wait(lambda: is_gone(status["pid"]), "the end of the gateway")
    assert not desk.socket.exists()


def test_ctrl_c_is_for_the_dashboard_and_then_all_ends(desk):
    desk.enter(f"{RUN} --demo --port 0; echo ended: $?")
    desk.terminal.sees("● live")
    status = desk.status()
    desk.terminal.keys("2")
    desk.terminal.sees("[2 Req")
    desk.terminal.keys("C-c")
    desk.terminal.sees("ended: 0")
    assert is_gone(status["pid"])


def test_a_gateway_that_ran_before_is_looked_at_and_left_running(start, desk):
    first = start.gateway()
    assert wire.messages(first.port, wire.prompt("Asked before anybody looked")).status == 200
    desk.enter(f"{RUN} --demo --port 0 --socket {first.socket}; echo ended: $?")
    desk.terminal.sees("● live", "Asked before anybody looked")
    desk.terminal.keys("q")
    desk.terminal.sees("ended: 0")
    assert first.process.poll() is None and wire.ask(first.port, "GET", "/live").status == 200
    assert not desk.socket.exists(), "a second one was not started"


@pytest.mark.parametrize("place", ["standard", "argument", "configuration"])
def test_without_a_terminal_it_says_what_runs_and_where(desk, place):
    path = desk.home / "own.sock"
    arguments = ["--demo", "--port", "0"]
    if place == "argument":
        arguments += ["--socket", path]
    if place == "configuration":
        settings = desk.home / "config.yaml"
        settings.write_text(json.dumps({"control": {"socket": str(path)}}))
        arguments += ["--config", settings]
    done = desk.run(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    status = desk.status(desk.socket if place == "standard" else path)
    pid, url = status["pid"], status["base_url"]
    told = f"gatewayd (pid {pid}) listens on {url}; its log is {desk.log}; stop it with: kill {pid}\n"
    assert done.stdout == told
    assert wire.ask(port_of(status), "GET", "/live").status == 200
    # A second run finds the first, wherever its socket is.
    again = desk.run(*arguments)
    assert (again.returncode, again.stdout) == (0, told)
    os.kill(pid, signal.SIGTERM)
    wait(lambda: is_gone(pid), "the end of the gateway")


def test_programs_that_are_not_built_are_told_of(desk):
    done = desk.run("--demo", GATEWAY_BIN_DIR=str(desk.home))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "run: the programs are not built; type: make build\n"


def test_a_gateway_that_does_not_start_is_told_of_with_its_reason(desk):
    settings = desk.home / "config.yaml"
    settings.write_text("server:\n  prot: 1\n")
    done = desk.run("--config", settings)
    assert (done.returncode, done.stdout) == (1, "")
    lines = done.stderr.splitlines()
    assert lines[0] == f"run: gatewayd ended with code 2; the end of {desk.log}:"
    assert f"{settings}:2" in lines[-1] and "prot" in lines[-1]


def test_a_gateway_that_ran_before_and_does_not_answer_is_told_of(start, desk):
    first = start.gateway()
    first.signal(signal.SIGSTOP)
    try:
        done = desk.run("--demo", "--port", "0", "--socket", first.socket)
    finally:
        first.signal(signal.SIGCONT)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"run: another gatewayd is running and does not answer on {first.socket}; the end of {desk.log}:")
    assert f"pid {first.pid}" in done.stderr
    assert first.process.poll() is None and wire.ask(first.port, "GET", "/live").status == 200


# A daemon that is started, and one that starts anew


def test_s_starts_the_gateway_beside_the_dashboard(desk):
    desk.enter(f"PORT=0 {BINARY.resolve()}")
    desk.terminal.sees("No gateway is running", "start gatewayd in the background")
    desk.terminal.keys("s")
    desk.terminal.sees("● live", "DEMO · simulated")
    status = desk.status()
    assert os.getsid(status["pid"]) == status["pid"], "it has a session of its own"
    assert wire.messages(port_of(status), wire.prompt("Who started you?")).status == 200
    desk.terminal.sees("Who started you?")
    desk.terminal.keys("q")
    desk.terminal.sees("READY>")
    assert wire.ask(port_of(status), "GET", "/live").status == 200, "it outlives the dashboard"
    assert "listens on" in desk.log.read_text()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_restart_is_seen_and_survived(start, desk, how):
    settings = config(backend("fast", start.upstream().url, "claude-haiku-4-5-20251001"))
    directory = start.directory()
    gateway = start.gateway(settings, directory=directory)
    desk.enter(f"{BINARY.resolve()} --socket {gateway.socket} --view requests")
    desk.terminal.sees("● live")
    assert wire.messages(gateway.port, wire.prompt("Before the restart", "fast")).status == 200
    desk.terminal.sees("Before the restart", "requests 1")
    gateway.signal(how)
    gateway.wait()
    gone = desk.terminal.sees("✖ reconnecting")
    assert "Before the restart" in gone and "● live" not in gone, "the last figures stay"
    again = start.gateway(settings, directory=directory)
    desk.terminal.sees("● live")
    desk.terminal.loses("reconnecting")
    for number in range(3):
        assert wire.messages(again.port, wire.prompt(f"After it {number}", "fast")).status == 200
    desk.terminal.sees("After it 0", "After it 1", "After it 2")
    desk.terminal.keys("1")
    desk.terminal.sees(again.url, "req/min 3", "requests 4", "Before the restart")
    desk.terminal.keys("q")
    desk.terminal.sees("READY>")
    assert again.process.poll() is None
