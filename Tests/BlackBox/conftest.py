"""Fixtures of the black-box tests: the built programs, each with a home of its own, and what they wrote when one fails."""

import collections
import itertools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import matrix
import processes
import wire

# The SDKs in this process must reach 127.0.0.1 directly and bring no key of the user's.
for _name in [name for name in os.environ if name not in processes.clean_environment()]:
    if not _name.upper().startswith(("GATEWAY_BIN", "XDG_")):
        del os.environ[_name]

_children = []


def pytest_addoption(parser):
    parser.addoption("--matrix", action="store_true", help="print the matrix of test_conformance.py")


def pytest_terminal_summary(terminalreporter, config):
    """Says what was not tested and why, however few look at the letters."""
    if config.getoption("--matrix"):
        for line in matrix.lines(terminalreporter.stats, terminalreporter._tw.fullwidth):
            terminalreporter.write_line(line)
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = collections.Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    for reason, count in reasons.items():
        terminalreporter.write_line(f"NOT TESTED ({count} tests): {reason}", yellow=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed:
        for child in _children:
            if child.stderr:
                report.sections.append((f"stderr of {child.name} ({child.pid})", child.stderr[-6000:]))
    return report


class Starter:
    """Starts programs and ends them, in reverse order, when the test or the module is over."""

    def __init__(self, home):
        self._home = home
        self._numbers = itertools.count()
        self._mine = []
        self._upstreams = []

    def directory(self):
        path = self._home / f"d{next(self._numbers)}"
        path.mkdir(parents=True)
        return path

    def adopt(self, child):
        self._mine.append(child)
        _children.append(child)
        return child

    def gateway(self, config=None, *arguments, directory=None, **more):
        """A gatewayd on a free port. Without a configuration it is the demo."""
        if config is None:
            arguments = ("--demo", *arguments)
        return self.adopt(processes.Gateway(directory or self.directory(), config, arguments, **more))

    def failing_demo(self):
        """The demo as it passes on every failure that it is asked for, however many there are."""
        directory = self.directory()
        calm = processes.xdg(directory, RETRY_ENABLED="false", CIRCUIT_BREAKER_ENABLED="false")
        return self.gateway(directory=directory, environment=calm)

    def simulator(self, *arguments):
        """A gateway-simulator; its `url` is a backend's base_url."""
        command = [processes.binary("gateway-simulator"), "--port", "0", *arguments]
        child = self.adopt(processes.Child("gateway-simulator", command))
        child.url = child.find(r"on (http://127\.0\.0\.1:\d+)", "stdout")[1]
        return child

    def fake(self):
        """The scriptable provider that serves the wire fixtures."""
        script = processes.SHARED / "wire" / "fake" / "fake_upstream.py"
        child = self.adopt(processes.Child("fake_upstream", [sys.executable, str(script), "--port", "0"]))
        child.port = int(child.find(r"PORT (\d+)", "stdout")[1])
        child.url = f"http://127.0.0.1:{child.port}"
        child.log = lambda: wire.get_json(child.port, "/__log")
        return child

    def upstream(self, answer=None):
        upstream = wire.Upstream(answer)
        self._upstreams.append(upstream)
        return upstream

    def end(self):
        for child in reversed(self._mine):
            child.end()
            _children.remove(child)
        for upstream in self._upstreams:
            upstream.stop()


@pytest.fixture
def start(tmp_path_factory):
    """Starts programs for one test."""
    starter = Starter(tmp_path_factory.mktemp("t"))
    yield starter
    starter.end()


@pytest.fixture
def open_place():
    """A directory that every user may look into, as pytest's own are not."""
    path = Path(tempfile.mkdtemp(prefix="gw-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def start_shared(tmp_path_factory):
    """Starts programs for all tests of a module."""
    starter = Starter(tmp_path_factory.mktemp("m"))
    yield starter
    starter.end()


@pytest.fixture(scope="session")
def wire_kit():
    """The directory of the wire fixtures."""
    path = processes.SHARED / "wire"
    if not (path / "fixtures" / "INDEX.json").is_file():
        pytest.skip(f"the wire fixtures are not at {path}; set SHARED_DIR")
    return path


@pytest.fixture(scope="session")
def start_session(tmp_path_factory):
    """Starts programs for all tests."""
    starter = Starter(tmp_path_factory.mktemp("s"))
    yield starter
    starter.end()


@pytest.fixture(scope="session")
def llm(start_session):
    """llama.cpp's server with the kit's model; `url` is its address."""
    kit = processes.SHARED / "kits" / "local-llm"
    if not (kit / "serve.py").is_file():
        pytest.skip(f"the local LLM's kit is not at {kit}; set SHARED_DIR")
    script = Path(__file__).with_name("local_llm.sh")
    command = [str(script), str(kit)]
    installed = subprocess.run(command, env=processes.USERS_ENVIRONMENT, capture_output=True, text=True, timeout=900)
    if installed.returncode:
        reason = (installed.stderr.strip().splitlines() or ["no reason given"])[-1]
        pytest.skip(f"the local LLM cannot be installed: {reason}")
    # The model's server takes no port 0; between the choice and its start another program may take the port.
    for _ in range(5):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        child = processes.Child("local LLM", [installed.stdout.strip(), str(kit / "serve.py"), str(port)])
        start_session.adopt(child)
        try:
            child.find(r"listening", "stdout", 60)
        except AssertionError:
            continue
        child.url = f"http://127.0.0.1:{port}"
        child.port = port
        processes.wait_until(lambda: is_ready(child), "the model is loaded", 60)
        return child
    raise AssertionError("the local LLM does not start")


def is_ready(child):
    try:
        return wire.ask(child.port, "GET", "/health").status == 200
    except OSError:
        return False
