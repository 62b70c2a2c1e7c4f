"""Exchanges in the state database: they outlive the process, the disk's troubles and kill -9, once each."""

import contextlib
import csv
import io
import json
import os
import signal
import sqlite3
import subprocess
import threading
import time
from contextlib import closing
from decimal import Decimal

import pytest

import processes
import wire
from processes import backend, config, wait_until, xdg

ADMIN = {"x-api-key": "admin-key"}
MODEL = "claude-haiku-4-5-20251001"


@pytest.fixture
def run(start):
    def run(directory, *arguments):
        command = [processes.binary("gatewayd"), *map(str, arguments)]
        child = start.adopt(processes.Child("gatewayd", command, xdg(directory), directory))
        return child.wait(30), child.stdout, child.stderr

    return run


def begin(start, directory, upstream, **sections):
    settings = config(backend("haiku", upstream.url, MODEL), auth={"admin_key": "admin-key"}, **sections)
    return start.gateway(settings, directory=directory)


def database(directory):
    return directory / "xs" / "llm-gateway" / "gateway.db"


def rows(path):
    with closing(sqlite3.connect(path, timeout=5)) as db:
        return [row[0] for row in db.execute("SELECT id FROM exchanges ORDER BY seq")]


def ask(gateway):
    """One exchange; its id."""
    answer = wire.messages(gateway.port, wire.prompt())
    assert answer.status == 200
    return answer["x-gateway-query-id"]


def metrics(gateway):
    return wire.get_json(gateway.port, "/v1/metrics")


def stored(gateway):
    return metrics(gateway)["storage"]


def kept(gateway, path, expected):
    """Waits until these exchanges are all on disk, and checks that each is there once."""
    wait_until(lambda: stored(gateway)["waiting"] == 0, "nothing waits to be written", 20)
    found = rows(path)
    assert sorted(found) == sorted(expected)


def today_without_time(gateway):
    totals = metrics(gateway)
    return totals["today"], totals["month"]


def test_totals_and_exchanges_come_back_after_a_restart(start, run):
    directory, upstream = start.directory(), start.upstream()
    gateway = begin(start, directory, upstream)
    ids = [ask(gateway) for _ in range(5)]
    assert wire.messages(gateway.port, {"model": 5}).status == 400
    before = today_without_time(gateway)
    assert before[0]["requests"] == 6 and before[0]["errors"] == 1 and before[0]["cost_usd"] > 0
    gateway.signal(signal.SIGTERM)
    assert gateway.wait() == 0
    assert set(rows(database(directory))) > set(ids) and len(rows(database(directory))) == 6

    gateway = begin(start, directory, upstream)
    wait_until(lambda: metrics(gateway)["today"]["requests"] == 6, "the ledger has the totals")
    assert today_without_time(gateway) == before
    assert metrics(gateway)["since_start"]["requests"] == 0
    recent = wire.get_json(gateway.port, "/v1/metrics/recent?n=50")
    text = json.dumps(recent)
    assert all(text.count(number) == 1 for number in ids)
    ask(gateway)
    assert metrics(gateway)["today"]["requests"] == 7

    gateway.signal(signal.SIGTERM)
    assert gateway.wait() == 0
    code, out, err = run(directory, "export", "--config", gateway.config)
    assert code == 0, err
    lines = [json.loads(line, parse_float=Decimal) for line in out.splitlines()]
    assert [line["id"] for line in lines][:5] == ids and len(lines) == 7
    assert sum(line["cost_usd"] for line in lines) == lines[0]["cost_usd"] * 6
    assert lines[0]["prompt"] == "Hello" and lines[0]["model"] == MODEL and lines[0]["status"] == 200
    code, out, err = run(directory, "export", "--config", gateway.config, "--format", "csv", "--since", "1970-01-01")
    table = list(csv.DictReader(io.StringIO(out, newline="")))
    assert [line["id"] for line in table] == [line["id"] for line in lines]
    assert Decimal(table[0]["cost_usd"]) == lines[0]["cost_usd"]
    for since, count in (("1h", 7), (time.strftime("%Y-%m-%dT%H:%M", time.gmtime(time.time() + 3600)), 0),
                         (str(int(time.time() * 1000) + 3_600_000), 0)):  # fmt: skip
        code, out, err = run(directory, "export", "--config", gateway.config, "--since", since)
        assert (code, len(out.splitlines())) == (0, count), (since, err)
    code, out, err = run(directory, "export", "--config", gateway.config, "--project", "nobody's")
    assert (code, out) == (0, "")
    code, out, err = run(directory, "export", "--config", gateway.config, "--since", "yesterday")
    assert code != 0 and "--since: expected a day by UTC" in err


def test_usage_is_added_up(start):
    directory, upstream = start.directory(), start.upstream()
    gateway = begin(start, directory, upstream)
    for _ in range(4):
        ask(gateway)
    cost = metrics(gateway)["today"]["cost_usd"]
    wait_until(lambda: stored(gateway)["written"] == 4, "the rows are written")
    day = time.strftime("%Y-%m-%d", time.gmtime())
    for by, name in (("project", "default"), ("key", ""), ("model", MODEL), ("day", day)):
        answer = wire.ask(gateway.port, "GET", f"/admin/usage?by={by}&since=2026-01-01", headers=ADMIN)
        assert answer.status == 200
        report = answer.json()
        assert report["by"] == by and len(report["usage"]) == 1
        group = report["usage"][0]
        assert group[by] == name and group["requests"] == 4 and group["cost_usd"] == cost
    assert wire.ask(gateway.port, "GET", "/admin/usage?since=2999-01-01", headers=ADMIN).json()["usage"] == []
    assert wire.ask(gateway.port, "GET", "/admin/usage").status == 401
    assert wire.ask(gateway.port, "POST", "/admin/usage", headers=ADMIN).status == 405
    for query in ("by=prompt", "since=never", "until=5", "by=project;DROP"):
        answer = wire.ask(gateway.port, "GET", f"/admin/usage?{query}", headers=ADMIN)
        assert answer.status == 400 and f"{query.split('=')[0]}: expected" in answer.json()["error"]["message"]


@pytest.mark.parametrize("synchronous", ["batch", "full"])
def test_kill_9_loses_no_more_than_the_last_batch_and_books_nothing_twice(start, synchronous):
    directory, upstream = start.directory(), start.upstream()
    path = database(directory)
    acknowledged = {}
    for _ in range(3):
        gateway = begin(start, directory, upstream, storage={"synchronous": synchronous})
        is_over = threading.Event()

        def client():
            while not is_over.is_set():
                try:
                    answer = wire.messages(gateway.port, wire.prompt())
                except (OSError, wire.Closed, ValueError, IndexError):
                    return
                acknowledged[answer["x-gateway-query-id"]] = time.monotonic()

        clients = [threading.Thread(target=client) for _ in range(4)]
        for thread in clients:
            thread.start()
        time.sleep(1.5)
        killed = time.monotonic()
        gateway.signal(signal.SIGKILL)
        gateway.wait()
        is_over.set()
        for thread in clients:
            thread.join(20)
        found = rows(path)
        assert len(found) == len(set(found))
        # Gathered for 0.2 seconds; the rest is for a busy machine.
        safe = {number for number, moment in acknowledged.items() if moment < killed - 1}
        assert len(safe) > 10 and safe <= set(found)
        # What the last batch lost is lost: the next round does not ask for it again.
        acknowledged = {number: moment for number, moment in acknowledged.items() if number in set(found)}
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    gateway = begin(start, directory, upstream)
    count = len(rows(path))
    wait_until(lambda: metrics(gateway)["today"]["requests"] == count, "the ledger has the totals")
    assert "was not usable" not in gateway.stderr


def test_traffic_goes_on_while_another_process_holds_the_file(start):
    directory, upstream = start.directory(), start.upstream()
    gateway = begin(start, directory, upstream)
    ids = [ask(gateway)]
    kept(gateway, database(directory), ids)
    with closing(sqlite3.connect(database(directory), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        ids += [ask(gateway) for _ in range(30)]
        wait_until(lambda: "problem" in stored(gateway), "the trouble is told")
        assert "is locked by another process" in stored(gateway)["problem"]
        assert any("is locked by another process" in text for text in metrics(gateway)["warnings"])
        text = wire.ask(gateway.port, "GET", "/admin/metrics", headers=ADMIN).body.decode()
        assert "gateway_storage_rows_waiting 30" in text and "gateway_storage_rows_lost_total 0" in text
        other.execute("COMMIT")
    kept(gateway, database(directory), ids)
    assert "problem" not in stored(gateway)


def test_strict_accounting_refuses_what_cannot_be_written_down(start):
    directory, upstream = start.directory(), start.upstream()
    gateway = begin(start, directory, upstream, storage={"strict_accounting": True, "max_waiting": 100})
    kept(gateway, database(directory), [])
    with closing(sqlite3.connect(database(directory), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        ids = [ask(gateway) for _ in range(90)]
        refused = wire.messages(gateway.port, wire.prompt())
        assert refused.status == 503 and "storage.strict_accounting" in refused.json()["error"]["message"]
        assert refused["retry-after"]
        other.execute("COMMIT")
    kept(gateway, database(directory), [*ids, refused["x-gateway-query-id"]])
    ask(gateway)
    assert stored(gateway)["lost"] == 0


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 1 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], capture_output=True)
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_traffic_goes_on_while_the_disk_is_full(start, small_disk):
    directory, upstream = start.directory(), start.upstream()
    path = small_disk / "gateway.db"
    gateway = begin(start, directory, upstream, storage={"path": str(path)})
    ids = [ask(gateway)]
    kept(gateway, path, ids)
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    body = wire.prompt("x" * 100)
    for _ in range(400):
        answer = wire.messages(gateway.port, body)
        assert answer.status == 200
        ids.append(answer["x-gateway-query-id"])
    gateway.find(r"(disk is full|disk I/O error)")
    assert stored(gateway)["waiting"] > 0
    assert wire.get_json(gateway.port, "/v1/metrics")["today"]["requests"] == 401
    filler.unlink()
    kept(gateway, path, ids)
    assert stored(gateway)["lost"] == 0


def test_a_corrupt_file_is_moved_aside_loudly(start):
    directory, upstream = start.directory(), start.upstream()
    path = database(directory)
    gateway = begin(start, directory, upstream)
    ask(gateway)
    gateway.signal(signal.SIGTERM)
    assert gateway.wait() == 0
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096 * 2)
        file.write(os.urandom(size - 4096 * 2))
    gateway = begin(start, directory, upstream)
    gateway.find(r"gateway\.db was not usable \(.*\): it is now .*gateway\.db\.damaged-\d+, and a new, empty one is begun")
    ids = [ask(gateway) for _ in range(3)]
    kept(gateway, path, ids)
    assert len([name for name in os.listdir(path.parent) if ".damaged-" in name and "-wal" not in name]) == 1
