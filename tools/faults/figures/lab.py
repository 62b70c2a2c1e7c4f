"""What every fault needs: a place for it, programs that are started and ended, traffic, and figures of a process."""

import asyncio
import itertools
import json
import os
import random
import re
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "Tests" / "BlackBox"))
if "GATEWAY_BIN_DIR" not in os.environ:
    release = ROOT / ".build" / "release"
    os.environ["GATEWAY_BIN_DIR"] = str(release if (release / "gatewayd").exists() else ROOT / ".build" / "debug")

import listeners  # noqa: E402
import postgres_server  # noqa: E402
import processes  # noqa: E402
import redis_server  # noqa: E402
import wire  # noqa: E402
from processes import wait_until  # noqa: E402

KIT = Path(os.environ.get("KIT", ROOT.parent / "shared" / "kits" / "faults"))
ADMIN = {"x-api-key": "sk-fault-admin-key-0123456789"}
CLIENT_KEY = "sk-fault-client-key-0123456789"
UPSTREAM_KEY = "sk-fault-upstream-key-0123456789"
# A word of every prompt that may be found in the database alone.
PROMPT_MARK = "quokka-prompt-mark"
# A dollar for a thousand tokens.
PRICE = {"cost_per_1k_in": 1, "cost_per_1k_out": 1}


class Skip(Exception):
    """What this machine cannot do."""


class Broken(Exception):
    """A fault whose check does not hold."""


def check(condition, text):
    if not condition:
        raise Broken(text)


_given = set()


def free_port():
    """A port that nobody has, below those that the system gives to clients: there it could be taken at any moment."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in _given:
            _given.add(port)
            return port


redis_server.free_port = free_port
postgres_server.free_port = free_port


def percentile(values, share):
    """By the nearest-rank method."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)] if ordered else float("nan")


class Provider(processes.Child):
    """provider.py in a process of its own."""

    def __init__(self):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        super().__init__("provider", [sys.executable, str(ROOT / "tools/faults/provider.py"), str(self.port)])
        self.find("ready", "stdout")

    def count(self):
        return wire.get_json(self.port, "/_count")

    def rule(self, **rules):
        wire.ask(self.port, "POST", "/_set", rules)


class Daemon(processes.Child):
    """A gatewayd at a port of its own, which it keeps over restarts; `prefix` is what it is started under."""

    def __init__(self, directory, settings, port=None, prefix=(), environment=None):
        self.directory = Path(directory)
        self.port = port or free_port()
        self.socket = self.directory / "run" / "gw.sock"
        self.config = self.directory / "config.yaml"
        if settings is not None:
            self.config.write_text(json.dumps(settings, indent=1))
            self.config.chmod(0o600)
        command = [*prefix, processes.binary("gatewayd"), "serve", "--port", str(self.port), "--socket", str(self.socket),
                   "--config", str(self.config)]
        self.began = time.monotonic()
        super().__init__("gatewayd", command, processes.xdg(self.directory, **(environment or {})), self.directory)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self):
        return self.directory / "xs" / "llm-gateway" / "gateway.db"

    def until_ready(self, seconds=20):
        """Seconds from the start until it serves."""
        while time.monotonic() - self.began < seconds:
            if self.process.poll() is not None:
                raise Broken(f"gatewayd ended with {self.process.returncode}: {self.stderr[-2000:]}")
            try:
                if wire.ask(self.port, "GET", "/ready", seconds=2).status == 200:
                    return time.monotonic() - self.began
            except (OSError, wire.Closed, ValueError, IndexError):
                time.sleep(0.002)
        raise Broken(f"gatewayd does not serve within {seconds} s: {self.stderr[-2000:]}")

    def metrics(self):
        return wire.get_json(self.port, "/v1/metrics", {"x-api-key": CLIENT_KEY})

    def storage(self):
        return self.metrics()["storage"]

    def rows(self):
        """The ids of the exchanges on disk."""
        with closing(sqlite3.connect(self.database, timeout=10)) as db:
            return [row[0] for row in db.execute("SELECT id FROM exchanges")]

    def when_written(self, seconds=60):
        wait_until(lambda: self.storage()["waiting"] == 0, "nothing waits to be written", seconds)

    def state(self):
        """Its descriptors, threads, resident and peak memory in KiB, and seconds of processor time."""
        return process_state(self.pid, self._open_descriptors)

    def _open_descriptors(self):
        text = wire.ask(self.port, "GET", "/admin/metrics", headers=ADMIN).body.decode()
        return int(float(re.search(r"^process_open_fds (\S+)$", text, re.MULTILINE)[1]))

    def forget_peak(self):
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def keep_output(self):
        """What it wrote, for the search for secrets."""
        with (self.directory / f"gatewayd-{self.pid}.log").open("w") as file:
            file.write(self.stdout + self.stderr)


def process_state(pid, count_descriptors=None):
    """What the system tells of a process. The gateway shows its descriptors to root alone; `count_descriptors` asks it."""
    text = Path(f"/proc/{pid}/status").read_text()
    try:
        descriptors = len(os.listdir(f"/proc/{pid}/fd"))
    except PermissionError:
        descriptors = count_descriptors() if count_descriptors else None

    def number(name):
        return int(re.search(rf"{name}:\s+(\d+)", text)[1])

    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return {"descriptors": descriptors, "threads": number("Threads"), "resident": number("VmRSS"),
            "peak": number("VmHWM"), "processor": (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")}


class Lab:
    """A fault's own place. Ends what was started in it."""

    def __init__(self, place, is_short):
        self.place = place
        self.is_short = is_short
        self._numbers = itertools.count()
        self._children = []
        self._last = []
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)

    def scale(self, whole, short):
        """A size, which is smaller in a short run."""
        return short if self.is_short else whole

    def directory(self):
        path = self.place / f"d{next(self._numbers)}"
        path.mkdir(parents=True)
        return path

    def disk(self, size):
        """A directory that is a disk of its own, in memory; takes root."""
        require_root()
        place = self.directory()
        run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place)
        self.finally_do(lambda: subprocess.run(["umount", "-l", place]))
        return place

    def adopt(self, child):
        self._children.append(child)
        return child

    def finally_do(self, action):
        self._last.append(action)

    def provider(self):
        return self.adopt(Provider())

    def listener(self, handle):
        """A port where `handle` is given each connection."""
        listener = listeners.Listener(handle)
        self._last.append(listener.stop)
        return listener.port

    def settings(self, url, dialect="anthropic", **sections):
        provider = "anthropic" if dialect == "anthropic" else "openai_compatible"
        model = processes.backend("haiku", url, "claude-haiku-4-5-20251001", provider=provider, api_key=UPSTREAM_KEY, **PRICE)
        auth = {"auth": {"keys": [CLIENT_KEY], "admin_key": ADMIN["x-api-key"]}}
        return processes.config(model, **(auth | sections))

    def daemon(self, settings, directory=None, ready=True, **more):
        daemon = self.adopt(Daemon(directory or self.directory(), settings, **more))
        if ready:
            daemon.until_ready()
        return daemon

    def redis(self, *options):
        if redis_server.PROGRAM is None:
            raise Skip("there is no redis-server: make setup")
        server = redis_server.Redis(self.directory(), *options)
        self._last.append(server.stop)
        return server

    def postgres(self):
        if postgres_server.PROGRAMS is None:
            raise Skip("there is no PostgreSQL server: make setup")
        server = postgres_server.Postgres()
        self._last.append(server.end)
        return server

    def proxy(self, port):
        """The kit's fault proxy before a port."""
        if not (KIT / "faultproxy.py").is_file():
            raise Skip(f"the fault kit is not at {KIT}; set KIT=directory")
        return self.adopt(FaultProxy(port))

    def end(self):
        for child in reversed(self._children):
            child.end()
            if isinstance(child, Daemon):
                child.keep_output()
        for action in reversed(self._last):
            action()


class FaultProxy(processes.Child):
    def __init__(self, target):
        self.port, self.control = free_port(), free_port()
        command = [sys.executable, str(KIT / "faultproxy.py"), "--ctl-port", str(self.control)]
        super().__init__("faultproxy", [*command, f"x:{self.port}:127.0.0.1:{target}"])
        self.find("ready", "stdout")

    def set(self, **toxics):
        wire.ask(self.control, "POST", "/x", toxics, {"connection": "close"})


# Requests.


def body(text, model="haiku", **more):
    return {"model": model, "max_tokens": 64, "messages": [{"role": "user", "content": f"{PROMPT_MARK} {text}"}]} | more


def ask(port, text, seconds=15, **more):
    return wire.messages(port, body(text, **more), {"x-api-key": CLIENT_KEY}, seconds=seconds)


def works(port, seconds=10):
    """Whether a good request gets a good answer now."""
    try:
        return ask(port, f"ping {random.random()}", seconds).status == 200
    except (OSError, wire.Closed, ValueError, IndexError, AssertionError):
        return False


def request_bytes(data, path="/v1/messages", extra=""):
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    return (f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nx-api-key: {CLIENT_KEY}\r\n{extra}"
            f"content-length: {len(data)}\r\n\r\n").encode() + data


class Answer:
    __slots__ = ("began", "milliseconds", "status", "id", "cache", "body", "is_whole")


async def read_answer(reader):
    """One answer off a stream; IncompleteReadError where it is cut short."""
    head = await reader.readuntil(b"\r\n\r\n")
    answer = Answer()
    answer.status = int(head[9:12])
    found = re.search(rb"(?i)\r\nx-gateway-query-id: *(\S+)", head)
    answer.id = found[1].decode() if found else None
    found = re.search(rb"(?i)\r\nx-gateway-cache: *(\S+)", head)
    answer.cache = found[1].decode() if found else None
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    if length:
        answer.body = await reader.readexactly(int(length[1]))
    else:
        pieces = []
        while True:
            size = int(await reader.readline(), 16)
            piece = await reader.readexactly(size + 2)
            if size == 0:
                break
            pieces.append(piece[:-2])
        answer.body = b"".join(pieces)
    answer.is_whole = True
    return answer


class Traffic:
    """Requests at a steady rate, whatever becomes of those before: each is timed from the moment it was due."""

    def __init__(self, port, rate, text=None, seconds=10.0, **more):
        self.answers = []
        self.failures = []
        self._port, self._rate, self._seconds, self._more = port, rate, seconds, more
        self._text = text or (lambda number: f"traffic {number} {random.random()}")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()

    def stop(self):
        self._stop.set()
        self._thread.join(120)
        return self

    def wait(self, seconds):
        time.sleep(seconds)
        return time.monotonic()

    async def _run(self):
        idle, tasks = [], set()
        began = time.monotonic()
        for number in itertools.count():
            due = began + number / self._rate
            while (left := due - time.monotonic()) > 0:
                await asyncio.sleep(left)
            if self._stop.is_set():
                break
            task = asyncio.ensure_future(self._one(number, due, idle))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks, return_exceptions=True)
        for _, writer, _ in idle:
            writer.close()

    async def _one(self, number, due, idle):
        data = request_bytes(body(self._text(number), **self._more))
        try:
            async with asyncio.timeout(self._seconds):
                # What rested for long the gateway may close at any moment.
                while idle and time.monotonic() - idle[-1][2] > 5:
                    idle.pop()[1].close()
                reader, writer = idle.pop()[:2] if idle else await asyncio.open_connection("127.0.0.1", self._port)
                writer.write(data)
                answer = await read_answer(reader)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
            self.failures.append((due, repr(error)))
            return
        answer.began = due
        answer.milliseconds = (time.monotonic() - due) * 1000
        self.answers.append(answer)
        idle.append((reader, writer, time.monotonic()))

    def between(self, first, last):
        return [answer for answer in self.answers if first <= answer.began < last]

    def p99(self, first, last):
        return percentile([answer.milliseconds for answer in self.between(first, last)], 99)

    def expect_all_good(self):
        bad = [answer for answer in self.answers if answer.status != 200]
        check(not self.failures, f"{len(self.failures)} requests failed: {self.failures[:3]}")
        check(not bad, f"{len(bad)} of {len(self.answers)} answers are not 200: {bad[0].status if bad else ''} "
                       f"{bad[0].body[:300] if bad else ''}")


# The list of faults.

FAULTS = []


def fault(group, name, summary, in_short=True):
    """Registers a fault. Its function gets a lab, returns a line of figures, and raises where the check does not hold."""

    def register(function):
        FAULTS.append({"group": group, "name": name, "summary": summary, "in_short": in_short, "run": function})
        return function

    return register


def require_root():
    if os.geteuid() != 0:
        raise Skip("only root may do this")


def require(program, package):
    if shutil.which(program) is None:
        raise Skip(f"{program} is not installed (Debian's {package})")


def stop_and_go_on(pid, action):
    """Holds a process still while something is done."""
    os.kill(pid, signal.SIGSTOP)
    try:
        return action()
    finally:
        os.kill(pid, signal.SIGCONT)


def run(*command, **more):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **more)
    check(done.returncode == 0, f"{command}: {done.stderr[-400:]}")
    return done.stdout
