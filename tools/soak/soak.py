#!/usr/bin/env python3
"""Mixed traffic for a long while against a daemon of its own, with its memory, descriptors and threads looked at each second.

Starts the simulator, Redis where there is one, and gatewayd with cache and storage; sends good requests of both dialects,
streams, clients that leave, bad requests and requests at which the provider fails; ends of itself. Prints figures, a line a
check, and `N passed, N failed`. See docs/reliability.md.
"""

import argparse
import asyncio
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE_MIB = os.sysconf("SC_PAGE_SIZE") / 1048576
DEADLINE_SECONDS = 30
# By then the tables of conversations, exchanges and answers are as full as they get, and memory is as large.
WARM_UP_REQUESTS = 150_000
# While faults come together the circuit breaker may hold back a good request.
MOST_HELD_BACK = 0.01

# Statuses that a request may have. The provider's faults are told to the client or survived by asking again.
GOOD = {200}
FAULT = {200, 429, 500, 502, 503, 504, 529}
BAD = {400, 404, 405, 411, 413, 415, 431}


class Figures:
    def __init__(self):
        self.sent = {}
        self.wrong = {}
        self.latencies = []
        self.samples = []
        self.good = 0
        self.held_back = 0
        self.is_warm = False

    def note(self, kind, status, allowed):
        self.sent[kind] = self.sent.get(kind, 0) + 1
        if allowed is GOOD:
            self.good += 1
            if status == 503:
                self.held_back += 1
                return
        if status not in allowed:
            key = f"{kind}: {status}"
            self.wrong[key] = self.wrong.get(key, 0) + 1

    @property
    def total(self):
        return sum(self.sent.values())


class Connection:
    """One client: a connection that is kept as long as both sides want it."""

    def __init__(self, port):
        self.port = port
        self.streams = None

    async def send(self, data):
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        self.streams[1].write(data)
        await self.streams[1].drain()

    def close(self):
        if self.streams:
            self.streams[1].transport.abort()
            self.streams = None

    async def read(self):
        """The status and body of one answer; with `abandon` set the reading ends after so many bytes."""
        reader = self.streams[0]
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status = int(head.split(" ", 2)[1])
        fields = dict(line.lower().split(":", 1) for line in head.split("\r\n")[1:] if ":" in line)
        body = b""
        if "chunked" in fields.get("transfer-encoding", ""):
            while size := int((await reader.readline()).split(b";")[0], 16):
                body += (await reader.readexactly(size + 2))[:-2]
            await reader.readline()
        else:
            body = await reader.readexactly(int(fields.get("content-length", "0")))
        if "close" in fields.get("connection", ""):
            self.close()
        return status, body


def request(path, body=None, method="POST", headers=()):
    lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1", "authorization: Bearer soak-client-key", *headers]
    data = b""
    if body is not None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        lines += ["content-type: application/json", f"content-length: {len(data)}"]
    return "\r\n".join(lines + ["", ""]).encode() + data


class Client:
    """Picks what to do by chance, in fixed shares."""

    def __init__(self, port, figures, seed):
        self.connection = Connection(port)
        self.port = port
        self.figures = figures
        self.random = random.Random(seed)
        self.kinds = [
            (38, self.fresh), (20, self.again), (14, self.stream), (8, self.leave), (4, self.half_body), (6, self.bad),
            (6, self.fault), (4, self.look),
        ]

    async def one(self):
        weights, kinds = zip(*self.kinds)
        kind = self.random.choices(kinds, weights)[0]
        try:
            await asyncio.wait_for(kind(), DEADLINE_SECONDS)
        except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError, ValueError) as error:
            self.connection.close()
            self.figures.note(kind.__name__, type(error).__name__, ())

    def prompt(self, text, is_stream=False, **more):
        """A request in one of the dialects."""
        body = {"max_tokens": 60, "messages": [{"role": "user", "content": text}], "stream": is_stream} | more
        if self.random.random() < 0.5:
            return request("/v1/messages", body | {"model": "steady"}, headers=["anthropic-version: 2023-06-01"])
        return request("/v1/chat/completions", body | {"model": "steady"})

    async def ask(self, kind, data, allowed):
        began = time.monotonic()
        await self.connection.send(data)
        status, body = await self.connection.read()
        self.figures.note(kind, status, allowed)
        if kind in ("fresh", "again") and len(self.figures.latencies) < 1_000_000:
            self.figures.latencies.append(time.monotonic() - began)
        return status, body

    def words(self):
        return " ".join(f"w{self.random.randrange(100_000)}" for _ in range(self.random.randrange(5, 60)))

    async def fresh(self):
        await self.ask("fresh", self.prompt(f"Say something of {self.words()}"), GOOD)

    async def again(self):
        await self.ask("again", self.prompt(f"What is question {self.random.randrange(50)}?"), GOOD)

    async def stream(self):
        status, body = await self.ask("stream", self.prompt(f"Tell of {self.words()}", True), GOOD)
        is_whole = b"message_stop" in body or b"[DONE]" in body
        if status == 200 and not is_whole:
            self.figures.note("stream", "no end", ())

    async def leave(self):
        """Reads a little of a stream, or nothing, and is gone."""
        await self.connection.send(self.prompt(f"Go on about {self.words()} [[simulate: tokens=400]]", True))
        if self.random.random() < 0.7:
            await self.connection.streams[0].read(self.random.choice([1, 300, 2_000]))
        self.figures.note("leave", 0, (0,))
        self.connection.close()

    async def half_body(self):
        data = self.prompt(self.words())
        await self.connection.send(data[: self.random.randrange(1, len(data))])
        self.figures.note("half_body", 0, (0,))
        self.connection.close()

    async def bad(self):
        data = self.random.choice(
            [
                request("/v1/messages", b"{"),
                request("/v1/messages", {"model": "steady", "messages": 5}),
                request("/v1/chat/completions", b'{"messages":[' + b"[" * 300 + b"]"),
                request("/v1/nothing", {}),
                request("/v1/messages", b"x" * 100, headers=["content-encoding: gzip"]),
                request("/v1/messages", {}, headers=["x y: z"]),
                request("/v1/messages", {}, headers=["transfer-encoding: chunked"]),
                b"GET / HTTP/1.1\nhost: a\n\n",
            ]
        )
        await self.ask("bad", data, BAD)

    async def fault(self):
        words = self.random.choice(
            ["status=500", "status=429 retry-after=1", "status=529", "garbage", "cut=3", "error=2", "delay=150", "stall=300",
             "pings=50", "status=400", "truncate", "refuse"]
        )
        is_stream = self.random.random() < 0.5
        await self.ask("fault", self.prompt(f"{self.words()} [[simulate: {words}]]", is_stream), FAULT | {400})

    async def look(self):
        path = self.random.choice(["/health", "/v1/models", "/stats", "/v1/metrics", "/v1/backends", "/v1/metrics/recent?n=20"])
        await self.ask("look", request(path, method="GET"), GOOD)


def processes(directory, arguments, children):
    """Starts simulator, Redis and daemon; the daemon's process and port."""
    binaries = ROOT / ".build" / arguments.build

    def start(command, **more):
        log = (directory / f"{Path(command[0]).name}.log").open("ab")
        child = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, **more)
        children.append(child)
        return child

    def wait_for(path, pattern, child):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and child.poll() is None:
            if found := re.search(pattern, path.read_text(errors="replace")):
                return found.group(1)
            time.sleep(0.05)
        sys.exit(f"soak: {path} never says {pattern!r}: {path.read_text(errors='replace')[-2000:]}")

    simulator = start([str(binaries / "gateway-simulator"), "--port", "0", "--speed", "0"])
    upstream = wait_for(directory / "gateway-simulator.log", r" on (http://\S+)", simulator)
    cache = {"max_bytes": 4_194_304}
    if shutil.which("redis-server") and not arguments.no_redis:
        path = directory / "redis.sock"
        start(
            ["redis-server", "--port", "0", "--unixsocket", str(path), "--save", "", "--appendonly", "no", "--dir",
             str(directory), "--maxmemory", "16mb", "--maxmemory-policy", "allkeys-lru"]
        )
        cache["redis_url"] = f"unix://{path}"
    backend = {"provider": "anthropic", "model": "claude-haiku-4-5", "base_url": upstream, "api_key": "soak-upstream-key"}
    config = {
        "server": {"port": 0, "max_connections": 2_000},
        "auth": {"keys": ["soak-client-key"], "admin_key": "soak-admin-key"},
        "control": {"socket": str(directory / "gateway.sock")},
        "models": [{"name": "steady", "tier": "fast"} | backend, {"name": "second", "tier": "fast"} | backend],
        "routing": {"mode": "off"},
        "cache": cache,
        "log": {"level": "warning"},
    }
    file = directory / "config.yaml"
    # JSON is YAML.
    file.write_text(json.dumps(config, indent=1))
    environment = {name: value for name, value in os.environ.items() if name in ("PATH", "LD_LIBRARY_PATH", "TMPDIR")}
    environment |= {"HOME": str(directory), "XDG_STATE_HOME": str(directory / "state")}
    daemon = start([str(binaries / "gatewayd"), "serve", "--config", str(file), "--log-level", "info"], env=environment)
    port = int(wait_for(directory / "gatewayd.log", r"http://127\.0\.0\.1:(\d+)", daemon))
    return daemon, port


def sample(pid, port):
    """Memory in MiB, descriptors, threads."""
    resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_MIB
    return resident, open_descriptors(pid, port), len(os.listdir(f"/proc/{pid}/task"))


def open_descriptors(pid, port):
    """The gateway shows them to root alone; others ask it how many there are."""
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except PermissionError:
        request = urllib.request.Request(f"http://127.0.0.1:{port}/admin/metrics", headers={"x-api-key": "soak-admin-key"})
        with urllib.request.urlopen(request, timeout=5) as answer:
            return int(float(re.search(r"^process_open_fds (\S+)$", answer.read().decode(), re.MULTILINE)[1]))


def slope(points):
    """The least squares' slope through (x, y)."""
    count = len(points)
    if count < 2:
        return 0.0
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


async def drive(daemon, port, figures, arguments):
    """The traffic in two parts with a silence behind each; what is open in the silences."""
    clients = [Client(port, figures, seed) for seed in range(arguments.clients)]
    total = arguments.minutes * 60
    began = time.monotonic()
    silences = []
    # Faster at first, until the tables are full.
    for seconds, rate, most in ((total * 0.5, arguments.rate * 4, WARM_UP_REQUESTS), (None, arguments.rate, None)):
        end = time.monotonic() + (seconds or max(1, began + total - time.monotonic()))
        work_done = asyncio.gather(*(work(client, end, rate / arguments.clients, most) for client in clients))
        beside = asyncio.gather(watch(daemon, port, figures, end), reload(daemon, end, arguments))
        await work_done
        beside.cancel()
        await asyncio.gather(beside, return_exceptions=True)
        if most is not None:
            warm_up = time.monotonic() - began
            figures.is_warm = figures.total >= most
        for client in clients:
            client.connection.close()
        # What was cut off is let go of, and what the clients left is closed.
        await asyncio.sleep(5)
        if daemon.poll() is None:
            silences.append(sample(daemon.pid, port))
    return warm_up, silences


async def work(client, end, rate, most):
    turn = time.monotonic() + client.random.random() / rate
    while (now := time.monotonic()) < end and (most is None or client.figures.total < most):
        if now < turn:
            await asyncio.sleep(min(turn, end) - now)
            continue
        # Who falls behind does not make up for it: the rate is a bound.
        turn = max(turn + 1 / rate, now - 1)
        await client.one()


async def watch(daemon, port, figures, end):
    while time.monotonic() < end and daemon.poll() is None:
        figures.samples.append((time.monotonic(), *sample(daemon.pid, port)))
        await asyncio.sleep(1)


async def reload(daemon, end, arguments):
    while arguments.reload and time.monotonic() < end:
        await asyncio.sleep(min(5, max(0, end - time.monotonic())))
        if daemon.poll() is None:
            daemon.send_signal(signal.SIGHUP)


def judge(daemon, figures, began, warm_up, silences, idle, arguments):
    """Prints figures and checks; the number of checks that failed."""
    measured = [(at, *rest) for at, *rest in figures.samples if at - began > warm_up + 5]
    hours = (measured[-1][0] - measured[0][0]) / 3600 if measured else 0
    memory = slope([(at / 3600, resident) for at, resident, _, _ in measured])
    descriptors = slope([(at / 3600, open_) for at, _, open_, _ in measured])
    latencies = sorted(figures.latencies)
    print(f"{figures.total} requests in {arguments.minutes} min: " + ", ".join(f"{n} {k}" for k, n in figures.sent.items()))
    if latencies:
        print(f"latency of good requests: p50 {latencies[len(latencies) // 2] * 1000:.1f} ms, "
              f"p99 {latencies[len(latencies) * 99 // 100] * 1000:.1f} ms")
    if measured:
        print(f"memory {measured[0][1]:.1f} to {measured[-1][1]:.1f} MiB (most {max(m[1] for m in measured):.1f}), "
              f"slope {memory:+.2f} MiB/h; descriptors most {max(m[2] for m in measured)}, slope {descriptors:+.1f}/h; "
              f"threads most {max(m[3] for m in measured)}")
        # Whether it climbs or levels off.
        tenths = [measured[len(measured) * tenth // 10][1] for tenth in range(10)]
        print("memory at each tenth: " + " ".join(f"{resident:.1f}" for resident in tenths) + " MiB")
    for name, (resident, open_, threads) in zip(("before", "after warm-up", "at the end"), [idle] + silences):
        print(f"silence {name}: {resident:.1f} MiB, {open_} descriptors, {threads} threads")
    wrong = sum(figures.wrong.values())
    checks = [
        ("the daemon is still there", daemon.poll() is None),
        (f"every answer is one that may be: {figures.wrong or 'yes'}", wrong == 0),
        ("requests were sent at a tenth of the asked rate at least", figures.total >= arguments.rate * arguments.minutes * 6),
    ]
    if len(silences) == 2:
        (_, open0, threads0), (_, open1, threads1) = silences
        # Connections to the provider are kept for the next request: some more or less of them.
        checks.append((f"descriptors in silence: {open0}, then {open1}", open1 <= open0 + 4))
        checks.append((f"threads in silence: {threads0}, then {threads1}", threads1 <= threads0 + 2))
    checks.append((f"good requests held back by the breaker: {figures.held_back}", figures.held_back <= figures.good * MOST_HELD_BACK))
    if figures.is_warm and hours * 60 >= 4:
        # Over an hour the slope itself; over less, what it came to.
        most = max(1.0, hours)
        checks.append((f"memory grew by {memory * hours:.2f} MiB, at most {most:.1f}", memory * hours <= most))
    else:
        print(f"memory is not judged: that takes {WARM_UP_REQUESTS:,} requests before, and four minutes after them")
    for text, holds in checks:
        print(f"{'ok  ' if holds else 'FAIL'} {text}")
    failed = sum(not holds for _, holds in checks)
    print(f"{len(checks) - failed} passed, {failed} failed")
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=float, default=100, help="requests a second, at most")
    parser.add_argument("--clients", type=int, default=24)
    parser.add_argument("--build", default="release", help="the directory in .build")
    parser.add_argument("--no-redis", action="store_true")
    parser.add_argument("--reload", action="store_true", help="have the configuration read again every five seconds")
    arguments = parser.parse_args()
    children = []
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        try:
            daemon, port = processes(Path(name), arguments, children)
            idle = sample(daemon.pid, port)
            figures = Figures()
            began = time.monotonic()
            warm_up, silences = asyncio.run(drive(daemon, port, figures, arguments))
            failed = judge(daemon, figures, began, warm_up, silences, idle, arguments)
            if failed:
                print((Path(name) / "gatewayd.log").read_text(errors="replace")[-3000:], file=sys.stderr)
        finally:
            for child in reversed(children):
                child.terminate()
            for child in children:
                try:
                    child.wait(15)
                except subprocess.TimeoutExpired:
                    child.kill()
                    child.wait()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
