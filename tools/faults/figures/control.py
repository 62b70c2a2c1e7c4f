"""The control socket: whoever is on it, the daemon serves."""

import json
import os
import pty
import random
import signal
import socket
import stat
import subprocess
import time

from .lab import Broken, Traffic, check, fault, percentile, processes, wait_until, works


def line(number, method, **parameters):
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}).encode() + b"\n"


def connected(daemon, seconds=5):
    """A front end that says nothing yet; waits where many knock at once."""
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(seconds)
    for _ in range(500):
        try:
            client.connect(str(daemon.socket))
            return client
        except BlockingIOError:
            time.sleep(0.01)
    raise Broken("nobody is let in any more")


def greeted(daemon):
    """A front end that has said hello and listens to everything."""
    client = connected(daemon)
    client.sendall(line(1, "hello", protocol=1, client="fault/1") + line(2, "metrics.subscribe"))
    return client


def begin(lab):
    provider = lab.provider()
    return lab.daemon(lab.settings(provider.url))


def unharmed(daemon, seconds=3, rate=100):
    """The 99th percentile of good traffic now."""
    traffic = Traffic(daemon.port, rate)
    traffic.wait(seconds)
    traffic.stop().expect_all_good()
    return percentile([answer.milliseconds for answer in traffic.answers], 99)


@fault("control", "control_500_mute_readers", "500 front ends that listen and never read: dropped, nothing waits for them")
def mute(lab):
    daemon = begin(lab)
    alone = unharmed(daemon)
    before = daemon.state()
    readers, refused = [], 0
    for _ in range(500):
        try:
            readers.append(greeted(daemon))
        except OSError:
            refused += 1
    beside = unharmed(daemon, lab.scale(20, 5), 200)
    grown = (daemon.state()["resident"] - before["resident"]) / 1024
    for reader in readers:
        reader.close()
    # Connections to the provider may rest.
    wait_until(lambda: daemon.state()["descriptors"] <= before["descriptors"] + 40, "descriptors come back", 10)
    check(beside - alone < 20, f"p99 {alone:.1f} -> {beside:.1f} ms")
    check(grown < 256, f"{grown:.0f} MiB")
    probe = greeted(daemon)
    check(b'"result"' in probe.recv(65_536), "a new front end gets no answer")
    return f"p99 {alone:.1f} -> {beside:.1f} ms, {grown:.0f} MiB, {refused} refused"


@fault("control", "control_garbage", "random bytes, half lines, endless lines, wrong types, other versions")
def garbage(lab):
    daemon = begin(lab)
    rng = random.Random(1)
    calls = ["hello", "daemon.status", "exchanges.list", "exchanges.get", "route.explain", "prompt.cancel", "cache.flush",
             "workflows.run", "nothing.such"]
    values = [None, [], {}, "x" * 5000, -1, 1e308, True, {"protocol": 99}, {"limit": -5}, {"query_id": "\x00"}, {"prompt": []}]
    for number in range(lab.scale(1000, 200)):
        with connected(daemon, 2) as client:
            try:
                kind = number % 4
                if kind == 0:
                    client.sendall(rng.randbytes(rng.randrange(1, 4000)))
                elif kind == 1:
                    client.sendall(b"[" * rng.randrange(1, 100_000) + b"\n")
                else:
                    if kind == 2:
                        client.sendall(line(1, "hello", protocol=1, client="fault/1"))
                    for _ in range(5):
                        call = {"jsonrpc": "2.0", "id": rng.choice([1, "a", None, 10**30]), "method": rng.choice(calls),
                                "params": rng.choice(values)}
                        client.sendall(json.dumps(call).encode() + b"\n")
            except OSError:
                pass
    client = connected(daemon, 10)
    sent = 0
    try:
        while sent < 64 << 20:
            sent += client.send(b"x" * 65_536)
    except OSError:
        pass
    client.close()
    check(sent < 16 << 20, f"{sent >> 20} MiB of one line were taken")
    check(works(daemon.port), "it does not work")
    probe = greeted(daemon)
    check(b'"result"' in probe.recv(65_536), "a new front end gets no answer")
    return f"served on; an endless line ends after {sent >> 10} KiB"


@fault("control", "tui_held_still", "SIGSTOP of the dashboard: the daemon serves on, and the dashboard goes on afterwards")
def tui_stopped(lab):
    daemon = begin(lab)
    leader, follower = pty.openpty()
    tui = subprocess.Popen([processes.binary("gateway-tui"), "--socket", str(daemon.socket)], stdin=follower, stdout=follower,
                           stderr=subprocess.DEVNULL, env=processes.xdg(daemon.directory, TERM="xterm-256color"),
                           start_new_session=True)
    os.close(follower)
    os.set_blocking(leader, False)

    def drawn():
        try:
            return len(os.read(leader, 1 << 20))
        except BlockingIOError:
            return 0

    try:
        wait_until(drawn, "the dashboard draws", 10)
        os.kill(tui.pid, signal.SIGSTOP)
        p99 = unharmed(daemon, lab.scale(10, 4))
        os.kill(tui.pid, signal.SIGCONT)
        wait_until(drawn, "the dashboard draws again", 10)
        check(tui.poll() is None, f"the dashboard ended with {tui.poll()}")
    finally:
        tui.kill()
        tui.wait()
        os.close(leader)
    return f"p99 {p99:.1f} ms meanwhile"


@fault("control", "control_half_a_line", "200 front ends that begin a line and say no more")
def half_a_line(lab):
    daemon = begin(lab)
    clients = []
    for _ in range(200):
        client = connected(daemon)
        client.sendall(b'{"jsonrpc":"2.0","id":1,"meth')
        clients.append(client)
    p99 = unharmed(daemon)
    for client in clients:
        client.close()
    check(works(daemon.port), "it does not work")
    return f"p99 {p99:.1f} ms"


@fault("control", "control_socket_stale", "a socket file of a daemon that was killed")
def stale(lab):
    provider, directory = lab.provider(), lab.directory()
    settings = lab.settings(provider.url)
    daemon = lab.daemon(settings, directory)
    os.kill(daemon.pid, signal.SIGKILL)
    daemon.wait()
    check(daemon.socket.exists(), "it is gone")
    daemon = lab.daemon(settings, directory, port=daemon.port)
    check(b'"result"' in greeted(daemon).recv(65_536), "no answer")
    mode = stat.S_IMODE(daemon.socket.stat().st_mode)
    check(mode == 0o600, f"mode {mode:o}")
    return "replaced, mode 600"


@fault("control", "control_socket_is_a_link", "a symbolic link to a file of the user's in the socket's place: the file stays")
def link(lab):
    provider, directory = lab.provider(), lab.directory()
    precious = directory / "precious"
    precious.write_text("mine")
    (directory / "run").mkdir(mode=0o700)
    (directory / "run" / "gw.sock").symlink_to(precious)
    daemon = lab.daemon(lab.settings(provider.url), directory, ready=False)
    time.sleep(1.5)
    check(precious.read_text() == "mine", "the file was changed")
    state = "refuses to start" if daemon.process.poll() is not None else "starts"
    return f"{state}; the file is as it was"


@fault("control", "control_socket_removed", "the socket file is deleted under the daemon: requests go on")
def removed(lab):
    daemon = begin(lab)
    daemon.socket.unlink()
    time.sleep(1)
    check(works(daemon.port), "it does not work")
    daemon.signal(signal.SIGTERM)
    check(daemon.wait(10) == 0, "it does not stop well")
    return "served on, stops well"
