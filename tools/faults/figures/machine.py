"""The machine in trouble: its clock, descriptors, memory, processors."""

import glob
import os
import resource
import socket
import struct
import subprocess
import time
from pathlib import Path

from .lab import (ROOT, Skip, Traffic, body, check, fault, percentile, process_state, request_bytes, require, require_root,
                  run, wait_until, wire, works)

# The clock.


class TurnedClock:
    """The wall clock of one daemon; what counts from the start of the system stays true."""

    def __init__(self, lab):
        require("gcc", "gcc")
        place = lab.directory()
        self.file = place / "offset"
        self.set(0)
        library = place / "turned_clock.so"
        run("gcc", "-shared", "-fPIC", "-O1", "-o", library, ROOT / "tools/faults/turned_clock.c", "-ldl")
        self.environment = {"LD_PRELOAD": str(library), "CLOCK_OFFSET_FILE": str(self.file)}

    def set(self, seconds):
        """In place: the file is mapped."""
        with self.file.open("r+b" if self.file.exists() else "wb") as file:
            file.write(struct.pack("q", seconds))


def jump(lab, offset):
    """The clock jumps under traffic, and back: nothing fails, nothing takes longer, no row is from before the first."""
    clock, provider = TurnedClock(lab), lab.provider()
    settings = lab.settings(provider.url, limits={"rpm": 100_000}, budget={"usd_per_day": 1_000_000},
                            cache={"enabled": True, "use_semantic_cache": False}, breaker={"enabled": True},
                            retry={"enabled": True})
    daemon = lab.daemon(settings, environment=clock.environment)
    began = daemon.metrics()["unix_ms"]
    traffic = Traffic(daemon.port, 50, lambda number: f"clock {number % 20}", 10)
    streams = Traffic(daemon.port, 5, lambda number: f"clock stream {number} [[stream:20:50]]", 10, stream=True)
    traffic.wait(2)
    for turned in (offset, 0):
        jumped = time.monotonic()
        clock.set(turned)
        traffic.wait(lab.scale(4, 2))
        if turned == offset:
            moved = (daemon.metrics()["unix_ms"] - began) / 3_600_000
            check(abs(moved) > 1, f"the clock did not jump: {moved:.2f} hours")
        check(time.monotonic() - jumped < 10, "it hung")
    traffic.stop().expect_all_good()
    streams.stop().expect_all_good()
    check(all(b"message_stop" in answer.body for answer in streams.answers), "a stream is not whole")
    slowest = max(answer.milliseconds for answer in traffic.answers)
    check(slowest < 1500, f"a request took {slowest:.0f} ms")
    daemon.when_written()
    rows = wire.get_json(daemon.port, "/v1/metrics/recent?n=1000", {"x-api-key": "sk-fault-client-key-0123456789"})["exchanges"]
    check(min(row["latency_ms"] for row in rows) >= 0, "a negative time")
    check(max(row["latency_ms"] for row in rows) < 60_000, "a time of hours")
    check(daemon.state()["processor"] < 30, "it spins")
    return f"{len(traffic.answers)} answers and {len(streams.answers)} streams good, slowest {slowest:.0f} ms, no negative time"


@fault("clock", "clock_two_hours_forward", "the wall clock jumps under traffic")
def forward(lab):
    return jump(lab, 7_200)


@fault("clock", "clock_two_hours_back", "the wall clock jumps back under traffic")
def back(lab):
    return jump(lab, -7_200)


@fault("clock", "clock_beyond_2038", "seconds do not fit 32 bits any more")
def beyond(lab):
    return jump(lab, 13 * 365 * 86_400)


@fault("clock", "clock_in_1970", "the machine thinks that it has just been made")
def before(lab):
    return jump(lab, 100_000 - int(time.time()))


# Descriptors.


def limited(lab, number):
    """A daemon that may have so many descriptors."""
    provider = lab.provider()
    return lab.daemon(lab.settings(provider.url), prefix=["prlimit", f"--nofile={number}:{number}"])


@fault("descriptors", "descriptors_few", "64 of them and 200 that knock: under 5 % of a core, then it serves again")
def few(lab):
    daemon = limited(lab, 64)
    crowd = [socket.create_connection(("127.0.0.1", daemon.port)) for _ in range(200)]
    time.sleep(0.5)
    used = daemon.state()["processor"]
    seconds = lab.scale(10, 4)
    time.sleep(seconds)
    used = (daemon.state()["processor"] - used) / seconds
    for client in crowd:
        client.close()
    began = time.monotonic()
    wait_until(lambda: works(daemon.port, 2), "it serves again", 10)
    check(used < 0.05, f"{used:.0%} of a core")
    return f"{used:.1%} of a core, serves again after {time.monotonic() - began:.1f} s"


@fault("descriptors", "descriptors_taken_away", "the limit falls under what is open: accepting pauses, what is open goes on")
def taken_away(lab):
    provider = lab.provider()
    daemon = lab.daemon(lab.settings(provider.url))
    crowd = [wire.Connection(daemon.port) for _ in range(100)]
    for client in crowd:
        client.request("GET", "/live")
        check(client.response().status == 200, "no answer")
    run("prlimit", f"--pid={daemon.pid}", "--nofile=80:")
    knocking = []
    for _ in range(50):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(("127.0.0.1", daemon.port))
        knocking.append(client)
    time.sleep(0.5)
    used = daemon.state()["processor"]
    seconds = lab.scale(10, 4)
    time.sleep(seconds)
    used = (daemon.state()["processor"] - used) / seconds
    crowd[0].request("GET", "/live")
    check(crowd[0].response().status == 200, "an open connection does not work")
    for client in crowd[1:]:
        client.close()
    for client in knocking:
        client.close()
    wait_until(lambda: works(daemon.port, 2), "it serves again", 15)
    check(used < 0.05, f"{used:.0%} of a core")
    return f"{used:.1%} of a core, open connections served"


@fault("descriptors", "descriptors_gone_for_providers", "no descriptor is left for a call: an error, and soon no more")
def gone_for_providers(lab):
    provider = lab.provider()
    daemon = lab.daemon(lab.settings(provider.url))
    client = wire.Connection(daemon.port)
    client.request("GET", "/live")
    client.response()
    run("prlimit", f"--pid={daemon.pid}", "--nofile=8:")
    client.send(request_bytes(body("no descriptor")))
    answer = client.response()
    check(answer.status in (200, 500, 502, 503), f"answered {answer.status}")
    run("prlimit", f"--pid={daemon.pid}", "--nofile=4096:")
    wait_until(lambda: works(daemon.port, 2), "it works again", 10)
    return f"answered {answer.status}, then works"


# Memory and processors.


def memory_group(lab, pid, limit):
    """A cgroup in which a process may have so many bytes."""
    require_root()
    parent = Path("/sys/fs/cgroup/memory")
    if not (parent / "memory.limit_in_bytes").exists():
        raise Skip("there is no cgroup v1 of memory here")
    group = parent / f"gateway-fault-{os.getpid()}-{pid}"
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text(str(limit))
        (group / "cgroup.procs").write_text(str(pid))
    except OSError as error:
        raise Skip(f"no cgroup can be made: {error}") from None

    def remove():
        for _ in range(50):
            try:
                group.rmdir()
                return
            except OSError:
                time.sleep(0.1)

    lab.finally_do(remove)
    return group


@fault("machine", "address_space_bounded", "prlimit --as: a bound of 4 GiB is enough for everything that is promised")
def address_space(lab):
    provider = lab.provider()
    daemon = lab.daemon(lab.settings(provider.url), prefix=["prlimit", f"--as={4 << 30}"])
    traffic = Traffic(daemon.port, 100, lambda number: f"{number} " + "word " * 2000)
    traffic.wait(lab.scale(5, 2))
    traffic.stop().expect_all_good()
    size = int(next(line for line in Path(f"/proc/{daemon.pid}/status").read_text().splitlines()
                    if line.startswith("VmPeak")).split()[1]) // 1024
    return f"{len(traffic.answers)} answers, {size} MiB of addresses at most"


@fault("machine", "processors_starved", "stress-ng on every processor: routing keeps to its budget, nothing fails")
def starved(lab):
    require("stress-ng", "stress-ng")
    provider = lab.provider()
    daemon = lab.daemon(lab.settings(provider.url, routing={"mode": "always"}))
    seconds = lab.scale(15, 5)
    quiet = Traffic(daemon.port, 30)
    quiet.wait(3)
    quiet.stop().expect_all_good()
    process = subprocess.Popen(["stress-ng", "--cpu", str(2 * os.cpu_count()), "--timeout", f"{seconds + 2}s"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(0.5)
        traffic = Traffic(daemon.port, 30)
        traffic.wait(seconds)
        traffic.stop().expect_all_good()
    finally:
        process.terminate()
        process.wait(10)
    before, during = (percentile([answer.milliseconds for answer in run.answers], 99) for run in (quiet, traffic))
    check(during < 250, f"p99 {during:.0f} ms")
    return f"p99 {before:.1f} -> {during:.1f} ms, {len(traffic.answers)} answers"


@fault("machine", "many_threads_forbidden", "no further thread may be made after the start")
def no_threads(lab):
    require_root()
    parent = Path("/sys/fs/cgroup/pids")
    if not parent.is_dir():
        raise Skip("there is no cgroup of processes here")
    provider = lab.provider()
    daemon = lab.daemon(lab.settings(provider.url))
    works(daemon.port)
    group = parent / f"gateway-fault-{daemon.pid}"
    try:
        group.mkdir()
        (group / "cgroup.procs").write_text(str(daemon.pid))
        (group / "pids.max").write_text(str(process_state(daemon.pid)["threads"]))
    except OSError as error:
        raise Skip(f"no cgroup can be made: {error}") from None
    lab.finally_do(lambda: [time.sleep(0.5), group.rmdir()])
    traffic = Traffic(daemon.port, 100)
    traffic.wait(lab.scale(5, 2))
    traffic.stop().expect_all_good()
    return f"{len(traffic.answers)} answers"


@fault("machine", "core_files", "SIGABRT with core files allowed: none is written, keys stay in memory")
def core_files(lab):
    provider, directory = lab.provider(), lab.directory()
    before = set(glob.glob("/tmp/core*") + glob.glob("/var/crash/*"))
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)
    # Swift's own report of a crash takes a debug build half a minute.
    daemon = lab.daemon(lab.settings(provider.url), directory, environment={"SWIFT_BACKTRACE": "enable=no"})
    works(daemon.port)
    limit = next(line for line in Path(f"/proc/{daemon.pid}/limits").read_text().splitlines() if "core file" in line).split()[4]
    os.kill(daemon.pid, 6)
    daemon.wait(20)
    cores = [name for name in directory.rglob("core*") if name.is_file()]
    cores += set(glob.glob("/tmp/core*") + glob.glob("/var/crash/*")) - before
    check(not cores, f"{cores}")
    check(limit == "0", f"the limit of core files is {limit}")
    return "none"


