"""The books in trouble: the state database, its disk, and PostgreSQL. Traffic goes on; every row is there once afterwards."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

from .lab import Skip, Traffic, ask, check, fault, percentile, postgres_server, run, wait_until, works


def begin(lab, **storage):
    provider = lab.provider()
    return lab.daemon(lab.settings(provider.url, storage=storage))


def ids_of(traffic):
    return sorted(answer.id for answer in traffic.answers)


def all_written(daemon, expected, seconds=60):
    daemon.when_written(seconds)
    found = daemon.rows()
    check(len(found) == len(set(found)), "a row is there twice")
    missing = set(expected) - set(found)
    check(not missing, f"{len(missing)} of {len(expected)} rows are missing")
    check(daemon.storage()["lost"] == 0, "rows are counted as lost")


# PostgreSQL.


def archive(daemon):
    return daemon.storage().get("archive") or {}


def away(lab, begin_trouble, end_trouble, seconds, rate, through_proxy=False):
    """Traffic at a rate while the server is away; afterwards it has every row exactly once."""
    server = lab.postgres()
    proxy = lab.proxy(server.port) if through_proxy else None
    url = server.url.replace(f":{server.port}/", f":{proxy.port}/") if proxy else server.url
    daemon = begin(lab, database_url=url + "?connect_timeout=3")
    traffic = Traffic(daemon.port, rate)
    traffic.wait(1)
    first = time.monotonic()
    traffic.wait(lab.scale(5, 2))
    broken = time.monotonic()
    begin_trouble(proxy or server)
    traffic.wait(seconds)
    mended = time.monotonic()
    end_trouble(proxy or server)
    traffic.wait(1)
    traffic.stop().expect_all_good()
    waited = archive(daemon).get("waiting", 0)
    began = time.monotonic()
    wait_until(lambda: daemon.storage()["waiting"] == 0 and archive(daemon).get("waiting") == 0, "all rows are sent", 120)
    caught_up = time.monotonic() - began
    found = sorted(server.query("SELECT id FROM exchanges"))
    expected = ids_of(traffic)
    check(len(found) == len(set(found)), "a row is there twice")
    check(found == expected, f"{len(found)} rows for {len(expected)} exchanges")
    before, during = traffic.p99(first, broken), traffic.p99(broken, mended)
    check(during - before < 1000, f"p99 {before:.1f} -> {during:.1f} ms")
    return f"{rate}/s, away {seconds} s: {len(expected)} rows, each once; {waited} waited, sent {caught_up:.1f} s later; " \
           f"p99 {before:.1f} -> {during:.1f} ms"


@fault("postgres", "postgres_away", "2 minutes without the server at 200 requests a second; every row there afterwards, once")
def long_away(lab):
    return away(lab, lambda server: server.stop("immediate"), lambda server: server.start(), lab.scale(120, 10),
                lab.scale(200, 50))


@fault("postgres", "postgres_frozen", "SIGSTOP of all its processes")
def frozen(lab):
    stopped = []

    def freeze(server):
        leader = int((server.data / "postmaster.pid").read_text().split()[0])
        children = [int(number) for number in Path(f"/proc/{leader}/task/{leader}/children").read_text().split()]
        stopped.extend([leader, *children])
        for process in stopped:
            os.kill(process, signal.SIGSTOP)

    def thaw(server):
        for process in reversed(stopped):
            os.kill(process, signal.SIGCONT)

    return away(lab, freeze, thaw, lab.scale(15, 5), 50)


@fault("postgres", "postgres_restarted", "three restarts in a row under traffic")
def restarted(lab):
    def restart(server):
        for _ in range(3):
            server.stop("fast")
            server.start()

    return away(lab, restart, lambda server: None, lab.scale(5, 2), 50)


@fault("postgres", "postgres_blackhole", "nothing is answered any more")
def blackhole(lab):
    return away(lab, lambda proxy: proxy.set(blackhole=True), lambda proxy: proxy.set(kill=True), lab.scale(15, 5), 50, True)


@fault("postgres", "postgres_slow", "every reply takes 300 ms")
def slow(lab):
    return away(lab, lambda proxy: proxy.set(latency_ms=300, dir="down"), lambda proxy: proxy.set(), lab.scale(10, 4), 50, True)


@fault("postgres", "postgres_connections_reset", "a connection is reset after 400 bytes of replies: also between commit and reply")
def reset(lab):
    return away(lab, lambda proxy: proxy.set(reset_after=400, dir="down", kill=True), lambda proxy: proxy.set(),
                lab.scale(15, 6), 50, True)


@fault("postgres", "postgres_corrupt_replies", "one byte of five hundred on the way back is another")
def corrupt(lab):
    return away(lab, lambda proxy: proxy.set(corrupt=0.002, dir="down"), lambda proxy: proxy.set(kill=True),
                lab.scale(10, 5), 50, True)


@fault("postgres", "postgres_read_only", "transactions may not write")
def read_only(lab):
    def switch(state):
        def change(server):
            server.query(f"ALTER DATABASE postgres SET default_transaction_read_only = {state}")
            # Sessions of before keep what they had.
            server.query("SET default_transaction_read_only = off; "
                         "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
                         "AND backend_type = 'client backend'")
        return change

    def end(server):
        command = ["psql", "-X", "-c", "SET default_transaction_read_only = off",
                   "-c", "ALTER DATABASE postgres SET default_transaction_read_only = off", server.url]
        run(postgres_server.PROGRAMS / command[0], *command[1:])

    return away(lab, switch("on"), end, lab.scale(8, 4), 50)


@fault("postgres", "postgres_refuses", "every connection is refused with an error of the server")
def password(lab):
    def lock(server):
        elsewhere(server, "ALTER DATABASE postgres ALLOW_CONNECTIONS = false")
        elsewhere(server, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
                          "AND backend_type = 'client backend'")

    def unlock(server):
        elsewhere(server, "ALTER DATABASE postgres ALLOW_CONNECTIONS = true")

    def elsewhere(server, sql):
        run(postgres_server.PROGRAMS / "psql", "-X", "-c", sql, server.url.rsplit("/", 1)[0] + "/template1")

    return away(lab, lock, unlock, lab.scale(8, 4), 50)


@fault("postgres", "postgres_table_locked", "another session holds the table")
def table_locked(lab):
    session = []

    def lock(server):
        command = [str(postgres_server.PROGRAMS / "psql"), "-X", "-q", server.url]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        process.stdin.write(b"BEGIN; LOCK TABLE exchanges IN ACCESS EXCLUSIVE MODE;\n")
        process.stdin.flush()
        session.append(process)

    def unlock(server):
        session[0].stdin.close()
        session[0].wait(10)

    return away(lab, lock, unlock, lab.scale(10, 4), 50)


@fault("postgres", "postgres_and_kill_9", "the daemon is killed while the server is away")
def away_and_killed(lab):
    server, provider, directory = lab.postgres(), lab.provider(), lab.directory()
    settings = lab.settings(provider.url, storage={"database_url": server.url, "synchronous": "full"})
    daemon = lab.daemon(settings, directory)
    ids = [ask(daemon.port, f"a {number}")["x-gateway-query-id"] for number in range(50)]
    server.stop("immediate")
    ids += [ask(daemon.port, f"b {number}")["x-gateway-query-id"] for number in range(50)]
    os.kill(daemon.pid, signal.SIGKILL)
    daemon.wait()
    server.start()
    daemon = lab.daemon(settings, directory, port=daemon.port)
    wait_until(lambda: archive(daemon).get("waiting") == 0, "all rows are sent", 30)
    found = server.query("SELECT id FROM exchanges")
    check(sorted(found) == sorted(ids), f"{len(found)} rows for {len(ids)} exchanges")
    return f"{len(ids)} rows, each once"


# The file.


@fault("disk", "disk_full", "a disk of 1 MiB is full, and has room again: everything is written then")
def disk_full(lab):
    place = lab.disk("1m")
    daemon = begin(lab, path=str(place / "gateway.db"))
    check(works(daemon.port), "it does not work")
    daemon.when_written()
    filler = place / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    traffic = Traffic(daemon.port, 100, lambda number: f"{number} " + "x" * 100)
    traffic.wait(lab.scale(10, 5))
    wait_until(lambda: daemon.storage()["waiting"] > 0, "rows wait", 20)
    problem = daemon.storage().get("problem", "")
    traffic.stop().expect_all_good()
    filler.unlink()
    check("full" in problem or "I/O" in problem, f"told as {problem!r}")
    daemon.when_written()
    with closing(sqlite3.connect(place / "gateway.db", timeout=10)) as db:
        found = [row[0] for row in db.execute("SELECT id FROM exchanges")]
    check(set(ids_of(traffic)) <= set(found) and len(found) == len(set(found)), "rows are missing")
    return f"{len(traffic.answers)} answers meanwhile, all rows written afterwards"


def with_lock(lab, synchronous):
    daemon = begin(lab, synchronous=synchronous)
    check(works(daemon.port), "it does not work")
    daemon.when_written()
    with closing(sqlite3.connect(daemon.database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        traffic = Traffic(daemon.port, 50)
        traffic.wait(lab.scale(8, 5))
        unconfirmed = daemon.storage().get("unconfirmed")
        traffic.stop().expect_all_good()
        other.execute("COMMIT")
    all_written(daemon, ids_of(traffic))
    slowest = max(answer.milliseconds for answer in traffic.answers)
    return traffic, slowest, unconfirmed


@fault("disk", "database_locked", "another process holds the file: no request waits, rows are written afterwards")
def locked(lab):
    traffic, slowest, _ = with_lock(lab, "batch")
    p99 = percentile([answer.milliseconds for answer in traffic.answers], 99)
    check(slowest < 1000, f"a request took {slowest:.0f} ms")
    return f"{len(traffic.answers)} answers, p99 {p99:.1f} ms"


@fault("disk", "database_locked_full", "storage.synchronous: full; an answer waits a second at most, and that is counted")
def locked_full(lab):
    traffic, slowest, unconfirmed = with_lock(lab, "full")
    check(slowest < 2500, f"a request took {slowest:.0f} ms")
    check(unconfirmed and unconfirmed > 0, "it is not counted")
    return f"{len(traffic.answers)} answers, slowest {slowest:.0f} ms, {unconfirmed} counted as unconfirmed"


def damaged_at_start(lab, damage):
    """The file is spoilt while the daemon is down; it starts all the same, loudly, and keeps what comes."""
    provider, directory = lab.provider(), lab.directory()
    settings = lab.settings(provider.url)
    daemon = lab.daemon(settings, directory)
    for _ in range(30):
        works(daemon.port)
    daemon.signal(signal.SIGTERM)
    check(daemon.wait() == 0, "it does not stop well")
    damage(daemon.database)
    daemon = lab.daemon(settings, directory, ready=False, port=daemon.port)
    seconds = daemon.until_ready()
    ids = [ask(daemon.port, f"after {number}")["x-gateway-query-id"] for number in range(10)]
    daemon.when_written(20)
    return daemon, ids, seconds


@fault("disk", "database_corrupt", "pages are random bytes: the file is moved aside and a new one begun, loudly")
def corrupt_file(lab):
    def damage(path):
        size = path.stat().st_size
        with path.open("r+b") as file:
            file.seek(8192)
            file.write(os.urandom(size - 8192))

    daemon, ids, seconds = damaged_at_start(lab, damage)
    all_written(daemon, ids)
    check("was not usable" in daemon.stderr, "nothing is said")
    return f"start {seconds * 1000:.0f} ms, moved aside, {len(ids)} new rows kept"


@fault("disk", "database_cut", "the file ends in the middle")
def cut_file(lab):
    daemon, ids, seconds = damaged_at_start(lab, lambda path: os.truncate(path, path.stat().st_size // 2 // 4096 * 4096))
    all_written(daemon, ids)
    return f"start {seconds * 1000:.0f} ms, {len(ids)} new rows kept"


@fault("disk", "database_empty", "the file has no byte")
def empty_file(lab):
    daemon, ids, seconds = damaged_at_start(lab, lambda path: os.truncate(path, 0))
    all_written(daemon, ids)
    return f"start {seconds * 1000:.0f} ms, {len(ids)} new rows kept"


@fault("disk", "database_of_another_program", "it is left alone; rows wait in memory, requests go on")
def foreign(lab):
    def replace(path):
        for name in path.parent.glob("gateway.db*"):
            name.unlink()
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("CREATE TABLE recipes (name TEXT)")
            db.execute("INSERT INTO recipes VALUES ('soup')")

    provider, directory = lab.provider(), lab.directory()
    daemon = lab.daemon(lab.settings(provider.url), directory)
    daemon.signal(signal.SIGTERM)
    daemon.wait()
    replace(daemon.database)
    daemon = lab.daemon(None, directory, port=daemon.port)
    check(works(daemon.port), "it does not work")
    wait_until(lambda: daemon.storage().get("problem"), "the trouble is told", 10)
    with closing(sqlite3.connect(daemon.database)) as db:
        check(db.execute("SELECT name FROM recipes").fetchone() == ("soup",), "it was touched")
    return "untouched, told, requests go on"


@fault("disk", "database_removed", "the file is deleted under the daemon: a new one is begun")
def removed(lab):
    daemon = begin(lab)
    for _ in range(5):
        works(daemon.port)
    daemon.when_written()
    for name in daemon.database.parent.glob("gateway.db*"):
        name.unlink()
    ids = [ask(daemon.port, f"after {number}")["x-gateway-query-id"] for number in range(10)]

    def are_there():
        try:
            return daemon.database.exists() and set(ids) <= set(daemon.rows())
        except sqlite3.OperationalError:  # begun, and not yet furnished
            return False

    wait_until(are_there, "the rows are written", 60)
    return f"{len(ids)} rows in a new file"


@fault("disk", "database_is_a_directory", "there is a directory of that name")
def is_directory(lab):
    provider, directory = lab.provider(), lab.directory()
    (directory / "xs" / "llm-gateway" / "gateway.db").mkdir(parents=True)
    daemon = lab.daemon(lab.settings(provider.url), directory)
    check(works(daemon.port), "it does not work")
    wait_until(lambda: daemon.storage().get("problem"), "the trouble is told", 10)
    daemon.database.rmdir()
    ids = [ask(daemon.port, f"after {number}")["x-gateway-query-id"] for number in range(5)]
    wait_until(lambda: daemon.storage()["waiting"] == 0 and set(ids) <= set(daemon.rows()), "the rows are written", 30)
    return "told, and used when it is gone"


@fault("disk", "disk_read_only", "the disk takes no writes for a while")
def disk_read_only(lab):
    place = lab.disk("8m")
    daemon = begin(lab, path=str(place / "gateway.db"))
    works(daemon.port)
    daemon.when_written()
    # Refused while a file is open for writing; there are ways around, but not on every system.
    done = subprocess.run(["mount", "-o", "remount,ro", place], capture_output=True, text=True)
    if done.returncode:
        raise Skip("the disk cannot be made read-only while it is used")
    works(daemon.port)
    run("mount", "-o", "remount,rw", place)
    daemon.when_written()
    return "written afterwards"


@fault("disk", "files_too_large", "RLIMIT_FSIZE: the system refuses to let files grow")
def file_limit(lab):
    daemon = begin(lab)
    works(daemon.port)
    daemon.when_written()
    size = max(name.stat().st_size for name in daemon.database.parent.glob("gateway.db*"))
    run("prlimit", f"--pid={daemon.pid}", f"--fsize={size}:")
    traffic = Traffic(daemon.port, 50)
    traffic.wait(3)
    run("prlimit", f"--pid={daemon.pid}", "--fsize=unlimited:")
    traffic.stop().expect_all_good()
    all_written(daemon, ids_of(traffic))
    return f"{len(traffic.answers)} answers meanwhile, all rows written afterwards"


@fault("disk", "log_nobody_reads", "standard error is a full pipe")
def full_pipe(lab):
    provider = lab.provider()
    daemon = lab.daemon(lab.settings(provider.url, log={"level": "debug"}))
    # Its output is read by a thread here: from now on by nobody.
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writer, b"x" * 65_536)
    os.set_blocking(writer, True)
    directory = lab.directory()
    port, command = daemon.port + 0, []
    daemon.end()
    command = [daemon.process.args[0], *daemon.process.args[1:]]
    process = subprocess.Popen(command, stderr=writer, stdout=subprocess.DEVNULL, cwd=directory,
                               env=dict(os.environ, XDG_STATE_HOME=str(directory), XDG_CACHE_HOME=str(directory)))
    try:
        wait_until(lambda: works(port, 2), "it serves with its log stuck", 20)
        good = sum(works(port, 3) for _ in range(300))
    finally:
        process.kill()
        process.wait()
        os.close(reader)
        os.close(writer)
    check(good == 300, f"{good} of 300")
    return "300 of 300 answered"


