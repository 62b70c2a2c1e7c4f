"""kill -9: nothing that was paid for is lost, nothing is booked twice, and nobody has to mend anything."""

import asyncio
import os
import random
import signal
import sqlite3
import threading
import time
from contextlib import closing

from .lab import body, check, fault, percentile, read_answer, request_bytes, wait_until, works

CLIENTS = 16


class Clients:
    """Clients that ask without a pause, and note each answer that they got whole."""

    def __init__(self, port, is_stream=False):
        self.acknowledged = {}
        self._port, self._is_stream = port, is_stream
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()

    def stop(self):
        self._stop.set()
        self._thread.join(60)

    async def _run(self):
        await asyncio.gather(*[self._client(number) for number in range(CLIENTS)])

    async def _client(self, number):
        # Half of them stream, where streams are wanted.
        is_stream = self._is_stream and number % 2 == 0
        writer = None
        try:
            async with asyncio.timeout(30):
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
                while not self._stop.is_set():
                    writer.write(request_bytes(body(f"crash {random.random()}", stream=is_stream)))
                    answer = await read_answer(reader)
                    if answer.status == 200:
                        self.acknowledged[answer.id] = time.monotonic()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError):
            pass
        finally:
            if writer:
                writer.transport.abort()


def kill_rounds(lab, synchronous, rounds, is_stream=False):
    provider, directory = lab.provider(), lab.directory()
    settings = lab.settings(provider.url, storage={"synchronous": synchronous})
    known, starts, lost, port = set(), [], 0, None
    for _ in range(rounds):
        daemon = lab.daemon(settings, directory, ready=False, port=port)
        starts.append(daemon.until_ready())
        port = daemon.port
        clients = Clients(port, is_stream)
        time.sleep(random.uniform(0.1, 0.6))
        killed = time.monotonic()
        os.kill(daemon.pid, signal.SIGKILL)
        daemon.wait()
        clients.stop()
        # What was acknowledged after the moment of the kill was on its way then.
        sure = {number for number, moment in clients.acknowledged.items() if synchronous == "full" or moment < killed - 1}
        found = daemon.rows()
        check(len(found) == len(set(found)), "a row is there twice")
        found = set(found)
        lost += len(sure - found)
        check(not known - found, f"{len(known - found)} rows of earlier rounds are gone")
        known |= found
        daemon.keep_output()
    daemon = lab.daemon(settings, directory, ready=False, port=port)
    starts.append(daemon.until_ready())
    calls = provider.count()["requests"]
    with closing(sqlite3.connect(daemon.database)) as db:
        check(db.execute("PRAGMA integrity_check").fetchone()[0] == "ok", "the database is damaged")
        paid = db.execute("SELECT count(*) FROM exchanges WHERE cost_nanousd > 0").fetchone()[0]
    check(lost == 0, f"{lost} acknowledged exchanges are lost")
    check(paid <= calls, f"{paid} paid rows for {calls} calls of the provider")
    check(not [name for name in os.listdir(daemon.database.parent) if "damaged" in name], "a file was moved aside")
    check("was not usable" not in daemon.stderr, "the file had to be mended")
    check(works(port), "it does not work after the last start")
    slowest = max(starts) * 1000
    # A short run may be one of a debug build; on a machine with more to do than processors a start waits for its turn.
    is_busy = os.getloadavg()[0] > 1.5 * os.cpu_count()
    check(slowest < (2000 if is_busy else lab.scale(500, 2000)), f"the slowest start took {slowest:.0f} ms")
    return f"{rounds} kills, {len(known)} rows, 0 lost, 0 twice; start p50 {percentile(starts, 50) * 1000:.0f} ms, " \
           f"slowest {slowest:.0f} ms" + (f" at a load of {os.getloadavg()[0]:.0f}" if is_busy else "")


@fault("crash", "kill_9_under_load_full", "storage.synchronous: full; whoever has the end of an answer has its row")
def kill_9_full(lab):
    return kill_rounds(lab, "full", lab.scale(100, 4))


@fault("crash", "kill_9_under_load_batch", "the default; rows older than a second are there")
def kill_9_batch(lab):
    return kill_rounds(lab, "batch", lab.scale(50, 3))


@fault("crash", "kill_9_under_streams_full", "the same with streams, whose last event waits for the row")
def kill_9_streams(lab):
    return kill_rounds(lab, "full", lab.scale(50, 2), is_stream=True)


@fault("crash", "kill_9_while_it_starts", "an interrupted start leaves nothing that the next one trips over")
def kill_9_start(lab):
    provider, directory = lab.provider(), lab.directory()
    settings = lab.settings(provider.url)
    daemon = lab.daemon(settings, directory)
    works(daemon.port)
    os.kill(daemon.pid, signal.SIGKILL)
    daemon.wait()
    rounds = lab.scale(40, 8)
    for number in range(rounds):
        daemon = lab.daemon(settings, directory, ready=False, port=daemon.port)
        time.sleep(number / rounds * 0.25)
        os.kill(daemon.pid, signal.SIGKILL)
        daemon.wait()
    daemon = lab.daemon(settings, directory, ready=False, port=daemon.port)
    seconds = daemon.until_ready()
    check(works(daemon.port), "it does not work")
    check("was not usable" not in daemon.stderr, "the file had to be mended")
    return f"{rounds} interrupted starts, the next took {seconds * 1000:.0f} ms"


@fault("crash", "kill_9_while_rows_wait", "the file is locked at the kill: rows written before are kept, the start goes on")
def kill_9_locked(lab):
    provider, directory = lab.provider(), lab.directory()
    settings = lab.settings(provider.url)
    daemon = lab.daemon(settings, directory)
    for _ in range(10):
        works(daemon.port)
    daemon.when_written()
    before = set(daemon.rows())
    with closing(sqlite3.connect(daemon.database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for _ in range(10):
            works(daemon.port)
        os.kill(daemon.pid, signal.SIGKILL)
        daemon.wait()
        daemon = lab.daemon(settings, directory, ready=False, port=daemon.port)
        seconds = daemon.until_ready()
        check(works(daemon.port), "it does not work beside the lock")
        other.execute("COMMIT")
    wait_until(lambda: daemon.storage()["waiting"] == 0, "what waited is written", 20)
    check(before <= set(daemon.rows()), "rows are gone")
    return f"start beside the lock {seconds * 1000:.0f} ms"
