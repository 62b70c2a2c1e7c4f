"""Signals: how it stops, and what does not stop it."""

import asyncio
import os
import random
import signal
import socket
import subprocess
import threading
import time

from .lab import (Daemon, Traffic, body, check, fault, read_answer, request_bytes, wait_until, works)


class Streams:
    """Streams that are read to their ends, in a thread."""

    def __init__(self, port, count, pieces, gap):
        self.answers, self.failures = [], []
        data = [request_bytes(body(f"{random.random()} [[stream:{pieces}:{gap}]]", stream=True)) for _ in range(count)]

        async def one(bytes_of):
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(bytes_of)
                self.answers.append(await read_answer(reader))
                writer.close()
            except (OSError, asyncio.IncompleteReadError, ValueError) as error:
                self.failures.append(repr(error))

        async def main():
            await asyncio.gather(*[one(each) for each in data])

        self.thread = threading.Thread(target=lambda: asyncio.run(main()))
        self.thread.start()

    def wait(self):
        self.thread.join(60)
        return self


def running(lab, count, pieces=40, gap=50, **sections):
    provider = lab.provider()
    daemon = lab.daemon(lab.settings(provider.url, **sections))
    streams = Streams(daemon.port, count, pieces, gap)
    wait_until(lambda: provider.count()["active"] == count, "all streams run", 20)
    return provider, daemon, streams


@fault("signals", "sigterm_soon", "a signal that comes as soon as the first requests have been answered: it ends, exit 0, each time")
def sigterm_soon(lab):
    provider, rounds, slowest = lab.provider(), lab.scale(300, 20), 0
    for _ in range(rounds):
        daemon = lab.daemon(lab.settings(provider.url))
        for _ in range(10):
            works(daemon.port)
        began = time.monotonic()
        daemon.signal(signal.SIGTERM)
        check(daemon.wait(10) == 0, "it does not stop well")
        slowest = max(slowest, time.monotonic() - began)
    return f"{rounds} starts and stops, slowest stop {slowest:.2f} s"


@fault("signals", "sigterm_under_streams", "streams under way end whole, new connections are refused, exit 0, rows written")
def sigterm(lab):
    count = lab.scale(200, 40)
    _, daemon, streams = running(lab, count)
    daemon.signal(signal.SIGTERM)
    began = time.monotonic()
    time.sleep(0.3)
    is_refused = False
    try:
        socket.create_connection(("127.0.0.1", daemon.port), 1).close()
    except OSError:
        is_refused = True
    code = daemon.wait(20)
    seconds = time.monotonic() - began
    streams.wait()
    whole = sum(b"message_stop" in answer.body for answer in streams.answers)
    check(whole == count, f"{whole} of {count} streams whole, {streams.failures[:2]}")
    check(code == 0 and is_refused, f"exit {code}, refused {is_refused}")
    check({answer.id for answer in streams.answers} <= set(daemon.rows()), "rows are missing")
    return f"{whole} of {count} streams whole, exit 0 after {seconds:.1f} s"


@fault("signals", "sigint", "the same as SIGTERM")
def sigint(lab):
    _, daemon, streams = running(lab, 10)
    daemon.signal(signal.SIGINT)
    code = daemon.wait(20)
    streams.wait()
    check(code == 0 and sum(b"message_stop" in answer.body for answer in streams.answers) == 10, f"exit {code}")
    return "10 of 10 streams whole, exit 0"


@fault("signals", "sigterm_twice", "the second one ends it at once")
def sigterm_twice(lab):
    _, daemon, streams = running(lab, 10, pieces=400)
    daemon.signal(signal.SIGTERM)
    time.sleep(0.3)
    daemon.signal(signal.SIGTERM)
    began = time.monotonic()
    code = daemon.wait(5)
    seconds = time.monotonic() - began
    streams.wait()
    check(code == 1 and seconds < 2, f"exit {code} after {seconds:.1f} s")
    return f"exit 1 after {seconds:.2f} s"


@fault("signals", "sigterm_and_streams_too_long", "what does not end in time ends with an error event")
def too_long(lab):
    _, daemon, streams = running(lab, 20, pieces=400, server={"drain_timeout_sec": 1})
    daemon.signal(signal.SIGTERM)
    code = daemon.wait(10)
    streams.wait()
    told = sum(b"event: error" in answer.body for answer in streams.answers)
    check(told == 20 and code == 0, f"{told} of 20 told, exit {code}, {streams.failures[:2]}")
    return "20 of 20 told with an error event, exit 0"


@fault("signals", "sigstop_and_cont", "held still for seconds, it goes on where it was")
def stop_and_continue(lab):
    provider, daemon, streams = running(lab, 20)
    os.kill(daemon.pid, signal.SIGSTOP)
    time.sleep(lab.scale(5, 2))
    os.kill(daemon.pid, signal.SIGCONT)
    streams.wait()
    whole = sum(b"message_stop" in answer.body for answer in streams.answers)
    check(whole == 20, f"{whole} of 20 streams whole, {streams.failures[:2]}")
    check(works(daemon.port), "it does not work")
    return "20 of 20 streams whole"


@fault("signals", "sigpipe", "standard error and output are closed by whoever read them")
def sigpipe(lab):
    provider = lab.provider()
    daemon = lab.daemon(lab.settings(provider.url, log={"level": "debug"}))
    command, directory = list(daemon.process.args), daemon.directory
    environment = dict(os.environ, XDG_STATE_HOME=str(directory / "xs"), XDG_CACHE_HOME=str(directory / "xh"))
    port = daemon.port
    daemon.end()
    reader, writer = os.pipe()
    process = subprocess.Popen(command, stdout=writer, stderr=writer, env=environment)
    os.close(writer)
    try:
        wait_until(lambda: works(port, 2), "it serves", 20)
        os.close(reader)
        good = sum(works(port) for _ in range(200))
        process.send_signal(signal.SIGPIPE)
        good += works(port)
        check(good == 201 and process.poll() is None, f"{good} of 201, exit {process.poll()}")
    finally:
        process.kill()
        process.wait()
    return "201 of 201 answered"


@fault("signals", "clients_reset_while_written", "EPIPE and ECONNRESET on every write")
def resets(lab):
    provider = lab.provider()
    daemon = lab.daemon(lab.settings(provider.url))
    for _ in range(lab.scale(500, 100)):
        client = socket.create_connection(("127.0.0.1", daemon.port))
        client.sendall(request_bytes(body(f"{random.random()} [[stream:50:0]]", stream=True)))
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()
    check(works(daemon.port), "it does not work")
    return "served on"


@fault("signals", "restarts_under_load", "30 stops and starts under traffic: what was begun is answered whole")
def restarts(lab):
    """Connections may be refused between two processes, but no request that was taken is lost."""
    provider, directory = lab.provider(), lab.directory()
    settings = lab.settings(provider.url)
    daemon = lab.daemon(settings, directory)
    traffic = Traffic(daemon.port, 100)
    rounds, gaps = lab.scale(30, 5), []
    for _ in range(rounds):
        traffic.wait(0.3)
        daemon.signal(signal.SIGTERM)
        began = time.monotonic()
        check(daemon.wait(10) == 0, "it does not stop well")
        daemon = lab.daemon(settings, directory, port=daemon.port)
        gaps.append(time.monotonic() - began)
    traffic.wait(0.5)
    traffic.stop()
    bad = [answer.status for answer in traffic.answers if answer.status != 200]
    check(not bad, f"{bad[:5]}")
    # An idle connection may be closed under the next request on it; a client asks again on a new one.
    other = [text for _, text in traffic.failures
             if "ConnectionRefused" not in text and "ConnectionReset" not in text and "0 bytes read" not in text]
    check(not other, f"{other[:3]}")
    daemon.when_written()
    missing = {answer.id for answer in traffic.answers} - set(daemon.rows())
    check(not missing, f"{len(missing)} rows are missing")
    return f"{rounds} restarts, {max(gaps) * 1000:.0f} ms without a listener at most, {len(traffic.answers)} answered, " \
           f"{len(traffic.failures)} not taken"


@fault("signals", "second_daemon", "a second daemon on the same socket and port ends with a reason, the first serves on")
def second_daemon(lab):
    provider = lab.provider()
    daemon = lab.daemon(lab.settings(provider.url))
    other = lab.adopt(Daemon(daemon.directory, None, port=daemon.port))
    code = other.wait(10)
    check(code in (2, 3) and other.stderr.strip(), f"exit {code}: {other.stderr}")
    check(works(daemon.port), "the first does not work")
    return f"exit {code}"


@fault("signals", "sigkill_of_the_provider_mid_stream", "the provider dies: an error event, a row with what had come")
def provider_dies(lab):
    provider, daemon, streams = running(lab, 10)
    time.sleep(0.3)
    os.kill(provider.pid, signal.SIGKILL)
    streams.wait()
    told = sum(b"event: error" in answer.body and b"message_stop" not in answer.body for answer in streams.answers)
    check(told == 10, f"{told} of 10 told, {streams.failures[:2]}")
    daemon.when_written()
    check({answer.id for answer in streams.answers} <= set(daemon.rows()), "rows are missing")
    return "10 of 10 told, a row each"


