"""What routing decisions came to: exported over HTTP and by `gatewayd export-outcomes`."""

import json
import sqlite3
from contextlib import closing

import pytest

import processes
import wire
from processes import backend, config, xdg

ADMIN = {"x-api-key": "admin-key"}
COLUMNS = ("query_id, unix_ms, project, prompt, task, score, classifier, initial_tier, initial_backend, final_tier, "
           "final_backend, escalations, escalation_reasons, quality, latency_ms, is_success, cost_nanousd, baseline_nanousd")


@pytest.fixture
def run(start):
    def run(directory, *arguments, **variables):
        command = [processes.binary("gatewayd"), *map(str, arguments)]
        child = start.adopt(processes.Child("gatewayd", command, xdg(directory, **variables), directory))
        return child.wait(30), child.stdout, child.stderr

    return run


def begin(start, directory, **sections):
    settings = config(backend("quick", "http://127.0.0.1:9"), auth={"admin_key": "admin-key"}, **sections)
    return start.gateway(settings, directory=directory)


def insert(path, numbers):
    """Rows as another release of the gateway might have written them."""
    row = ("web", "why \"so\"?", "code", 12, "embedding", "local", "qwen", "premium", "opus", 1, '["truncated"]', 0.5, 12.5, 1,
           41_000, 1_500_000_000)
    with closing(sqlite3.connect(path)) as db, db:
        db.executemany(f"INSERT INTO routing_outcomes ({COLUMNS}) VALUES ({','.join('?' * 18)})",
                       [(f"q{number}", number * 1000, *row) for number in numbers])


def lines(body):
    return [json.loads(line) for line in body.splitlines()]


def test_export(start, run):
    directory = start.directory()
    gateway = begin(start, directory)
    path = directory / "xs" / "llm-gateway" / "gateway.db"
    processes.wait_until(lambda: path.exists() and path.stat().st_size > 0, "the state database is there")
    assert path.stat().st_mode & 0o777 == 0o600
    empty = wire.ask(gateway.port, "GET", "/admin/outcomes", headers=ADMIN)
    assert empty.status == 200 and empty.body == b""
    insert(path, range(1, 3001))
    answer = wire.ask(gateway.port, "GET", "/admin/outcomes", headers=ADMIN)
    assert answer.status == 200 and answer["content-type"] == "application/x-ndjson" and answer.is_complete
    found = lines(answer.body)
    assert [line["query_id"] for line in found] == [f"q{number}" for number in range(1, 3001)]
    assert found[0] == {
        "query_id": "q1", "unix_ms": 1000, "project": "web", "prompt": 'why "so"?', "task": "code", "score": 12,
        "classifier": "embedding", "initial_tier": "local", "initial_backend": "qwen", "final_tier": "premium",
        "final_backend": "opus", "escalations": 1, "escalation_reasons": ["truncated"], "quality": 0.5, "latency_ms": 12.5,
        "is_success": True, "cost_usd": 0.000041, "baseline_usd": 1.5, "is_demo": False,
    }
    part = wire.ask(gateway.port, "GET", "/admin/outcomes?since=2000&limit=3", headers=ADMIN)
    assert [line["query_id"] for line in lines(part.body)] == ["q2000", "q2001", "q2002"]

    code, out, err = run(directory, "export-outcomes", "--config", gateway.config)
    assert code == 0, err
    assert out.encode() == answer.body
    gateway.signal(15)
    assert gateway.wait() == 0
    code, out, err = run(directory, "export-outcomes", "--config", gateway.config, "--since", 2998)
    assert code == 0 and [line["query_id"] for line in lines(out)] == ["q2998", "q2999", "q3000"], err
    # One that an older gateway made, and that this one has not opened.
    with closing(sqlite3.connect(path)) as older, older:
        older.execute("ALTER TABLE routing_outcomes DROP COLUMN is_demo")
    code, out, err = run(directory, "export-outcomes", "--config", gateway.config)
    assert code == 0 and out.encode() == answer.body, err


@pytest.mark.parametrize(("query", "word"), [
    ("since=yesterday", "since"), ("since=-1", "since"), ("limit=0", "limit"), ("limit=1e3", "limit"), ("until=5", "until"),
])
def test_bad_queries(start, query, word):
    gateway = begin(start, start.directory())
    answer = wire.ask(gateway.port, "GET", f"/admin/outcomes?{query}", headers=ADMIN)
    assert answer.status == 400 and f"{word}: expected" in answer.json()["error"]["message"]


def test_only_the_operator_reads_it(start):
    gateway = begin(start, start.directory())
    assert wire.ask(gateway.port, "GET", "/admin/outcomes").status == 401
    for method in ("POST", "DELETE", "HEAD"):
        assert wire.ask(gateway.port, method, "/admin/outcomes", headers=ADMIN).status == 405


def test_switched_off_or_without_a_place(start, run):
    directory = start.directory()
    gateway = begin(start, directory, cascade={"log_outcomes": False})
    answer = wire.ask(gateway.port, "GET", "/admin/outcomes", headers=ADMIN)
    assert answer.status == 404 and "cascade.log_outcomes" in answer.json()["error"]["message"]
    elsewhere = start.directory()
    code, out, err = run(elsewhere, "export-outcomes", "--config", gateway.config)
    assert code == 2 and out == "" and "gateway.db is not there" in err
    directory = start.directory()
    gateway = begin(start, directory, storage={"path": str(directory / "cache.db")})
    gateway.find(r"outcomes of routing are not kept: storage\.path is the file that the cache uses")


def test_a_file_that_cannot_be_used_is_told_and_holds_nothing_up(start):
    directory = start.directory()
    path = directory / "state.db"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE theirs (a)")
    gateway = begin(start, directory, storage={"path": str(path)})
    gateway.find(r"another program's database")
    assert wire.ask(gateway.port, "GET", "/live").status == 200
    answer = wire.ask(gateway.port, "GET", "/admin/outcomes", headers=ADMIN)
    assert answer.status == 503 and "another program's database" in answer.json()["error"]["message"]
    with closing(sqlite3.connect(path)) as db:
        assert [row[0] for row in db.execute("SELECT name FROM sqlite_schema")] == ["theirs"]
